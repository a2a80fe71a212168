/* SPDX-License-Identifier: MIT */
/* web/request/dispatch.c: the way of a request through the layers to its handler. */
#include "base/assert.h"
#include "runtime/fiber/label.h"
#include "service/run.h"
#include "web/request/slash.h"
#include "web/request/spelling.h"
#include "web/sse/sse.h"
#include "web/ws/waiting.h"

#include <edo/uri.h>

#include <errno.h>
#include <string.h>

/* ---- The path -------------------------------------------------------------------------------- */

static void dispatch_split(edo_web *w, edo_str target) {
    const char *mark = memchr(target.ptr, '?', target.len);
    size_t n = mark ? (size_t)(mark - target.ptr) : target.len;
    w->path = (edo_str){ target.ptr, n };
    w->query = mark ? (edo_str){ mark + 1, target.len - n - 1 } : EDO_STR("");
}

/* Writes the spelling of a path in which routes are compared. Returns 0 or -ENOMEM. */
static int respell(edo_web *w, edo_str path, edo_str *out) {
    *out = path;
    if (EDOI_LIKELY(path.len == 0 || !memchr(path.ptr, '%', path.len))) return 0;
    char *text = edo_arena_copy(w->req->arena, path.ptr, path.len);
    if (!text) return -ENOMEM;
    *out = (edo_str){ text, edoi_path_respell(text, path.len) };
    return 0;
}

/* Finds the path and the query. A target without a path, such as "*", has neither. */
static void read_target(edo_web *w) {
    edo_str target = w->req->target;
    if (target.ptr[0] == '/') {
        dispatch_split(w, target);
        return;
    }
    edo_uri uri;
    bool is_whole = edo_uri_parse_target(&uri, w->req->method, target) == 0 && uri.host.len > 0 &&
                    w->req->method != EDO_METHOD_CONNECT;
    w->path = !is_whole ? EDO_STR("") : uri.path.len > 0 ? uri.path : EDO_STR("/");
    w->query = is_whole ? uri.query : EDO_STR("");
}

/* Decodes the value of a capture. */
EDOI_NOINLINE static int decode_capture(edo_web *w, edo_str *value) {
    edo_buf text = { 0 };
    int err = edo_uri_decode(*value, &text);
    char *copy = err < 0 ? NULL : edo_arena_text(w->req->arena, text.len);
    if (copy && text.len > 0) memcpy(copy, text.ptr, text.len);
    *value = (edo_str){ copy, text.len };
    edo_buf_deinit(&text);
    if (err < 0 || !copy) return err < 0 ? err : -ENOMEM;
    return edo_str_is_utf8(*value) ? 0 : -EILSEQ;
}

/* Has the value a percent sign? Not memchr(), whose call takes longer: values are short. */
static bool has_percent(edo_str s) {
    if (s.len >= 8) return memchr(s.ptr, '%', s.len) != NULL;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '%') return true;
    return false;
}

/* Decodes all captures. A target has visible ASCII only, so a value without percent signs is
 * UTF-8. */
static int decode_captures(edo_web *w) {
    for (uint32_t i = 0; i < w->match.n; i++) {
        edo_str *value = &w->match.values[i];
        int err = has_percent(*value) ? decode_capture(w, value) : 0;
        if (err < 0) return err;
    }
    return 0;
}

/* ---- The handler ----------------------------------------------------------------------------- */

static int dispatch_not_found(edo_web *w) {
    return edoi_web_turn_away(w, -ENOENT, EDO_STATUS_NOT_FOUND, NULL);
}

/* OPTIONS of "*" asks whether the server as a whole is there and what it can do (RFC 9110 section
 * 9.3.7), so it is not that nothing was found. */
static bool is_about_server(const edo_request *req) {
    return req->method == EDO_METHOD_OPTIONS && edo_str_equal(req->target, EDO_STR("*"));
}

static int reply_of_server(edo_web *w) {
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

static int not_allowed(edo_web *w) {
    return edoi_web_turn_away(w, -ENOTSUP, EDO_STATUS_METHOD_NOT_ALLOWED, NULL);
}

/* Returns the route for the request's method; NULL if it is not allowed. */
static const edoi_route *route_at(const edoi_place *place, const edo_request *req) {
    const edoi_route *named = req->method == EDO_METHOD_OTHER ? place->named : NULL;
    for (; named; named = named->next_named)
        if (edo_str_equal(named->method, req->method_name)) return named;
    return place->routes[req->method];
}

EDOI_INLINE const edoi_place *place_in(edo_web *w, const edoi_node *root, edo_str path) {
    bool is_found = edoi_tree_find(root, path, &w->match);
    return is_found ? (const edoi_place *)(const void *)w->match.leaf : NULL;
}

/* Returns the first place that has a route for the method; if none has, the first place. */
EDOI_NOINLINE static const edoi_place *guarded_place(edo_web *w, edo_str path) {
    const edo_router *r = w->app->router;
    const edoi_node *first = NULL;
    for (const edoi_guarded *g = r->guarded; g; g = g->next) {
        if (!edoi_guards_fit(g->guards, w->req)) continue;
        const edoi_place *place = place_in(w, &g->root, path);
        if (place && route_at(place, w->req)) return place;
        if (place && !first) first = &g->root;
    }
    const edoi_place *place = place_in(w, &r->root, path);
    if (!first || (place && route_at(place, w->req))) return place;
    return place_in(w, first, path); // again, since this sets the captures
}

/* Returns where a path leads; NULL if nowhere, or to a fallback. */
EDOI_INLINE const edoi_place *place_of(edo_web *w, edo_str path) {
    const edo_router *r = w->app->router;
    const edoi_place *place =
        EDOI_UNLIKELY(r->guarded) ? guarded_place(w, path) : place_in(w, &r->root, path);
    bool falls = EDOI_UNLIKELY(r->fallbacks) && place &&
                 edoi_router_has_nearer_fallback(r, w->req, path, place->leaf.pattern);
    return falls ? NULL : place;
}

static int bad_path(edo_web *w) {
    return edoi_web_refuse(w, -EILSEQ, EDO_STATUS_BAD_REQUEST, "the path is badly encoded");
}

/* Makes `to` the request's target, and decodes its captures. Bad encoding is refused with 400
 * behind the layers, so that limits and logs see this request, too. Returns 0 or -ENOMEM. */
EDOI_INLINE int dispatch_lead(edo_web *w, edoi_web_target to) {
    w->to = to;
    w->at = to.steps;
    if (!to.captured) return 0;
    EDO_ASSERT(w->match.n <= EDOI_CAPTURES_MAX);
    int err = decode_captures(w);
    if (err == -ENOMEM || err == 0) return err;
    w->to.fn = bad_path;
    w->to.captured = NULL;
    return 0;
}

static int choose_fallback(edo_web *w) {
    const edoi_fallback *f = edoi_router_fallback_for(w->app->router, w->req, w->spelt, &w->match);
    edo_web_fn *none = is_about_server(w->req) ? reply_of_server : dispatch_not_found;
    return dispatch_lead(w, (edoi_web_target){ .fn = f->fn ? f->fn : none,
                                               .steps = f->steps,
                                               .settings = &f->settings,
                                               .nested_n = f->pattern.n,
                                               .captured = &f->pattern });
}

/* Called if no route matches: does one match the path with the other end? */
EDOI_NOINLINE static int choose_other_slash(edo_web *w) {
    edo_str other;
    int err = edoi_web_other_slash(w, &other);
    if (err == 0 && other.ptr) err = respell(w, other, &other);
    bool is_there = err == 0 && other.ptr && place_of(w, other);
    int chosen = choose_fallback(w);
    if (is_there) w->to.fn = edoi_web_to_other_slash;
    return err < 0 ? err : chosen;
}

static int choose_not_allowed(edo_web *w, const edoi_place *place) {
    const edoi_route *first = place->first;
    int err = edoi_web_set_allow(w, place);
    int chosen = dispatch_lead(
        w, (edoi_web_target){ .fn = first->not_allowed ? first->not_allowed : not_allowed,
                              .steps = first->steps,
                              .settings = &first->settings,
                              .nested_n = first->nested_n });
    return err < 0 ? err : chosen;
}

static int dispatch_choose(edo_web *w) {
    const edoi_place *place = w->spelt.len > 0 ? place_of(w, w->spelt) : NULL;
    if (!place) {
        if (w->app->router->slash == EDO_PATH_SLASH_REDIRECTED) return choose_other_slash(w);
        return choose_fallback(w);
    }
    w->req->route = place->leaf.pattern->text;
    const edoi_route *route = route_at(place, w->req);
    if (!route && w->req->method == EDO_METHOD_OPTIONS) route = place->own_options;
    if (!route) return choose_not_allowed(w, place);
    return dispatch_lead(w, (edoi_web_target){ .fn = route->fn,
                                               .steps = route->steps,
                                               .settings = &route->settings,
                                               .nested_n = route->nested_n,
                                               .place = place,
                                               .route = route,
                                               .captured = place->leaf.pattern });
}

int edoi_web_answer_options(edo_web *w) {
    int err = edoi_web_set_allow(w, w->to.place);
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

/* Ends the events of a handler or layer that has begun them, so that the block around it is the
 * innermost again. */
EDOI_INLINE int end_events(edo_web *w, int code) {
    return EDOI_UNLIKELY(w->events) ? edoi_sse_end(w->events, code) : code;
}

/* Calls the handler. If it fails, the fields that it has set are removed; those that layers have
 * set before stay. */
static int dispatch_call_handler(edo_web *w) {
    size_t fields_n = edo_headers_count(&w->res->headers);
    w->in_handler = true;
    EDO_ASSERT(w->to.fn);
    int code = end_events(w, w->to.fn(w));
    if (EDOI_UNLIKELY(code < 0) && !edoi_web_is_refusal(w, code))
        (void)edo_headers_truncate(&w->res->headers, fields_n);
    return code;
}

/* Goes on with the request behind the layers. Those around routes are not called on the way to a
 * fallback. A layer may go on more than once, so the place is kept. */
int edoi_web_go_on(void *arg, void *request, void *response) {
    edo_web *w = request;
    const edoi_route_step *here = w->at, *step = here;
    (void)arg;
    (void)response;
    EDO_ASSERT(!w->to.place == !w->to.route);
    while (step && step->of_routes && !w->to.place) step = step->next;
    if (!step) return dispatch_call_handler(w);
    w->at = step->next;
    int code = end_events(w, edoi_service_run(step->service, w, w));
    w->at = here;
    return code;
}

int edoi_web_handle(edo_request *req, edo_response *res, void *app) {
    edo_web w; // not cleared, as it has many captures; dispatch_choose() sets the rest
    w.app = app;
    w.req = req;
    w.res = res;
    w.has_body = false;
    w.body_failure = 0;
    w.in_handler = false;
    w.is_refused = false;
    w.rejection = NULL;
    w.own_type = NULL;
    w.ws = NULL;
    w.events = NULL;
    read_target(&w);
    const edo_path_slash slash = (edo_path_slash)w.app->router->slash;
    const edoi_web_door *door = w.app->door;
    int code = door ? door->begin(door, &w) : 0;
    if (EDOI_UNLIKELY(slash != EDO_PATH_SLASH_KEPT) && code == 0)
        code = edoi_web_normalize(&w, slash);
    w.spelt = w.path;
    if (code == 0) code = respell(&w, w.path, &w.spelt);
    if (code == 0)
        code = dispatch_choose(&w);
    else
        (void)choose_fallback(&w); // it may have a response for the failure
    const char *name = edoi_label_begin(w.to.route ? w.to.route->label : NULL);
    if (code == 0 && (!door || door->lets_in(door, &w, &code))) code = edoi_web_go_on(NULL, &w, &w);
    edoi_label_end(name);
    EDO_ASSERT(!w.events); // ended with the handler, or the layer, that has begun them
    if (w.ws) {
        edoi_ws_end(w.ws, w.to.place ? &w.to.place->leaf.pattern->text : NULL, code);
        return code;
    }
    if (code >= 0) return 0;
    return edoi_web_is_refusal(&w, code) ? 0 : edoi_web_respond_failure(&w, code);
}
