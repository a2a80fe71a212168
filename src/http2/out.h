/* SPDX-License-Identifier: MIT */
/* http2/out.h: what a session has to say, gathered so that one turn is one write, and the stream
 * that it goes to. Frames are copied into a buffer of the thread; long pieces of bodies stay where
 * they lie. What the stream does not take is copied to `rest`, and nothing is gathered before that
 * has gone.
 *
 * inv. 1: a holder that is among `pinned` lives until the write was done: its bytes are written, or
 *         copied to `rest`. `rest` is empty when bytes are gathered. */
#ifndef EDOI_HTTP2_OUT_H
#define EDOI_HTTP2_OUT_H

#include "http/io/stall.h"
#include "http2/queue.h"

#include <edo/bytes.h>
#include <edo/io.h>

#include <nghttp2/nghttp2.h>

#define EDOI_H2_OUT_BYTES ((size_t)48 << 10) /* of frames, and short pieces, in one write */

/* One write. It owns the chunks in `spent`, until the write is done. */
typedef struct edoi_h2_out {
    struct iovec vecs[EDO_IO_VECS_MAX];
    size_t vecs_n, n, body_n;
    void *pinned[EDO_IO_VECS_MAX]; /* holders whose bytes are among the vectors */
    size_t pinned_n;
    edoi_h2_chunk *spent; /* to be freed behind the write */
    char bytes[EDOI_H2_OUT_BYTES];
} edoi_h2_out;

/* Returns the one of the thread: it is used up before anything else runs there. */
edoi_h2_out *edoi_h2_out_here(void);

void edoi_h2_out_begin(edoi_h2_out *o);
bool edoi_h2_out_is_full(const edoi_h2_out *o);

/* Adds a DATA frame with `piece`; `head` is the frame's. Returns whether the piece stays where it
 * lies: then `holder` is among `pinned`. */
bool edoi_h2_out_data(edoi_h2_out *o, const void *head, edo_str piece, void *holder);

/* Takes frames from the session. Returns 0, -ENOMEM, or -EPROTO if it is beyond help. */
int edoi_h2_out_gather(edoi_h2_out *o, nghttp2_session *session);

/* Where it goes to. */
typedef struct edoi_h2_sink {
    edo_stream *to; /* borrowed */
    edo_io_wait wait;
    edoi_stall stall;
    edo_buf rest; /* bytes that the stream has not taken */
    size_t rest_at;
} edoi_h2_sink;

/* Writes what an earlier write has left. Returns 1 when nothing is left; 0: it waits; or a code. */
int edoi_h2_sink_rest(edoi_h2_sink *s, edo_cx *cx);

/* Writes `o`, and keeps what is not taken. Returns as edoi_h2_sink_rest(). */
int edoi_h2_sink_write(edoi_h2_sink *s, edo_cx *cx, edoi_h2_out *o);

/* Ends the wait. */
void edoi_h2_sink_unwait(edoi_h2_sink *s);

#endif
