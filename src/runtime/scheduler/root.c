/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/root.c: see root.h. */
#include "runtime/scheduler/root.h"

#include "driver/clock.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"

/* Wakes the thread that waits for the root. SR3: pairs with SR3 in main.c: one of the two exchanges
 * comes second and sees what the first wrote. A parker's waker is never unmapped. */
static void wake_root_waiter(edo_runtime *rt) {
    edo_waker *waiter = edoi_swap_acqrel_ptr(&rt->signal.waiter, NULL);
    if (waiter) edo_waker_wake(waiter);
}

static EDOI_NOINLINE void hear_signal(edo_runtime *rt) {
    if (edoi_load_rlx_u32(&rt->signal.state) == EDOI_SIGNAL_TAKEN) { // relaxed: a flag, no data
        // A paused clock stands still while a task can run: so the waiter checks the real clock at
        // each turn.
        const edoi_clock *clock = edoi_worker_clock_here();
        if (clock && clock->paused) wake_root_waiter(rt);
        return;
    }
    edo_task *root = edoi_load_acq_ptr(&rt->signal.root); // SR1: pairs with SR2
    if (!root) return;
    edoi_store_rlx_u64(&rt->signal.at_clock_ns, (uint64_t)edo_now().ns); // relaxed: SR4 orders
    // SR4: pairs with SR4 in main.c: both instants are written
    edoi_store_rel_u64(&rt->signal.at_ns, (uint64_t)edoi_clock_monotonic());
    edoi_store_rlx_u32(&rt->signal.state, EDOI_SIGNAL_TAKEN);
    edo_waker_deliver(edoi_task_mark_cancel(root, EDO_CANCEL_SIGNAL));
    wake_root_waiter(rt);
}

void edoi_runtime_look_at_signal(edo_runtime *rt) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&rt->signal.state) != 0))
        hear_signal(rt); // relaxed: as above
}

void edoi_runtime_set_root(edo_runtime *rt, edo_task *root) {
    edo_task *now = root ? edo_task_ref(root) : NULL;
    edo_task_unref(edoi_swap_acqrel_ptr(&rt->signal.root, now)); // SR2: pairs with SR1
}
