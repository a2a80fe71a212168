/* SPDX-License-Identifier: MIT */
/* web/serve/guards.c: see guards.h. They are no layers: a request meets them before any layer of
 * the router, and a response that was made for no route has their fields, too. */
#include "web/serve/guards.h"

#include "base/opts.h"
#include "web/layers/guard/csrf.h"
#include "web/request/origin.h"

#include <errno.h>
#include <string.h>

#define OPTIONS "edo_web_opts.guards"

/* ---- Fields ---------------------------------------------------------------------------------- */

typedef struct fields_hook {
    edo_response_hook base;    /* first */
    const edoi_guards *guards; /* NULL: another server has made the response */
} fields_hook;

static int guards_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    const edoi_guards *guards = ((const fields_hook *)(const void *)hook)->guards;
    (void)head;
    return guards ? edoi_security_set(&guards->security, res) : 0;
}

static const edo_response_hook_ops fields_hook_ops = { .head = guards_head };

void edoi_guards_leave_fields(edo_response *res) {
    for (edo_response_hook *hook = res->hooks; hook; hook = hook->next)
        if (hook->ops == &fields_hook_ops) ((fields_hook *)(void *)hook)->guards = NULL;
}

static int guards_begin(const edoi_web_door *door, edo_web *w) {
    const edoi_guards *g = (const edoi_guards *)(const void *)door;
    if (g->opts.no_headers) return 0;
    fields_hook *hook = edo_arena_alloc(w->req->arena, sizeof *hook);
    if (!hook) return -ENOMEM;
    *hook = (fields_hook){ .base = { .ops = &fields_hook_ops }, .guards = g };
    edo_response_add_hook(w->res, &hook->base);
    return 0;
}

/* ---- A request ------------------------------------------------------------------------------- */

/* An address is no name that somebody else could lead here, and probes ask by it. */
static bool host_is_address(edo_str host) {
    edo_addr_range range;
    char text[64];
    if (host.len > 2 && host.ptr[0] == '[') host = (edo_str){ host.ptr + 1, host.len - 2 };
    if (host.len >= sizeof text) return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return edo_addr_range_parse(&range, text) == 0;
}

/* Nor is "localhost", which browsers look up nowhere; and no browser leaves the host out. */
static bool names_nobody(const edo_request *req, edo_str host) {
    if (host.len == 0) return edo_headers_get(&req->headers, EDO_HEADER_HOST).len == 0;
    return edoi_host_fits(EDO_STR("localhost"), host) ||
           edoi_host_fits(EDO_STR("*.localhost"), host) || host_is_address(host);
}

static bool host_is_served(const edo_web_guards *o, const edo_request *req) {
    if (o->hosts_n == 0) return true;
    edo_str host = edoi_request_host(req);
    for (size_t i = 0; i < o->hosts_n; i++)
        if (edoi_host_fits(edo_str_of(o->hosts[i]), host)) return true;
    return names_nobody(req, host);
}

static bool guards_let_in(const edoi_web_door *door, edo_web *w, int *code) {
    const edoi_guards *g = (const edoi_guards *)(const void *)door;
    if (!host_is_served(&g->opts, w->req)) {
        edoi_web_log_guarded(w, "its host is not one of " OPTIONS ".hosts");
        *code = edoi_web_turn_away(w, -EACCES, EDO_STATUS_MISDIRECTED_REQUEST,
                                   "this host is not served here");
        return false;
    }
    if (!g->opts.no_csrf && !edoi_csrf_passes(&g->csrf, w)) {
        edoi_web_log_guarded(w, "a page of another origin has sent it; " OPTIONS
                                ".csrf names those that may, .no_csrf lets all pass");
        *code = edoi_csrf_refuse(w);
        return false;
    }
    return true;
}

/* ---- Options --------------------------------------------------------------------------------- */

static int check_hosts(const edo_web_guards *o) {
    if (!o->hosts != (o->hosts_n == 0)) return edo_fail(-EINVAL, OPTIONS ": `hosts` or `hosts_n`");
    for (size_t i = 0; i < o->hosts_n; i++)
        if (!o->hosts[i] || !edoi_is_host(o->hosts[i]))
            return edo_fail(-EINVAL, OPTIONS ".hosts: \"%s\" is no host, as \"a.example\"",
                            o->hosts[i] ? o->hosts[i] : "");
    return 0;
}

int edoi_guards_init(edoi_guards *g, const edo_web_guards *opts) {
    *g = (edoi_guards){ .door = { guards_begin, guards_let_in }, .opts = *opts };
    edo_security_headers_opts headers = { .documents_only = true };
    if (opts->csrf) g->csrf = *opts->csrf;
    if (opts->headers) headers = *opts->headers;
    if ((opts->no_csrf && opts->csrf) || (opts->no_headers && opts->headers))
        return edo_fail(-EINVAL, OPTIONS ": `no_csrf` with `csrf`, or `no_headers` with `headers`");
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)))
        return edo_fail(-EINVAL, OPTIONS ": `reserved` must be 0");
    int err = check_hosts(opts);
    if (err == 0) err = edoi_csrf_check(&g->csrf, OPTIONS ".csrf");
    return err < 0 ? err : edoi_security_init(&g->security, &headers, OPTIONS ".headers");
}
