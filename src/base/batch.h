/* SPDX-License-Identifier: MIT */
/* base/batch.h: free memory blocks in lists, and lists of a fixed length ("batches") in a list of
 * their own, so that a whole batch changes hands in a few stores. What a thread keeps of a size
 * (cache.h) or of a slab (slab.c) is a list; what threads share is a list of batches. It is
 * locked by the code that shares it. */
#ifndef EDOI_BASE_BATCH_H
#define EDOI_BASE_BATCH_H

#include "base/assert.h"

/* What a free block holds. `batch` is in use for the first of a batch only. */
typedef struct edoi_block {
    struct edoi_block *next, *batch;
} edoi_block;

/* Batches, the newest first. All zero is empty. */
typedef struct edoi_batches {
    edoi_block *first;
    uint32_t n;
} edoi_batches;

/* Adds a batch. */
EDOI_INLINE void edoi_batches_push(edoi_batches *b, edoi_block *batch) {
    batch->batch = b->first;
    b->first = batch;
    b->n++;
}

/* Takes a batch; NULL: there is none. */
EDOI_INLINE edoi_block *edoi_batches_pop(edoi_batches *b) {
    edoi_block *batch = b->first;
    if (batch) {
        b->first = batch->batch;
        b->n--;
    }
    return batch;
}

/* Cuts the first `n` blocks, at least one, off `*list`, which holds as many. */
EDOI_INLINE edoi_block *edoi_batch_cut(edoi_block **list, uint32_t n) {
    edoi_block *first = *list, *last = first;
    EDO_ASSERT(n > 0);
    for (uint32_t i = 1; i < n; i++) last = last->next;
    *list = last->next;
    last->next = NULL;
    return first;
}

#endif
