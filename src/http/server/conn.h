/* SPDX-License-Identifier: MIT */
/* http/server/conn.h: a connection between its requests.
 *
 * A connection is a state machine (server/machine.c), which waits for input and has neither a
 * buffer nor a stack. When input comes it starts a fiber (server/burst.c), which serves all
 * requests that have arrived, and waits for its end. While that takes long, the state machine
 * watches whether the client is still there.
 *
 * inv. 1: while a burst runs it is the only one that uses `closing` and what stands below it; its
 *         start and its end are ordered with the state machine by the spawn and the join.
 * inv. 2: a connection is in the server's list until its state machine ends, or the server takes it
 *         from that to close it: then it is DRAINED.
 * inv. 3: the state machine and the burst have a reference each: a runtime that shuts down drops
 *         the state machine while the burst still unwinds.
 * inv. 4: between its bursts a connection has half a head exactly if `has_half` says so, and only
 *         if it speaks HTTP/1.1, or has not said what it speaks; one that is detached has its
 *         functions.
 * inv. 5: between its bursts no output is lent, and no handler is watched. */
#ifndef EDOI_HTTP_SERVER_CONN_H
#define EDOI_HTTP_SERVER_CONN_H

#include "base/atomic.h"
#include "http/io/lease.h"

#include <edo/cancel.h>
#include <edo/ext.h>
#include <edo/future.h>
#include <edo/http_upgrade.h>
#include <edo/io.h>
#include <edo/net.h>
#include <edo/sem.h>
#include <edo/task.h>
#include <edo/time.h>

struct edoi_http_server;

/* The phase of a connection. Its state machine swaps IDLE for BUSY (HS1), or the server swaps it
 * for DRAINED (HS2) and then closes the stream: because it drains, or because it needs the
 * descriptor. DETACHED is an idle phase, too, but a drain lets such a connection end by itself;
 * one of HTTP/2 without a stream is DETACHED. */
typedef enum edoi_http_phase {
    EDOI_HTTP_IDLE,
    EDOI_HTTP_DETACHED,
    EDOI_HTTP_BUSY,
    EDOI_HTTP_LINGERS, /* BUSY, but no handler runs any more and no response is due */
    EDOI_HTTP_DRAINED,
} edoi_http_phase;

/* What the end of a client's input means while a burst runs. The burst sets WATCHED while a handler
 * runs. If the state machine sees the end then, it sets LEFT and cancels the burst; otherwise it
 * sets ENDED: a response that was made goes out, and the next handler, also one of a later burst,
 * is cut short, for which the burst sets LEFT. Relaxed: no data goes with it. */
typedef enum edoi_http_watch {
    EDOI_HTTP_UNWATCHED, /* no handler runs, or the handler has taken the stream */
    EDOI_HTTP_WATCHED,
    EDOI_HTTP_ENDED,
    EDOI_HTTP_LEFT,
} edoi_http_watch;

/* What is spoken on a connection. */
typedef enum edoi_http_conn_version {
    EDOI_HTTP_CONN_UNASKED, /* its first bytes say it, on a server that speaks HTTP/2, too */
    EDOI_HTTP_CONN_1,
    EDOI_HTTP_CONN_TO_2,     /* the preface of HTTP/2 has come: that begins behind the burst */
    EDOI_HTTP_CONN_2,        /* `http2` is there, or NULL */
    EDOI_HTTP_CONN_DETACHED, /* it has left HTTP; set by the last burst */
} edoi_http_conn_version;

/* What a connection becomes that has left HTTP. */
typedef struct edoi_http_detached {
    const edo_detached_ops *ops;
    void *arg;
} edoi_http_detached;

/* The address of a connection's client, in memory of its own, since most programs ask for none.
 * Const, since handlers of HTTP/2 on several threads share it. */
typedef struct edoi_http_client {
    bool is_named;  /* by a proxy in front; else the kernel has named the peer of the stream */
    bool is_tls;    /* it came by TLS: to that proxy, or here */
    uint32_t bytes; /* of `sock` */
    char sock[];    /* that of an edo_addr */
} edoi_http_client;

typedef struct edoi_http_conn {
    struct edoi_http_server *server; /* const, counted */
    edo_stream *stream;              /* owned; const, but for the handshake of TLS, which puts its
                                           own there */
    edo_atomic_ptr client;           /* edoi_http_client, counted; NULL: no proxy has named
                                           one, and no handler has asked for the address yet */
    edo_keyed_permit *address;       /* a place among the server's `addresses`; NULL: the
                                           connection is not counted */
    struct edoi_http_conn *prev, *next; /* in the server's list; lock: server->lock. If DRAINED: in
                                           the list of those that the server closes */
    edo_atomic_u32 refs;                /* inv. 3 */
    edo_atomic_u16 phase;               /* edoi_http_phase */
    edo_atomic_u16 watch;               /* edoi_http_watch */
    uint16_t untaken_mark;              /* lock: server->lock; see idle.c. 0: no look has met bytes
                                           that the client had not taken */
    uint16_t marked_at;                 /* lock: server->lock; when that was set; 0: never */
    uint8_t counted;                    /* edoi_http_counted; used by the state machine */
    bool awaits_tls;                    /* used by the state machine: no handshake was made */
    bool has_half;                      /* see half.h; set and cleared by a burst */
    bool served_none;      /* the last burst has met empty lines only, or half a head */
    edoi_http_lease lease; /* the lease of the burst's output */
    bool closing;          /* no request follows */
    uint8_t why;           /* detached: the reason of this run */
    uint8_t origin;        /* edoi_http_origin */
    uint8_t version;       /* edoi_http_conn_version; written as an atomic, for looks */
    uint32_t requests;     /* that were served */
    union {
        edoi_http_detached detached; /* EDOI_HTTP_CONN_DETACHED */
        struct edoi_h2_conn *http2;  /* EDOI_HTTP_CONN_2 */
    };
    union {
        edo_instant ends_at; /* a request that begins later is the last one (`age_max`) */
        edo_instant runs_at; /* detached: when it wants to run */
    };
    edo_atomic_u64 idle_ns; /* atomic, relaxed: since when it is idle: it was made, has served its
                               last request, or begun its last run. Written before IDLE, so that the
                               server finds the oldest */
    edo_ext ext;
} edoi_http_conn;

_Static_assert(sizeof(edoi_http_conn) <= 136 || sizeof(void *) != 8,
               "with malloc's word 144 bytes, of which each idle connection has as many");

/* Returns the address of the client; NULL: see `client`. */
EDOI_INLINE const edoi_http_client *edoi_http_client_of(const edoi_http_conn *c) {
    return edoi_load_acq_ptr(&c->client); // HP2: pairs with HP1
}

/* Returns a new one, or NULL without memory. */
edoi_http_client *edoi_http_client_new(const edo_addr *addr, bool is_named, bool is_tls);

EDOI_INLINE void edoi_http_conn_set_version(edoi_http_conn *c, edoi_http_conn_version version) {
    EDOI_ATOMIC_STORE(&c->version, (uint8_t)version, EDOI_RELAXED); // relaxed: a look tells it
}

EDOI_INLINE bool edoi_http_conn_is_http2(const edoi_http_conn *c) {
    return c->version == EDOI_HTTP_CONN_2;
}

EDOI_INLINE bool edoi_http_conn_is_detached(const edoi_http_conn *c) {
    return c->version == EDOI_HTTP_CONN_DETACHED;
}

/* Asserts the invariants. Called by the state machine while no burst runs. */
void edoi_http_conn_check(const edoi_http_conn *c);

/* Spawns the state machine of a connection, which has taken one of the server's places. Takes
 * `stream`, and closes it on failure. Returns 0, -EUSERS if too many connections come from its
 * address, or -ENOMEM. */
int edoi_http_conn_start(struct edoi_http_server *server, edo_stream *stream);

/* The fiber that serves the requests that have arrived on a connection. `conn` is an
 * edoi_http_conn; the fiber gives a reference to it back. Returns 0. */
int edoi_http_burst(void *conn);

/* The same for a detached connection: the fiber runs it once, for the reason `conn->why`. */
int edoi_http_detached_burst(void *conn);

/* The same for a connection by TLS that has just come: the fiber does the handshake. */
int edoi_http_handshake(void *conn);

/* The same for a connection that is `closing`: the fiber is edoi_http_leave(). */
int edoi_http_leaving(void *conn);

/* Has the client not taken all that was sent, and may still do so? Of TCP; else false. */
EDO_API bool edoi_http_is_untaken(const edoi_http_conn *c);

/* Called in a burst, before the connection is closed: ends its output and waits until the client
 * has taken all. One that is slower than a response may be is reset at the close. Once a drain has
 * begun it does not wait: the kernel goes on to send. For a client of HTTP/2 it does, and reads
 * what that sends for what it reads, at which the kernel would reset the connection. */
void edoi_http_leave(edoi_http_conn *c);

#endif
