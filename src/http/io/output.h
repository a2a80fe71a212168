/* SPDX-License-Identifier: MIT */
/* http/io/output.h: bytes on their way to the other end. Responses gather here while more requests
 * have arrived, so that they leave with one write.
 *
 * inv. 1: the burst uses the output while its lease is OURS, the state machine while it is
 *         FLUSHING.
 * inv. 2: begin <= end <= EDOI_HTTP_OUT_BYTES; both are 0 when the output is empty. */
#ifndef EDOI_HTTP_IO_OUTPUT_H
#define EDOI_HTTP_IO_OUTPUT_H

#include "base/atomic.h"
#include "http/io/stall.h"

#include <edo/bytes.h>
#include <edo/io.h>

#define EDOI_HTTP_OUT_BYTES 16384u

/* The user of an output at this moment, see lease.h. Part of the connection, so that the state
 * machine may look at it at any time. HO1: each change of `state` pairs with the next. */
enum { EDOI_OUTPUT_OURS, EDOI_OUTPUT_LENT, EDOI_OUTPUT_FLUSHING };

typedef struct edoi_http_lease {
    edo_atomic_u32 state;
    edo_atomic_u32 waits;         /* a handler of this burst has waited: output gathers no more.
                                     HO2: the state machine sets it before it looks at `state`, the
                                     burst looks at it after it has lent: one of the two sees the
                                     other */
    struct edoi_http_output *out; /* while the state is not OURS */
} edoi_http_lease;

typedef struct edoi_http_output {
    edoi_http_lease *lease; /* inv. 1 */
    edo_stream *to;         /* borrowed */
    edoi_stall stall;
    uint32_t begin, end;    /* bytes that have not left yet */
    edo_atomic_u32 is_lost; /* atomic: a write has failed, so no further byte arrives */
    char bytes[EDOI_HTTP_OUT_BYTES];
} edoi_http_output;

EDOI_INLINE size_t edoi_output_room(const edoi_http_output *o) {
    return sizeof o->bytes - o->end;
}

/* Asserts the invariants. Called by the thread that uses the output; a client's output has no
 * lease. */
void edoi_output_check(const edoi_http_output *o);

/* Appends bytes, for which there is room. */
void edoi_output_append(edoi_http_output *o, const void *bytes, size_t n);

/* Polls until all bytes are sent. Ready with 0 or a negative code. With a NULL `cx` it does not
 * wait, and returns -EAGAIN. */
edo_polled edoi_output_poll_flush(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait, int *result);

/* As edoi_output_poll_flush(), and sends at most `n` bytes behind those of the output, without a
 * copy. Ready with the number of these, which is 0 if only earlier bytes were sent. */
edo_polled edoi_output_poll_write(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait,
                                  const void *bytes, size_t n, int *result);

/* Ends the wait of a poll, whether it was ready or not. */
void edoi_output_unwait(edoi_http_output *o, edo_io_wait *wait);

/* Sends all bytes. Called in a fiber. Returns 0 or a negative code. */
int edoi_output_flush(edoi_http_output *o);

/* Sends `n` bytes behind those of the output. A few that fit stay in the output. Called in a
 * fiber. */
int edoi_output_send(edoi_http_output *o, const void *bytes, size_t n);

/* Sends all bytes, and then `n` bytes of `file` from `offset` on. Called in a fiber. Returns
 * -ETIMEDOUT when the client has taken no byte for once to twice the time of a stall, or is slower
 * than the least rate. */
int edoi_output_sendfile(edoi_http_output *o, edo_stream *file, uint64_t offset, uint64_t n);

#endif
