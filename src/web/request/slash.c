/* SPDX-License-Identifier: MIT */
/* web/request/slash.c: the slash at the end of paths, as edo_router_normalize_path() describes
 * it. */
#include "web/request/slash.h"

#include <errno.h>
#include <string.h>

static bool slash_ends_with(edo_str path) {
    return path.len > 0 && path.ptr[path.len - 1] == '/';
}

/* Returns `path`, `more` and `query` as one text; NULL as its pointer without memory. */
static edo_str slash_joined(edo_web *w, edo_str path, edo_str more, edo_str query) {
    char *text = edo_arena_text(w->req->arena, path.len + more.len + query.len);
    if (!text) return (edo_str){ 0 };
    if (path.len > 0) memcpy(text, path.ptr, path.len);
    if (more.len > 0) memcpy(text + path.len, more.ptr, more.len);
    if (query.len > 0) memcpy(text + path.len + more.len, query.ptr, query.len);
    return (edo_str){ text, path.len + more.len + query.len };
}

int edoi_web_normalize(edo_web *w, edo_path_slash slash) {
    edo_str path = w->path;
    if (slash == EDO_PATH_SLASH_TRIMMED) {
        while (path.len > 1 && slash_ends_with(path)) path.len--;
    } else if (slash == EDO_PATH_SLASH_APPENDED && path.len > 0 && !slash_ends_with(path)) {
        path = slash_joined(w, path, EDO_STR("/"), EDO_STR(""));
        if (!path.ptr) return -ENOMEM;
    }
    w->path = path;
    return 0;
}

/* "//a" and "/\a" are hosts to a browser: a redirection there would leave this server. */
static bool slash_is_host(edo_str path) {
    return path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\');
}

int edoi_web_other_slash(edo_web *w, edo_str *out) {
    bool has_slash = slash_ends_with(w->path);
    *out = (edo_str){ 0 };
    if (w->path.len < 2 || slash_is_host(w->path)) return 0;
    *out = has_slash ? (edo_str){ w->path.ptr, w->path.len - 1 }
                     : slash_joined(w, w->path, EDO_STR("/"), EDO_STR(""));
    return out->ptr ? 0 : -ENOMEM;
}

int edoi_web_to_other_slash(edo_web *w) {
    edo_str to;
    int err = edoi_web_other_slash(w, &to);
    if (err == 0 && w->query.len > 0) {
        to = slash_joined(w, to, EDO_STR("?"), w->query);
        err = to.ptr ? 0 : -ENOMEM;
    }
    if (err == 0) err = edo_headers_set(&w->res->headers, EDO_HEADER_LOCATION, to);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_PERMANENT_REDIRECT);
}
