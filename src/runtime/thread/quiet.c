/* SPDX-License-Identifier: MIT */
/* runtime/thread/quiet.c: tells one waiter after the other that no task can run. */
#include "runtime/thread/quiet.h"

#include "runtime/blocking/blocking.h"
#include "runtime/runtime.h"
#include "runtime/scheduler/core.h"

#define LOOK_AGAIN_NS INT64_C(1000000)

void edoi_quiet_add(edoi_worker *w, edoi_quiet_waiter *self) {
    edoi_quiet_waiter **at = &w->quiet;
    while (*at) at = &(*at)->next;
    self->next = NULL;
    *at = self;
}

void edoi_quiet_remove(edoi_worker *w, edoi_quiet_waiter *self) {
    edoi_quiet_waiter **at = &w->quiet;
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
    return w->quiet || sources_n > 0 || edoi_wheel_armed_n(w->wheel) > 0;
}

static void tell_first(edoi_worker *w) {
    edoi_quiet_waiter *self = w->quiet;
    w->quiet = self->next;
    bool for_good = has_others(w, self) && !may_go_on(w);
    self->told = for_good ? EDOI_QUIET_FOR_GOOD : EDOI_QUIET_FOR_NOW;
    edo_waker_wake(self->waker);
}

void edoi_quiet_look(edoi_worker *w) {
    // a task without a stack is runnable, but for want of memory
    bool waits = w->stack_wait.tasks.first || edoi_blocking_is_busy(w->runtime->blocking);
    int64_t most_ns = w->waits_most_ns >= 0 && w->waits_most_ns < LOOK_AGAIN_NS ? w->waits_most_ns
                                                                                : LOOK_AGAIN_NS;
    if (waits) edoi_stats_park(w);
    (void)edoi_driver_turn(w->driver, waits ? most_ns : 0);
    if (waits) edoi_stats_unpark(w);
    if (waits || !edoi_driver_is_timed_out(w->driver)) return;
    if (edoi_wheel_next_expiry(w->wheel) <= edoi_clock_now(&w->clock)) return; // fires after this
    tell_first(w);
}
