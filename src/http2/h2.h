/* SPDX-License-Identifier: MIT */
/* http2/h2.h: a server's connection of HTTP/2, and its streams.
 *
 * The state machine of the connection (http/server/machine.c) polls it: a turn feeds what has come
 * to nghttp2's session, starts a fiber for each new request, and writes all that the session has to
 * say, by one write (conn.c). While no stream is there it has neither a buffer nor a stack.
 *
 *     socket ──> conn.c ──> session ──> head.c, request_body.c ──> handler
 *     socket <── write.c <── session <── response.c, response_body.c <── handler
 *
 * A handler's fiber may run on another thread than the state machine. The lock guards the session
 * and what both use; it is never held while the socket is read or written, a task is woken, or the
 * program's code is called: a stream that has ended leaves the connection under the lock, and is
 * freed, with what the program has put into its request and response, when that was left.
 *
 * inv. 1: the session's functions that read and write are called by the state machine alone, so
 *         streams come and go in its polls only. Handlers submit.
 * inv. 2: a stream lives while the session knows it (`in_session`), its fiber or its tunnel is
 *         there, or bytes of it are being written (`pins`).
 * inv. 3: bytes that were gathered for a write have left the stream's queue: they are written, or
 *         copied to the sink's `rest`, before the lock is taken again. Chunks that they lie in are
 *         freed behind that (out.h).
 * inv. 4: what the connection counts is the sum over its streams: `streams_n` of them; `held`,
 *         bytes in queues of responses; `guard.heads`, bytes of fields; `guard.forsaken_n`, handlers
 *         that run for requests that were reset. A queue counts the bytes in its chunks.
 * inv. 5: each stream is in `streams`. It is in `woken` if it says so, and then something is due;
 *         it is in `fresh` if the state of its fiber says so; in each of them once. `ended` is
 *         empty when a turn is over.
 * inv. 6: the session knows the streams that are `in_session`, by their number; without a session
 *         there is none. A stream whose fiber was not started yet is one of them, and so is
 *         `heading`. No fiber is being started when a turn is over.
 * inv. 7: a client has spent credit on the bytes that came and were not read: these, and what it
 *         may still send, are no more than the window of the connection.
 * inv. 8: at most `streams_max` streams are in the session, and twice as many handlers run for
 *         requests that were reset. A response has at most `send_buf` bytes and a chunk of a file
 *         in its queue, or a rest beyond that, and none beside a body in one piece. A request has none in its queue once
 *         its handler has ended without a tunnel.
 *
 * inv. 1 is not asserted: which thread is the state machine's nobody notes.
 * inv. 3 is not asserted: out.h has its second half. */
#ifndef EDOI_HTTP2_H2_H
#define EDOI_HTTP2_H2_H

#include "http/server/count.h"
#include "http/server/http2.h"
#include "http2/both/scan.h"
#include "http2/both/sleep.h"
#include "http2/both/timer.h"
#include "http2/bucket.h"
#include "http2/out.h"
#include "http2/record.h"

#include <edo/http2.h>

#include <nghttp2/nghttp2.h>
#include <pthread.h>

/* What all connections of a server share. */
typedef struct edoi_h2_server {
    edo_http2_opts opts; /* with defaults filled in */
    nghttp2_option *option;
    nghttp2_session_callbacks *callbacks;
    edo_slab *streams; /* of edoi_h2_stream */
} edoi_h2_server;

#define EDOI_H2_CUTS_MAX 64u

/* The last streams that the server has reset, or refused, before their client had ended them: its
 * trailers may have crossed that. Of older ones it is not known whether they did. */
typedef struct edoi_h2_cuts {
    int32_t ids[EDOI_H2_CUTS_MAX]; /* a ring; 0: none, or its trailers have come */
    uint32_t n;                    /* in all */
    int32_t lost_max;              /* the highest that is in `ids` no more; 0: none */
} edoi_h2_cuts;

/* lock: the connection's. */
typedef struct edoi_h2_guard {
    edoi_h2_bucket late;   /* requests that the client may have waited for before it has taken them
                              back: as many as time brings */
    edoi_h2_bucket resets; /* by the client before the handler has begun, beyond `late`, or that it
                              has made the server do. A response buys one. While some are owed,
                              requests are refused */
    edoi_h2_bucket frames; /* that carry nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, GOAWAY,
                              empty DATA, trailers and resets of streams that are over. A request,
                              and DATA of either side, buy some. Unknown frames cost no more than
                              their bytes */
    edoi_h2_cuts cuts;
    int32_t last_id;          /* of the last stream that was opened; -1: none was */
    int32_t gap_from, gap_to; /* the last numbers that were left out */
    edo_instant pinged_at; /* when the last PING of the client has come, with nothing sent since; 0:
                              none */
    uint32_t strikes_n;    /* PINGs that came too early, with nothing sent since */
    uint32_t forsaken_n;   /* handlers that still run for requests that were reset */
    size_t heads;          /* bytes of the fields of all requests that are there */
    const char *reason;    /* why the connection is ended; NULL: it goes on */
} edoi_h2_guard;

/* How a connection is drained. A client may have sent requests before it knows: so it is told first
 * that no further ones are wanted, and after a round trip which are the last (RFC 9113, 6.8). */
typedef enum edoi_h2_drain {
    EDOI_H2_OPEN,
    EDOI_H2_NOTICED, /* it was told, and a PING follows that it acknowledges */
    EDOI_H2_LAST,    /* requests that come now are passed over */
} edoi_h2_drain;

#define EDOI_H2_LEFT_DRAIN edo_s(5) /* that a stream's end waits for a client in a drain */

/* A part of the text of a head. */
typedef struct edoi_h2_part {
    uint32_t at, n;
} edoi_h2_part;

typedef struct edoi_h2_field {
    edoi_h2_part name; /* no bytes: the name of `id` */
    edoi_h2_part value;
    uint16_t id, flags; /* as in edo_header */
} edoi_h2_field;

/* The head of a request, while it comes: there is one at a time. Then it moves to its stream, which
 * so takes no more memory than it needs. This memory serves the next one, until there is no stream.
 * The state machine's. */
typedef struct edoi_h2_head {
    char *text;
    edoi_h2_field *fields;
    uint32_t text_n, text_cap, fields_n, fields_cap;
    uint32_t counted_n, list_bytes; /* all fields so far, also of trailers, for the limits */
    bool has_cookie;                /* its further pieces are not counted */
    edoi_h2_part method, path, authority, protocol;
} edoi_h2_head;

struct edoi_h2_conn {
    edoi_http_conn *conn;   /* const; frees this with its last reference */
    edoi_h2_server *shared; /* const; of the server, which `conn` keeps */
    pthread_mutex_t lock;
    nghttp2_session *session; /* lock; NULL: the connection has ended */
    edoi_h2_sleep sleep;      /* lock; the state machine's */
    edoi_h2_stream *streams;  /* lock; all of them */
    edoi_h2_stream *woken;    /* lock; those with a wake or a cancel that is due */
    uint32_t streams_n;       /* lock */
    size_t held;              /* lock; bytes in the queues of responses */
    edoi_h2_guard guard;      /* lock */

    /* The state machine's. */
    edoi_h2_head head;
    edoi_h2_stream *fresh, **fresh_end; /* whose handlers are to be started, in order */
    edoi_h2_stream *ended;              /* that are to be freed without the lock */
    edo_buf first;                      /* bytes that were read before HTTP/2 began */
    edoi_h2_scan scan;
    edoi_h2_sink sink; /* the socket, for writes */
    edo_io_wait read_wait;
    edoi_h2_timer timer;
    edo_instant idle_at;     /* since when there is no stream */
    edo_instant sweep_at;    /* is_busy: when to look for streams that nobody takes */
    edoi_h2_stream *heading; /* whose head, or trailers, have come in part; NULL: none */
    edo_instant head_at; /* heading: when the rest has to be there; FOREVER: it is not set yet */
    edo_instant ping_at; /* when a PING is due, or, if `is_pinged`, the client is lost, unless it
                            takes what was sent before the PING */
    edo_instant age_at;  /* when it is old enough to be drained, or, if `is_aged`, its grace ends */
    edo_instant drain_at;  /* EDOI_H2_NOTICED: when it waits no longer for the client */
    edo_instant leaves_at; /* since when the server ends; FOREVER: it goes on */
    edo_instant last_at;   /* is_ending, and no handler is left: until when the client has to take
                              what they have responded; else FOREVER */
    uint32_t ping_mark;    /* is_pinged: of edoi_tcp_mark() */
    edoi_h2_drain drain;   /* lock */
    bool has_goodbye;      /* lock; the client has sent GOAWAY: it asks for nothing more */
    bool is_pinged;        /* no byte has come since the PING */
    bool is_aged;
    bool is_busy;     /* the server knows that there are streams */
    bool has_yielded; /* handlers have run since the last write */
    bool input_ended;
    bool is_failed; /* no byte can be read or written any more */
    bool is_ending; /* handlers were told to end */
    bool has_grpc;  /* a request of gRPC has come */
};

EDOI_INLINE void edoi_h2_lock(edoi_h2_conn *h2) {
    (void)pthread_mutex_lock(&h2->lock);
}

EDOI_INLINE void edoi_h2_unlock(edoi_h2_conn *h2) {
    (void)pthread_mutex_unlock(&h2->lock);
}

/* ---- conn.c ---------------------------------------------------------------------------------- */

/* Called by a handler with the lock held, when the session may have something to write: releases
 * the lock, and wakes the state machine. */
void edoi_h2_unlock_and_kick(edoi_h2_conn *h2);

/* Called with the lock held: does the wakes and cancels that are due, for which the lock is
 * released for a while. */
void edoi_h2_deliver(edoi_h2_conn *h2);

/* ---- check.c --------------------------------------------------------------------------------- */

/* Walks the connection and its streams, and asserts inv. 2 and 4 to 8, and those of fiber.h. Called
 * with the lock held where no stream is being started, written or freed: by the state machine at
 * the end of a turn, and by whoever frees the connection. */
void edoi_h2_check(const edoi_h2_conn *h2);

/* As edoi_h2_check(), at the end of a turn. With many streams it walks once in several turns. */
void edoi_h2_check_turn(const edoi_h2_conn *h2);

/* ---- guard.c: what nghttp2 does not guard ----------------------------------------------------
 *
 * Clients that make the server work, or hold memory, for next to nothing lose their connection, by
 * GOAWAY with ENHANCE_YOUR_CALM; and those that go on with a stream that is over, which nghttp2
 * passes over. Log and metrics name the reason. */

void edoi_h2_guard_begin(edoi_h2_conn *h2);

/* Ends the connection. `reason` is static. Called with the lock held. */
void edoi_h2_calm(edoi_h2_conn *h2, const char *reason);

/* Called for each frame that comes, when its head is there. */
int edoi_h2_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *h2);

/* Something was sent, with which PINGs that came too early are forgiven. Called with the lock
 * held. */
void edoi_h2_guard_forgive(edoi_h2_conn *h2);

/* Called for each DATA frame when it is there: padding carries nothing. */
void edoi_h2_guard_data(edoi_h2_conn *h2, const nghttp2_data *data);

/* Is this a reset that the session must not see, of a stream that the client has not begun? C core
 * sends such resets when its calls end before their heads are sent, as their time is over: so they
 * are passed over once a request of gRPC has come. For others they are what RFC 9113 (5.1) says,
 * and end the connection. */
bool edoi_h2_guard_drops_reset(edoi_h2_conn *h2, edo_str frame);

/* A stream was reset for what the client did. */
void edoi_h2_guard_reset(edoi_h2_conn *h2);

/* A response has been sent to its end. */
void edoi_h2_guard_buy_reset(edoi_h2_conn *h2);

/* The client has opened a stream; the server has reset one that the client had not ended. */
void edoi_h2_guard_opened(edoi_h2_conn *h2, int32_t id);
void edoi_h2_guard_cut(edoi_h2_conn *h2, int32_t id);

/* Called for each frame that nghttp2 refuses: a stream beyond `streams_max`, among others, of which
 * no other callback hears. */
int edoi_h2_on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int error,
                             void *h2);

/* Something useful was done, for which the client may send `n` frames that carry nothing. */
void edoi_h2_guard_buy(edoi_h2_conn *h2, uint32_t n);

/* Does the client make the server say more than it takes? Resets, which it can cause as fast as it
 * sends, would wait in the session without end. Called with the lock held. */
bool edoi_h2_guard_is_clogged(const edoi_h2_conn *h2);

/* May one more request be served? */
bool edoi_h2_guard_has_room(edoi_h2_conn *h2);

/* ---- stream.c -------------------------------------------------------------------------------- */

/* Called in a callback of the session. NULL: no memory. */
edoi_h2_stream *edoi_h2_stream_new(edoi_h2_conn *h2, int32_t id);

/* Called in a callback when the head is whole: edoi_h2_start_fresh() starts its handler, or
 * responds its refusal. */
void edoi_h2_stream_put_fresh(edoi_h2_stream *s);

/* Called in a callback: the session forgets the stream. */
void edoi_h2_stream_close(edoi_h2_stream *s, uint32_t error);

/* Called with the lock held when a holder of the stream has gone (inv. 2). Returns whether that was
 * the last one: then the connection has forgotten the stream, and edoi_h2_stream_free() is to
 * follow. */
bool edoi_h2_stream_let_go(edoi_h2_stream *s);

/* Called without the lock: a `drop` of the program's may read the request's body, or wait. Gives
 * back the stream's reference to the connection. */
void edoi_h2_stream_free(edoi_h2_stream *s);

/* As edoi_h2_stream_let_go(), by the state machine, which frees the stream by
 * edoi_h2_free_ended(). */
void edoi_h2_stream_end(edoi_h2_stream *s);

/* Called by the state machine without the lock: frees the streams that have ended. */
void edoi_h2_free_ended(edoi_h2_conn *h2);

/* Called by the state machine without the lock: starts the handlers of new requests. Returns
 * whether there was one. */
bool edoi_h2_start_fresh(edoi_h2_conn *h2);

/* Called by a poll that is pending: is the client too slow? `stall` is that of one side, which is
 * made with its first wait, and has counted `bytes` before; `limit` is how long it may be silent.
 * Returns 0, -ETIMEDOUT or -ENOMEM. */
int edoi_h2_stall_wait(edoi_h2_stream *s, edoi_stall **stall, edo_duration limit, uint64_t bytes,
                       edo_cx *cx);

EDOI_INLINE void edoi_h2_stall_end(edoi_stall *stall) {
    if (stall) edoi_stall_end(stall);
}

/* Makes the cancel of the handler due; likewise. */
void edoi_h2_cancel(edoi_h2_stream *s);

/* Makes a wake due. Called by the state machine with the lock held. */
void edoi_h2_wake_reader(edoi_h2_stream *s);
void edoi_h2_wake_writer(edoi_h2_stream *s);
/* The input has ended: both who reads and who waits for that; likewise. */
void edoi_h2_wake_at_end(edoi_h2_stream *s);

/* ---- head.c, request_body.c: callbacks of the session ---------------------------------------- */

int edoi_h2_on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *h2);
int edoi_h2_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                      size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags, void *h2);
int edoi_h2_on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                              const uint8_t *name, size_t name_n, const uint8_t *value,
                              size_t value_n, uint8_t flags, void *h2);
/* The head that came is there, or nobody waits for it any more. */
void edoi_h2_end_heading(edoi_h2_conn *h2);
/* Frees what a head comes to. Called by the state machine without a stream. */
void edoi_h2_head_deinit(edoi_h2_head *h);
/* The fields of a request are there. */
void edoi_h2_end_head(edoi_h2_stream *s, bool is_last);
/* Its trailers are there. */
void edoi_h2_end_trailers(edoi_h2_stream *s);

int edoi_h2_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                    size_t n, void *h2);
/* No more of the request will come. Called with the lock held. */
void edoi_h2_end_body(edoi_h2_stream *s);
/* Drops what has come of the body. Called with the lock held. */
void edoi_h2_drop_body(edoi_h2_stream *s);

extern const edo_stream_ops edoi_h2_body_ops;

/* ---- response.c, response_body.c ------------------------------------------------------------- */

extern const edoi_http_wire edoi_h2_wire;
extern const edo_stream_ops edoi_h2_reply_ops;

/* No byte of the response follows. Called without the lock. Returns 0 or -ECONNRESET. */
int edoi_h2_end_output(edoi_h2_stream *s);

/* Called by the state machine with the lock held: responds with `refusal`, without a body. */
void edoi_h2_refuse(edoi_h2_stream *s);

/* Sends a part of a file: it is read into the chunks of the queue. */
int edoi_h2_send_file(edoi_http_exchange *x, edo_stream *file, uint64_t offset, uint64_t n);

/* As `put_rest` of the wire. */
int edoi_h2_put_rest(edoi_http_exchange *x, edo_str rest);

/* The callback by which the session asks for a piece of a body. */
ssize_t edoi_h2_next_data(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *h2);
/* The bytes that edoi_h2_next_data() has offered were gathered. Called with the lock held. */
void edoi_h2_advance(edoi_h2_stream *s, size_t n, edoi_h2_chunk **spent);
/* The piece that comes next; no bytes: there is none. */
edo_str edoi_h2_piece(const edoi_h2_stream *s);

/* ---- drain.c --------------------------------------------------------------------------------- */

/* Begins to drain the connection, unless that was done. Called without the lock. */
void edoi_h2_drain_begin(edoi_h2_conn *h2);

/* The client has acknowledged a PING with these 8 bytes: that of the drain, or another. Called with
 * the lock held. */
void edoi_h2_drain_on_ack(edoi_h2_conn *h2, const uint8_t *bytes);

/* The time of `drain_at` has come. Called without the lock. */
void edoi_h2_drain_on_time(edoi_h2_conn *h2);

/* Does the connection end after the requests that it has, by the server's options? */
bool edoi_h2_drain_is_due(const edoi_h2_conn *h2);

/* ---- tunnel.c, detached.c: instead of a response --------------------------------------------- */

int edoi_h2_upgrade(edoi_http_exchange *x, edo_stream **out);
int edoi_h2_upgrade_raw(edoi_http_exchange *x, edo_stream **out, edo_str *rest);
int edoi_h2_response_raw(edoi_http_exchange *x, edo_stream **out, bool *is_chunked);
int edoi_h2_detach(edoi_http_exchange *x, const edo_detached_ops *ops, void *arg);

/* Called when the handler has returned: closes the tunnel that it had, unless that goes on. */
void edoi_h2_end_tunnel(edoi_h2_stream *s);

/* Called when the exchange is over: lets a detached stream go on. */
void edoi_h2_start_detached(edoi_h2_stream *s);

/* ---- write.c --------------------------------------------------------------------------------- */

/* The callback by which the session gives a DATA frame whose bytes were not copied. */
int edoi_h2_on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                         size_t n, nghttp2_data_source *source, void *h2);

/* Writes what the session has to say, until the socket is full or all is said. Sets `is_failed`. */
void edoi_h2_write(edoi_h2_conn *h2, edo_cx *cx);

/* ---- session.c ------------------------------------------------------------------------------- */

int edoi_h2_server_begin(edoi_http_server *s);
void edoi_h2_server_end(edoi_http_server *s);

/* Makes the session, with its first SETTINGS. Returns 0 or -ENOMEM. */
int edoi_h2_session_new(edoi_h2_conn *h2);

#endif
