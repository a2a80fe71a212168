/* SPDX-License-Identifier: MIT */
/* client/pool/shared.c: connections of HTTP/2, which many tasks have at once. One that is lent
 * lies in `shared` of its host as long as others may have it, too; one that nobody has is kept as
 * any other is. All functions are called with `mu` held. */
#include "client/pool/pool.h"

#include "base/assert.h"
#include "http/client/http2_ops.h"

bool edoi_shared_may_be(const edoi_client_pool_host *h) {
    const edoi_client_pool *pool = h->pool;
    if (!&edoi_http2_client || pool->no_http2 || h->no_http2 || h->is_forward) return false;
    return h->is_tls || pool->prior_knowledge;
}

bool edoi_shared_is_awaited(const edoi_client_pool_host *h) {
    return edoi_shared_may_be(h) && h->version != EDO_HTTP_11 && h->open_n > h->conns_n;
}

bool edoi_shared_is_good(const edoi_client_pool_conn *c, edo_instant now) {
    bool is_old = c->is_retired || edo_instant_since(now, c->made_at).ns >= c->age_max.ns;
    return !is_old && edoi_http2_client.is_open(c->http2, false);
}

static void shared_list(edoi_client_pool_conn *c) {
    TAILQ_INSERT_TAIL(&c->host->shared, c, of_host);
    c->is_shared = true;
}

static void shared_unlist(edoi_client_pool_conn *c) {
    if (!c->is_shared) return;
    TAILQ_REMOVE(&c->host->shared, c, of_host);
    c->is_shared = false;
}

void edoi_shared_lend(edoi_client_pool_conn *c) {
    if (!c->is_shared) shared_list(c);
    c->users_n++;
}

edoi_client_pool_conn *edoi_shared_find(edoi_client_pool_host *h, edo_instant now) {
    edoi_client_pool_conn *busy = NULL, *c, *next;
    for (c = TAILQ_FIRST(&h->shared); c; c = next) {
        next = TAILQ_NEXT(c, of_host);
        if (!edoi_shared_is_good(c, now)) {
            shared_unlist(c); // it ends with the last one who has it
        } else if (edoi_http2_client.is_open(c->http2, true)) {
            return c;
        } else if (!busy || c->users_n < busy->users_n) {
            busy = c;
        }
    }
    return busy;
}

edoi_client_pool_conn *edoi_shared_take(edoi_client_pool_host *h, edo_instant now) {
    edoi_client_pool_conn *c = edoi_shared_find(h, now);
    if (!c) return NULL;
    bool may_be_more = h->open_n < h->pool->http2_conns_max || h->open_n > h->conns_n;
    if (may_be_more && !edoi_http2_client.is_open(c->http2, true)) return NULL;
    edoi_shared_lend(c);
    return c;
}

bool edoi_shared_leave(edoi_client_pool_conn *c, edo_instant now) {
    EDO_INV("pool inv. 4", c->users_n > 0);
    c->users_n--;
    if (!edoi_shared_is_good(c, now)) shared_unlist(c);
    if (c->users_n > 0) return true;
    bool is_good = c->is_shared;
    shared_unlist(c);
    return is_good;
}
