/* SPDX-License-Identifier: MIT */
/* web/router/router.c: adds routes, layers and routers to a router. */
#include "web/router/router.h"
#include "service/kind.h"
#include "service/run.h"
#include "web/layers/layer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void edoi_router_fail(edo_router *r, int err, const char *format, ...) {
    if (r->failure < 0) return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(r->why, sizeof r->why, format, args);
    va_end(args);
    r->failure = err;
}

/* Is it not yet in another router? */
static bool is_own(const edo_router *r) {
    return !EDO_MISUSE(r->is_taken, "a router that is in another one belongs to that");
}

bool edoi_router_is_open(const edo_router *r) {
    if (!r || !is_own(r)) return false;
    return !EDO_MISUSE(r->is_built, "a router that is complete takes nothing more");
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void router_deinit(void *self) {
    edo_router *r = self;
    for (edo_router *t = r->taken; t;) {
        edo_router *next = t->next_taken;
        edo_rc_unref(t);
        t = next;
    }
    for (edoi_owned_service *s = r->owned; s; s = s->next) edo_service_unref(s->service);
    for (edoi_owned_arg *a = r->owned_args; a; a = a->next) a->free(a->arg);
    edo_arena_deinit(&r->arena);
}

edo_router *edo_router_new(void) {
    edo_router *r = edo_rc_new(sizeof *r, router_deinit);
    if (r) *r = (edo_router){ .failure = 0 };
    return r;
}

void edo_router_free(edo_router *r) {
    if (r && is_own(r)) edo_rc_unref(r);
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static void router_append(edo_router *r, edoi_route *route) {
    route->next = NULL;
    *(r->last ? &r->last->next : &r->first) = route;
    r->last = route;
}

/* Parses a path. Returns 0, or a failure that the router keeps. */
static int router_parse(edo_router *r, edoi_pattern *out, edo_str path) {
    const char *why = "no memory";
    int err = edoi_pattern_parse(out, &r->arena, path, &why);
    if (err < 0) edoi_router_fail(r, err, "the path %.*s: %s", (int)path.len, path.ptr, why);
    return err;
}

/* Adds a copy of `like` for another path. Returns it, or NULL after a failure. */
static edoi_route *router_add(edo_router *r, edo_str path, const edoi_route *like) {
    if (!like->fn) {
        edoi_router_fail(r, -EINVAL, "the path %.*s: no function", (int)path.len, path.ptr);
        return NULL;
    }
    edoi_route *route = edo_arena_alloc(&r->arena, sizeof *route);
    if (!route) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return NULL;
    }
    *route = *like;
    if (router_parse(r, &route->pattern, path) < 0) return NULL;
    router_append(r, route);
    return route;
}

bool edoi_router_own(edo_router *r, void *arg, edo_route_arg_free_fn *free_arg) {
    const bool takes = edoi_router_is_open(r) && r->failure == 0;
    edoi_owned_arg *owned = takes ? edo_arena_alloc(&r->arena, sizeof *owned) : NULL;
    if (!owned) {
        if (takes) edoi_router_fail(r, -ENOMEM, "no memory");
        free_arg(arg);
        return false;
    }
    *owned = (edoi_owned_arg){ .next = r->owned_args, .arg = arg, .free = free_arg };
    r->owned_args = owned;
    return true;
}

void edo_router_add_with(edo_router *r, uint32_t methods, const char *path, edo_web_fn *fn,
                         void *arg, edo_route_arg_free_fn *free_arg) {
    if (free_arg && !edoi_router_own(r, arg, free_arg)) return;
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    (void)router_add(r, edo_str_of(path),
                     &(edoi_route){ .methods = methods, .fn = fn, .arg = arg });
}

void edo_router_add(edo_router *r, uint32_t methods, const char *path, edo_web_fn *fn) {
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    (void)router_add(r, edo_str_of(path), &(edoi_route){ .methods = methods, .fn = fn });
}

void edo_router_method(edo_router *r, const char *method, const char *path, edo_web_fn *fn) {
    edo_method known;
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    if (edo_method_parse(&known, edo_str_of(method)) < 0) {
        edoi_router_fail(r, -EINVAL, "%s is no method", method);
        return;
    }
    edoi_route like = { .methods = EDO_METHOD_BIT(known), .fn = fn };
    if (known == EDO_METHOD_OTHER) {
        const char *copy = edo_arena_copy(&r->arena, method, strlen(method));
        if (!copy) edoi_router_fail(r, -ENOMEM, "no memory");
        like.methods = 0;
        like.method = (edo_str){ copy, strlen(method) };
    }
    if (r->failure == 0) (void)router_add(r, edo_str_of(path), &like);
}

static int call_service(edo_web *w) {
    return edoi_service_run(edo_web_route_arg(w), w, w);
}

static void free_service(void *service) {
    edo_service_unref(service);
}

void edo_router_service(edo_router *r, const char *path, edo_service *service) {
    if (r && !edoi_kind_fits(EDOI_WEB_KIND, service))
        edoi_router_fail(r, -EINVAL, "the service at \"%.400s\" takes %s, and not %s", path,
                         service->kind, EDOI_WEB_KIND);
    edo_router_add_with(r, EDO_METHODS_ANY, path, call_service, service, free_service);
}

void edo_router_answer_options(edo_router *r) {
    if (edoi_router_is_open(r)) r->answers_options = true;
}

void edo_router_state(edo_router *r, void *state) {
    if (edoi_router_is_open(r)) r->settings.state = state;
}

void edo_router_body_max(edo_router *r, size_t bytes) {
    if (edoi_router_is_open(r)) r->settings.body_max = bytes;
}

void edo_router_decoded_max(edo_router *r, size_t bytes) {
    if (edoi_router_is_open(r)) r->settings.decoded_max = bytes;
}

void edo_router_refuse_unknown(edo_router *r) {
    if (edoi_router_is_open(r)) r->settings.refuses_unknown = true;
}

void edo_router_on_error(edo_router *r, edo_web_error_fn *fn) {
    if (edoi_router_is_open(r)) r->settings.on_error = fn;
}

void edo_router_on_reject(edo_router *r, edo_web_reject_fn *fn) {
    if (edoi_router_is_open(r)) r->settings.on_reject = fn;
}

void edoi_settings_inherit(edoi_settings *inner, const edoi_settings *outer) {
    if (!inner->state) inner->state = outer->state;
    if (inner->body_max == 0) inner->body_max = outer->body_max;
    if (inner->decoded_max == 0) inner->decoded_max = outer->decoded_max;
    if (!inner->on_error) inner->on_error = outer->on_error;
    if (!inner->on_reject) inner->on_reject = outer->on_reject;
    inner->refuses_unknown = inner->refuses_unknown || outer->refuses_unknown;
}

void edo_router_fallback(edo_router *r, edo_web_fn *fn) {
    if (!edoi_router_is_open(r)) return;
    if (r->fallback.fn) edoi_router_fail(r, -EDO_EROUTECONFLICT, "a second fallback");
    r->fallback.fn = fn;
    r->fallback.steps = NULL; // the layers so far are around the default
}

void edo_router_not_allowed(edo_router *r, edo_web_fn *fn) {
    if (!edoi_router_is_open(r)) return;
    for (edoi_route *route = r->first; route; route = route->next) route->not_allowed = fn;
}

void edo_router_not_allowed_at(edo_router *r, const char *path, edo_web_fn *fn) {
    bool is_there = false;
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    for (edoi_route *route = r->first; route; route = route->next) {
        if (!edo_str_equal(route->pattern.text, edo_str_of(path))) continue;
        route->not_allowed = fn;
        is_there = true;
    }
    if (!is_there) edoi_router_fail(r, -EINVAL, "other methods of %s, which has no route", path);
}

/* ---- Routers in routers ---------------------------------------------------------------------- */

/* Takes over what `other` owns. Its list of routes was taken before. */
static void router_take(edo_router *r, edo_router *other) {
    if (other->failure < 0) edoi_router_fail(r, other->failure, "%s", other->why);
    other->next_taken = r->taken;
    other->is_taken = true;
    r->taken = other;
}

static void put_around(edo_router *r, const edoi_route_step **steps, edo_service *service,
                       bool of_routes) {
    edoi_route_step *step = edo_arena_alloc(&r->arena, sizeof *step);
    if (!step) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *step = (edoi_route_step){ .next = *steps, .service = service, .of_routes = of_routes };
    *steps = step;
}

const edoi_route_step *edoi_router_with_all(edo_router *r, const edo_router *other,
                                            const edoi_route_step *steps) {
    for (const edoi_all *a = other->first_all; a; a = a->next)
        put_around(r, &steps, a->service, false);
    return steps;
}

/* Is `a` tried before `b`, which is added later? */
static bool fallback_is_before(const edoi_fallback *a, const edoi_fallback *b) {
    if (a->pattern.n != b->pattern.n) return a->pattern.n > b->pattern.n;
    return a->guards || !b->guards;
}

/* Adds a fallback to those of nested routers: the longest prefix first, and of equal ones that with
 * guards first. */
static void enter_fallback(edo_router *r, edoi_fallback *f) {
    edoi_fallback **at = &r->fallbacks;
    while (*at && fallback_is_before(*at, f)) at = &(*at)->next;
    f->next = *at;
    *at = f;
}

static edo_str router_joined(edo_router *r, edo_str prefix, edo_str path) {
    bool has_slash = prefix.ptr[prefix.len - 1] == '/';
    if (path.len == 1 && path.ptr[0] == '/') return prefix;
    size_t n = prefix.len - has_slash;
    char *text = edo_arena_text(&r->arena, n + path.len);
    if (!text) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return prefix;
    }
    memcpy(text, prefix.ptr, n);
    memcpy(text + n, path.ptr, path.len);
    return (edo_str){ text, n + path.len };
}

/* Returns the number of segments. "/api" and "/api/" have one. */
static uint32_t prefix_segments(edo_str prefix) {
    uint32_t n = 0;
    for (size_t i = 0; i + 1 < prefix.len; i++) n += prefix.ptr[i] == '/';
    return n;
}

static void take_routes(edo_router *r, edo_router *other, edo_str prefix) {
    for (const edoi_route *route = other->first; route && r->failure == 0; route = route->next) {
        edoi_route like = *route;
        like.steps = edoi_router_with_all(r, other, route->steps);
        like.guards = edoi_router_with_guards(r, other, route->guards);
        like.nested_n += prefix_segments(prefix);
        edoi_settings_inherit(&like.settings, &other->settings);
        edo_str path =
            prefix.len > 0 ? router_joined(r, prefix, route->pattern.text) : route->pattern.text;
        (void)router_add(r, path, &like);
    }
}

static void add_fallback(edo_router *r, edo_router *other, const edoi_fallback *f, edo_str prefix) {
    edoi_fallback *own = edo_arena_alloc(&r->arena, sizeof *own);
    if (!own) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *own = *f;
    own->steps = edoi_router_with_all(r, other, f->steps);
    own->guards = edoi_router_with_guards(r, other, f->guards);
    edoi_settings_inherit(&own->settings, &other->settings);
    if (prefix.len > 0)
        own->prefix = f->prefix.len > 0 ? router_joined(r, prefix, f->prefix) : prefix;
    if (own->prefix.len == 0 || router_parse(r, &own->pattern, own->prefix) == 0)
        enter_fallback(r, own);
}

static void take_fallbacks(edo_router *r, edo_router *other, edo_str prefix) {
    for (const edoi_fallback *f = other->fallbacks; f && r->failure == 0; f = f->next)
        add_fallback(r, other, f, prefix);
}

/* May `r` take `other`? If not, `other` is freed, unless it is `r`, or in another router. */
static bool can_take(edo_router *r, edo_router *other) {
    if (r && r == other) {
        edoi_router_fail(r, -EINVAL, "a router is put into itself");
        return false;
    }
    if (edoi_router_is_open(r) && edoi_router_is_open(other)) return true;
    if (r)
        edoi_router_fail(r, other ? -EINVAL : -ENOMEM,
                         other ? "it is complete, or in another one" : "no memory");
    if (other && !other->is_taken) edo_rc_unref(other);
    return false;
}

void edo_router_merge(edo_router *r, edo_router *other) {
    if (!can_take(r, other)) return;
    bool is_guarded = other->guards || other->failure < 0; // its fallback is one of several
    bool both = r->fallback.fn && other->fallback.fn && !is_guarded;
    if (both) edoi_router_fail(r, -EDO_EROUTECONFLICT, "two routers with a fallback are merged");
    take_routes(r, other, (edo_str){ 0 });
    take_fallbacks(r, other, (edo_str){ 0 });
    if (other->fallback.fn && is_guarded) {
        add_fallback(r, other, &other->fallback, (edo_str){ 0 });
    } else if (other->fallback.fn) {
        r->fallback.fn = other->fallback.fn;
        r->fallback.steps = edoi_router_with_all(r, other, other->fallback.steps);
        r->fallback.settings = other->fallback.settings;
        edoi_settings_inherit(&r->fallback.settings, &other->settings);
    }
    router_take(r, other);
}

static int check_prefix(edo_router *r, edo_str prefix) {
    edoi_pattern p;
    int err = router_parse(r, &p, prefix);
    if (err < 0) return err;
    bool is_bad = prefix.len == 1 || p.segments[p.n - 1].kind == EDOI_SEGMENT_REST;
    if (!is_bad) return 0;
    edoi_router_fail(r, -EINVAL, "the prefix %.*s: %s", (int)prefix.len, prefix.ptr,
                     prefix.len == 1 ? "merge the router instead" : "{*rest} in a prefix");
    return -EINVAL;
}

void edo_router_nest(edo_router *r, const char *prefix, edo_router *inner) {
    if (!can_take(r, inner)) return;
    const char *copy = edo_arena_copy(&r->arena, prefix, strlen(prefix));
    if (!copy) edoi_router_fail(r, -ENOMEM, "no memory");
    if (copy && check_prefix(r, edo_str_of(copy)) == 0) {
        edo_str s = edo_str_of(copy);
        edo_str trimmed = { s.ptr, s.len - (s.ptr[s.len - 1] == '/') };
        take_routes(r, inner, s);
        take_fallbacks(r, inner, trimmed);
        if (inner->fallback.fn) add_fallback(r, inner, &inner->fallback, trimmed);
    }
    router_take(r, inner);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static int build_service(edo_service **out, const edo_layer *layers, size_t n) {
    edo_stack stack;
    edo_service *base;
    int err = edo_service_from_fn(&base, edoi_web_go_on, NULL, NULL);
    if (err < 0) return err;
    base->kind = EDOI_WEB_KIND;
    edo_stack_init(&stack);
    for (size_t i = 0; i < n; i++) edo_stack_push(&stack, layers[i]);
    err = edo_stack_build(&base, &stack, base); // this takes `base`, also on failure
    edo_stack_deinit(&stack);
    if (err < 0) return err;
    err = edoi_kind_check("a router", EDOI_WEB_KIND, base);
    if (err < 0)
        edo_service_unref(base);
    else
        *out = base;
    return err;
}

/* Keeps the reason that a layer has given. */
static int first_reason(void *arg, const edo_trail_entry *entry) {
    const char **why = arg;
    *why = entry->text;
    return 1;
}

/* Returns the service, owned by the router, or NULL after a failure. */
static edo_service *own_service(edo_router *r, const edo_layer *layers, size_t n) {
    edoi_owned_service *owned = edo_arena_alloc(&r->arena, sizeof *owned);
    edo_trail_clear(); // a failure below is about these layers
    int err = owned ? build_service(&owned->service, layers, n) : -ENOMEM;
    if (err < 0) {
        const char *why = "no memory";
        if (edo_trail_each(first_reason, &why) == 0 && err != -ENOMEM) why = "a layer is refused";
        edoi_router_fail(r, err, "%s", why);
        edo_trail_clear(); // the router keeps the failure
        return NULL;
    }
    owned->next = r->owned;
    r->owned = owned;
    return owned->service;
}

static void put_around_all(edo_router *r, edo_service *service) {
    edoi_all *a = edo_arena_alloc(&r->arena, sizeof *a);
    if (!a) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *a = (edoi_all){ .service = service };
    edoi_all **end = &r->first_all;
    while (*end) end = &(*end)->next;
    *end = a;
}

void edo_router_wrap_with(edo_router *r, edo_wrap_what what, const edo_layer *layers, size_t n) {
    if (!edoi_router_is_open(r) || r->failure < 0) return;
    bool of_routes = what == EDO_WRAP_ROUTES;
    if (of_routes && !r->first)
        edoi_router_fail(r, -EINVAL, "layers around routes, before there is one");
    edo_service *service = own_service(r, layers, n);
    if (!service) return;
    if (what == EDO_WRAP_ALL) {
        put_around_all(r, service);
        return;
    }
    for (edoi_route *route = r->first; route; route = route->next)
        put_around(r, &route->steps, service, of_routes);
    if (of_routes) return;
    put_around(r, &r->fallback.steps, service, false);
    for (edoi_fallback *f = r->fallbacks; f; f = f->next) put_around(r, &f->steps, service, false);
}
