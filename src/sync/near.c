/* SPDX-License-Identifier: MIT */
/* sync/near.c: see near.h. */
#include "sync/near.h"

#include "sync/granted.h"

typedef struct edoi_worker worker;

/* Once more somebody is passed over: whether that has gone on for too long. The clock is read the first two
 * times, and each fourth: the lock may be held for long each time, or from now on. */
static bool is_over(edo_wait_phase *phase, const worker *w) {
    uint32_t times = ++phase->times;
    if (times > 2 && times % 4 != 0) return false;
    return edoi_near_us(w) - phase->since >= EDOI_PASSED_US;
}

static edo_wait_node *first_in_line(edo_wait_phase *phase, const edo_wait_list *list) {
    phase->passed = NULL;
    return list->first;
}

/* The longest waiting from `node` on that is near, and in `*last` the one before it. NULL: there is none, or
 * it does not fit: nobody else of its worker may go before it. */
static edo_wait_node *look(const worker *w, edo_wait_node *node, edo_wait_node **last,
                           edoi_near_fits_fn *fits, uint64_t n) {
    for (uint32_t looks = 0; node && looks < EDOI_LOOKS_MAX; looks++) {
        if (edoi_near_is(w, node->waker)) return !fits || fits(node, n) ? node : NULL;
        *last = node;
        node = node->next;
    }
    return NULL;
}

edo_wait_node *edoi_near_pick(edo_wait_phase *phase, const edo_wait_list *list,
                              edoi_near_fits_fn *fits, uint64_t n) {
    const worker *w = edoi_near_worker();
    edo_wait_node *first = list->first, *passed = phase->passed;
    if (!w || !first) return first;
    EDO_ASSERT(!passed || !edoi_granted(passed)); // inv. 1
    // The phase of another worker says since when the first in line waits, not who is far from us.
    bool ours = passed && phase->by == edoi_near_id(w);
    if (!ours && edoi_near_is(w, first->waker)) return first;
    if (passed && is_over(phase, w)) return first_in_line(phase, list);

    edo_wait_node *last = passed;
    edo_wait_node *node = look(w, ours ? passed->next : first, &last, fits, n);
    if (!passed && node) {
        phase->since = edoi_near_us(w);
        phase->times = 0;
        phase->by = edoi_near_id(w);
        phase->passed = last;
    } else if (ours) {
        phase->passed = last;
    }
    return node ? node : first_in_line(phase, list);
}
