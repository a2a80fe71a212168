/* SPDX-License-Identifier: MIT */
/* runtime/task/foreign.h: the slots of one slab that other threads have given back, until its owner
 * takes them.
 *
 * One word: NULL, the slot given back last (they hang together by `next`), or CLOSED, when the
 * runtime has left. It has memory of its own, which goes with the last page of the slab: whoever
 * has a slot to give back may touch both.
 *
 * inv. 1: only the owner takes, and it takes all: so a slot cannot come back between the look at
 *         the head and its exchange.
 * inv. 2: what is pushed stays the giver's if the list is closed; then it counts the slot off its
 *         page. */
#ifndef EDOI_RUNTIME_TASK_FOREIGN_H
#define EDOI_RUNTIME_TASK_FOREIGN_H

#include "runtime/task/task.h"

typedef struct edoi_foreign {
    edo_atomic_ptr last;    /* atomic: F1 */
    edo_atomic_u32 pages_n; /* atomic: F3; of those that the runtime has left; slab.c counts */
    uint32_t forks;         /* const: edoi_forks() when the slab made its first page */
} edoi_foreign;

#define EDOI_FOREIGN_CLOSED ((void *)(uintptr_t)1)

/* Any thread: gives back what hangs together from `first` to `last`. False: the list is closed. */
EDO_MUST_USE EDOI_INLINE bool edoi_foreign_push(edoi_foreign *f, edo_task *first, edo_task *last) {
    void *before = edoi_load_rlx_ptr(&f->last); // relaxed: the exchange decides
    do {
        if (before == EDOI_FOREIGN_CLOSED) return false; // relaxed: it stays so
        last->next = before;
    } while (!edoi_cas_acqrel_ptr(&f->last, &before, first)); // F1: pairs with F1 below
    return true;
}

/* The owner: all there are, the last one first; NULL: none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_foreign_take(edoi_foreign *f) {
    if (!edoi_load_rlx_ptr(&f->last)) return NULL; // relaxed: a hint
    return edoi_swap_acq_ptr(&f->last, NULL);      // F1: pairs with F1 in push()
}

/* The owner, at the end: the same, for the last time. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_foreign_close(edoi_foreign *f) {
    return edoi_swap_acq_ptr(&f->last, EDOI_FOREIGN_CLOSED); // F1: pairs with F1 in push()
}

#endif
