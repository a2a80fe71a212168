/* SPDX-License-Identifier: MIT */
/* io/over/chain.c: the input of one stream, then that of another. */
#include "io/over/hop.h"
#include "records/handles.h"

#include <edo/streams.h>

typedef struct chain {
    edoi_adapter base;  /* the stream below is the first */
    edo_stream *second; /* const, owned */
    bool on_second;     /* the reading task's: the first has ended */
} chain;

static chain *over_chain_of(edo_stream *s) {
    return (chain *)(void *)s;
}

static edo_stream *present_of(edo_stream *s) {
    return over_chain_of(s)->on_second ? over_chain_of(s)->second : edoi_below(s);
}

static edo_polled chain_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    chain *self = over_chain_of(s);
    edo_polled polled = edoi_hop_read(present_of(s), cx, wait, to, n, flags, result);
    if (polled == EDO_PENDING || *result != 0 || self->on_second) return polled;
    self->on_second = true;
    return edoi_hop_read(present_of(s), cx, wait, to, n, flags, result);
}

static edo_polled chain_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                              int *result) {
    *result = -ENOTSUP;
    if (what != EDO_IO_READ) return EDO_READY;
    return edoi_hop_ready(present_of(s), cx, wait, what, result);
}

static edo_polled chain_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                              const struct iovec *from, size_t n, int *result) {
    (void)s;
    (void)cx;
    (void)wait;
    (void)from;
    (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled chain_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return chain_write(s, cx, wait, NULL, 0, result);
}

static void chain_close(edo_stream *s) {
    edo_stream *second = over_chain_of(s)->second;
    edoi_adapter_close(s);
    second->ops->close(second);
}

static void chain_free(edo_stream *s) {
    edo_stream_unref(over_chain_of(s)->second);
    edoi_adapter_free(s, sizeof(chain));
}

static int chain_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops chain_ops = { .name = "edo_stream_chain",
                                          .flags = EDO_STREAM_OVER,
                                          .poll_read = chain_read,
                                          .poll_write = chain_write,
                                          .poll_shutdown = chain_shutdown,
                                          .poll_ready = chain_ready,
                                          .unwait = edoi_hop_unwait,
                                          .close = chain_close,
                                          .free = chain_free,
                                          .fd = chain_fd };

int edo_stream_chain(edo_stream **out, edo_stream *first, edo_stream *second) {
    if (edoi_stream_misused(first) || edoi_stream_misused(second)) return -EDO_EMISUSE;
    chain *self = (chain *)edoi_adapter_new(&chain_ops, sizeof *self, first, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->second = second;
    *out = &self->base.base;
    return 0;
}
