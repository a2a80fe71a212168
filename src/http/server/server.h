/* SPDX-License-Identifier: MIT */
/* http/server/server.h: what the connections of one edo_http_serve() share.
 *
 * Lock order: `lock` is a leaf. */
#ifndef EDOI_HTTP_SERVER_SERVER_H
#define EDOI_HTTP_SERVER_SERVER_H

#include "base/atomic.h"
#include "http/h1/head.h"
#include "http/server/conn.h"

#include <edo/http_server.h>
#include <edo/sem.h>
#include <edo/slab.h>
#include <edo/tracker.h>

#include <pthread.h>

/* How far a drain is. From BEGUN on each response is the last one of its connection; connections
 * that wait for a request are closed once they have waited for EDOI_HTTP_LAST_CALL_MS, and from
 * IDLE_ENDS on at once. So a request that was under way when the drain began is served. */
typedef enum edoi_http_drain {
    EDOI_HTTP_DRAIN_NOT,
    EDOI_HTTP_DRAIN_BEGUN,
    EDOI_HTTP_DRAIN_IDLE_ENDS,
} edoi_http_drain;

#define EDOI_HTTP_LAST_CALL_MS 100

/* Counted by edo_rc: edo_http_serve() has a reference, and each connection. */
typedef struct edoi_http_server {
    edo_atomic_u32 drains; /* edoi_http_drain */
    edo_http_handler *handler;
    void *arg;
    edo_http_server_opts opts; /* with defaults filled in */
    edoi_h1_opts heads;        /* as heads of requests are read */
    edo_slab *conns;
    edo_slab *exchanges;
    edo_cancel_token *hurry; /* fires when a drain begins */
    edo_cancel_token *kill;  /* fires when a drain ends the handlers that are left */
    pthread_mutex_t lock;    /* guards the list */
    edoi_http_conn *first;
    edo_sem places;           /* for connections, `conns_max` of them */
    edo_keyed_sem *addresses; /* const; connections of each; NULL: there is no limit */
    edo_tracker alive;        /* connections whose state machine has not ended */
    size_t trusted_n;         /* 0: of proxies, all are trusted */
    edo_addr_range trusted[]; /* of `opts.proxies` */
} edoi_http_server;

int edoi_http_server_new(edoi_http_server **out, edo_http_handler *handler, void *arg,
                         const edo_http_server_opts *opts);

void edoi_http_server_add(edoi_http_server *s, edoi_http_conn *c);
void edoi_http_server_forget(edoi_http_server *s, edoi_http_conn *c);

EDOI_INLINE bool edoi_http_server_drains(edoi_http_server *s) {
    return edoi_load_rlx_u32(&s->drains) != 0; // relaxed: a request more or less
}

EDOI_INLINE bool edoi_http_server_ends_idle(edoi_http_server *s) {
    // HS3: pairs with HS4
    return edoi_load_seq_u32(&s->drains) == EDOI_HTTP_DRAIN_IDLE_ENDS;
}

/* Begins a drain: closes the connections that have been idle for EDOI_HTTP_LAST_CALL_MS. One whose
 * request has arrived is not idle, though its state machine may not know it yet. */
void edoi_http_server_drain(edoi_http_server *s);

/* After that time: closes all that are idle. */
void edoi_http_server_end_idle(edoi_http_server *s);

/* Does a handler run, or is a response or a head under way? Of a drain. */
bool edoi_http_server_is_busy(edoi_http_server *s);

/* Closes the connection that has been idle for longest, if there is one, and no request of it has
 * arrived; looks at all that have been idle for EDOI_HTTP_LAST_CALL_MS, or with `detached` at all,
 * also at those that have left HTTP. Its descriptor is free once its state machine has run. */
bool edoi_http_server_close_oldest(edoi_http_server *s, bool detached);

#endif
