/* SPDX-License-Identifier: MIT */
/* io/chain.c: the input of one stream, then that of another.
 *
 * `in` of the adapter is the stream that is read now. */
#include "base/memory/handles.h"
#include "io/adapter.h"

#include <edo/streams.h>

#include <errno.h>

typedef struct chain {
    edoi_adapter base;
    edo_stream *next; /* NULL: it is read now */
} chain;

static chain *chain_of(edo_stream *s) {
    return (chain *)(void *)s;
}

static edo_polled chain_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                             size_t n, uint32_t flags, int *result) {
    chain *self = chain_of(s);
    edo_polled polled = edoi_adapter_read(s, cx, wait, to, n, flags, result);
    if (polled == EDO_PENDING || *result != 0 || !self->next) return polled;
    if (wait) self->base.in->ops->unwait(self->base.in, wait); // it may wait at the next stream
    edo_stream_unref(self->base.in);
    self->base.in = self->next;
    self->next = NULL;
    return edoi_adapter_read(s, cx, wait, to, n, flags, result);
}

static void chain_close(edo_stream *s) {
    chain *self = chain_of(s);
    edoi_adapter_close(s);
    if (self->next) self->next->ops->close(self->next);
}

static void chain_free(edo_stream *s) {
    edo_stream_unref(chain_of(s)->next);
    edoi_adapter_free(s, sizeof(chain));
}

static const edo_stream_ops chain_ops = { .name = "edo_stream_chain",
                                          .poll_read = chain_read,
                                          .poll_write = edoi_adapter_write,
                                          .poll_shutdown = edoi_adapter_shutdown,
                                          .unwait = edoi_adapter_unwait,
                                          .close = chain_close,
                                          .free = chain_free,
                                          .fd = edoi_adapter_fd };

int edo_stream_chain(edo_stream **out, edo_stream *first, edo_stream *second) {
    if (edoi_handle_misused(EDOI_STREAM, first) || edoi_handle_misused(EDOI_STREAM, second))
        return -EDO_EMISUSE;
    chain *self = (chain *)edoi_adapter_new(&chain_ops, sizeof *self, first, NULL, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->next = second;
    *out = &self->base.base;
    return 0;
}
