/* SPDX-License-Identifier: MIT */
/* time/sleep.c: sleeps, with a timer in the wheel of the polling worker. */
#include "driver/wheel.h"
#include "future/describe.h"
#include "records/handles.h"
#include "runtime/worker/polled.h"

#include <edo/task.h>
#include <edo/time.h>

enum { SLEEP_FRESH, SLEEP_WAITING };

/* The future's `own`: whether it keeps `for_ns`, as before the first poll, or `at_ns`. */
enum { SLEEP_FOR, SLEEP_AT };

/* True: it keeps waiting. A timer of another wheel moves here: that wheel may be a thread's own,
 * which is not advanced any more since the thread drives a runtime; or it was put back. */
static bool sleep_wait_on(edo_sleep_future *self, edoi_wheel *wheel, edo_waker *waker) {
    edoi_timer *timer = &self->timer;
    bool stays = timer->wheel == wheel;
    bool armed = EDOI_LIKELY(stays) ? edoi_wheel_renew(timer, waker) : edoi_wheel_cancel(timer);
    if (EDOI_LIKELY(stays && armed)) return true;
    if (!armed && !edoi_wheel_has_lost(timer)) return false; // it has fired
    return edoi_wheel_insert(wheel, timer, self->at_ns, waker);
}

/* Cancels the timer, which may be armed. */
static void sleep_disarm(edo_sleep_future *self) {
    if (edo_future_step(&self->base) != SLEEP_WAITING) return;
    edoi_handle_timer_over(self);
    (void)edoi_wheel_cancel(&self->timer);
}

static edo_polled sleep_poll(edo_future *f, edo_cx *cx) {
    edo_sleep_future *self = (edo_sleep_future *)(void *)f;
    edoi_wheel *wheel = edoi_cx_wheel(cx);
    if (EDOI_UNLIKELY(!wheel)) {
        sleep_disarm(self); // it may be armed in the wheel of an earlier poll
        return edo_future_finish(f, -EDO_ENORUNTIME);
    }
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(f) == SLEEP_WAITING) {
        if (!sleep_wait_on(self, wheel, edo_cx_waker(cx))) {
            edoi_handle_timer_over(self);
            return edo_future_finish(f, 0);
        }
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    int64_t now_ns = edoi_cx_now(cx);
    if (f->own == SLEEP_FOR)
        self->at_ns = edo_instant_add((edo_instant){ now_ns }, (edo_duration){ self->for_ns }).ns;
    f->own = SLEEP_AT;
    // The clock decides whether the time has passed: the wheel is only as far as it was last
    // advanced.
    if (self->at_ns <= now_ns ||
        !edoi_wheel_insert(wheel, &self->timer, self->at_ns, edo_cx_waker(cx)))
        return edo_future_finish(f, 0);
    edo_future_next_step(f, SLEEP_WAITING);
    edoi_handle_timer_begun(self);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void sleep_drop(edo_future *f) {
    sleep_disarm((edo_sleep_future *)(void *)f);
    edo_future_retire(f);
}

static void sleep_describe(const edo_future *base, edo_description *to) {
    const edo_sleep_future *f = (const edo_sleep_future *)(const void *)base;
    if (base->own == SLEEP_AT) edoi_describe_due(to, ", due", f->at_ns);
}

static const edo_future_ops sleep_ops = { .poll = sleep_poll,
                                          .drop = sleep_drop,
                                          .name = "edo_sleep",
                                          .size = sizeof(edo_sleep_future),
                                          .describe = sleep_describe };

static edo_future *sleep_init(edo_sleep_future *f, uint32_t kept) {
    f->timer.waker = NULL; // not armed
    (void)edo_future_init(&f->base, &sleep_ops);
    f->base.own = kept;
    return &f->base;
}

edo_future *edo_sleep_init(edo_sleep_future *f, edo_duration d) {
    f->for_ns = d.ns;
    return sleep_init(f, SLEEP_FOR);
}

edo_future *edo_sleep_at_init(edo_sleep_future *f, edo_instant at) {
    f->at_ns = at.ns;
    return sleep_init(f, SLEEP_AT);
}

void edo_sleep_reset(edo_sleep_future *f, edo_instant at) {
    sleep_disarm(f);
    (void)edo_sleep_at_init(f, at);
}

edo_instant edo_sleep_deadline(const edo_sleep_future *f) {
    bool is_relative = !edo_future_is_over(&f->base) && f->base.own == SLEEP_FOR;
    if (is_relative) return edo_instant_add(edo_now(), (edo_duration){ f->for_ns });
    return (edo_instant){ f->at_ns };
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
