/* SPDX-License-Identifier: MIT */
/* wraps.c: functions that the linker puts in front of those under test (--wrap).
 *
 * A task's slot that goes back to its slab counts as written by who gives it back: so any access
 * that is not ordered before or after that is a race, also one by an atomic operation. Left out are
 * the word, which the slab itself still uses, and owner and cause: who walks a slab to cancel what
 * is there may come to a slot that is given back just then; he looks at the one and writes the
 * other, before the word tells him, and nobody minds.
 *
 * Who waits for the short lock takes it in one step, where it is one (shim/base/lock.h). */
#include "model.h"

#include "base/held.h"
#include "runtime/task/task_slab.h"
#include "shim/libc.h"

void __real_edoi_task_slab_put(edoi_task_slab *s, edo_task *t);
void __real_edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t);
void __real_edoi_lock_wait(edoi_lock *lock);
void __wrap_edoi_task_slab_put(edoi_task_slab *s, edo_task *t);
void __wrap_edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t);
void __wrap_edoi_lock_wait(edoi_lock *lock);

static void retire(edo_task *t) {
    size_t owner_end = offsetof(edo_task, owner) + sizeof t->owner;
    size_t cause = offsetof(edo_task, cause), cause_end = cause + sizeof t->cause;
    size_t end = sizeof *t + edoi_task_future(t)->ops->size;
    edoi_model_retire(t, offsetof(edo_task, word));
    edoi_model_retire((char *)t + owner_end, cause - owner_end);
    edoi_model_retire((char *)t + cause_end, end - cause_end);
}

_Static_assert(offsetof(edo_task, owner) == offsetof(edo_task, word) + sizeof(edo_atomic_u32),
               "word and owner are neighbours");

void __wrap_edoi_task_slab_put(edoi_task_slab *s, edo_task *t) {
    retire(t);
    __real_edoi_task_slab_put(s, t);
}

void __wrap_edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t) {
    retire(t);
    __real_edoi_task_slab_put_foreign(frees, t);
}

void __wrap_edoi_lock_wait(edoi_lock *lock) {
    if (edoi_model_locks_are_steps()) {
        (void)edoi_model_lock(lock, __FILE__, __LINE__);
        edoi_held_add(1);
    } else {
        __real_edoi_lock_wait(lock);
    }
}
