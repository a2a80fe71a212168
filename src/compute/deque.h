/* SPDX-License-Identifier: MIT */
/* compute/deque.h: a thread's work: the thread pushes and takes at the bottom, others steal at the
 * top.
 *
 * The deque of Chase and Lev (2005), with the orders of Lê, Pop, Cohen and Zappa Nardelli (2013),
 * except that their two fences are sequentially consistent accesses here: the thread sanitizer
 * supports those, and on x86-64 the instruction is the same. The size is fixed: an owner that finds
 * it full does the work at once.
 *
 *     owner: take                             thief: steal
 *     bottom -= 1          DQ1: seq_cst       read top         DQ3: acquire
 *     read top             DQ1: seq_cst       read bottom      DQ3: seq_cst
 *     last item:                              read the slot
 *         CAS top += 1     DQ2: seq_cst       CAS top += 1     DQ2: seq_cst
 *
 * Either the thief sees the lowered bottom, or the owner sees the raised top, or both try for the
 * same item and the CAS on `top` decides.
 *
 * inv. 1: top <= bottom, except briefly inside take; items are at [top, bottom).
 * inv. 2: a slot is reused only after the owner saw top pass it: no thief reads it any more.
 * inv. 2 is not asserted: a slot does not say who reads it. The model looks. */
#ifndef EDOI_COMPUTE_DEQUE_H
#define EDOI_COMPUTE_DEQUE_H

#include "base/assert.h"
#include "base/atomic.h"

#ifndef EDOI_DEQUE_SIZE
#    define EDOI_DEQUE_SIZE 256u /* a power of two */
#endif

typedef struct edoi_deque {
    edo_atomic_u64 top;    /* atomic: DQ2, DQ3; any thread */
    char apart[56];        /* thieves write `top`, the owner `bottom`: separate cache lines */
    edo_atomic_u64 bottom; /* atomic: DQ1; written by the owner */
    char apart_too[56];
    edo_atomic_ptr slots[EDOI_DEQUE_SIZE];
} edoi_deque;

/* Owner. False: the deque is full. */
EDOI_INLINE bool edoi_deque_push(edoi_deque *d, void *item) {
    uint64_t bottom = edoi_load_rlx_u64(&d->bottom); // relaxed: only we write it
    uint64_t top = edoi_load_acq_u64(&d->top);       // DQ3: pairs with DQ2: inv. 2
    EDO_INV("deque inv. 1", top <= bottom);
    if (bottom - top >= EDOI_DEQUE_SIZE) return false;
    edoi_store_rlx_ptr(&d->slots[bottom % EDOI_DEQUE_SIZE], item); // relaxed: DQ1 publishes
    // DQ1: pairs with DQ3: the item is seen with the bottom. seq_cst: see CS3 in pool.c.
    edoi_store_seq_u64(&d->bottom, bottom + 1);
    return true;
}

/* Owner. Takes the item pushed last; NULL: there is none. */
EDOI_INLINE void *edoi_deque_take(edoi_deque *d) {
    uint64_t bottom = edoi_load_rlx_u64(&d->bottom) - 1; // relaxed: only we write it
    edoi_store_seq_u64(&d->bottom, bottom);              // DQ1: pairs with DQ3
    uint64_t top = edoi_load_seq_u64(&d->top);           // DQ1: pairs with DQ3
    int64_t left = (int64_t)(bottom - top);
    void *item = NULL;
    if (left >= 0) item = edoi_load_rlx_ptr(&d->slots[bottom % EDOI_DEQUE_SIZE]); // relaxed: ours
    if (left > 0) return item;
    if (left == 0 && !edoi_cas_seq_u64(&d->top, &top, top + 1)) item = NULL; // DQ2: pairs with DQ2
    edoi_store_rlx_u64(&d->bottom, bottom + 1); // relaxed: empty, so this publishes no item
    return item;
}

/* Any other thread. Takes the oldest item; NULL: there is none, or another thread was faster. */
EDOI_INLINE void *edoi_deque_steal(edoi_deque *d) {
    uint64_t top = edoi_load_acq_u64(&d->top);       // DQ3: pairs with DQ2
    uint64_t bottom = edoi_load_seq_u64(&d->bottom); // DQ3: pairs with DQ1
    if ((int64_t)(bottom - top) <= 0) return NULL;
    // relaxed: if the slot is not ours any more, the CAS fails
    void *item = edoi_load_rlx_ptr(&d->slots[top % EDOI_DEQUE_SIZE]);
    // DQ2: pairs with DQ2 and DQ3: one thread gets it, and the slot was read before its reuse
    return edoi_cas_seq_u64(&d->top, &top, top + 1) ? item : NULL;
}

/* Any thread: does it seem to be empty? */
EDOI_INLINE bool edoi_deque_is_empty(const edoi_deque *d) {
    uint64_t top = edoi_load_seq_u64(&d->top);                  // DQ3: pairs with DQ1
    return (int64_t)(edoi_load_seq_u64(&d->bottom) - top) <= 0; // DQ3: pairs with DQ1
}

#endif
