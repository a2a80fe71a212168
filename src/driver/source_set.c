/* SPDX-License-Identifier: MIT */
/* driver/source_set.c: the tree of bits (layout and invariants: source_set.h). */
#include "driver/source_set.h"

#include "base/assert.h"
#include "base/memory/alloc.h"

#include <errno.h>

#define WORD_BITS   64u
#define LEAF_WORDS  32u
#define LEAF_BITS   (LEAF_WORDS * WORD_BITS)
#define LEAVES      128u
#define BRANCH_BITS (LEAVES * LEAF_BITS)

/* Selects one of a leaf's bit arrays. */
typedef enum bits { REGISTERED, GUESTS, KINDS } bits;

typedef struct leaf {
    uint64_t words[KINDS][LEAF_WORDS]; /* lock: the set's */
} leaf;

typedef struct edoi_set_branch {
    leaf *leaves[LEAVES]; /* as branches */
} edoi_set_branch;

static leaf *source_set_leaf_of(const edoi_source_set *set, uint32_t index) {
    const edoi_set_branch *b = set->branches[index / BRANCH_BITS];
    return b ? b->leaves[index % BRANCH_BITS / LEAF_BITS] : NULL;
}

static uint64_t *source_set_word_of(const edoi_source_set *set, bits kind, uint32_t index) {
    leaf *l = source_set_leaf_of(set, index);
    EDO_ASSERT(l); // it was reserved before
    return &l->words[kind][index % LEAF_BITS / WORD_BITS];
}

static uint64_t bit_of(uint32_t index) {
    return UINT64_C(1) << index % WORD_BITS;
}

int edoi_source_set_reserve(edoi_source_set *set, uint32_t index) {
    EDO_ASSERT(index < EDOI_SET_BRANCHES * BRANCH_BITS);
    edoi_set_branch **branch = &set->branches[index / BRANCH_BITS];
    if (!*branch) *branch = edoi_calloc(1, sizeof **branch);
    if (!*branch) return -ENOMEM;
    leaf **l = &(*branch)->leaves[index % BRANCH_BITS / LEAF_BITS];
    if (!*l) *l = edoi_calloc(1, sizeof **l);
    return *l ? 0 : -ENOMEM;
}

void edoi_source_set_add(edoi_source_set *set, uint32_t index) {
    edoi_lock_acquire(&set->mu);
    *source_set_word_of(set, REGISTERED, index) |= bit_of(index);
    edoi_lock_release(&set->mu);
}

void edoi_source_set_remove(edoi_source_set *set, uint32_t index) {
    edoi_lock_acquire(&set->mu);
    EDO_INV("source_set inv. 2", !(*source_set_word_of(set, GUESTS, index) & bit_of(index)));
    *source_set_word_of(set, REGISTERED, index) &= ~bit_of(index);
    edoi_lock_release(&set->mu);
}

/* Called with the lock held. */
static void set_guests(edoi_source_set *set, uint32_t index, bool are) {
    uint64_t *word = source_set_word_of(set, GUESTS, index), bit = bit_of(index);
    bool were = *word & bit;
    if (were == are) return;
    *word ^= bit;
    if (are) {
        set->guests_n++;
    } else {
        set->guests_n--;
    }
}

bool edoi_source_set_let_in(edoi_source_set *set, uint32_t index) {
    edoi_lock_acquire(&set->mu);
    EDO_INV("source_set inv. 2", *source_set_word_of(set, REGISTERED, index) & bit_of(index));
    bool may = !set->is_left;
    if (may) set_guests(set, index, true);
    edoi_lock_release(&set->mu);
    return may;
}

void edoi_source_set_let_out(edoi_source_set *set, uint32_t index) {
    edoi_lock_acquire(&set->mu);
    set_guests(set, index, false);
    edoi_lock_release(&set->mu);
}

void edoi_source_set_enter(edoi_source_set *set) {
    edoi_lock_acquire(&set->mu);
    set->is_left = false;
    edoi_lock_release(&set->mu);
}

bool edoi_source_set_leave(edoi_source_set *set) {
    edoi_lock_acquire(&set->mu);
    set->is_left = true;
    bool any = set->guests_n > 0;
    edoi_lock_release(&set->mu);
    return any;
}

/* The first set bit from `index` on in its leaf; the beginning of the next leaf if there is
 * none. */
static uint32_t next_in_leaf(const leaf *l, bits kind, uint32_t index) {
    uint32_t from = index % LEAF_BITS, base = index - from;
    uint64_t mask = ~UINT64_C(0) << from % WORD_BITS;
    for (uint32_t at = from / WORD_BITS; at < LEAF_WORDS; at++, mask = ~UINT64_C(0)) {
        uint64_t found = l->words[kind][at] & mask;
        if (found) return base + at * WORD_BITS + (uint32_t)EDOI_CTZ64(found);
    }
    return base + LEAF_BITS;
}

static uint32_t source_set_next_of(edoi_source_set *set, bits kind, uint32_t index) {
    uint32_t end = EDOI_SET_BRANCHES * BRANCH_BITS, found = EDOI_SOURCE_NONE;
    edoi_lock_acquire(&set->mu);
    while (index < end && found == EDOI_SOURCE_NONE) {
        const edoi_set_branch *b = set->branches[index / BRANCH_BITS];
        const leaf *l = source_set_leaf_of(set, index);
        if (!b) {
            index = (index / BRANCH_BITS + 1) * BRANCH_BITS;
        } else if (!l) {
            index = (index / LEAF_BITS + 1) * LEAF_BITS;
        } else {
            uint32_t at = next_in_leaf(l, kind, index);
            if (at / LEAF_BITS == index / LEAF_BITS) found = at;
            index = at;
        }
    }
    edoi_lock_release(&set->mu);
    return found;
}

uint32_t edoi_source_set_next(edoi_source_set *set, uint32_t index) {
    return source_set_next_of(set, REGISTERED, index);
}

uint32_t edoi_source_set_next_guest(edoi_source_set *set, uint32_t index) {
    return source_set_next_of(set, GUESTS, index);
}

void edoi_source_set_deinit(edoi_source_set *set) {
    EDO_INV("source_set inv. 1", edoi_source_set_next(set, 0) == EDOI_SOURCE_NONE);
    EDO_ASSERT(edoi_source_set_next(set, 0) == EDOI_SOURCE_NONE);
    for (uint32_t i = 0; i < EDOI_SET_BRANCHES; i++) {
        edoi_set_branch *b = set->branches[i];
        for (uint32_t at = 0; b && at < LEAVES; at++) edoi_free(b->leaves[at]);
        edoi_free(b);
    }
}
