/* SPDX-License-Identifier: MIT */
/* client/service/endpoint.c: the service of one endpoint, for edo/balance.h.
 *
 * A balance leaves an endpoint whose service will not recover: this one does not, once a connection
 * to it could not be made. The next one is made when one can. */
#include "base/atomic.h"
#include "base/memory/alloc.h"
#include "client/client.h"
#include "client/send/sent.h"

#include <edo/balance.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct endpoint {
    edo_service base;
    edo_service *inner;  /* a reference: of edo_http_client_service() */
    edo_atomic_u32 lost; /* atomic, relaxed: the code, positive, of why it is out; 0: it is not */
} endpoint;

static endpoint *endpoint_of(edo_service *base) {
    return (endpoint *)(void *)base;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Was there nobody? A limit of time does not say so. */
static bool is_unreachable(int err) {
    return err == -ECONNREFUSED || err == -EHOSTUNREACH || err == -ENETUNREACH || err == -ENOENT;
}

static int endpoint_ready(edo_service *base, edo_permit *permit) {
    (void)permit;
    return -(int)edoi_load_rlx_u32(&endpoint_of(base)->lost); // relaxed: a late look is a late pick
}

static int endpoint_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    endpoint *self = endpoint_of(base);
    const edo_http_request *req = request;
    edo_http_request now = *req;
    edo_atomic_u32 told = EDOI_ATOMIC_INIT(0);
    (void)permit;
    if (req->url.len > 0) return edo_fail(-EINVAL, "a request to an endpoint has no URL");
    now.edoi_told = &told;
    int err = edo_service_oneshot(self->inner, &now, response);
    bool is_sent = edoi_sent_may_be(&told);
    edoi_sent_tell(req->edoi_told, is_sent);
    // where nothing was sent nobody was there; else it is the place that a redirect led to
    bool is_lost = !is_sent && is_unreachable(err);
    if (is_lost) edoi_store_rlx_u32(&self->lost, (uint32_t)-err); // as above
    return err;
}

static void endpoint_deinit(edo_service *base) {
    edo_service_unref(endpoint_of(base)->inner);
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* Makes a connection, which is kept for the first request. */
static int client_reach(edo_http_client *c, const char *origin) {
    edoi_client_pool_host *host = NULL;
    edoi_client_pool_conn *conn;
    edo_uri uri;
    int err = edo_uri_parse(&uri, edo_str_of(origin));
    if (err == 0) err = edoi_client_pool_host_of(&host, c->pool, &uri, false);
    if (err < 0) return err;
    // one that was kept may lead to a server that is gone
    err = edoi_client_pool_get(&conn, host, true);
    if (err == 0) edoi_client_pool_put(conn);
    edoi_client_pool_host_unref(host);
    return err;
}

static int endpoint_new(edo_service **out, edo_service *inner) {
    static const edo_service_ops ops = { .name = "edo_http_client_make",
                                         .ready = endpoint_ready,
                                         .call = endpoint_call,
                                         .deinit = endpoint_deinit,
                                         .kind = EDOI_CLIENT_KIND };
    int err = edo_service_new(out, sizeof(endpoint), &ops, NULL);
    if (err == 0) endpoint_of(*out)->inner = inner;
    return err;
}

/* `origin` is a URL without a path. */
static int endpoint_make(edo_service **out, edo_http_client *c, const char *origin) {
    edo_service *inner = NULL;
    int err = edo_http_client_service(&inner, c, origin);
    if (err == 0) err = client_reach(c, origin);
    if (err == 0) err = endpoint_new(out, inner);
    if (err < 0) edo_service_unref(inner);
    return err;
}

int edo_http_client_make(void *client, edo_service **svc, const void *target) {
    edo_http_client *c = client;
    const char *address = ((const edo_endpoint *)target)->address;
    char origin[EDO_ENDPOINT_ADDRESS_MAX + sizeof "http://"];
    (void)snprintf(origin, sizeof origin, "%s%s", strstr(address, "://") ? "" : "http://", address);
    int err = edo_budget_consume();
    if (err == 0 && !c) err = edoi_client_own(&c);
    return err < 0 ? err : endpoint_make(svc, c, origin);
}
