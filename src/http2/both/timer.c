/* SPDX-License-Identifier: MIT */
/* http2/both/timer.c: see timer.h. A timer that is set for an earlier time stays: it wakes the task
 * once too often, and is set anew then. */
#include "http2/both/timer.h"

void edoi_h2_timer_drop(edoi_h2_timer *t) {
    if (t->is_set) edo_drop(&t->sleep.base);
    t->is_set = false;
}

static void timer_set(edoi_h2_timer *t, edo_instant at) {
    (void)edo_sleep_at_init(&t->sleep, at);
    t->at = at;
    t->is_set = true;
}

bool edoi_h2_timer_is_time(edoi_h2_timer *t, edo_cx *cx, edo_instant at) {
    while (at.ns != EDO_FOREVER_NS) {
        if (t->is_set && t->at.ns > at.ns) edoi_h2_timer_drop(t);
        if (!t->is_set) timer_set(t, at);
        if (edo_poll(&t->sleep.base, cx) == EDO_PENDING) return false;
        t->is_set = false;
        if (edo_instant_since(edo_now(), at).ns >= 0) return true;
    }
    return false;
}
