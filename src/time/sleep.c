/* SPDX-License-Identifier: MIT */
/* time/sleep.c: sleeping, as a leaf in the wheel of the worker that polls it. */
#include "runtime/core.h"
#include "runtime/ctx.h"

#include <edo/task.h>
#include <edo/time.h>

enum { SLEEP_FOR, SLEEP_AT, SLEEP_WAITING };

static edo_polled sleep_poll(edo_future *f, edo_cx *cx) {
    edo_sleep_future *self = (edo_sleep_future *)(void *)f;
    edoi_wheel *wheel = edoi_cx_wheel(cx);
    if (EDOI_UNLIKELY(!wheel)) return edo_future_finish(f, -EDO_ENORUNTIME);
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(f) == SLEEP_WAITING) {
        if (!edoi_wheel_renew(&self->timer, edo_cx_waker(cx))) return edo_future_finish(f, 0);
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    if (edo_future_step(f) == SLEEP_FOR)
        self->at_ns =
            edo_instant_add((edo_instant){ edoi_cx_now(cx) }, (edo_duration){ self->at_ns }).ns;
    edo_future_set_step(f, SLEEP_AT);
    bool due = self->at_ns <= (cx->worker->clock.paused ? cx->worker->clock.paused_ns : INT64_MIN);
    if (due || !edoi_wheel_insert(wheel, &self->timer, self->at_ns, edo_cx_waker(cx)))
        return edo_future_finish(f, 0);
    edo_future_set_step(f, SLEEP_WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void sleep_drop(edo_future *f) {
    edo_sleep_future *self = (edo_sleep_future *)(void *)f;
    if (edo_future_step(f) == SLEEP_WAITING) (void)edoi_wheel_cancel(&self->timer);
    edo_future_retire(f);
}

static const edo_future_ops sleep_ops = { sleep_poll, sleep_drop, "edo_sleep",
                                          sizeof(edo_sleep_future), 0 };

static edo_future *init(edo_sleep_future *f, int64_t ns, uint32_t step) {
    (void)edo_future_init(&f->base, &sleep_ops);
    f->at_ns = ns;
    f->timer.waker = NULL; // hangs nowhere
    edo_future_set_step(&f->base, step);
    return &f->base;
}

edo_future *edo_sleep_init(edo_sleep_future *f, edo_duration d) {
    return init(f, d.ns, SLEEP_FOR);
}

edo_future *edo_sleep_at_init(edo_sleep_future *f, edo_instant at) {
    return init(f, at.ns, SLEEP_AT);
}

void edo_sleep_reset(edo_sleep_future *f, edo_instant at) {
    if (edo_future_step(&f->base) == SLEEP_WAITING) (void)edoi_wheel_cancel(&f->timer);
    (void)init(f, at.ns, SLEEP_AT);
}

edo_instant edo_sleep_get_deadline(const edo_sleep_future *f) {
    edo_instant at = { f->at_ns };
    if (edo_future_step(&f->base) == SLEEP_FOR && !edo_future_is_over(&f->base))
        at = edo_instant_add(edo_now(), (edo_duration){ f->at_ns });
    return at;
}

int edo_sleep(edo_duration d) {
    if (d.ns <= 0) return edo_yield();
    edo_sleep_future f;
    return edo_await(edo_sleep_init(&f, d));
}

int edo_sleep_at(edo_instant at) {
    edo_sleep_future f;
    return edo_await(edo_sleep_at_init(&f, at));
}
