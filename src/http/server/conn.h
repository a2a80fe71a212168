/* SPDX-License-Identifier: MIT */
/* http/server/conn.h: a connection between its requests.
 *
 * A connection is a state machine, which waits for input and has neither a buffer nor a stack. When
 * input comes it starts a fiber (server/burst.h), which serves all requests that have arrived, and
 * waits for its end. While that takes long, the state machine watches whether the client is still
 * there.
 *
 * inv. 1: while a burst runs it is the only one that uses `closing` and what stands below it; its
 *         start and its end are ordered with the state machine by the spawn and the join.
 * inv. 2: a connection is in the server's list until its state machine ends, or the server takes it
 *         from that to close it: then it is DRAINED.
 * inv. 3: the state machine and the burst have a reference each: a runtime that shuts down drops
 *         the state machine while the burst still unwinds. */
#ifndef EDOI_HTTP_SERVER_CONN_H
#define EDOI_HTTP_SERVER_CONN_H

#include "base/atomic.h"
#include "http/io/output.h"

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

/* Whether a connection is idle is swapped by its state machine, to BUSY (HS1), or by the server, to
 * DRAINED (HS2), which then closes the stream: since it drains, or needs the descriptor. DETACHED
 * is idle, too, but a drain lets such a connection end by itself. */
typedef enum edoi_http_phase {
    EDOI_HTTP_IDLE,
    EDOI_HTTP_DETACHED,
    EDOI_HTTP_BUSY,
    EDOI_HTTP_LINGERS, /* as BUSY: no handler runs any more, and no response is due */
    EDOI_HTTP_DRAINED,
} edoi_http_phase;

/* What the end of a client's input means while a burst runs. The burst sets WATCHED while a handler
 * runs: then the state machine, which sees the end, makes that LEFT and aborts the burst. Otherwise
 * it makes it ENDED, so that a response that was made goes out, and the next handler is cut short.
 * Relaxed: no data goes with it. */
typedef enum edoi_http_watch {
    EDOI_HTTP_UNWATCHED, /* no handler runs, or the stream is the handler's */
    EDOI_HTTP_WATCHED,
    EDOI_HTTP_ENDED,
    EDOI_HTTP_LEFT,
} edoi_http_watch;

/* A connection that has left HTTP. */
typedef struct edoi_http_detached {
    const edo_detached_ops *ops;
    void *arg;
} edoi_http_detached;

typedef struct edoi_http_conn {
    struct edoi_http_server *server;    /* const, counted */
    edo_stream *stream;                 /* const, owned */
    edo_addr *client;                   /* counted; as a proxy told it; NULL: that of the stream */
    edo_keyed_permit *address;          /* of the server's `addresses`; NULL: it is not counted */
    struct edoi_http_conn *prev, *next; /* of the server's list; its lock. If DRAINED: of those
                                           that the server closes */
    edo_atomic_u32 refs;                /* inv. 3 */
    edo_atomic_u32 phase;               /* edoi_http_phase */
    edo_atomic_u32 watch;               /* edoi_http_watch */
    uint8_t counted;                    /* edoi_http_counted; the state machine's */
    edoi_http_lease lease;              /* of the burst's output */
    bool closing;                       /* no request follows */
    bool is_detached;                   /* set at the end of the last burst of HTTP */
    uint8_t why;                        /* is_detached: what the burst runs for */
    uint8_t origin;                     /* edoi_http_origin */
    uint32_t requests;                  /* so far */
    edoi_http_detached detached;        /* is_detached */
    edo_instant ends_at;                /* the request that passes it is the last one: by `age_max`;
                               is_detached: when it wants to run */
    edo_atomic_u64 idle_ns; /* atomic, relaxed: when it was last idle, or made; is_detached: when it
                               has last run. Written before IDLE, so that the server finds the
                               oldest */
    edo_ext ext;
} edoi_http_conn;

_Static_assert(sizeof(edoi_http_conn) <= 136 || sizeof(void *) != 8,
               "with malloc's word 144 bytes, of which each idle connection has as many");

/* Spawns the state machine of a connection, which has a place of the server's. Takes `stream`, and
 * closes it on failure. Returns 0, -EUSERS if its address has too many, or -ENOMEM. */
int edoi_http_conn_start(struct edoi_http_server *server, edo_stream *stream);

void edoi_http_conn_unref(edoi_http_conn *c);

#endif
