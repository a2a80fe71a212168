/* SPDX-License-Identifier: MIT */
/* time/sleep_wall.c: sleeps until a time of the wall clock.
 *
 * The sleep is one of sleep.c, for as long as the wall clock has to go, and beside it waits for the
 * news that the clock was set (driver/clock_steps.h). Whatever ends first: the clock is read anew.
 * A nap that ends too early only reads it once more, so one that was armed is left as it is unless
 * it would end too late. */
#include "driver/clock.h"
#include "driver/clock_steps.h"
#include "driver/wheel.h"
#include "future/describe.h"
#include "runtime/worker/polled.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

#define LOOK_NS INT64_C(60000000000) /* longest nap of a sleep that is not told of steps */

/* Gives back what the sleep holds, but for its nap. */
static void sleep_wall_forget_steps(edo_sleep_wall_future *self) {
    edoi_clock_steps *steps = self->steps;
    if (!steps) return;
    edoi_source_unwait(steps->source, &self->stepped);
    edoi_clock_steps_give(steps);
    self->steps = NULL;
    self->stepped = (edo_wait_link){ .who = 0 }; // one of before a fork is linked still
}

static void sleep_wall_stop(edo_sleep_wall_future *self) {
    edo_drop(&self->nap.base);
    sleep_wall_forget_steps(self);
}

static bool sleep_wall_is_armed(const edo_sleep_wall_future *self) {
    const edo_future *nap = &self->nap.base;
    return edo_future_step(nap) != 0 && !edo_future_is_over(nap);
}

/* Before the clock is read: the tick of the last step. A sleep that was polled elsewhere before, or
 * before a fork, had another clock. */
static uint32_t sleep_wall_tick(edo_sleep_wall_future *self, const edo_cx *cx) {
    const edoi_clock_steps *had = self->steps;
    const void *of = edoi_cx_runtime(cx);
    if (!of) of = edoi_cx_driver(cx);
    if (had && (had->of != of || edoi_clock_steps_is_inherited(had))) sleep_wall_forget_steps(self);
    if (!self->steps) self->steps = edoi_clock_steps_take(of);
    return self->steps ? edoi_clock_steps_tick(self->steps) : 0;
}

/* Waits for a step after that of `tick`. False: one has come. */
static bool sleep_wall_await_step(edo_sleep_wall_future *self, uint32_t tick, edo_cx *cx) {
    if (!self->steps) return true;
    int err = edoi_source_wait_past(self->steps->source, EDOI_READ, tick, &self->stepped, cx,
                                    edoi_cx_driver(cx));
    if (err < 0) sleep_wall_forget_steps(self);
    return err != 0;
}

/* Sleeps until the clock will show the time, or is to be looked at. EDO_READY: the nap is over. */
static edo_polled sleep_wall_nap(edo_sleep_wall_future *self, edo_duration left, edo_cx *cx) {
    if (!self->steps && left.ns > LOOK_NS) left = edo_ns(LOOK_NS);
    int64_t at_ns = edoi_time_after(edoi_cx_now(cx), left.ns);
    if (!sleep_wall_is_armed(self) || self->nap.at_ns - at_ns >= EDOI_WHEEL_TICK_NS)
        edo_sleep_reset(&self->nap, (edo_instant){ at_ns });
    if (edo_poll(&self->nap.base, cx) == EDO_PENDING) return EDO_PENDING;
    edo_budget_refund(cx); // of the nap's operation: this future takes its own
    return EDO_READY;
}

static edo_polled sleep_wall_poll(edo_future *f, edo_cx *cx) {
    edo_sleep_wall_future *self = (edo_sleep_wall_future *)(void *)f;
    int err = edoi_cx_wheel(cx) ? 0 : -EDO_ENORUNTIME;
    if (self->at.ns < 0 || self->at.ns >= 1000000000) err = -EINVAL;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    while (err == 0 && edo_wall_compare(edoi_cx_wall(cx), self->at) < 0) {
        uint32_t tick = sleep_wall_tick(self, cx);
        edo_duration left = edo_wall_since(self->at, edoi_cx_wall(cx));
        if (left.ns <= 0 || !sleep_wall_await_step(self, tick, cx)) continue;
        if (sleep_wall_nap(self, left, cx) == EDO_PENDING) {
            edo_budget_refund(cx);
            return EDO_PENDING;
        }
        err = edo_result(&self->nap);
        if (edoi_cx_now(cx) == INT64_MAX) break; // a virtual clock stands there
    }
    sleep_wall_stop(self);
    return edo_future_finish(f, err);
}

static void sleep_wall_drop(edo_future *f) {
    if (!edo_future_is_over(f)) sleep_wall_stop((edo_sleep_wall_future *)(void *)f);
    edo_future_retire(f);
}

static void sleep_wall_describe(const edo_future *base, edo_description *to) {
    const edo_sleep_wall_future *f = (const edo_sleep_wall_future *)(const void *)base;
    if (sleep_wall_is_armed(f)) edoi_describe_due(to, ", due", f->nap.at_ns);
}

edo_future *edo_sleep_wall_at_init(edo_sleep_wall_future *f, edo_wall at) {
    static const edo_future_ops ops = { .poll = sleep_wall_poll,
                                        .drop = sleep_wall_drop,
                                        .name = "edo_sleep_wall_at",
                                        .size = sizeof(edo_sleep_wall_future),
                                        .describe = sleep_wall_describe };
    f->at = at;
    f->steps = NULL;
    f->stepped = (edo_wait_link){ .who = 0 };
    (void)edo_sleep_at_init(&f->nap, (edo_instant){ 0 });
    return edo_future_init(&f->base, &ops);
}

int edo_sleep_wall_at(edo_wall at) {
    edo_sleep_wall_future f;
    return edo_await(edo_sleep_wall_at_init(&f, at));
}
