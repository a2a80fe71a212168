/* SPDX-License-Identifier: MIT */
/* base/memory/alloc.h: all memory of the library comes from here, so that a test can make any
 * allocation fail.
 *
 * The signatures are those of malloc and its like. The memory is freed by edoi_free(), on any
 * thread. It comes from libc, or from the allocator set by edo_set_allocator(). While no failure is
 * planned a call costs two loads more than malloc. Pages for stacks and tasks are not from here but
 * mapped. */
#ifndef EDOI_BASE_MEMORY_ALLOC_H
#define EDOI_BASE_MEMORY_ALLOC_H

#include "base/atomic.h"

/* Memory of `bytes` bytes; NULL without memory. */
EDO_MUST_USE EDO_API void *edoi_alloc(size_t bytes);

/* Zeroed memory for `n` objects of `bytes` bytes; NULL without memory or if the product
 * overflows. */
EDO_MUST_USE EDO_API void *edoi_calloc(size_t n, size_t bytes);

/* Grows or shrinks `ptr` (may be NULL); NULL without memory: then the old block is unchanged. */
EDO_MUST_USE EDO_API void *edoi_realloc(void *ptr, size_t bytes);

/* Frees memory; NULL is allowed. */
EDO_API void edoi_free(void *ptr);

/* For tests: the k-th request from now, on any thread, fails, once. 0 cancels a planned failure. */
void edoi_alloc_fail_at(uint64_t k);

/* For tests: the k-th request and all later ones fail. */
void edoi_alloc_fail_from(uint64_t k);

/* For tests: the number of requests that failed since the last plan. */
uint32_t edoi_alloc_refused_n(void);

/* For tests: has the failure planned last happened? */
bool edoi_alloc_fail_fired(void);

/* Requests until the planned failure; 0: none is planned. Top bit: later ones fail too. atomic */
extern edo_atomic_u64 edoi_alloc_countdown;

/* Counts a request while a failure is planned; true: this one fails. */
bool edoi_alloc_count_down(void);

/* Called once per request by each function that hands out memory. */
EDOI_INLINE bool edoi_alloc_refused(void) {
    // relaxed: a test plans a failure for its own thread, or before it starts the others
    return EDOI_UNLIKELY(edoi_load_rlx_u64(&edoi_alloc_countdown) != 0) && edoi_alloc_count_down();
}

#endif
