/* SPDX-License-Identifier: MIT */
/* base/memory/alloc.c: allocations, with failures that tests can plan. */
#include "base/memory/alloc.h"

#include "base/memory/allocator.h"

edo_atomic_u64 edoi_alloc_countdown;
static edo_atomic_u32 fired; /* failures since the plan */

#define AND_LATER (UINT64_C(1) << 63)

void *edoi_alloc(size_t bytes) {
    return edoi_alloc_refused() ? NULL : edoi_allocator_alloc(bytes);
}

void *edoi_calloc(size_t n, size_t bytes) {
    if (bytes && n > SIZE_MAX / bytes) return NULL; // calloc's own check is fatal with sanitizers
    return edoi_alloc_refused() ? NULL : edoi_allocator_calloc(n, bytes);
}

void *edoi_realloc(void *ptr, size_t bytes) {
    return edoi_alloc_refused() ? NULL : edoi_allocator_realloc(ptr, bytes);
}

void edoi_free(void *ptr) {
    edoi_allocator_free(ptr);
}

void edoi_alloc_fail_at(uint64_t k) {
    edoi_store_rlx_u32(&fired, 0);
    edoi_store_rel_u64(&edoi_alloc_countdown, k); // AL1: pairs with AL2, which sees `fired` cleared
}

void edoi_alloc_fail_from(uint64_t k) {
    edoi_alloc_fail_at(k | AND_LATER);
}

uint32_t edoi_alloc_refused_n(void) {
    return edoi_load_rlx_u32(&fired);
}

bool edoi_alloc_fail_fired(void) {
    return edoi_load_rlx_u32(&fired) != 0;
}

bool edoi_alloc_count_down(void) {
    uint64_t left = edoi_load_rlx_u64(&edoi_alloc_countdown);
    do {
        if (left == 0) return false; // another thread took the failure
        if (left == (AND_LATER | 1)) break;
    } while (!edoi_cas_acqrel_u64(&edoi_alloc_countdown, &left, left - 1)); // AL2: pairs with AL1
    if ((left & ~AND_LATER) > 1) return false;
    (void)edoi_add_rlx_u32(&fired, 1);
    return true;
}
