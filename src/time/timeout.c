/* SPDX-License-Identifier: MIT */
/* time/timeout.c: a time limit around one future. */
#include "base/error/trail.h"
#include "future/describe.h"

#include <edo/task.h>
#include <edo/time.h>

static edo_polled timeout_poll(edo_future *f, edo_cx *cx) {
    edo_timeout_future *self = (edo_timeout_future *)(void *)f;
    if (edo_poll(self->inner, cx) == EDO_READY) {
        edo_drop(&self->limit.base);
        int result = self->inner->result;
        if (self->inner->ops->flags & EDO_FUTURE_BOXED) edo_drop(self->inner);
        return edo_future_finish(f, result);
    }
    bool spent = cx->budget == 0;
    if (spent) cx->budget = 1; // or a future that spends it all would never time out
    edo_polled polled = edo_poll(&self->limit.base, cx);
    if (spent) cx->budget = 0;
    if (polled == EDO_PENDING) return EDO_PENDING;
    edo_drop(self->inner);
    int result = self->limit.base.result;
    if (result >= 0)
        result =
            edoi_trail_limit_passed(self->length_ns, 0, ""); // the dropped future left no trail
    return edo_future_finish(f, result);
}

static void timeout_drop(edo_future *f) {
    edo_timeout_future *self = (edo_timeout_future *)(void *)f;
    if (!edo_future_is_over(f)) {
        edo_drop(self->inner);
        edo_drop(&self->limit.base);
    }
    edo_future_retire(f);
}

static void timeout_hold(edo_future *f) {
    edo_future_hold(((edo_timeout_future *)(void *)f)->inner);
}

static void timeout_describe(const edo_future *base, edo_description *to) {
    const edo_timeout_future *f = (const edo_timeout_future *)(const void *)base;
    edo_describe_text(to, " of ");
    edo_describe_future(to, f->inner);
    if (edo_future_step(&f->limit.base) != 0) edoi_describe_due(to, ", over", f->limit.at_ns);
}

static const edo_future_ops timeout_ops = { .poll = timeout_poll,
                                            .drop = timeout_drop,
                                            .name = "edo_timeout",
                                            .size = sizeof(edo_timeout_future),
                                            .describe = timeout_describe,
                                            .hold = timeout_hold };

edo_future *edo_timeout_init(edo_timeout_future *f, edo_future *inner, edo_duration d) {
    f->inner = inner;
    f->length_ns = d.ns;
    (void)edo_sleep_init(&f->limit, d.ns > 0 ? d : edo_ns(0));
    return edo_future_init(&f->base, &timeout_ops);
}

int edo_timeout(edo_future *inner, edo_duration d) {
    edo_timeout_future f;
    return edo_await(edo_timeout_init(&f, inner, d));
}
