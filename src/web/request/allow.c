/* SPDX-License-Identifier: MIT */
/* web/request/allow.c: the methods of a path. In a router with guards a path is in several trees:
 * the methods count of those whose guards let the request pass. */
#include "web/request/web.h"

#include <errno.h>
#include <string.h>

/* Takes the first name off a value of `Allow`. */
static edo_str next_name(edo_str *list) {
    const char *comma = memchr(list->ptr, ',', list->len);
    size_t n = comma ? (size_t)(comma - list->ptr) : list->len;
    size_t taken = comma ? n + 2 : n; // with the blank
    edo_str name = { list->ptr, n };
    *list = (edo_str){ list->ptr + taken, list->len - taken };
    return name;
}

static bool allow_has_name(edo_str list, edo_str name) {
    while (list.len > 0)
        if (edo_str_equal(next_name(&list), name)) return true;
    return false;
}

static size_t allow_append(char *to, size_t n, edo_str name) {
    if (n > 0) to[n++] = ',', to[n++] = ' ';
    memcpy(to + n, name.ptr, name.len);
    return n + name.len;
}

/* Adds those names of `more` to `list` that it lacks. */
static int allow_join(edo_web *w, edo_str *list, edo_str more) {
    if (list->len == 0) *list = more; // most paths are in one tree
    if (list->ptr == more.ptr) return 0;
    char *text = edo_arena_text(w->req->arena, list->len + 2 + more.len);
    size_t n = list->len;
    if (!text) return -ENOMEM;
    memcpy(text, list->ptr, n);
    while (more.len > 0) {
        edo_str name = next_name(&more);
        if (!allow_has_name(*list, name)) n = allow_append(text, n, name);
    }
    *list = (edo_str){ text, n };
    return 0;
}

static int join_tree(edo_web *w, edo_str *list, const edoi_node *root) {
    edoi_match m;
    if (!edoi_tree_find(root, w->spelt, &m)) return 0;
    return allow_join(w, list, ((const edoi_place *)(const void *)m.leaf)->allow);
}

static int join_all(edo_web *w, edo_str *list) {
    const edo_router *r = w->app->router;
    int err = 0;
    for (const edoi_guarded *g = r->guarded; g && err == 0; g = g->next)
        if (edoi_guards_fit(g->guards, w->req)) err = join_tree(w, list, &g->root);
    return err < 0 ? err : join_tree(w, list, &r->root);
}

int edoi_web_set_allow(edo_web *w, const edoi_place *place) {
    edo_str list = place->allow;
    int err = w->app->router->guarded ? join_all(w, &list) : 0;
    return err < 0 ? err : edo_headers_set(&w->res->headers, EDO_HEADER_ALLOW, list);
}
