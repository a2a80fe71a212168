/* SPDX-License-Identifier: MIT */
/* sync/near.c: see near.h. */
#include "sync/near.h"

#include "future/granted.h"

#define NOBODY_FOUND UINT32_MAX /* since: of no phase, but of a look in vain */

typedef struct edoi_worker worker;

/* Once more somebody is passed over: whether that has gone on for too long. The clock is read the
 * first two times, and each fourth: the lock may be held for long each time, or from now on. */
static bool is_over(edo_wait_phase *phase, const worker *w) {
    uint32_t times = ++phase->times;
    if (times > 2 && times % 4 != 0) return false;
    return edoi_near_us(w) - phase->since >= EDOI_PASSED_US;
}

/* The longest waiting from `node` on that is near, after `looks` at most, and in `*last` the one
 * before it.
 * NULL: there is none, or it does not fit: nobody else of its worker may go before it. */
static edo_wait_node *look(const worker *w, edo_wait_node *node, edo_wait_node **last,
                           uint32_t looks, edoi_near_fits_fn *fits, uint64_t n) {
    for (; node && looks > 0; looks--) {
        if (edoi_near_is(w, node->waker)) return !fits || fits(node, n) ? node : NULL;
        *last = node;
        node = node->next;
    }
    return NULL;
}

/* Nobody is passed over yet, and `first` is far. A worker that lately found nobody, and no other
 * did, looks at few: those who wait may all live elsewhere, and it would look at them for each of
 * its unlocks. */
static edo_wait_node *begin(edo_wait_phase *phase, const worker *w, edo_wait_node *first,
                            edoi_near_fits_fn *fits, uint64_t n) {
    edo_wait_node *last = NULL;
    bool in_vain = phase->by == edoi_near_id(w) && phase->since == NOBODY_FOUND;
    edo_wait_node *node =
        look(w, first, &last, in_vain ? EDOI_LOOKS_OTHER : EDOI_LOOKS_MAX, fits, n);
    phase->by = edoi_near_id(w);
    phase->since = node ? edoi_near_us(w) : NOBODY_FOUND;
    phase->times = 0;
    if (node) phase->passed = last;
    return node ? node : first;
}

/* In the worker's own phase. */
static edo_wait_node *go_on(edo_wait_phase *phase, const worker *w, edo_wait_node *first,
                            edoi_near_fits_fn *fits, uint64_t n) {
    edo_wait_node *last = phase->passed;
    edo_wait_node *node = look(w, last->next, &last, EDOI_LOOKS_MAX, fits, n);
    phase->passed = node ? last : NULL;
    return node ? node : first;
}

/* In the phase of another worker: it says since when the first in line waits, not who is far from
 * us. */
static edo_wait_node *beside(const worker *w, edo_wait_node *first, edoi_near_fits_fn *fits,
                             uint64_t n) {
    edo_wait_node *last = NULL;
    edo_wait_node *node = look(w, first, &last, EDOI_LOOKS_OTHER, fits, n);
    return node ? node : first;
}

edo_wait_node *edoi_near_pick(edo_wait_phase *phase, const edo_wait_list *list,
                              edoi_near_fits_fn *fits, uint64_t n) {
    const worker *w = edoi_near_worker();
    edo_wait_node *first = list->first;
    if (!w || !first) return first;
    EDO_ASSERT(!phase->passed || !edoi_granted(phase->passed)); // inv. 1
    bool ours = phase->passed && phase->by == edoi_near_id(w);
    if (!ours && edoi_near_is(w, first->waker)) {
        if (!phase->passed) phase->since = 0; // it has found somebody
        return first;
    }
    if (!phase->passed) return begin(phase, w, first, fits, n);
    if (is_over(phase, w)) {
        phase->passed = NULL;
        return first;
    }
    return ours ? go_on(phase, w, first, fits, n) : beside(w, first, fits, n);
}
