/* SPDX-License-Identifier: MIT */
/* runtime/fiber/lent.h: debug builds name a task that was given a local of its spawner and still
 * runs when the spawner has ended: from then on it uses a stack that is somebody else's.
 *
 * A task that is joined in time is never named, and a scope waits for its children, so those are
 * not noted at all. Any thread; one lock, a leaf. */
#ifndef EDOI_RUNTIME_FIBER_LENT_H
#define EDOI_RUNTIME_FIBER_LENT_H

#include "base/assert.h"

#include <edo/task.h>

#if EDOI_REMEMBERS

/* `t` is about to be queued with `arg`: notes it if that lies on the stack of the fiber that runs
 * here. */
void edoi_lent_note(const edo_task *t, const void *arg);

/* The function of fiber `t` has returned: it has given back what it was lent, and all that it has
 * lent itself is gone. Names the tasks that still have it. */
void edoi_lent_ended(const edo_task *t);

/* `t` was abandoned: nothing is known of it from now on. */
void edoi_lent_forget(const edo_task *t);

#else

EDOI_INLINE void edoi_lent_note(const edo_task *t, const void *arg) {
    (void)t;
    (void)arg;
}

EDOI_INLINE void edoi_lent_ended(const edo_task *t) {
    (void)t;
}

EDOI_INLINE void edoi_lent_forget(const edo_task *t) {
    (void)t;
}

#endif

#endif
