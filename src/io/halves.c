/* SPDX-License-Identifier: MIT */
/* io/halves.c: one stream of two, and two of one. */
#include "base/memory/handles.h"
#include "io/adapter.h"

#include <edo/streams.h>

#include <errno.h>

static void join_free(edo_stream *s) {
    edoi_adapter_free(s, sizeof(edoi_adapter));
}

static const edo_stream_ops join_ops = { .name = "edo_stream_join",
                                         .poll_read = edoi_adapter_read,
                                         .poll_write = edoi_adapter_write,
                                         .poll_ready = edoi_adapter_ready,
                                         .free = join_free,
                                         EDOI_ADAPTER_OPS };

int edo_stream_join(edo_stream **out, edo_stream *reader, edo_stream *writer) {
    if (edoi_handle_misused(EDOI_STREAM, reader) || edoi_handle_misused(EDOI_STREAM, writer))
        return -EDO_EMISUSE;
    edoi_adapter *a =
        (edoi_adapter *)edoi_adapter_new(&join_ops, sizeof *a, reader, writer, EDOI_CALLER());
    if (!a) return -ENOMEM;
    *out = &a->base;
    return 0;
}

/* ---- Two of one ------------------------------------------------------------------------------ */

/* The stream may go on being read, so an end of this half ends writing only. */
static void writer_close(edo_stream *s) {
    int result;
    (void)edoi_adapter_shutdown(s, NULL, NULL, &result);
}

static void writer_free(edo_stream *s) {
    writer_close(s);
    edoi_adapter_free(s, sizeof(edoi_adapter));
}

static void reader_close(edo_stream *s) {
    (void)s; // the stream may go on being written
}

static const edo_stream_ops reader_ops = { .name = "edo_stream_split: reader",
                                           .poll_read = edoi_adapter_read,
                                           .poll_write = edoi_adapter_write,
                                           .poll_shutdown = edoi_adapter_shutdown,
                                           .poll_ready = edoi_adapter_ready,
                                           .unwait = edoi_adapter_unwait,
                                           .close = reader_close,
                                           .free = join_free,
                                           .fd = edoi_adapter_fd };
static const edo_stream_ops writer_ops = { .name = "edo_stream_split: writer",
                                           .flags = EDO_STREAM_VECTORED,
                                           .poll_read = edoi_adapter_read,
                                           .poll_write = edoi_adapter_write,
                                           .poll_shutdown = edoi_adapter_shutdown,
                                           .poll_ready = edoi_adapter_ready,
                                           .unwait = edoi_adapter_unwait,
                                           .close = writer_close,
                                           .free = writer_free,
                                           .fd = edoi_adapter_fd,
                                           .poll_flush = edoi_adapter_flush };

int edo_stream_split(edo_stream **reader, edo_stream **writer, edo_stream *s) {
    if (edoi_handle_misused(EDOI_STREAM, s)) return -EDO_EMISUSE;
    edoi_adapter *in =
        (edoi_adapter *)edoi_adapter_new(&reader_ops, sizeof *in, s, NULL, EDOI_CALLER());
    if (!in) return -ENOMEM;
    edoi_adapter *out =
        (edoi_adapter *)edoi_adapter_new(&writer_ops, sizeof *out, NULL, s, EDOI_CALLER());
    if (!out) {
        in->in = NULL; // it stays the caller's
        edo_stream_unref(&in->base);
        return -ENOMEM;
    }
    (void)edo_stream_ref(s); // one for each half
    *reader = &in->base;
    *writer = &out->base;
    return 0;
}
