/* SPDX-License-Identifier: MIT */
/* io/over/join.c: one stream of two: reading goes to one, writing to the other. */
#include "io/over/hop.h"
#include "records/handles.h"

#include <edo/streams.h>

typedef struct joined {
    edoi_adapter base;  /* the stream below is the writer */
    edo_stream *reader; /* const, owned */
} joined;

static edo_stream *joined_reader_of(edo_stream *s) {
    return ((joined *)(void *)s)->reader;
}

static edo_polled join_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                            size_t n, uint32_t flags, int *result) {
    return edoi_hop_read(joined_reader_of(s), cx, wait, to, n, flags, result);
}

static edo_polled join_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                             size_t n, int *result) {
    return edoi_hop_write(edoi_below(s), cx, wait, from, n, result);
}

static edo_polled join_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_hop_shutdown(edoi_below(s), cx, wait, result);
}

static edo_polled join_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return edoi_hop_flush(edoi_below(s), cx, wait, result);
}

static edo_polled join_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                             int *result) {
    edo_stream *at = what == EDO_IO_READ ? joined_reader_of(s) : edoi_below(s);
    return edoi_hop_ready(at, cx, wait, what, result);
}

static void join_close(edo_stream *s) {
    joined_reader_of(s)->ops->close(joined_reader_of(s));
    edoi_adapter_close(s);
}

static void join_free(edo_stream *s) {
    edo_stream_unref(joined_reader_of(s));
    edoi_adapter_free(s, sizeof(joined));
}

/* There may be two, of which none is the stream's. */
static int join_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops join_ops = { .name = "edo_stream_join",
                                         .flags = EDOI_STREAM_PASSES | EDO_STREAM_OVER,
                                         .poll_read = join_read,
                                         .poll_write = join_write,
                                         .poll_shutdown = join_shutdown,
                                         .poll_ready = join_ready,
                                         .unwait = edoi_hop_unwait,
                                         .close = join_close,
                                         .free = join_free,
                                         .fd = join_fd,
                                         .poll_flush = join_flush };

int edo_stream_join(edo_stream **out, edo_stream *reader, edo_stream *writer) {
    if (edoi_stream_misused(reader) || edoi_stream_misused(writer)) return -EDO_EMISUSE;
    joined *self = (joined *)edoi_adapter_new(&join_ops, sizeof *self, writer, EDOI_CALLER());
    if (!self) return -ENOMEM;
    self->reader = reader;
    *out = &self->base.base;
    return 0;
}
