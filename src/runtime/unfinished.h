/* SPDX-License-Identifier: MIT */
/* runtime/unfinished.h: debug builds name the tasks that a program does not wait for: tasks alive
 * at its exit whose runtime was not freed, and tasks that the end of edo_main()'s root cuts
 * short. */
#ifndef EDOI_RUNTIME_UNFINISHED_H
#define EDOI_RUNTIME_UNFINISHED_H

#include "runtime/fiber/fiber_task.h"

#if EDOI_REMEMBERS

/* `rt` drops the task, a state machine, since it was cancelled. On its worker's thread. */
void edoi_unfinished_dropped(const edo_runtime *rt, const edo_task *t);

/* The fiber's function has returned; `cut` is why its last cut-short await was cut short. On its
 * worker's thread. */
void edoi_unfinished_ended(const edo_runtime *rt, edoi_fiber_task *fiber, edo_cancel_cause cut);

/* Called after the shutdown that follows the root of edo_main(): forgets the tasks that the
 * shutdown cut short; if `named`, first names them in one line. */
void edoi_unfinished_tell(bool named);

#else

EDOI_INLINE void edoi_unfinished_dropped(const edo_runtime *rt, const edo_task *t) {
    (void)rt, (void)t;
}
EDOI_INLINE void edoi_unfinished_ended(const edo_runtime *rt, edoi_fiber_task *fiber,
                                       edo_cancel_cause cut) {
    (void)rt, (void)fiber, (void)cut;
}
EDOI_INLINE void edoi_unfinished_tell(bool named) {
    (void)named;
}

#endif

#endif
