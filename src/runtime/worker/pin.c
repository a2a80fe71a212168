/* SPDX-License-Identifier: MIT */
/* runtime/worker/pin.c: see pin.h. */
#include "runtime/worker/pin.h"

#include "runtime/task/task.h"
#include "runtime/worker/count.h"
#include "runtime/worker/here.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/wake.h"

bool edoi_task_pin(edo_task *t) {
    uint32_t old = edoi_load_rlx_u32(&t->word);
    do {
        bool is_idle = old != 0 && !(old & (TASK_BUSY | TASK_DONE));
        if (!is_idle) return false;
        // PN1: pairs with TW3 in settle(): what the last poll wrote is seen
    } while (!edoi_cas_acqrel_u32(&t->word, &old, old | TASK_BUSY));
    return true;
}

void edoi_task_unpin(edo_runtime *rt, edo_task *t) {
    if (edoi_task_settle(t)) return;
    if (edoi_worker_runtime_here() == rt && edoi_scheduler_submit_here(t)) return;
    edoi_stats_remote(rt, t);
    // Not edoi_scheduler_submit(): it releases a pin, and none is taken here.
    edoi_run_queue_send_home(rt, t);
}
