/* SPDX-License-Identifier: MIT */
/* runtime/thread/quiet.c: tells one waiter after the other that no task can run. */
#include "runtime/thread/quiet.h"

#include "driver/clock.h"
#include "driver/driver.h"
#include "driver/wheel.h"
#include "runtime/blocking/blocking.h"
#include "runtime/scheduler/stats.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#define LOOK_AGAIN_NS INT64_C(1000000)

void edoi_quiet_add(edoi_worker *w, edoi_quiet_waiter *self) {
    edoi_quiet_waiter **at = &w->pause.quiet;
    while (*at) at = &(*at)->next;
    self->next = NULL;
    self->is_task = w->fiber != NULL;
    *at = self;
}

void edoi_quiet_remove(edoi_worker *w, edoi_quiet_waiter *self) {
    edoi_quiet_waiter **at = &w->pause.quiet;
    while (*at && *at != self) at = &(*at)->next;
    if (*at) *at = self->next;
}

/* Does a task live besides `self`, which may be one? */
static bool has_others(edoi_worker *w, const edoi_quiet_waiter *self) {
    return edoi_runtime_tasks_alive(w->runtime) > (self->is_task ? 1u : 0u);
}

/* Can a timer or a descriptor make a task runnable, or another waiter, which is told next? */
static bool may_go_on(edoi_worker *w) {
    edoi_driver_counts *n = edoi_driver_get_counts(w->driver);
    // relaxed: this worker's thread registers them all
    uint64_t sources_n = edoi_load_rlx_u64(&n->registered) - edoi_load_rlx_u64(&n->deregistered);
    return w->pause.quiet || sources_n > 0 || edoi_wheel_armed_n(w->wheel) > 0;
}

static void tell_first(edoi_worker *w) {
    edoi_quiet_waiter *self = w->pause.quiet;
    w->pause.quiet = self->next;
    bool for_good = has_others(w, self) && !may_go_on(w);
    self->told = for_good ? EDOI_QUIET_FOR_GOOD : EDOI_QUIET_FOR_NOW;
    edo_waker_wake(self->waker);
}

void edoi_quiet_look(edoi_worker *w) {
    // a task without a stack is runnable, but for want of memory
    bool waits = w->stack_wait.listed_n > 0 || edoi_blocking_is_busy(w->runtime->blocking);
    int64_t most_ns = w->pause.waits_most_ns >= 0 && w->pause.waits_most_ns < LOOK_AGAIN_NS
                          ? w->pause.waits_most_ns
                          : LOOK_AGAIN_NS;
    if (waits) edoi_stats_park(w);
    (void)edoi_driver_turn(w->driver, waits ? most_ns : 0);
    if (waits) edoi_stats_unpark(w);
    if (waits || !edoi_driver_is_timed_out(w->driver)) return;
    if (edoi_wheel_next_expiry(w->wheel) <= edoi_clock_now(&w->clock)) return; // fires after this
    tell_first(w);
}
