/* SPDX-License-Identifier: MIT */
/* web/proxy/routes.c: edo_proxy_routes(): the options, the routes, and a request's way there. */
#include "base/opts.h"
#include "client/client.h"
#include "client/send/sent.h"
#include "http/types/bytes_of.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "time/attempts.h"
#include "web/layers/layer.h"
#include "web/proxy/proxy.h"
#include "web/request/web.h"
#include "web/router/router.h"

#include <edo/scope.h>
#include <edo/span.h>
#include <edo/uuid.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES        3u
#define READ_TIMEOUT edo_s(60)
#define EARLIER      edo_ms(1)

/* ---- The path -------------------------------------------------------------------------------- */

/* Is it "." or "..", perhaps with "%2e" for a dot? */
static bool segment_is_dots(const char *at, size_t n) {
    size_t dots = 0;
    while (n > 0) {
        bool is_coded = n >= 3 && at[0] == '%' && at[1] == '2' && (at[2] | 0x20) == 'e';
        if (!is_coded && at[0] != '.') return false;
        at += is_coded ? 3 : 1, n -= is_coded ? 3 : 1, dots++;
    }
    return dots == 1 || dots == 2;
}

/* How many bytes of a separator begin here: also of those that only some servers take for one. */
static size_t separator_len(const char *at, const char *end) {
    static const char *const coded[] = { "%2f", "%2F", "%5c", "%5C", "%3b", "%3B" };
    if (*at == '/' || *at == '\\' || *at == ';') return 1;
    if (*at != '%') return 0;
    for (size_t i = 0; i < EDO_COUNT(coded); i++)
        if (end - at >= 3 && memcmp(at, coded[i], 3) == 0) return 3;
    return 0;
}

static bool path_has_dots(edo_str path) {
    const char *end = path.ptr + path.len, *begin = path.ptr;
    for (const char *at = path.ptr; at < end;) {
        size_t n = separator_len(at, end);
        if (n > 0 && segment_is_dots(begin, (size_t)(at - begin))) return true;
        at += n > 0 ? n : 1;
        if (n > 0) begin = at;
    }
    return segment_is_dots(begin, (size_t)(end - begin));
}

/* The path behind the segments of the route, but for what `{*rest}` stands for. */
static edo_str path_behind(edo_str path, edo_str pattern) {
    static const edo_str rest = { "/{*", 3 };
    for (size_t i = 0; i < pattern.len && path.len > 0; i++) {
        bool is_rest =
            pattern.len - i > rest.len && memcmp(pattern.ptr + i, rest.ptr, rest.len) == 0;
        if (pattern.ptr[i] != '/' || is_rest || i + 1 == pattern.len) continue;
        const char *slash = memchr(path.ptr + 1, '/', path.len - 1);
        size_t n = slash ? (size_t)(slash - path.ptr) : path.len;
        path = (edo_str){ path.ptr + n, path.len - n };
    }
    return path.len > 0 ? path : EDO_STR("/");
}

/* Path and query as they go on, in the request's arena. */
static int proxied_set_target(edoi_proxied *p) {
    edo_str path = edo_web_path(p->w), query = edo_web_query_text(p->w);
    const edo_str prefix = p->proxy->prefix;
    if (p->proxy->strips) path = path_behind(path, edo_web_matched_path(p->w));
    bool has_query = query.ptr && memchr(p->req->target.ptr, '?', p->req->target.len);
    char *to = edo_arena_alloc(p->req->arena, prefix.len + path.len + 1 + query.len);
    if (!to) return -ENOMEM;
    p->ask.target.ptr = to;
    to = mempcpy(mempcpy(to, prefix.ptr, prefix.len), path.ptr, path.len);
    if (has_query) {
        *to++ = '?';
        to = mempcpy(to, query.ptr, query.len);
    }
    p->ask.target.len = (size_t)(to - p->ask.target.ptr);
    return 0;
}

/* ---- The request ----------------------------------------------------------------------------- */

/* 102 and 103 go on; 100 is edo's own, since it says that the body is wanted. A client that takes
 * none, as it has gone, says nothing of the service: see proxy_body_told(). */
static int proxied_informational(const edo_http_response *res, void *arg) {
    edoi_proxied *p = arg;
    edo_headers *h = &p->res->headers;
    if (res->status != EDO_STATUS_PROCESSING && res->status != EDO_STATUS_EARLY_HINTS) return 0;
    size_t n = edo_headers_count(h);
    int err = edoi_proxy_take_fields(p, &res->headers);
    if (err == 0) err = edo_response_informational(p->res, res->status);
    (void)edo_headers_truncate(h, n); // they are borrowed, and not the last response's
    if (err == 0 || err == -EMSGSIZE) return 0;
    return err == -ENOMEM ? err : -ECANCELED;
}

static bool proxied_expects_continue(const edoi_proxied *p) {
    edo_str expect = edo_headers_get(&p->req->headers, EDO_HEADER_EXPECT);
    return p->has_body && edoi_equal_nocase(expect, EDO_STR("100-continue"));
}

/* Only HTTP/2 has trailers behind a body of a known length. */
static bool proxied_may_trail(const edoi_proxied *p) {
    return p->has_body && (p->req->length < 0 || p->req->version == EDO_HTTP_2);
}

static void proxied_set_request(edoi_proxied *p) {
    p->ask.method = p->req->method;
    p->ask.method_name = p->req->method_name;
    p->ask.headers = &p->headers;
    p->ask.body = p->has_body ? &p->body.relay.stream : NULL;
    p->ask.length = p->req->length;
    p->ask.trailers = proxied_may_trail(p) ? &p->body.trailers : NULL;
    p->ask.expect_continue = proxied_expects_continue(p);
    p->ask.informational = proxied_informational;
    p->ask.arg = p;
    p->ask.timeout = p->proxy->timeout;
    p->ask.read_timeout = p->proxy->read_timeout;
    p->ask.attempts = 1;
    p->ask.as_is = true;
}

/* May another server be asked? Nothing of the request has left, and the failure is that of a
 * connection, not of the request, nor a refusal. */
static bool proxied_may_go_on(const edoi_proxied *p, int err, bool is_sent) {
    return !is_sent && !p->body.was_read && err != -EINVAL && err != -EMSGSIZE && err != -ENOMEM &&
           err != -ECANCELED && !edoi_outcome_is_refusal(err);
}

/* Gives this try what is left of `timeout`; false: nothing. It ends a little before the limit
 * around all: so who waits in vain is told that the service was late (-ETIMEDOUT), as a breaker has
 * to know, and not that nobody waits any more (-ECANCELED). */
static bool proxied_has_time(edoi_proxied *p, edo_instant began) {
    edo_duration timeout = p->proxy->timeout;
    if (timeout.ns < 0) return true;
    int64_t left_ns = timeout.ns - edo_instant_since(edo_now(), began).ns;
    p->ask.timeout.ns = left_ns - (timeout.ns > 8 * EARLIER.ns ? EARLIER.ns : 0);
    return p->ask.timeout.ns > 0;
}

static int proxied_ask(edoi_proxied *p, uint32_t n) {
    edo_span_block span;
    edo_span_begin(&span, edoi_proxy_span_try(p, n));
    return edo_span_end(&span, edoi_sent_oneshot(p->proxy->service, &p->ask, &p->got));
}

/* `*n`: how many tries there were. */
static int proxied_try(edoi_proxied *p, edoi_attempts *series, uint32_t *n) {
    edo_instant began = edo_now();
    for (*n = 1;; ++*n) {
        edo_atomic_u32 told = EDOI_ATOMIC_INIT(0);
        if (!proxied_has_time(p, began)) return -ETIMEDOUT;
        p->ask.edoi_told = &told;
        int err = proxied_ask(p, *n);
        p->ask.edoi_told = NULL;
        if (err == 0 || *n >= p->proxy->tries) return err;
        if (!proxied_may_go_on(p, err, edoi_sent_may_be(&told))) return err;
        edoi_attempts_next(series);
    }
}

/* A client that has not sent its body when the time is over is late itself: so the wait for that
 * ends before all others, by more than timers are late. */
static void proxied_limit_body(edoi_proxied *p) {
    int64_t timeout_ns = p->proxy->timeout.ns;
    if (!p->has_body || timeout_ns < 0) return;
    p->body.relay.end = edo_instant_add(edo_now(), edo_ns(timeout_ns - timeout_ns / 64));
    p->body.relay.has_end = true;
}

/* The limit holds for waits to be ready, too, and for all attempts of a layer together. */
static int proxied_send_within(edoi_proxied *p, uint32_t *tries) {
    edoi_attempts series;
    edo_deadline limit;
    edo_deadline_begin(&limit, p->proxy->timeout);
    proxied_limit_body(p);
    edoi_attempts_begin(&series);
    int err = edo_deadline_end(&limit, proxied_try(p, &series, tries));
    edoi_attempts_end(&series);
    return err;
}

/* A try, or one of a layer around the service, may be a span of its own. */
static int proxied_send(edoi_proxied *p) {
    edo_span_block span;
    uint32_t tries;
    edo_span_begin(&span, edoi_proxy_span(p));
    p->ask.edoi_steps = span.span || EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG);
    int err = proxied_send_within(p, &tries);
    if (err == 0) edoi_proxy_span_tell(span.span, p, tries);
    return edo_span_end(&span, err);
}

/* The response's fields lie in `got`, and the layers outside may look at them until it was sent. */
static void proxied_drop(void *value) {
    edoi_proxied *p = value;
    edo_http_response_free(p->got);
    edo_headers_deinit(&p->headers);
    edo_headers_deinit(&p->body.trailers);
}

static const edo_ext_tag proxied_tag = { .name = "edo_proxied", .drop = proxied_drop };

static int proxied_new(edoi_proxied **out, edo_web *w) {
    edo_request *req = edo_web_request(w);
    edoi_proxied *p = edo_arena_alloc(req->arena, sizeof *p);
    if (!p) return -ENOMEM;
    memset(p, 0, offsetof(edoi_proxied, room));
    p->proxy = edo_web_route_arg(w);
    p->w = w;
    p->req = req;
    p->res = edo_web_response(w);
    edoi_headers_init_in(&p->headers, req->arena);
    edoi_headers_lend(&p->headers, &p->room);
    edoi_proxy_body_init(&p->body, req, p->proxy->is_inner);
    *out = p;
    return edo_ext_set(&p->res->ext, &proxied_tag, p);
}

static int proxy_serve(edo_web *w) {
    edoi_proxied *p;
    int err = proxied_new(&p, w);
    if (err < 0) return err;
    if (path_has_dots(edo_web_path(w)))
        return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "the path has a segment of dots");
    if (edoi_proxy_names_too_many(p))
        return edo_web_reject(w, -E2BIG, EDO_STATUS_BAD_REQUEST,
                              "Connection and Trailer name too many fields");
    if (edoi_proxy_find_forwards(p) < 0)
        return edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "Max-Forwards");
    if (p->forwards == 0) return edoi_proxy_respond_last(p);
    if (edoi_proxy_is_loop(p)) return edo_web_reject(w, -ELOOP, EDO_STATUS_LOOP_DETECTED, NULL);
    err = proxied_set_target(p);
    if (err == 0) err = edoi_proxy_set_fields(p);
    if (err < 0) return err;
    proxied_set_request(p);
    err = proxied_send(p);
    err = err < 0 ? edoi_proxy_respond_failure(p, err) : edoi_proxy_respond(p);
    return err < 0 && p->body.failure < 0 ? p->body.failure : err; // which the service has not seen
}

/* ---- The routes ------------------------------------------------------------------------------ */

static void proxy_routes_free(void *arg) {
    edoi_proxy_routes *p = arg;
    edo_service_unref(p->service);
    free(p);
}

static bool proxy_opts_are_good(const edo_proxy_opts *o) {
    edo_str name = edo_str_of(o->name ? o->name : "edo"),
            prefix = edo_str_of(o->prefix ? o->prefix : "");
    return edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) && name.len < EDOI_PROXY_NAME_MAX &&
           edo_header_name_is_valid(name) && (prefix.len == 0 || prefix.ptr[0] == '/') &&
           (prefix.len == 0 || prefix.ptr[prefix.len - 1] != '/') &&
           edo_header_value_is_valid(prefix) && (!o->host || edoi_is_value(o->host));
}

static edo_str proxy_copy(char **at, const char *text) {
    edo_str s = edo_str_of(text ? text : "");
    char *to = *at;
    if (s.len > 0) *at = mempcpy(to, s.ptr, s.len);
    return (edo_str){ to, s.len };
}

/* `name`, or "edo-" and the first group of a random UUID. */
static void proxy_set_name(edoi_proxy_routes *p, const char *name) {
    char random[EDO_UUID_BYTES];
    if (name)
        (void)snprintf(p->name, sizeof p->name, "%s", name);
    else
        (void)snprintf(p->name, sizeof p->name, "edo-%.8s", edo_uuid(random));
    (void)snprintf(p->via_10, sizeof p->via_10, "1.0 %s", p->name);
    (void)snprintf(p->via_11, sizeof p->via_11, "1.1 %s", p->name);
    (void)snprintf(p->via_2, sizeof p->via_2, "2 %s", p->name);
}

static edoi_proxy_routes *proxy_routes_new(edo_service *service, const edo_proxy_opts *o) {
    edoi_proxy_routes *p = malloc(sizeof *p + edo_str_of(o->host ? o->host : "").len +
                                  edo_str_of(o->prefix ? o->prefix : "").len);
    if (!p) return NULL;
    char *at = p->texts;
    proxy_set_name(p, o->name);
    p->host = edoi_trim(proxy_copy(&at, o->host));
    p->prefix = proxy_copy(&at, o->prefix);
    p->strips = o->strips;
    p->is_inner = o->is_inner;
    p->no_upgrades = o->no_upgrades;
    p->no_credentials = o->no_credentials;
    p->upgrades_stay = o->upgrades_stay;
    p->tries = o->tries > 0 ? o->tries : TRIES;
    p->timeout = o->timeout.ns > 0 ? o->timeout : (edo_duration){ -1 };
    p->read_timeout = o->read_timeout.ns == 0 ? READ_TIMEOUT : o->read_timeout;
    p->service = edo_service_ref(service);
    return p;
}

/* "/shop", "/shop/", and all below. The first of them owns what they share. */
static void proxy_add(edo_router *r, const char *path, edoi_proxy_routes *p) {
    char below[512];
    size_t n = strlen(path);
    bool ends_with_slash = n > 0 && path[n - 1] == '/';
    edo_router_add_with(r, EDO_METHODS_ANY, path, proxy_serve, p, proxy_routes_free);
    if (!ends_with_slash) {
        (void)snprintf(below, sizeof below, "%s/", path);
        edo_router_add_with(r, EDO_METHODS_ANY, below, proxy_serve, p, NULL);
    }
    (void)snprintf(below, sizeof below, "%s%s{*rest}", path, ends_with_slash ? "" : "/");
    edo_router_add_with(r, EDO_METHODS_ANY, below, proxy_serve, p, NULL);
}

void edo_proxy_routes(edo_router *r, const char *path, edo_service *service,
                      const edo_proxy_opts *opts) {
    const edo_proxy_opts none = { 0 };
    if (!opts) opts = &none;
    if (!r) return;
    if (strlen(path) > 400 || !proxy_opts_are_good(opts)) {
        edoi_router_fail(r, -EINVAL, "options of the proxy at \"%.400s\"", path);
        return;
    }
    if (!edoi_kind_fits(EDOI_CLIENT_KIND, service)) {
        edoi_router_fail(r, -EINVAL, "the service of the proxy at \"%.400s\" takes %s, and not %s",
                         path, service->kind, EDOI_CLIENT_KIND);
        return;
    }
    edoi_proxy_routes *p = proxy_routes_new(service, opts);
    if (!p)
        edoi_router_fail(r, -ENOMEM, "no memory");
    else
        proxy_add(r, path, p);
}
