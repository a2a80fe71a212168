/* SPDX-License-Identifier: MIT */
/* runtime/unfinished.h: debug builds name the tasks that a program does not wait for: those that
 * are alive at its exit, while their runtime was not freed, and those that the end of edo_main()'s
 * root cuts short. */
#ifndef EDOI_RUNTIME_UNFINISHED_H
#define EDOI_RUNTIME_UNFINISHED_H

#include "runtime/fiber/fiber_task.h"

#if EDOI_REMEMBERS

/* The task, a state machine, is dropped by `rt`, since it was cancelled. On its worker's thread. */
void edoi_unfinished_dropped(const edo_runtime *rt, const edo_task *t);

/* The function of the fiber has returned; `cut` is why the last of its awaits that was cut short
 * was so. On its worker's thread. */
void edoi_unfinished_ended(const edo_runtime *rt, edoi_fiber_task *fiber, edo_cancel_cause cut);

/* After the shutdown that follows the root of edo_main(): forgets the tasks that it has cut short,
 * and names them if `named`, in one line. */
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
