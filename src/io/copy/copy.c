/* SPDX-License-Identifier: MIT */
/* io/copy/copy.c: moves bytes between streams, one way or both. */
#include "io/copy/by_kernel.h"
#include "io/copy/pump.h"
#include "io/op.h"

#include <edo/task.h>

#include <stddef.h>

/* ---- One way --------------------------------------------------------------------------------- */

/* Before anything is done with the streams of a pump: were they given up since its `_init`? */
static void copy_check_streams(const edo_future *f, const edoi_pump *p) {
    if (edo_future_step(f) == EDOI_IO_HELD) return;
    edoi_handle_begins(EDOI_STREAM, p->from, f->ops->name);
    edoi_handle_begins(EDOI_STREAM, p->to, f->ops->name);
}

static void copy_hold(edo_future *base) {
    edo_copy_future *f = (edo_copy_future *)(void *)base;
    copy_check_streams(base, &f->pump);
    if (edo_future_step(base) == EDOI_IO_HELD || !f->pump.from || !f->pump.to) return;
    edoi_pump_hold(&f->pump);
    edo_future_next_step(base, EDOI_IO_HELD);
}

static edo_polled copy_poll(edo_future *base, edo_cx *cx) {
    edo_copy_future *f = (edo_copy_future *)(void *)base;
    if (edoi_io_lacks(base, f->pump.from && f->pump.to ? f->pump.to : NULL))
        return edo_future_finish(base, -EDO_EMISUSE);
    copy_check_streams(base, &f->pump);
    int result;
    edo_polled polled = edoi_pump_poll(&f->pump, cx, false, &result);
    if (f->bytes) *f->bytes = f->pump.copied;
    if (edo_future_step(base) != EDOI_IO_HELD) { // also at the end: a wait may be linked
        edoi_pump_hold(&f->pump);
        edo_future_next_step(base, EDOI_IO_HELD);
    }
    if (polled == EDO_PENDING) return EDO_PENDING;
    edoi_pump_deinit(&f->pump, true);
    return edo_future_finish(base, result);
}

static void copy_drop(edo_future *base) {
    edo_copy_future *f = (edo_copy_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    edoi_pump_deinit(&f->pump, edo_future_step(base) == EDOI_IO_HELD);
    edo_future_retire(base);
}

static const edo_future_ops copy_ops = { .poll = copy_poll,
                                         .drop = copy_drop,
                                         .name = "edo_copy",
                                         .size = sizeof(edo_copy_future),
                                         .flags = EDO_FUTURE_NOT_CANCEL_SAFE,
                                         .hold = copy_hold };

edo_future *edo_copy_init(edo_copy_future *f, edo_stream *to, edo_stream *from, uint64_t *bytes) {
    EDOI_ENTERS(EDOI_STREAM, to);
    EDOI_ENTERS(EDOI_STREAM, from);
    f->bytes = bytes;
    if (bytes) *bytes = 0;
    edoi_pump_init(&f->pump, to, from);
    return edo_future_init(&f->base, &copy_ops);
}

/* What the kernel moves in jobs, for which a future cannot wait when it is dropped. */
static int copy_by_kernel(edo_stream *to, edo_stream *from, uint64_t *bytes) {
    *bytes = 0;
    if (!(from->ops->flags & EDOI_STREAM_COPIES)) return 0;
    return ((const edoi_copying_ops *)(const void *)from->ops)->copy(to, from, bytes);
}

int edo_copy(edo_stream *to, edo_stream *from, uint64_t *bytes) {
    if (edoi_stream_misused(to) || edoi_stream_misused(from)) return -EDO_EMISUSE;
    uint64_t before = 0, after = 0;
    int err = edo_budget_consume();
    if (err == 0) err = copy_by_kernel(to, from, &before);
    edo_copy_future f;
    if (err == 0) err = edo_await(edo_copy_init(&f, to, from, &after));
    if (bytes) *bytes = before + after;
    return err;
}

/* ---- Both ways ------------------------------------------------------------------------------- */

static void end_both(edo_copy_both_future *f, bool is_held) {
    edoi_pump_deinit(&f->pumps[0], is_held);
    edoi_pump_deinit(&f->pumps[1], is_held);
}

/* Polls both directions, unless the first spends the budget: so they take turns to be it. */
static edo_polled poll_pumps(edo_copy_both_future *f, edo_cx *cx, int *result) {
    edo_polled all = EDO_READY;
    for (int i = 0; i < 2; i++) {
        edoi_pump *p = &f->pumps[i ^ f->first];
        if (edoi_pump_poll(p, cx, true, result) == EDO_PENDING) {
            all = EDO_PENDING;
            if (p->spent) break; // the task was woken
        } else if (*result < 0) {
            return EDO_READY;
        }
    }
    f->first ^= 1;
    *result = 0;
    return all;
}

static void both_hold(edo_future *base) {
    edo_copy_both_future *f = (edo_copy_both_future *)(void *)base;
    copy_check_streams(base, &f->pumps[0]);
    if (edo_future_step(base) == EDOI_IO_HELD || !f->pumps[0].from || !f->pumps[0].to) return;
    edoi_pump_hold(&f->pumps[0]);
    edoi_pump_hold(&f->pumps[1]);
    edo_future_next_step(base, EDOI_IO_HELD);
}

static edo_polled both_poll(edo_future *base, edo_cx *cx) {
    edo_copy_both_future *f = (edo_copy_both_future *)(void *)base;
    if (edoi_io_lacks(base, f->pumps[0].from && f->pumps[0].to ? f->pumps[0].to : NULL))
        return edo_future_finish(base, -EDO_EMISUSE);
    copy_check_streams(base, &f->pumps[0]);
    int result;
    edo_polled polled = poll_pumps(f, cx, &result);
    if (f->copied)
        *f->copied = (edo_copied){ .to_a = f->pumps[0].copied, .to_b = f->pumps[1].copied };
    if (edo_future_step(base) != EDOI_IO_HELD) { // also at the end: a wait may be linked
        edoi_pump_hold(&f->pumps[0]);
        edoi_pump_hold(&f->pumps[1]);
        edo_future_next_step(base, EDOI_IO_HELD);
    }
    if (polled == EDO_PENDING) return EDO_PENDING;
    end_both(f, true);
    return edo_future_finish(base, result);
}

static void both_drop(edo_future *base) {
    edo_copy_both_future *f = (edo_copy_both_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    end_both(f, edo_future_step(base) == EDOI_IO_HELD);
    edo_future_retire(base);
}

static const edo_future_ops both_ops = { .poll = both_poll,
                                         .drop = both_drop,
                                         .name = "edo_copy_both",
                                         .size = sizeof(edo_copy_both_future),
                                         .flags = EDO_FUTURE_NOT_CANCEL_SAFE,
                                         .hold = both_hold };

edo_future *edo_copy_both_init(edo_copy_both_future *f, edo_stream *a, edo_stream *b,
                               edo_copied *copied) {
    EDOI_ENTERS(EDOI_STREAM, a);
    EDOI_ENTERS(EDOI_STREAM, b);
    f->copied = copied;
    if (copied) *copied = (edo_copied){ 0 };
    f->first = 0;
    edoi_pump_init(&f->pumps[0], a, b);
    edoi_pump_init(&f->pumps[1], b, a);
    return edo_future_init(&f->base, &both_ops);
}

int edo_copy_both(edo_stream *a, edo_stream *b, edo_copied *copied) {
    edo_copy_both_future f;
    return edo_await(edo_copy_both_init(&f, a, b, copied));
}
