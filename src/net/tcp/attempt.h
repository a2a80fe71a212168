/* SPDX-License-Identifier: MIT */
/* net/tcp/attempt.h: one attempt to connect, without blocking: the socket becomes writable when the
 * kernel has the result. All zero: none is made. */
#ifndef EDOI_NET_TCP_ATTEMPT_H
#define EDOI_NET_TCP_ATTEMPT_H

#include "net/tcp/tcp.h"

EDOI_INLINE bool edoi_attempt_is_made(const edoi_attempt *a) {
    return a->stream != NULL;
}

/* Returns 0 (connected), -EINPROGRESS, or an error, after which none is made. `opts` NULL: to an
 * address of a virtual machine. */
EDO_MUST_USE int edoi_attempt_begin(edoi_attempt *a, const edo_addr *addr,
                                    const edo_tcp_opts *opts);

/* While it is made: ready with 0 (connected) or an error. */
edo_polled edoi_attempt_poll(edoi_attempt *a, edo_cx *cx, int *result);

/* Of an attempt that is connected: its stream. */
edo_stream *edoi_attempt_take(edoi_attempt *a);

/* Gives up an attempt, if one is made. */
void edoi_attempt_drop(edoi_attempt *a);

#endif
