/* SPDX-License-Identifier: MIT */
/* io/ready.c: waits for a stream without a buffer. */
#include "base/assert.h"
#include "io/op.h"

#include <edo/task.h>

#include <errno.h>

/* inv. 1: its `own` is what it waits for. */

static edo_polled io_ready_poll(edo_future *base, edo_cx *cx) {
    edo_io_ready_future *f = (edo_io_ready_future *)(void *)base;
    edo_stream *s = f->stream;
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    uint32_t what = base->own; // inv. 1
    EDO_INV("ready inv. 1", what <= (EDO_IO_READ | EDO_IO_WRITE | EDO_IO_READ_CLOSED));
    if (what == 0) return edoi_io_end(base, s, &f->wait, -EINVAL);
    if (!s->ops->poll_ready) return edoi_io_end(base, s, &f->wait, -ENOTSUP);
    if (what == EDO_IO_READ_CLOSED && !(s->ops->flags & EDO_STREAM_TELLS_END))
        return edoi_io_end(base, s, &f->wait, -ENOTSUP);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result;
    if (s->ops->poll_ready(s, cx, &f->wait, what, &result) == EDO_PENDING) {
        edo_budget_refund(cx);
        return edoi_io_pend(base, s);
    }
    return edoi_io_end(base, s, &f->wait, result < 0 ? result : 0);
}

static void io_ready_drop(edo_future *base) {
    edo_io_ready_future *f = (edo_io_ready_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops ready_ops = { .poll = io_ready_poll,
                                          .drop = io_ready_drop,
                                          .name = "edo_io_ready",
                                          .size = sizeof(edo_io_ready_future),
                                          .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                          .hold = edoi_io_hold };

edo_future *edo_io_ready_init(edo_io_ready_future *f, edo_stream *s, uint32_t what) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->wait = (edo_io_wait){ 0 };
    edo_future *base = edo_future_init(&f->base, &ready_ops);
    bool is_known = what == EDO_IO_READ || what == EDO_IO_WRITE || what == EDO_IO_READ_CLOSED;
    base->own = is_known ? what : 0;
    return base;
}

int edo_io_ready(edo_stream *s, uint32_t what) {
    edo_io_ready_future f;
    return edo_await(edo_io_ready_init(&f, s, what));
}
