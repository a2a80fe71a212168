/* SPDX-License-Identifier: MIT */
/* time/interval.c: periodic ticks, and the handling of missed ones. */
#include "runtime/worker/polled.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

#define LATE_NS INT64_C(5000000) /* a tick taken later than this counts as missed */

int edo_interval_init(edo_interval *self, edo_duration period, edo_tick_missed missed) {
    if (period.ns <= 0) return -EINVAL;
    self->next = edo_now();
    self->period = period;
    self->missed = missed;
    return 0;
}

void edo_interval_reset(edo_interval *self, edo_instant at) {
    self->next = at;
}

/* The tick after the one planned for self->next, which is taken at `now_ns`. */
static edo_instant following(const edo_interval *self, int64_t now_ns) {
    edo_instant planned = edo_instant_add(self->next, self->period);
    int64_t late_ns = edo_instant_since((edo_instant){ now_ns }, self->next).ns;
    if (late_ns <= LATE_NS) return planned;
    switch (self->missed) {
    case EDO_TICK_DELAY: return edo_instant_add((edo_instant){ now_ns }, self->period);
    case EDO_TICK_SKIP: {
        int64_t missed_n = late_ns / self->period.ns;
        return edo_instant_add(planned, (edo_duration){ missed_n * self->period.ns });
    }
    case EDO_TICK_BURST: break;
    }
    return planned;
}

static edo_polled tick_poll(edo_future *f, edo_cx *cx) {
    edo_interval_tick_future *self = (edo_interval_tick_future *)(void *)f;
    if (edo_poll(&self->nap.base, cx) == EDO_PENDING) return EDO_PENDING;
    int result = self->nap.base.result;
    if (result < 0) return edo_future_finish(f, result);
    edo_interval *interval = self->interval;
    if (self->scheduled) *self->scheduled = interval->next;
    interval->next = following(interval, edoi_cx_now(cx));
    return edo_future_finish(f, 0);
}

static void tick_drop(edo_future *f) {
    edo_drop(&((edo_interval_tick_future *)(void *)f)->nap.base);
    edo_future_retire(f);
}

static const edo_future_ops tick_ops = { .poll = tick_poll,
                                         .drop = tick_drop,
                                         .name = "edo_interval_tick",
                                         .size = sizeof(edo_interval_tick_future) };

edo_future *edo_interval_tick_init(edo_interval_tick_future *f, edo_interval *self,
                                   edo_instant *scheduled) {
    f->interval = self;
    f->scheduled = scheduled;
    (void)edo_sleep_at_init(&f->nap, self->next);
    return edo_future_init(&f->base, &tick_ops);
}

int edo_interval_tick(edo_interval *self, edo_instant *scheduled) {
    edo_interval_tick_future f;
    return edo_await(edo_interval_tick_init(&f, self, scheduled));
}
