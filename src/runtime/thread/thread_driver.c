/* SPDX-License-Identifier: MIT */
/* runtime/thread/thread_driver.c: see thread_driver.h. */
#include "runtime/thread/thread_driver.h"

#include "base/memory/alloc.h"
#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "runtime/scope/parker.h"

edoi_thread_driver *edoi_thread_driver_new(void) {
    edoi_thread_driver *l = edoi_calloc(1, sizeof *l);
    if (!l) return NULL;
    if (edoi_driver_new(&l->driver, 16) == 0) {
        l->wheel = edoi_wheel_get(edoi_clock_monotonic());
        if (l->wheel) return l;
        edoi_driver_free(l->driver);
    }
    edoi_free(l);
    return NULL;
}

void edoi_thread_driver_free(edoi_thread_driver *l) {
    if (!l) return;
    edoi_wheel_put(l->wheel);
    edoi_driver_free(l->driver);
    edoi_free(l);
}

void edoi_thread_driver_wait(edoi_thread_driver *l, edoi_parker *p, int64_t at_ns) {
    int64_t timer_ns = edoi_wheel_next_expiry(l->wheel), now_ns = edoi_clock_monotonic();
    int64_t until_ns = timer_ns < at_ns ? timer_ns : at_ns;
    int64_t timeout_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    edoi_parker_drive(p, l->driver); // from here on a wake kicks
    if (edoi_parker_before_wait(p)) {
        (void)edoi_driver_turn(l->driver, until_ns == INT64_MAX ? -1 : timeout_ns);
        edoi_parker_after_wait(p);
    }
    edoi_parker_drive(p, NULL);
    (void)edoi_wheel_advance(l->wheel, edoi_clock_monotonic());
    (void)edoi_parker_take(p);
}
