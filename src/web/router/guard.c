/* SPDX-License-Identifier: MIT */
/* web/router/guard.c: guards, which say for which requests the routes of a router are. */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/origin.h"
#include "web/router/router.h"

#include <edo/http_fields.h>
#include <edo/task.h>
#include <edo/uri.h>
#include <edo/web_routes.h>

#include <errno.h>
#include <string.h>

/* ---- A request ------------------------------------------------------------------------------- */

/* Returns the name without the dot of the root: "a.example." is "a.example". */
static edo_str without_root(edo_str host) {
    bool has_root = host.len > 1 && host.ptr[host.len - 1] == '.';
    return (edo_str){ host.ptr, host.len - has_root };
}

bool edoi_host_fits(edo_str wanted, edo_str host) {
    host = without_root(host);
    wanted = without_root(wanted);
    if (wanted.ptr[0] != '*') return edoi_equal_nocase(wanted, host);
    edo_str end = { wanted.ptr + 1, wanted.len - 1 };
    if (host.len <= end.len) return false;
    return edoi_equal_nocase(end, (edo_str){ host.ptr + host.len - end.len, end.len });
}

static bool route_guard_has_field(const edo_request *req, edo_str name, edo_str value) {
    const edo_header *f = NULL;
    while ((f = edo_headers_next_named(&req->headers, f, name)))
        if (!value.ptr || edo_str_equal(f->value, value)) return true;
    return false;
}

static bool port_fits(edo_request *req, uint16_t port) {
    edo_addr local;
    return edo_request_local(req, &local) == 0 && edo_addr_port(&local) == port;
}

static bool route_guard_fits(const edoi_route_guard *g, edo_request *req) {
    if (g->host.len > 0 && !edoi_host_fits(g->host, edoi_request_host(req))) return false;
    if (g->header.len > 0 && !route_guard_has_field(req, g->header, g->value)) return false;
    if (g->port > 0 && !port_fits(req, g->port)) return false;
    if (g->has_scheme && g->is_tls != req->is_tls) return false;
    if (!g->fn) return true;
    edo_no_await_begin();
    bool fits = g->fn(g->arg, req);
    edo_no_await_end();
    return fits;
}

bool edoi_guards_fit(const edoi_guard_step *guards, edo_request *req) {
    for (const edoi_guard_step *s = guards; s; s = s->next)
        if (!route_guard_fits(s->guard, req)) return false;
    return true;
}

/* ---- A router -------------------------------------------------------------------------------- */

static bool is_one(const edoi_route_guard *a, const edoi_route_guard *b) {
    return edoi_equal_nocase(a->host, b->host) && edoi_equal_nocase(a->header, b->header) &&
           !a->value.ptr == !b->value.ptr && edo_str_equal(a->value, b->value) &&
           a->port == b->port && a->fn == b->fn && a->arg == b->arg &&
           a->has_scheme == b->has_scheme && a->is_tls == b->is_tls;
}

/* Is each guard of `a` also in `b`? */
static bool are_among(const edoi_guard_step *a, const edoi_guard_step *b) {
    for (; a; a = a->next) {
        const edoi_guard_step *s = b;
        while (s && !is_one(a->guard, s->guard)) s = s->next;
        if (!s) return false;
    }
    return true;
}

bool edoi_guards_equal(const edoi_guard_step *a, const edoi_guard_step *b) {
    return are_among(a, b) && are_among(b, a);
}

const edoi_guard_step *edoi_router_with_guards(edo_router *r, const edo_router *other,
                                               const edoi_guard_step *guards) {
    for (const edoi_route_guard *g = other->guards; g; g = g->next) {
        edoi_guard_step *step = edo_arena_alloc(&r->arena, sizeof *step);
        if (!step) {
            edoi_router_fail(r, -ENOMEM, "no memory");
            return guards;
        }
        *step = (edoi_guard_step){ .next = guards, .guard = g };
        guards = step;
    }
    return guards;
}

bool edoi_is_host(const char *host) {
    edo_uri uri;
    edo_str name = edo_str_of(host[0] == '*' && host[1] == '.' ? host + 2 : host);
    bool is_read = name.len > 0 && edo_uri_parse_authority(&uri, name) == 0;
    return is_read && !uri.port.ptr && !uri.userinfo.ptr && !memchr(name.ptr, '*', name.len);
}

static bool route_guard_is_https(const edo_route_guard *g) {
    return g->scheme && strcmp(g->scheme, "https") == 0;
}

static bool route_guard_is_good(const edo_route_guard *g) {
    bool says_something = g->host || g->header || g->port > 0 || g->fn || g->scheme;
    bool scheme_is_good = !g->scheme || route_guard_is_https(g) || strcmp(g->scheme, "http") == 0;
    bool header_is_good =
        g->header ? edo_header_name_is_valid(edo_str_of(g->header)) && edoi_is_value(g->value)
                  : !g->value;
    return says_something && (!g->host || edoi_is_host(g->host)) && header_is_good &&
           scheme_is_good && edoi_all_zero(g->reserved, EDO_COUNT(g->reserved));
}

/* Returns a copy in memory of the router; NULL as its pointer for NULL, and after a failure. */
static edo_str route_guard_copy(edo_router *r, const char *text) {
    if (!text) return (edo_str){ 0 };
    edo_str s = edo_str_of(text);
    s.ptr = edo_arena_copy(&r->arena, text, s.len + 1);
    if (!s.ptr) edoi_router_fail(r, -ENOMEM, "no memory");
    return s;
}

void edo_router_guard(edo_router *r, const edo_route_guard *guard) {
    if (!edoi_router_is_open(r)) return;
    if (!route_guard_is_good(guard)) {
        edoi_router_fail(r, -EINVAL,
                         "a guard without a wish, or with a bad host, header or scheme");
        return;
    }
    edoi_route_guard *g = edo_arena_alloc(&r->arena, sizeof *g);
    if (!g) {
        edoi_router_fail(r, -ENOMEM, "no memory");
        return;
    }
    *g = (edoi_route_guard){ .next = r->guards,
                             .host = without_root(route_guard_copy(r, guard->host)),
                             .header = route_guard_copy(r, guard->header),
                             .value = route_guard_copy(r, guard->value),
                             .port = guard->port,
                             .has_scheme = guard->scheme != NULL,
                             .is_tls = route_guard_is_https(guard),
                             .fn = guard->fn,
                             .arg = guard->arg };
    r->guards = g;
}
