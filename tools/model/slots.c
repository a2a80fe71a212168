/* SPDX-License-Identifier: MIT */
/* slots.c: a task's slot that goes back to its slab counts as written by who gives it back: so any
 * access that is not ordered before or after that is a race, also one by an atomic operation. The
 * word is left out, which the slab itself still uses. The linker puts these in front of the real
 * functions (--wrap). */
#include "model.h"

#include "runtime/slab.h"

void __real_edoi_slab_put(edoi_slab *s, edo_task *t);
void __real_edoi_slab_put_foreign(edo_task *t);
void __wrap_edoi_slab_put(edoi_slab *s, edo_task *t);
void __wrap_edoi_slab_put_foreign(edo_task *t);

static void retire(edo_task *t) {
    size_t from = offsetof(edo_task, word) + sizeof t->word;
    edoi_model_retire(t, offsetof(edo_task, word));
    edoi_model_retire((char *)t + from, sizeof *t + edoi_task_future(t)->ops->size - from);
}

void __wrap_edoi_slab_put(edoi_slab *s, edo_task *t) {
    retire(t);
    __real_edoi_slab_put(s, t);
}

void __wrap_edoi_slab_put_foreign(edo_task *t) {
    retire(t);
    __real_edoi_slab_put_foreign(t);
}
