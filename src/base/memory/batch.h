/* SPDX-License-Identifier: MIT */
/* base/memory/batch.h: free memory blocks in lists, and lists of a fixed length ("batches") in a
 * list of their own, so that a whole batch is transferred in a few stores. A thread keeps a list
 * per size (cache.h) or slab (slab.c); threads share a list of batches, locked by the code that
 * shares it. */
#ifndef EDOI_BASE_MEMORY_BATCH_H
#define EDOI_BASE_MEMORY_BATCH_H

#include "base/assert.h"

/* The contents of a free block. `batch` is used only in the first block of a batch. */
typedef struct edoi_block {
    struct edoi_block *next, *batch;
} edoi_block;

/* Batches, newest first. All zero is empty. */
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

/* Cuts the first `n` blocks, at least one, off `*list`, which has at least `n`. */
EDOI_INLINE edoi_block *edoi_batch_cut(edoi_block **list, uint32_t n) {
    edoi_block *first = *list, *last = first;
    EDO_ASSERT(n > 0);
    for (uint32_t i = 1; i < n; i++) last = last->next;
    *list = last->next;
    last->next = NULL;
    return first;
}

#endif
