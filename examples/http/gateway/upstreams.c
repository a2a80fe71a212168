/* SPDX-License-Identifier: MIT */
/* upstreams.c: the servers behind a route, which come and go: a request goes to one that is well
 * and has little to do. */
#include "gateway.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What all connections of a balance share. */
typedef struct target {
    edo_http_client *client; /* a reference */
    char check[];
} target;

static int target_connect(void *arg, const edo_endpoint *to, void **conn) {
    edo_service *svc;
    int err = edo_http_client_make(((target *)arg)->client, &svc, to);
    if (err == 0) *conn = svc;
    return err;
}

static void target_close(void *arg, void *conn) {
    (void)arg;
    edo_service_unref(conn);
}

static int target_check(void *arg, void *conn) {
    const target *t = arg;
    edo_http_request ask = { .target = edo_str_of(t->check) };
    edo_http_response *res;
    if (ask.target.len == 0) return 0;
    int err = edo_service_oneshot(conn, &ask, &res);
    if (err < 0) return err;
    err = edo_status_class(res->status) == 2 ? 0 : -EIO;
    edo_http_response_free(res);
    return err;
}

/* Only where nobody listens any more is the connection made anew: the client keeps its own. */
static bool target_is_lost(void *arg, void *conn, int result) {
    (void)arg, (void)conn;
    return result == -ECONNREFUSED || result == -EHOSTUNREACH || result == -ENETUNREACH;
}

static void target_drop(void *arg) {
    target *t = arg;
    edo_http_client_unref(t->client);
    free(t);
}

static const edo_balance_ops target_ops = { .connect = target_connect,
                                            .is_lost = target_is_lost,
                                            .close = target_close,
                                            .check = target_check,
                                            .drop = target_drop };

/* A call lasts until the body of its response is done: so an upstream with long ones gets fewer. */
static void lease_drop(void *value) {
    edo_balance_done(value, 0);
    free(value);
}

static const edo_ext_tag lease_tag = { .name = "lease", .drop = lease_drop };

static bool lease_keep(edo_balance_lease *lease, edo_http_response *res) {
    edo_balance_lease *kept = malloc(sizeof *kept);
    if (kept) *kept = *lease;
    if (kept && edo_ext_set(&res->ext, &lease_tag, kept) == 0) return true;
    free(kept);
    return false;
}

/* Picks one of them. Where others have just found nobody, it is another one. */
static int upstreams_pick(edo_balance *balance, edo_balance_lease *lease, edo_permit *permit) {
    for (;;) {
        int err = edo_balance_pick(balance, lease, EDO_PICK_FAIL_FAST);
        if (err < 0) return err;
        err = edo_service_ready(lease->conn, permit);
        if (err == 0) return 0;
        edo_balance_done(lease, err);
        if (!target_is_lost(NULL, NULL, err)) return err;
    }
}

static int upstreams_ask(void *balance, void *request, void *response) {
    edo_balance_lease lease;
    edo_permit permit = EDO_PERMIT_INIT;
    edo_http_response **res = response;
    int err = upstreams_pick(balance, &lease, &permit);
    if (err < 0) return err;
    err = edo_service_call(lease.conn, &permit, request, response);
    int result = err == 0 && (*res)->status >= 500 ? -EIO : err;
    if (result < 0 || !lease_keep(&lease, *res)) edo_balance_done(&lease, result);
    return err;
}

static void upstreams_drop(void *balance) {
    edo_balance_unref(balance);
}

int route_make_upstreams(route *r, const means *m) {
    const edo_balance_opts opts = { .name = r->config.path,
                                    .outlier = { .failures = 5, .rest = edo_s(10) },
                                    .pause_max = edo_s(5),
                                    .check_every = r->config.check_every,
                                    .checks_down = 2,
                                    .metrics = m->metrics };
    size_t n = strlen(r->config.check) + 1;
    target *t = malloc(sizeof *t + n);
    if (!t) return -ENOMEM;
    memcpy(t->check, r->config.check, n);
    t->client = edo_http_client_ref(r->config.http2 ? m->http2 : m->http1);
    edo_seq *changes = edo_discover_file(r->config.upstreams);
    int err = edo_balance_new(&r->balance, changes, &target_ops, t, &opts);
    if (err < 0) {
        target_drop(t);
        return err;
    }
    err = edo_service_from_fn(&r->service, upstreams_ask, r->balance, upstreams_drop);
    if (err < 0) edo_balance_unref(r->balance);
    return err;
}
