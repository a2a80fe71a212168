/* SPDX-License-Identifier: MIT */
/* http2/record.h: the record of a server's stream, in parts. Each part, and each group of fields in
 * it, says who may touch it:
 *
 *     lock                any task that holds the connection's lock
 *     the state machine   the task that polls the connection (conn.c); the session's callbacks run
 *                         in it, with the lock held
 *     the fiber           the task that the handler runs in
 *     the reader          the task that reads the request's body: the fiber, or the task that has
 *                         the tunnel. There is one at a time
 *     the writer          the task that writes the response's body; likewise
 *
 * A spawn, a join or the lock hands to the next task what is neither locked nor atomic. The task
 * that lets go of the record as the last one frees what all of them have left. */
#ifndef EDOI_HTTP2_RECORD_H
#define EDOI_HTTP2_RECORD_H

#include "http/io/stall.h"
#include "http/server/exchange/exchange.h"
#include "http2/fiber.h"
#include "http2/queue.h"

#include <edo/io.h>

#include <nghttp2/nghttp2.h>

typedef struct edoi_h2_conn edoi_h2_conn;
typedef struct edoi_h2_stream edoi_h2_stream;

/* A task that waits for one side of a stream. All zero: none. */
typedef struct edoi_h2_waiter {
    edo_waker *waker;        /* borrowed while it waits */
    const edo_io_wait *wait; /* compared only: tells one wait from another */
} edoi_h2_waiter;

/* Tasks that wait, and what is due to them: lock. A wake is noted as due with the lock held, and
 * edoi_h2_deliver() does it without. The waiter may have gone by then, or be another one. */
typedef struct edoi_h2_stream_wakes {
    edoi_h2_stream *next; /* in h2->woken */
    edoi_h2_waiter reader, writer;
    edoi_h2_waiter watcher; /* of a tunnel: waits for the end of the input, beside a reader */
    bool is_listed;         /* the stream is in h2->woken; what is due is one of these: */
    bool reader_is_due, writer_is_due, watcher_is_due, cancel_is_due;
} edoi_h2_stream_wakes;

/* What comes, the request's body and trailers: the state machine puts it here with the lock held,
 * and the reader takes it. */
typedef struct edoi_h2_stream_in {
    /* lock */
    edoi_h2_queue queue;   /* bytes that nobody has read; a read opens the client's windows */
    edo_headers *trailers; /* counted memory; NULL: none have come. The handler's once has_ended */
    uint32_t counted;      /* bytes that are part of guard.heads */
    bool has_ended;        /* no more will come */
    bool is_cut;           /* nor will what has_ended stands for: the client has ended the
                              connection's input */
    bool wants_continue;   /* the client waits to be asked for the body */
    bool has_bad_trailers; /* they are beyond the limits of a head */

    /* The reader's. */
    edo_stream body;
    uint64_t taken;
    edoi_stall *stall; /* owned; NULL: it has not waited so far */
    int failed;        /* what a read has returned */

    /* Const once the head is there. */
    bool is_extended; /* an extended CONNECT (RFC 8441), which handlers see as a GET */
} edoi_h2_stream_in;

/* What goes, the response's body and trailers: the writer puts it here with the lock held, and the
 * state machine takes it. */
typedef struct edoi_h2_stream_out {
    /* lock */
    edoi_h2_queue queue; /* bytes that were not gathered: part of h2->held */
    edo_str whole;       /* a body in one piece, as far as it was not gathered; the queue is empty
                            then */
    uint64_t gone;       /* bytes that were gathered, and not yet counted by `stall`; of a handler
                            that has ended: not yet seen by a sweep */
    edo_instant gone_at; /* of a handler that has ended: when the last of these were */
    edoi_stall *left;    /* owned; of a handler that has ended, whose client is slow: how it takes
                            what is left; NULL: no sweep has seen it take some */
#ifdef EDO_DEBUG
    size_t rest_max; /* see edoi_h2_note_rest() */
#endif
    bool has_ended;   /* nothing follows what is queued, but trailers; set by the writer */
    bool is_deferred; /* the session waits for bytes */

    /* The writer's. */
    uint32_t tail_n;
    nghttp2_nv *tail;  /* trailers, in the response's arena; const once has_ended */
    edoi_stall *stall; /* owned; NULL: it has not waited so far */
} edoi_h2_stream_out;

/* The stream of bytes that a handler gets instead of a response: the fiber makes it, and whoever
 * has a reference uses it. */
typedef struct edoi_h2_stream_tunnel {
    edo_stream stream;      /* is_there */
    edo_atomic_u32 is_shut; /* atomic: it was closed */
    bool is_there;          /* lock; h2 inv. 2: `stream` has references; set by the fiber */
    bool is_one_way;        /* const once is_there; of a response: its input ends with the client,
                               not with the request */
} edoi_h2_stream_tunnel;

struct edoi_h2_stream {
    edoi_http_exchange x; /* first; the fiber's while it is there */
    edoi_h2_conn *h2;     /* const */
    int32_t id;           /* const */

    /* lock */
    uint16_t pins;               /* h2 inv. 2; pieces in one write, at most EDO_IO_VECS_MAX */
    bool in_session;             /* h2 inv. 2 */
    bool is_reset;               /* the session closed it before its end */
    edoi_h2_stream *prev, *next; /* in h2->streams; `next` in h2->ended, too */

    edoi_h2_fiber fiber;
    edoi_h2_stream_wakes wakes;
    edoi_h2_stream_in in;
    edoi_h2_stream_out out;
    edoi_h2_stream_tunnel tunnel;
};

/* Does a handler, or a task that has the tunnel, use the stream, or will one? Called with the lock
 * held. */
EDOI_INLINE bool edoi_h2_has_user(const edoi_h2_stream *s) {
    return edoi_h2_fiber_is_there(&s->fiber) || s->tunnel.is_there;
}

/* The rest of a write was queued, beyond the limit: check.c wants to know the longest one. Debug
 * builds alone keep it: each stream that waits has a record. Called with the lock held. */
EDOI_INLINE void edoi_h2_note_rest(edoi_h2_stream *s, size_t bytes) {
#ifdef EDO_DEBUG
    if (bytes > s->out.rest_max) s->out.rest_max = bytes;
#else
    (void)s, (void)bytes;
#endif
}

EDOI_INLINE size_t edoi_h2_rest_max(const edoi_h2_stream *s) {
#ifdef EDO_DEBUG
    return s->out.rest_max;
#else
    (void)s;
    return 0;
#endif
}

EDOI_INLINE edoi_h2_stream *edoi_h2_of(const edoi_http_exchange *x) {
    return (edoi_h2_stream *)(uintptr_t)x;
}

#endif
