/* SPDX-License-Identifier: MIT */
/* sim/net/base/events.c: see events.h. */
#include "sim/net/base/events.h"

#include "base/assert.h"

/* ---- Chance ---------------------------------------------------------------------------------- */

uint64_t edoi_simchance(edoi_simevents *h) {
    uint64_t x = h->chance += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

bool edoi_simchance_of(edoi_simevents *h, uint32_t ppm) {
    return ppm > 0 && edoi_simchance(h) % 1000000 < ppm;
}

/* Von Neumann's method: comparisons only, so no rounding of a machine's logarithm. Of runs of
 * falling numbers, the first of odd length has the fraction; each even one before it adds 1. */
int64_t edoi_simchance_exponential(edoi_simevents *h, int64_t mean) {
    if (mean <= 0) return 0;
    for (int64_t whole = 0;; whole++) {
        uint32_t first = (uint32_t)(edoi_simchance(h) >> 32), last = first, n = 1;
        for (;;) {
            uint32_t x = (uint32_t)(edoi_simchance(h) >> 32);
            if (x >= last) break;
            last = x;
            n++;
        }
        if (n % 2 == 0) continue;
        // the mean is a time, which in nanoseconds may be longer than 32 bits
        return whole * mean + (int64_t)((uint64_t)mean / 65536 * (first >> 16)) +
               (int64_t)((uint64_t)mean % 65536 * (first >> 16) / 65536);
    }
}

uint64_t edoi_simevents_order(edoi_simevents *h) {
    return h->shuffle ? edoi_simchance(h) >> 1 : ++h->made;
}

/* ---- The heap -------------------------------------------------------------------------------- */

static bool events_before(const edoi_simevent *a, const edoi_simevent *b) {
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

/* Makes the later of two roots the first child of the other, which it returns. Either may be
 * NULL. */
static edoi_simevent *events_meld(edoi_simevent *a, edoi_simevent *b) {
    if (!a || !b) return a ? a : b;
    if (events_before(b, a)) {
        edoi_simevent *other = a;
        a = b;
        b = other;
    }
    b->next = a->child;
    if (b->next) b->next->prev = b;
    b->prev = a;
    a->child = b;
    return a;
}

/* Melds siblings by pairs from the left, and the pairs from the right. */
static edoi_simevent *events_meld_all(edoi_simevent *e) {
    edoi_simevent *pairs = NULL, *root = NULL;
    while (e) {
        edoi_simevent *a = e, *b = e->next;
        e = b ? b->next : NULL;
        a->next = NULL;
        if (b) b->next = NULL;
        a = events_meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        edoi_simevent *a = pairs;
        pairs = a->next;
        a->next = NULL;
        root = events_meld(root, a);
    }
    return root;
}

static void events_set_root(edoi_simevents *h, edoi_simevent *root) {
    h->root = root;
    if (root) root->prev = root;
}

void edoi_simevents_add(edoi_simevents *h, edoi_simevent *e, int64_t at, uint64_t order) {
    EDO_ASSERT(!edoi_simevent_is_due(e));
    e->at = at;
    e->order = order;
    e->child = e->next = NULL;
    events_set_root(h, events_meld(h->root, e));
}

void edoi_simevents_remove(edoi_simevents *h, edoi_simevent *e) {
    if (!edoi_simevent_is_due(e)) return;
    edoi_simevent *rest = events_meld_all(e->child);
    if (h->root == e) {
        events_set_root(h, rest);
    } else {
        if (e->prev->child == e) {
            e->prev->child = e->next;
        } else {
            e->prev->next = e->next;
        }
        if (e->next) e->next->prev = e->prev;
        events_set_root(h, events_meld(h->root, rest));
    }
    e->child = e->next = e->prev = NULL;
}

edoi_simevent *edoi_simevents_take(edoi_simevents *h) {
    edoi_simevent *e = h->root;
    if (e) edoi_simevents_remove(h, e);
    return e;
}
