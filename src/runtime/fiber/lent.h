/* SPDX-License-Identifier: MIT */
/* runtime/fiber/lent.h: debug builds name a task that was given a local of its spawner and still
 * runs when the spawner has ended: from then on it uses a stack that may belong to another fiber.
 *
 * A task that is joined in time is never named, and a scope waits for its children, so children of
 * scopes are not recorded. Any thread; one lock, a leaf. */
#ifndef EDOI_RUNTIME_FIBER_LENT_H
#define EDOI_RUNTIME_FIBER_LENT_H

#include "base/assert.h"

#include <edo/task.h>

#if EDOI_REMEMBERS

/* `t` is about to be queued with `arg`: records a loan if `arg` lies on the stack of the fiber that
 * runs here. */
void edoi_lent_note(const edo_task *t, const void *arg);

/* The function of fiber `t` has returned: ends what `t` borrowed. What it has lent is gone: names
 * the tasks that still use it. */
void edoi_lent_ended(const edo_task *t);

/* `t` was abandoned: forgets its loans. */
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
