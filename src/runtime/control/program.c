/* SPDX-License-Identifier: MIT */
/* runtime/control/program.c: see program.h.
 *
 * A handler may run, and be preempted, on any thread while edo_main() ends the runtime. So it
 * counts itself before it reads the runtime's pointer:
 *
 *     the handler                        edo_main()
 *     handlers_n += 1    PG1: seq_cst    program = NULL       PG2: seq_cst
 *     program ?          PG1: seq_cst    handlers_n == 0 ?    PG2: seq_cst
 *
 * One of the two sees the other. */
#include "runtime/control/program.h"

#include "base/backoff.h"
#include "base/fork.h"
#include "driver/driver.h"
#include "runtime/end/threads.h"
#include "runtime/worker/core.h"

static edo_atomic_ptr program;    /* atomic: PG1, PG2; NULL: none */
static edo_atomic_u32 handlers_n; /* atomic: PG1, PG2; running handlers */

/* The handlers of other threads are gone. */
static void program_begin_child(void) {
    edoi_store_rlx_u32(&handlers_n, 0); // relaxed: the only thread
}

EDOI_ON_FORK(.child = program_begin_child);

void edoi_program_begin(edo_runtime *rt) {
    edoi_store_rel_ptr(&program, rt); // PG2: pairs with PG1: the runtime is complete
}

void edoi_program_end(void) {
    edoi_backoff b = { 0 };
    edoi_store_seq_ptr(&program, NULL);                                // PG2: pairs with PG1
    while (edoi_load_seq_u32(&handlers_n) != 0) edoi_backoff_wait(&b); // PG2: pairs with PG1
}

edo_runtime *edoi_program_enter(void) {
    (void)edoi_add_seq_u32(&handlers_n, 1); // PG1: pairs with PG2
    return edoi_load_seq_ptr(&program);     // PG1: pairs with PG2
}

void edoi_program_leave(void) {
    // PG1: pairs with PG2: before the runtime is freed
    (void)edoi_sub_acqrel_u32(&handlers_n, 1);
}

bool edoi_program_send(edo_runtime *rt) {
    if (edoi_load_rlx_u32(&rt->signal.state) != 0) return false; // relaxed: a flag, no data
    edoi_store_rlx_u32(&rt->signal.state, EDOI_SIGNAL_SENT);
    edoi_runtime_kick(rt); // all workers: some may be in a long poll
    // and the thread that waits for the root: all workers may be in polls that never return
    if (rt->signal.driver) edoi_driver_kick(rt->signal.driver);
    return true;
}

bool edoi_program_signal(void) {
    edo_runtime *rt = edoi_program_enter();
    // In a child the parent's program cannot be ended.
    bool by_default = !rt || edoi_runtime_is_forked(rt) || !edoi_program_send(rt);
    edoi_program_leave();
    return by_default;
}
