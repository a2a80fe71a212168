/* SPDX-License-Identifier: MIT */
/* ear.c: see ear.h. */
#include "ear.h"

#include <errno.h>

static ear *of(edo_stream *self) {
    return (ear *)(void *)self;
}

static edo_polled poll_read(edo_stream *self, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    edo_stream *peer = of(self)->peer;
    edo_polled polled = peer->ops->poll_read(peer, cx, wait, to, n, flags, result);
    if (polled == EDO_READY && *result > 0) of(self)->heard = edo_now();
    if (polled == EDO_READY && *result == 0 && of(self)->is_broken) *result = -ECONNRESET;
    return polled;
}

static void unwait(edo_stream *self, edo_io_wait *wait) {
    edo_stream *peer = of(self)->peer;
    peer->ops->unwait(peer, wait);
}

/* It owns nothing. */
static void nothing(edo_stream *self) {
    (void)self;
}

edo_stream *ear_init(ear *self, edo_stream *peer) {
    static const edo_stream_ops ops = {
        .name = "ear", .poll_read = poll_read, .unwait = unwait, .close = nothing, .free = nothing
    };
    *self = (ear){ .base = { &ops, EDOI_ATOMIC_INIT(1) }, .peer = peer, .heard = edo_now() };
    return &self->base;
}
