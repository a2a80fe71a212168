/* SPDX-License-Identifier: MIT */
/* stacks/made.c: see made.h. */
#include "stacks/made.h"

#include "base/places.h"

#include <execinfo.h>

#define PLACES 128u /* a power of two */

/* Of things that are alike. */
typedef struct made_place {
    edo_atomic_u64 key;                   /* first; atomic, relaxed: set once in a look */
    edo_atomic_u32 n;                     /* atomic, relaxed: of the frames; 0: none yet */
    edo_atomic_ptr pcs[EDOI_MADE_FRAMES]; /* atomic, relaxed; NULL: not there yet */
} made_place;

#ifndef EDOI_MODEL
edo_atomic_u32 edoi_made_asked;
#endif
static made_place places[PLACES];

static uint64_t made_key(edoi_made_kind kind, const void *by) {
    return (uint64_t)(uintptr_t)by << 2 | ((uint64_t)kind + 1);
}

/* The place of `key`, or a free one; NULL: all are taken. */
static made_place *place_of(uint64_t key) {
    const uint32_t at = edoi_places_find(places, sizeof places[0], PLACES, key);
    return at < PLACES ? &places[at] : NULL;
}

EDOI_NOINLINE void edoi_made_note(edoi_made_kind kind, const void *by) {
    void *pcs[EDOI_MADE_FRAMES];
    const uint64_t key = made_key(kind, by);
    uint64_t none = 0;
    made_place *p = by ? place_of(key) : NULL;
    if (!p || !edoi_cas_rlx_u64(&p->key, &none, key)) return; // known, or another's by now
    const int n = backtrace(pcs, EDOI_MADE_FRAMES);
    for (int i = 0; i < n; i++) edoi_store_rlx_ptr(&p->pcs[i], pcs[i]);
    edoi_store_rlx_u32(&p->n, n > 0 ? (uint32_t)n : 0);
}

void edoi_made_begin(void) {
    void *pc;
    (void)backtrace(&pc, 1); // loads the unwinder, which takes memory, here and not in a task
    for (uint32_t i = 0; i < PLACES; i++) {
        edoi_store_rlx_u32(&places[i].n, 0);
        for (uint32_t k = 0; k < EDOI_MADE_FRAMES; k++) edoi_store_rlx_ptr(&places[i].pcs[k], NULL);
        edoi_store_rlx_u64(&places[i].key, 0);
    }
#ifndef EDOI_MODEL
    edoi_store_rlx_u32(&edoi_made_asked, 1);
#endif
}

void edoi_made_end(void) {
#ifndef EDOI_MODEL
    edoi_store_rlx_u32(&edoi_made_asked, 0);
#endif
}

size_t edoi_made_get(edoi_made_kind kind, const void *by, void *pcs[EDOI_MADE_FRAMES]) {
    const uint64_t key = made_key(kind, by);
    made_place *p = by ? place_of(key) : NULL;
    if (!p || edoi_load_rlx_u64(&p->key) != key) return 0;
    const uint32_t n = edoi_load_rlx_u32(&p->n);
    uint32_t there = 0;
    while (there < n && (pcs[there] = edoi_load_rlx_ptr(&p->pcs[there]))) there++;
    return there;
}
