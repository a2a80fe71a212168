/* SPDX-License-Identifier: MIT */
/* runtime/task/foreign.h: the slots of one slab that other threads have freed, until the owner
 * collects them.
 *
 * One word: NULL, the slot freed last (linked by `next`), or CLOSED once the runtime has left. The
 * struct is allocated separately and freed with the slab's last page: a thread that has a slot to
 * free may touch both.
 *
 * inv. 1: only the owner takes slots, and it takes all of them: so a slot cannot come back (ABA)
 *         between the load of the head and its exchange.
 * inv. 2: if the list is closed, the pushed slots stay with the caller, which counts them off their
 *         page.
 * inv. 1 is not asserted: the list does not know its owner's thread. */
#ifndef EDOI_RUNTIME_TASK_FOREIGN_H
#define EDOI_RUNTIME_TASK_FOREIGN_H

#include "runtime/task/task.h"

typedef struct edoi_foreign {
    edo_atomic_ptr last;    /* atomic: FR1 */
    edo_atomic_u32 pages_n; /* atomic: FR3; pages that the runtime has left; task_slab.c counts */
    uint32_t forks;         /* const: edoi_forks() when the slab made its first page */
    /* in the list of those whose runtime has left; lock: task_slab.c's pages_mutex */
    struct edoi_foreign *next, **at;
} edoi_foreign;

#define EDOI_FOREIGN_CLOSED ((void *)(uintptr_t)1)

/* Any thread: pushes the slots linked from `first` to `last`. False: the list is closed. */
EDO_MUST_USE EDOI_INLINE bool edoi_foreign_push(edoi_foreign *f, edo_task *first, edo_task *last) {
    void *before = edoi_load_rlx_ptr(&f->last); // relaxed: the exchange decides
    do {
        if (before == EDOI_FOREIGN_CLOSED) return false; // relaxed: CLOSED is final
        EDO_INV("foreign inv. 2", first != EDOI_FOREIGN_CLOSED);
        last->next = before;
    } while (!edoi_cas_acqrel_ptr(&f->last, &before, first)); // FR1: pairs with FR1 below
    return true;
}

/* Owner only: takes all slots, the one freed last first; NULL: there are none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_foreign_take(edoi_foreign *f) {
    if (!edoi_load_rlx_ptr(&f->last)) return NULL; // relaxed: a hint
    return edoi_swap_acq_ptr(&f->last, NULL);      // FR1: pairs with FR1 in push()
}

/* Owner only, at the end: takes all slots and closes the list. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_foreign_close(edoi_foreign *f) {
    return edoi_swap_acq_ptr(&f->last, EDOI_FOREIGN_CLOSED); // FR1: pairs with FR1 in push()
}

#endif
