/* SPDX-License-Identifier: MIT */
/* future/set_index.c: a treap of the places of a set. */
#include "future/set_index.h"

#include "base/assert.h"

typedef edoi_set_member member;

static uint64_t rank_of(const member *m) {
    uint64_t x = (uint64_t)(uintptr_t)m * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

/* By the future, then by the place: misuse may have pushed one future twice. */
static bool member_is_before(const member *a, const member *b) {
    uintptr_t fa = (uintptr_t)a->child.future, fb = (uintptr_t)b->child.future;
    return fa != fb ? fa < fb : (uintptr_t)a < (uintptr_t)b;
}

void edoi_set_index_add(member **root, member *m) {
    uint64_t rank = rank_of(m);
    member **at = root;
    while (*at && rank_of(*at) >= rank)
        at = member_is_before(m, *at) ? &(*at)->before : &(*at)->behind;
    member *under = *at, **low = &m->before, **high = &m->behind;
    *at = m;
    while (under) { // split into what lies before `m`, and behind
        if (member_is_before(under, m)) {
            *low = under;
            low = &under->behind;
            under = under->behind;
        } else {
            *high = under;
            high = &under->before;
            under = under->before;
        }
    }
    *low = *high = NULL;
}

void edoi_set_index_remove(member **root, member *m) {
    member **at = root;
    while (*at != m) {
        EDO_ASSERT(*at);
        at = member_is_before(m, *at) ? &(*at)->before : &(*at)->behind;
    }
    member *low = m->before, *high = m->behind;
    while (low && high) {
        if (rank_of(low) >= rank_of(high)) {
            *at = low;
            at = &low->behind;
            low = low->behind;
        } else {
            *at = high;
            at = &high->before;
            high = high->before;
        }
    }
    *at = low ? low : high;
}

member *edoi_set_index_find(member *root, const edo_future *f) {
    uintptr_t wanted = (uintptr_t)f;
    while (root && root->child.future != f)
        root = wanted < (uintptr_t)root->child.future ? root->before : root->behind;
    return root;
}
