/* SPDX-License-Identifier: MIT */
/* future/basic.c: futures from values and functions. */
#include <edo/future.h>

static edo_polled basic_ready_poll(edo_future *f, edo_cx *cx) {
    (void)cx;
    return edo_future_finish(f, ((edo_ready_future *)(void *)f)->value);
}

static const edo_future_ops ready_ops = { .poll = basic_ready_poll,
                                          .drop = edo_future_retire,
                                          .name = "edo_ready",
                                          .size = sizeof(edo_ready_future) };

edo_future *edo_ready_init(edo_ready_future *f, int value) {
    f->value = value;
    return edo_future_init(&f->base, &ready_ops);
}

static edo_polled pending_poll(edo_future *f, edo_cx *cx) {
    (void)f;
    (void)edo_cx_waker(cx);
    return EDO_PENDING;
}

static const edo_future_ops pending_ops = { .poll = pending_poll,
                                            .drop = edo_future_retire,
                                            .name = "edo_pending",
                                            .size = sizeof(edo_pending_future) };

edo_future *edo_pending_init(edo_pending_future *f) {
    return edo_future_init(&f->base, &pending_ops);
}

static edo_polled poll_fn_poll(edo_future *f, edo_cx *cx) {
    edo_poll_fn_future *self = (edo_poll_fn_future *)(void *)f;
    int result = 0;
    if (self->fn(self->arg, cx, &result) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, result);
}

static const edo_future_ops poll_fn_ops = { .poll = poll_fn_poll,
                                            .drop = edo_future_retire,
                                            .name = "edo_poll_fn",
                                            .size = sizeof(edo_poll_fn_future) };

edo_future *edo_poll_fn_init(edo_poll_fn_future *f, edo_poll_fn *fn, void *arg) {
    f->fn = fn;
    f->arg = arg;
    return edo_future_init(&f->base, &poll_fn_ops);
}

enum { YIELD_FRESH, YIELD_WAITING };

static edo_polled yield_poll(edo_future *f, edo_cx *cx) {
    if (edo_future_step(f) == YIELD_WAITING) return edo_future_finish(f, 0);
    edo_future_next_step(f, YIELD_WAITING);
    edo_cx_wake(cx);
    return EDO_PENDING;
}

static const edo_future_ops yield_ops = { .poll = yield_poll,
                                          .drop = edo_future_retire,
                                          .name = "edo_yield",
                                          .size = sizeof(edo_yield_future) };

edo_future *edo_yield_init(edo_yield_future *f) {
    return edo_future_init(&f->base, &yield_ops);
}

static edo_polled budget_consume_poll(edo_future *f, edo_cx *cx) {
    return edo_budget_take(cx) ? edo_future_finish(f, 0) : EDO_PENDING;
}

static const edo_future_ops budget_consume_ops = { .poll = budget_consume_poll,
                                                   .drop = edo_future_retire,
                                                   .name = "edo_budget_consume",
                                                   .size = sizeof(edo_budget_consume_future) };

edo_future *edo_budget_consume_init(edo_budget_consume_future *f) {
    return edo_future_init(&f->base, &budget_consume_ops);
}
