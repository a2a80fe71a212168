/* SPDX-License-Identifier: MIT */
/* io/seek.c: moves the place of the next read and write. */
#include "io/op.h"
#include "io/view.h"

#include <edo/task.h>

static edo_polled seek_poll(edo_future *base, edo_cx *cx) {
    edo_seek_future *f = (edo_seek_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result;
    uint64_t at;
    if (edoi_stream_poll_seek(s, cx, &f->wait, f->offset, f->whence, &at, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    if (result == 0 && f->at) *f->at = at;
    return edoi_io_end(base, s, &f->wait, result);
}

static void seek_drop(edo_future *base) {
    edo_seek_future *f = (edo_seek_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops seek_ops = { .poll = seek_poll,
                                         .drop = seek_drop,
                                         .name = "edo_seek",
                                         .size = sizeof(edo_seek_future),
                                         .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                         .hold = edoi_io_hold };

edo_future *edo_seek_init(edo_seek_future *f, edo_stream *s, int64_t offset, int whence,
                          uint64_t *at) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->offset = offset;
    f->whence = whence;
    f->at = at;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &seek_ops);
}

int edo_seek(edo_stream *s, int64_t offset, int whence, uint64_t *at) {
    edo_seek_future f;
    return edo_await(edo_seek_init(&f, s, offset, whence, at));
}

int edo_rewind(edo_stream *s) {
    return edo_seek(s, 0, SEEK_SET, NULL);
}

int edo_position(edo_stream *s, uint64_t *at) {
    return edo_seek(s, 0, SEEK_CUR, at);
}
