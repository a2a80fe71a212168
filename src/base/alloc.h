/* SPDX-License-Identifier: MIT */
/* base/alloc.h: all memory of the library comes from here, so that a test can make any request
 * fail.
 *
 * The signatures are those of malloc and its like. What comes from here goes back by edoi_free(),
 * on any thread. Below it lies libc, or what edo_set_allocator() named. While no failure is planned
 * a call costs two loads more than malloc. Not from here: pages for stacks and tasks, which are
 * mapped. */
#ifndef EDOI_BASE_ALLOC_H
#define EDOI_BASE_ALLOC_H

#include "base/atomic.h"

/* Memory of `bytes` bytes; NULL without memory. */
EDO_MUST_USE void *edoi_alloc(size_t bytes);

/* Zeroed memory for `n` things of `bytes` bytes; NULL without memory or when the product
 * overflows. */
EDO_MUST_USE void *edoi_calloc(size_t n, size_t bytes);

/* Grows or shrinks `ptr` (may be NULL); NULL without memory: then the old block stays as it is. */
EDO_MUST_USE void *edoi_realloc(void *ptr, size_t bytes);

/* Gives memory back; NULL is allowed. */
void edoi_free(void *ptr);

/* For tests: the k-th request from now, of any thread, fails, once. 0 calls a planned failure
 * off. */
void edoi_alloc_fail_at(uint64_t k);

/* For tests: that one and all later ones fail. */
void edoi_alloc_fail_from(uint64_t k);

/* For tests: how many requests have failed so since the last plan. */
uint32_t edoi_alloc_refused_n(void);

/* For tests: whether the failure planned last has happened. */
bool edoi_alloc_fail_fired(void);

/* Requests until the planned failure; 0: none is planned. Top bit: the later ones fail too.
 * atomic */
extern edo_atomic_u64 edoi_alloc_countdown;

/* Counts one request while a failure is planned; true: it is this one. */
bool edoi_alloc_count_down(void);

/* To be asked once for each request, by whoever hands out memory. */
EDOI_INLINE bool edoi_alloc_refused(void) {
    // relaxed: a test plans a failure for its own thread, or before it starts the others
    return EDOI_UNLIKELY(edoi_load_rlx_u64(&edoi_alloc_countdown) != 0) && edoi_alloc_count_down();
}

#endif
