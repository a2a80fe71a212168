/* SPDX-License-Identifier: MIT */
/* base/memory/allocator.c: libc's memory or the program's; decided once, by the first request or
 * before it.
 *
 *            UNSETTLED        SETTING  LIBC    OWN
 *   request  LIBC             waits    -       -
 *   set      SETTING, OWN     -EBUSY   -EBUSY  -EBUSY
 *
 * inv. 1: LIBC and OWN are final: memory from one never goes to the other.
 * inv. 2: `own` is written only in SETTING, by the thread that set that state. */
#include "base/memory/allocator.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/backoff.h"
#include "base/opts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { UNSETTLED, SETTING, LIBC, OWN };

static edo_atomic_u32 whose;
static edo_allocator own; /* const after OWN */

/* The first request, or a request while an allocator is being set. */
static EDOI_COLD bool allocator_settle(void) {
    uint32_t now = UNSETTLED;
    if (edoi_cas_acqrel_u32(&whose, &now, LIBC)) return false; // AO3: pairs with AO1
    edoi_backoff b = { 0 };
    while (now == SETTING) {
        edoi_backoff_wait(&b);           // a few stores of another thread are awaited
        now = edoi_load_acq_u32(&whose); // AO4: pairs with AO1
    }
    EDO_INV("allocator inv. 1", now == LIBC || now == OWN);
    return now == OWN;
}

bool edoi_allocator_is_own(void) {
    uint32_t now = edoi_load_acq_u32(&whose); // AO2: pairs with AO1: OWN comes with `own`
    if (EDOI_LIKELY(now == LIBC)) return false;
    return now == OWN || allocator_settle();
}

int edo_set_allocator(const edo_allocator *allocator) {
    if (EDO_MISUSE(!allocator || !allocator->alloc || !allocator->realloc || !allocator->free,
                   "an allocator has alloc, realloc and free"))
        return -EDO_EMISUSE;
    if (!edoi_all_zero(allocator->reserved, EDO_COUNT(allocator->reserved))) return -EINVAL;
    uint32_t now = UNSETTLED;
    if (!edoi_cas_acqrel_u32(&whose, &now, SETTING)) return -EBUSY; // AO5: pairs with AO1
    EDO_INV("allocator inv. 2", edoi_load_rlx_u32(&whose) == SETTING);
    own = *allocator;
    edoi_store_rel_u32(&whose, OWN); // AO1: pairs with AO2, AO3, AO4 and AO5
    return 0;
}

void *edoi_allocator_alloc(size_t bytes) {
    return edoi_allocator_is_own() ? own.alloc(own.arg, bytes) : malloc(bytes);
}

void *edoi_allocator_calloc(size_t n, size_t bytes) {
    if (!edoi_allocator_is_own()) return calloc(n, bytes);
    if (own.calloc) return own.calloc(own.arg, n, bytes);
    void *ptr = own.alloc(own.arg, n * bytes); // alloc.c has checked the product
    return ptr ? memset(ptr, 0, n * bytes) : NULL;
}

void *edoi_allocator_realloc(void *ptr, size_t bytes) {
    return edoi_allocator_is_own() ? own.realloc(own.arg, ptr, bytes) : realloc(ptr, bytes);
}

void edoi_allocator_free(void *ptr) {
    if (!ptr) return;
    if (edoi_allocator_is_own()) {
        own.free(own.arg, ptr);
    } else {
        free(ptr);
    }
}
