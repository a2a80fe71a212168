/* SPDX-License-Identifier: MIT */
/* web/request/slash.c: the slash at the end of paths, as edo_router_normalize_path() describes
 * it. */
#include "web/request/slash.h"
#include "web/request/reply/location.h"

#include <errno.h>
#include <string.h>

static bool slash_ends_with(edo_str path) {
    return path.len > 0 && path.ptr[path.len - 1] == '/';
}

/* Returns the path with a slash behind it; NULL as its pointer without memory. */
static edo_str slash_appended(edo_web *w, edo_str path) {
    char *text = edo_arena_text(w->req->arena, path.len + 1);
    if (!text) return (edo_str){ 0 };
    if (path.len > 0) memcpy(text, path.ptr, path.len);
    text[path.len] = '/';
    return (edo_str){ text, path.len + 1 };
}

int edoi_web_normalize(edo_web *w, edo_path_slash slash) {
    edo_str path = w->path;
    if (slash == EDO_PATH_SLASH_TRIMMED) {
        while (path.len > 1 && slash_ends_with(path)) path.len--;
    } else if (slash == EDO_PATH_SLASH_APPENDED && path.len > 0 && !slash_ends_with(path)) {
        path = slash_appended(w, path);
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
    *out = has_slash ? (edo_str){ w->path.ptr, w->path.len - 1 } : slash_appended(w, w->path);
    return out->ptr ? 0 : -ENOMEM;
}

int edoi_web_to_other_slash(edo_web *w) {
    edo_str path;
    edo_buf to = { 0 };
    int err = edoi_web_other_slash(w, &path);
    if (err == 0) err = edoi_location_append(&to, path);
    if (err == 0) err = edoi_location_append_query(&to, w->query);
    if (err == 0)
        err = edo_headers_set(&w->res->headers, EDO_HEADER_LOCATION, (edo_str){ to.ptr, to.len });
    edo_buf_deinit(&to);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_PERMANENT_REDIRECT);
}
