/* SPDX-License-Identifier: MIT */
/* web/router/build.c: makes the tree of a router's routes. */
#include "web/router/router.h"

#include "base/assert.h"
#include "runtime/fiber/label.h"

#include <errno.h>
#include <string.h>

static void contradict(edo_router *r, edo_str method, const edoi_pattern *a, const edoi_pattern *b,
                       const char *what) {
    const char *blank = method.len > 0 ? " " : "";
    edoi_router_fail(r, -EDO_EROUTECONFLICT, "%.*s%s%.*s and %.*s%s%.*s%s", (int)method.len,
                     method.ptr, blank, (int)a->text.len, a->text.ptr, (int)method.len, method.ptr,
                     blank, (int)b->text.len, b->text.ptr, what);
}

static edoi_place *new_place(edo_router *r, const edoi_route *route) {
    edoi_place *place = edo_arena_alloc(&r->arena, sizeof *place);
    if (!place) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return NULL;
    }
    *place = (edoi_place){ .leaf = { .pattern = &route->pattern }, .first = route };
    return place;
}

/* Returns the tree for a route, which is made with the first route of its guards; NULL after a
 * failure. */
static edoi_node *root_of(edo_router *r, const edoi_route *route) {
    if (!route->guards) return &r->root;
    edoi_guarded **at = &r->guarded;
    while (*at && !edoi_guards_equal((*at)->guards, route->guards)) at = &(*at)->next;
    if (*at) return &(*at)->root;
    edoi_guarded *group = edo_arena_alloc(&r->arena, sizeof *group);
    if (!group) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return NULL;
    }
    *group = (edoi_guarded){ .guards = route->guards };
    *at = group;
    return &group->root;
}

/* Returns the place of a route, or NULL after a failure. */
static edoi_place *build_place_of(edo_router *r, const edoi_route *route) {
    edoi_route_leaf **at;
    const edoi_pattern *other;
    edoi_node *root = root_of(r, route);
    if (!root) return NULL;
    int err = edoi_tree_place(root, &r->arena, &route->pattern, &at, &other);
    if (err == -EDO_EROUTECONFLICT)
        contradict(r, EDO_STR(""), &route->pattern, other, ": neither is more exact");
    if (err == -EEXIST)
        contradict(r, EDO_STR(""), &route->pattern, other, ": give their captures the same names");
    if (err == -ENOMEM) edoi_router_fail(r, err, "no memory");
    if (err < 0) return NULL;
    if (!*at) {
        edoi_place *place = new_place(r, route);
        *at = place ? &place->leaf : NULL;
    }
    return (edoi_place *)(void *)*at;
}

/* Enters a route whose method has a name of its own. */
static void enter_named(edo_router *r, edoi_place *place, edoi_route *route) {
    for (const edoi_route *n = place->named; n; n = n->next_named)
        if (edo_str_equal(n->method, route->method))
            contradict(r, n->method, &route->pattern, &n->pattern, "");
    route->next_named = place->named;
    place->named = route;
}

/* Names what serves the route by its method, or "ANY" if it has several. */
static void build_name(edoi_route *route) {
    edo_str method = route->method;
    for (unsigned m = 0; m < EDO_METHODS_END && method.len == 0; m++)
        if (route->methods == EDO_METHOD_BIT(m)) method = edo_method_name((edo_method)m);
    route->label = edoi_label_of(method.len > 0 ? method : EDO_STR("ANY"), route->pattern.text);
}

static void build_enter(edo_router *r, edoi_route *route) {
    build_name(route);
    edoi_place *place = build_place_of(r, route);
    if (place && route->method.len > 0) enter_named(r, place, route);
    for (unsigned m = 0; place && m < EDO_METHODS_END; m++) {
        if (!(route->methods & EDO_METHOD_BIT(m))) continue;
        if (place->routes[m]) {
            contradict(r, edo_method_name((edo_method)m), &route->pattern,
                       &place->routes[m]->pattern, "");
            return;
        }
        place->routes[m] = route;
    }
}

/* ---- After all routes ------------------------------------------------------------------------ */

static uint32_t methods_of(const edoi_place *place) {
    uint32_t methods = 0;
    for (unsigned m = 0; m < EDO_METHODS_END; m++)
        if (place->routes[m]) methods |= EDO_METHOD_BIT(m);
    return place->own_options ? methods | EDO_METHOD_BIT(EDO_METHOD_OPTIONS) : methods;
}

static size_t build_append_name(char *to, size_t at, edo_str name) {
    if (at > 0) to[at++] = ',', to[at++] = ' ';
    memcpy(to + at, name.ptr, name.len);
    return at + name.len;
}

/* Makes the value of `Allow`. */
static void list_methods(edo_router *r, edoi_place *place) {
    size_t n = 0, most = 128; // for the names of EDO_METHODS()
    for (const edoi_route *route = place->named; route; route = route->next_named)
        most += route->method.len + 2;
    char *names = edo_arena_text(&r->arena, most);
    if (!names) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    uint32_t methods = methods_of(place);
    for (unsigned m = EDO_METHOD_OTHER + 1; m < EDO_METHODS_END; m++)
        if (methods & EDO_METHOD_BIT(m))
            n = build_append_name(names, n, edo_method_name((edo_method)m));
    for (const edoi_route *route = place->named; route; route = route->next_named)
        n = build_append_name(names, n, route->method);
    place->allow = (edo_str){ names, n };
}

static void answer_options(edo_router *r, edoi_place *place) {
    edoi_route *route = edo_arena_alloc(&r->arena, sizeof *route);
    if (!route) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *route = *place->first;
    route->fn = edoi_web_answer_options;
    place->own_options = route;
}

/* Adds HEAD where there is GET, and OPTIONS. */
static void build_complete(edo_router *r, edoi_place *place) {
    if (!place->routes[EDO_METHOD_HEAD])
        place->routes[EDO_METHOD_HEAD] = place->routes[EDO_METHOD_GET];
    if (!place->routes[EDO_METHOD_OPTIONS] && r->answers_options) answer_options(r, place);
    list_methods(r, place);
}

static void put_all_around(edo_router *r) {
    for (edoi_route *route = r->first; route; route = route->next)
        route->steps = edoi_router_with_all(r, r, route->steps);
    for (edoi_fallback *f = r->fallbacks; f; f = f->next)
        f->steps = edoi_router_with_all(r, r, f->steps);
    r->fallback.steps = edoi_router_with_all(r, r, r->fallback.steps);
}

/* Makes the router's own fallback the last of those with guards: other requests get 404. */
static void guard_fallback(edo_router *r) {
    edoi_fallback *own = edo_arena_alloc(&r->arena, sizeof *own);
    if (!own) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *own = r->fallback;
    own->guards = edoi_router_with_guards(r, r, NULL);
    edoi_fallback **end = &r->fallbacks;
    while (*end) end = &(*end)->next;
    *end = own;
    r->fallback.fn = NULL;
}

static void put_guards_around(edo_router *r) {
    if (!r->guards) return;
    for (edoi_route *route = r->first; route; route = route->next)
        route->guards = edoi_router_with_guards(r, r, route->guards);
    for (edoi_fallback *f = r->fallbacks; f; f = f->next)
        f->guards = edoi_router_with_guards(r, r, f->guards);
    if (r->fallback.fn) guard_fallback(r);
}

static int build_compress(edo_router *r) {
    int err = edoi_tree_compress(&r->root, &r->arena);
    for (edoi_guarded *g = r->guarded; g && err == 0; g = g->next)
        err = edoi_tree_compress(&g->root, &r->arena);
    if (err < 0) return err;
    EDO_CHECK(edoi_tree_check(&r->root));
    for (const edoi_guarded *g = r->guarded; g; g = g->next) EDO_CHECK(edoi_tree_check(&g->root));
    return 0;
}

static void build_settle(edo_router *r) {
    for (edoi_route *route = r->first; route; route = route->next)
        edoi_settings_inherit(&route->settings, &r->settings);
    for (edoi_fallback *f = r->fallbacks; f; f = f->next)
        edoi_settings_inherit(&f->settings, &r->settings);
    edoi_settings_inherit(&r->fallback.settings, &r->settings);
}

int edo_router_build(edo_router *r) {
    if (!r) return -ENOMEM;
    if (r->is_built) return 0;
    put_guards_around(r);
    put_all_around(r);
    build_settle(r);
    for (edoi_route *route = r->first; route && r->failure == 0; route = route->next)
        build_enter(r, route);
    for (const edoi_route *route = r->first; route && r->failure == 0; route = route->next) {
        edoi_place *place = build_place_of(r, route);
        if (place && place->first == route) build_complete(r, place);
    }
    if (r->failure == 0 && build_compress(r) < 0) edoi_router_fail(r, -ENOMEM, "no memory");
    r->is_built = r->failure == 0;
    return r->is_built ? 0 : edo_fail(r->failure, "%s", r->why);
}

/* ---- Fallbacks ------------------------------------------------------------------------------- */

static bool segment_matches(const edoi_segment *s, edo_str text) {
    if (s->kind == EDOI_SEGMENT_STATIC) return edo_str_equal(s->text, text);
    size_t least = s->prefix.len + s->suffix.len;
    return text.len > least && memcmp(text.ptr, s->prefix.ptr, s->prefix.len) == 0 &&
           memcmp(text.ptr + text.len - s->suffix.len, s->suffix.ptr, s->suffix.len) == 0;
}

/* Does the path begin with the segments of the prefix? If it does, `*out` has its captures. */
static bool is_below(const edoi_pattern *prefix, edo_str path, edoi_match *out) {
    const char *at = path.ptr, *end = path.ptr + path.len;
    out->n = 0;
    for (uint32_t i = 0; i < prefix->n; i++) {
        if (at == end) return false;
        at++; // the slash
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        const edoi_segment *s = &prefix->segments[i];
        size_t n = (size_t)(stop - at), around = s->prefix.len + s->suffix.len;
        if (!segment_matches(s, (edo_str){ at, n })) return false;
        if (s->kind == EDOI_SEGMENT_CAPTURE)
            out->values[out->n++] = (edo_str){ at + s->prefix.len, n - around };
        at = stop;
    }
    return true;
}

/* Is segment `a` of a prefix a better match than `b`, of a route that matches the same text? */
static bool is_nearer(const edoi_segment *a, const edoi_segment *b) {
    if (a->kind != b->kind) return a->kind < b->kind;
    return a->prefix.len + a->suffix.len > b->prefix.len + b->suffix.len;
}

/* Is the prefix nearer than the route? They are compared as the tree compares routes: the first
 * segments that differ decide. A route that begins with the prefix is nearer. */
static bool is_nearer_prefix(const edoi_pattern *prefix, const edoi_pattern *route) {
    for (uint32_t i = 0; i < prefix->n; i++) {
        const edoi_segment *a = &prefix->segments[i], *b = &route->segments[i];
        if (is_nearer(a, b)) return true;
        if (is_nearer(b, a)) return false;
    }
    return false;
}

bool edoi_router_has_nearer_fallback(const edo_router *r, edo_request *req, edo_str path,
                                     const edoi_pattern *route) {
    edoi_match captures;
    for (const edoi_fallback *f = r->fallbacks; f; f = f->next)
        if (is_below(&f->pattern, path, &captures) && is_nearer_prefix(&f->pattern, route) &&
            edoi_guards_fit(f->guards, req))
            return true;
    return false;
}

const edoi_fallback *edoi_router_fallback_for(const edo_router *r, edo_request *req, edo_str path,
                                              edoi_match *out) {
    for (const edoi_fallback *f = r->fallbacks; f; f = f->next)
        if (is_below(&f->pattern, path, out) && edoi_guards_fit(f->guards, req)) return f;
    out->n = 0;
    return &r->fallback;
}
