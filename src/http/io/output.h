/* SPDX-License-Identifier: MIT */
/* http/io/output.h: bytes on their way to the other end. Responses gather here while more requests
 * have arrived, so that they leave with one write.
 *
 * A handler may take long: so while it runs, output of earlier requests is lent, and the
 * connection's state machine, which notices that the burst waits, sends it.
 *
 * inv. 1: the burst uses the output while its lease is OURS, the state machine while it is
 *         FLUSHING. */
#ifndef EDOI_HTTP_IO_OUTPUT_H
#define EDOI_HTTP_IO_OUTPUT_H

#include "base/atomic.h"
#include "http/io/stall.h"

#include <edo/bytes.h>
#include <edo/io.h>

#define EDOI_HTTP_OUT_BYTES 16384u

enum { EDOI_OUTPUT_OURS, EDOI_OUTPUT_LENT, EDOI_OUTPUT_FLUSHING };

/* Of a connection, so that the state machine may look at it at any time. HO1: each change of
 * `state` pairs with the next. */
typedef struct edoi_http_lease {
    edo_atomic_u32 state;
    edo_atomic_u32 waits;         /* a handler of this burst has waited: nothing gathers any more.
                                     HO2: set before the state machine looks at `state`; looked at
                                     after the burst has lent: one of the two sees the other */
    struct edoi_http_output *out; /* while the state is not OURS */
} edoi_http_lease;

typedef struct edoi_http_output {
    edoi_http_lease *lease; /* inv. 1 */
    edo_stream *to;         /* borrowed */
    edoi_stall stall;
    uint32_t begin, end;    /* what has not left yet */
    edo_atomic_u32 is_lost; /* atomic: a write has failed, so nothing more arrives */
    char bytes[EDOI_HTTP_OUT_BYTES];
} edoi_http_output;

EDOI_INLINE size_t edoi_output_room(const edoi_http_output *o) {
    return sizeof o->bytes - o->end;
}

/* Appends bytes for which there is room. */
void edoi_output_append(edoi_http_output *o, const void *bytes, size_t n);

/* Sends what is there, in polls; ready with 0 or a negative code. With a NULL `cx` it does not
 * wait:
 * -EAGAIN. */
edo_polled edoi_output_poll_flush(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait, int *result);

/* As edoi_output_poll_flush(), and at most `n` bytes behind what is there, without a copy; ready
 * with their number, 0 if only the earlier bytes were sent. */
edo_polled edoi_output_poll_write(edoi_http_output *o, edo_cx *cx, edo_io_wait *wait,
                                  const void *bytes, size_t n, int *result);

/* Ends the wait of a poll, ready or not. */
void edoi_output_unwait(edoi_http_output *o, edo_io_wait *wait);

/* Sends what is there; in a fiber. Returns 0 or a negative code. */
int edoi_output_flush(edoi_http_output *o);

/* Sends `n` bytes behind what is there; in a fiber. Those that fit, and are few, wait for more. */
int edoi_output_send(edoi_http_output *o, const void *bytes, size_t n);

/* By the burst, before the handler may wait: lends what is there, or sends it if one has waited.
 * Returns 0 or a negative code. */
int edoi_output_lend(edoi_http_output *o);

/* By the burst: whether the state machine cannot use the output. Relaxed: only the burst makes it
 * ours, and ends that. */
EDOI_INLINE bool edoi_output_is_ours(const edoi_http_output *o) {
    return edoi_load_rlx_u32(&o->lease->state) == EDOI_OUTPUT_OURS;
}

/* By the burst, before it uses the output again. */
void edoi_output_take_back(edoi_http_output *o);

/* By the state machine, when it sees a handler wait: sends what is lent, and does not wait itself.
 * */
void edoi_output_flush_lent(edoi_http_lease *lease);

/* Sends what is there and then `n` bytes of `file` from `offset` on; in a fiber. Fails with
 * -ETIMEDOUT when the client has taken no byte for once to twice the time of a stall, or is slower
 * than the least rate. */
int edoi_output_sendfile(edoi_http_output *o, edo_stream *file, uint64_t offset, uint64_t n);

#endif
