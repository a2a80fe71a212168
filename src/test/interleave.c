/* SPDX-License-Identifier: MIT */
/* test/interleave.c: a future that is pending on every other poll. */
#include <edo/test.h>

enum { STEP_PENDING, STEP_POLL };

static edo_polled interleave_poll(edo_future *f, edo_cx *cx) {
    edo_test_interleave_future *self = (edo_test_interleave_future *)(void *)f;
    edo_future *inner = self->inner;
    if (edo_future_step(f) == STEP_PENDING) {
        edo_future_next_step(f, STEP_POLL);
        edo_cx_wake(cx);
        return EDO_PENDING;
    }
    edo_future_next_step(f, STEP_PENDING);
    if (edo_poll(inner, cx) == EDO_PENDING) return EDO_PENDING;
    int result = inner->result;
    if (inner->ops->flags & EDO_FUTURE_BOXED) edo_drop(inner);
    return edo_future_finish(f, result);
}

static void interleave_drop(edo_future *f) {
    if (!edo_future_is_over(f)) edo_drop(((edo_test_interleave_future *)(void *)f)->inner);
    edo_future_retire(f);
}

static void interleave_hold(edo_future *f) {
    edo_future_hold(((edo_test_interleave_future *)(void *)f)->inner);
}

static void interleave_describe(const edo_future *f, edo_description *to) {
    edo_describe_text(to, " of ");
    edo_describe_future(to, ((const edo_test_interleave_future *)(const void *)f)->inner);
}

static const edo_future_ops interleave_ops = { .poll = interleave_poll,
                                               .drop = interleave_drop,
                                               .name = "edo_test_interleave",
                                               .size = sizeof(edo_test_interleave_future),
                                               .describe = interleave_describe,
                                               .hold = interleave_hold };

edo_future *edo_test_interleave_init(edo_test_interleave_future *f, edo_future *inner) {
    f->inner = inner;
    return edo_future_init(&f->base, &interleave_ops);
}
