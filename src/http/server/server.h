/* SPDX-License-Identifier: MIT */
/* http/server/server.h: what the connections of one edo_http_serve() share.
 *
 * Lock order: `lock` is a leaf. */
#ifndef EDOI_HTTP_SERVER_SERVER_H
#define EDOI_HTTP_SERVER_SERVER_H

#include "base/atomic.h"
#include "http/h1/head.h"
#include "http/server/conn.h"
#include "runtime/watch/open.h"

#include <edo/http_server.h>
#include <edo/sem.h>
#include <edo/slab.h>
#include <edo/tracker.h>

#include <pthread.h>

/* The stages of a drain. From BEGUN on each response is the last one of its connection. From
 * IDLE_ENDS on, EDOI_HTTP_LAST_CALL_MS later, connections that wait for a request are closed. So a
 * request that was under way when the drain began is served, and a proxy that keeps connections has
 * used each of them once more, instead of sending a request into a close. */
typedef enum edoi_http_drain {
    EDOI_HTTP_DRAIN_NOT,
    EDOI_HTTP_DRAIN_BEGUN,
    EDOI_HTTP_DRAIN_IDLE_ENDS,
} edoi_http_drain;

#define EDOI_HTTP_LAST_CALL_MS 100

/* Counted by edo_rc: edo_http_serve() and each connection have a reference. */
typedef struct edoi_http_server {
    edo_atomic_u32 drains; /* edoi_http_drain */
    edo_http_handler *handler;
    void *arg;
    edo_http_server_opts opts; /* with defaults filled in */
    edoi_h1_opts heads;        /* the rules by which heads of requests are read */
    edo_slab *conns;
    edo_slab *exchanges;          /* of edoi_h1_exchange */
    struct edoi_h2_server *http2; /* const; NULL: the server does not speak HTTP/2 */
    edo_cancel_token *hurry;      /* fires when a drain begins */
    edo_cancel_token *late;       /* fires EDOI_HTTP_HURRY_S later: what has no head yet ends */
    edo_cancel_token *kill;       /* fires when the server, or its runtime, ends what is left */
    pthread_mutex_t lock;         /* guards the list of connections */
    edoi_http_conn *first;
    edoi_http_conn *cursor;   /* lock: the connection in the list that a drain looks at next */
    edo_sem places;           /* for connections, `conns_max` of them */
    uint32_t newcomers;       /* lock: connections that were accepted and wait for a place */
    uint32_t leaving;         /* lock: connections that are DRAINED and still have their place */
    edo_keyed_sem *addresses; /* const; counts connections by address; NULL: no limit */
    edoi_open_thing open;     /* for those who look at what is open; with `shown_as` */
    char shown_as[64];        /* where it listens; const */
    edo_tracker *alive;       /* connections whose memory is not free, which may still call what is
                                 the program's; counted, since the last one may free the server */
    size_t trusted_n;         /* 0: any proxy is trusted */
    edo_addr_range trusted[]; /* of `opts.proxies` */
} edoi_http_server;

/* Takes `exchanges` on success. */
int edoi_http_server_new(edoi_http_server **out, edo_http_handler *handler, void *arg,
                         const edo_http_server_opts *opts, edo_slab *exchanges);

void edoi_http_server_add(edoi_http_server *s, edoi_http_conn *c);

/* Walks the list of connections and asserts their invariants. Called with the lock held. */
void edoi_http_server_check(const edoi_http_server *s);
void edoi_http_server_forget(edoi_http_server *s, edoi_http_conn *c);

/* Takes the connection out of the list. Called with the lock held. */
void edoi_http_server_unlink(edoi_http_server *s, edoi_http_conn *c);

EDO_API void edoi_http_conn_unref(edoi_http_conn *c);

/* The connection's socket: its stream, or what lies below that of TLS. */
EDO_API edo_stream *edoi_http_socket(const edoi_http_conn *c);

EDOI_INLINE bool edoi_http_server_drains(edoi_http_server *s) {
    return edoi_load_rlx_u32(&s->drains) != 0; // relaxed: a request more or less
}

EDOI_INLINE bool edoi_http_server_ends_idle(edoi_http_server *s) {
    // HS3: pairs with HS4
    return edoi_load_seq_u32(&s->drains) == EDOI_HTTP_DRAIN_IDLE_ENDS;
}

/* Has a request arrived, or a part of one? The connection's state machine may begin to read at this
 * moment, which sockets stand (of a connection by TLS: the one below); of other streams, which are
 * read by one at a time, nothing is known. */
bool edoi_http_has_input(const edoi_http_conn *c);

/* Begins a drain. */
void edoi_http_server_drain(edoi_http_server *s);

/* EDOI_HTTP_LAST_CALL_MS later: closes all that are idle. */
void edoi_http_server_end_idle(edoi_http_server *s);

/* Does a handler run, or is a response or a head under way? Of a drain. */
bool edoi_http_server_is_busy(edoi_http_server *s);

/* Closes the connection that has been idle for longest, if there is one, and no request of it has
 * arrived; looks at all, also at those that have left HTTP. Its descriptor is free once its state
 * machine has run. */
bool edoi_http_server_close_oldest(edoi_http_server *s);

/* A connection that was accepted waits for a place (`n` 1), or does no more (-1). */
void edoi_http_server_count_newcomer(edoi_http_server *s, int n);

/* Does one wait? */
bool edoi_http_server_has_newcomers(edoi_http_server *s);

/* Closes connections that have been idle for EDOI_HTTP_LAST_CALL_MS, those first that have been so
 * for longest, until as many leave as newcomers wait. */
void edoi_http_server_make_places(edoi_http_server *s);

#endif
