/* SPDX-License-Identifier: MIT */
/* service/cache/policy.c: the lists of W-TinyLFU, and its sketch.
 *
 * The sketch is a count-min sketch of four counters of 4 bits for a key, which all lie in one block
 * of 8 words, so in one cache line. A key adds one to the lowest of its counters only
 * (conservative update). */
#include "service/cache/policy.h"
#include "base/assert.h"
#include "base/memory/alloc.h"

#include <errno.h>

#define ROWS        4u
#define BLOCK_WORDS 8u
#define COUNT_MAX   15u
#define WINDOW_PART 100u /* of all entries */
#define AGES_AFTER  10u  /* counted for each entry */
#define AGES_MIN    1000u

/* ---- The sketch ------------------------------------------------------------------------------ */

int edoi_policy_init(edoi_policy *p, size_t n) {
    size_t blocks_n = 1;
    while (blocks_n < n / BLOCK_WORDS && blocks_n < 1u << 26) blocks_n *= 2; // 16 counters each
    *p = (edoi_policy){ .blocks_n = (uint32_t)blocks_n };
    p->words = edoi_calloc(blocks_n * BLOCK_WORDS, sizeof *p->words);
    return p->words ? 0 : -ENOMEM;
}

void edoi_policy_deinit(edoi_policy *p) {
    edoi_free(p->words);
}

/* One counter: its word, and the place of its lowest bit. */
typedef struct counter {
    uint64_t *word;
    uint32_t shift;
} counter;

/* What a node keeps of its hash. The low bits of that choose the chain of the table, and those in
 * the middle the shard. */
static uint32_t sketch_place(uint64_t hash) {
    return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* A row has two words of a block. */
static counter sketch_counter(const edoi_policy *p, uint32_t place, uint32_t row) {
    uint32_t mixed = place * 0x85ebca6bu >> 7; // 25 bits: 5 for each row
    uint64_t *block = &p->words[(size_t)(place & (p->blocks_n - 1)) * BLOCK_WORDS];
    uint32_t bits = mixed >> 5 * row;
    return (counter){ .word = &block[2 * row + (bits & 1)], .shift = (bits >> 1 & 15) * 4 };
}

static uint32_t counter_get(counter c) {
    return (uint32_t)(*c.word >> c.shift) & COUNT_MAX;
}

static uint32_t sketch_get(const edoi_policy *p, uint32_t place) {
    uint32_t least = COUNT_MAX;
    for (uint32_t row = 0; row < ROWS; row++) {
        uint32_t n = counter_get(sketch_counter(p, place, row));
        if (n < least) least = n;
    }
    return least;
}

/* Halves all counters. */
static EDOI_NOINLINE void sketch_age(edoi_policy *p) {
    size_t words_n = (size_t)p->blocks_n * BLOCK_WORDS;
    for (size_t i = 0; i < words_n; i++)
        p->words[i] = p->words[i] >> 1 & UINT64_C(0x7777777777777777);
    p->counted_n /= 2;
}

static void sketch_add(edoi_policy *p, uint32_t place) {
    uint32_t least = sketch_get(p, place);
    if (least == COUNT_MAX) return;
    for (uint32_t row = 0; row < ROWS; row++) {
        counter c = sketch_counter(p, place, row);
        if (counter_get(c) == least) *c.word += UINT64_C(1) << c.shift;
    }
    p->counted_n++;
    if (p->counted_n >= AGES_AFTER * (p->n > AGES_MIN / AGES_AFTER ? p->n : AGES_MIN / AGES_AFTER))
        sketch_age(p);
}

/* ---- The lists ------------------------------------------------------------------------------- */

static void policy_push(edoi_policy *p, edoi_policy_node *node, uint32_t list) {
    edoi_policy_list *l = &p->lists[list];
    node->list = list;
    node->newer = NULL;
    node->older = l->newest;
    if (l->newest) {
        l->newest->newer = node;
    } else {
        l->oldest = node;
    }
    l->newest = node;
    l->n++;
}

static void policy_take(edoi_policy *p, edoi_policy_node *node) {
    edoi_policy_list *l = &p->lists[node->list];
    EDO_INV("policy inv. 1", l->n > 0);
    if (node->newer) {
        node->newer->older = node->older;
    } else {
        l->newest = node->older;
    }
    if (node->older) {
        node->older->newer = node->newer;
    } else {
        l->oldest = node->newer;
    }
    l->n--;
    if (p->candidate == node) p->candidate = NULL;
}

static void policy_move(edoi_policy *p, edoi_policy_node *node, uint32_t list) {
    policy_take(p, node);
    policy_push(p, node, list);
}

static size_t window_max(const edoi_policy *p) {
    return p->n / WINDOW_PART + 1;
}

/* Four fifths of what is not in the window. */
static size_t protected_max(const edoi_policy *p) {
    return (p->n - p->lists[EDOI_POLICY_WINDOW].n) / 5 * 4;
}

/* The window lets go what it has too much. */
static void window_trim(edoi_policy *p) {
    while (p->lists[EDOI_POLICY_WINDOW].n > window_max(p)) {
        edoi_policy_node *oldest = p->lists[EDOI_POLICY_WINDOW].oldest;
        policy_move(p, oldest, EDOI_POLICY_PROBATION);
        p->candidate = oldest;
    }
}

static void protected_trim(edoi_policy *p) {
    while (p->lists[EDOI_POLICY_PROTECTED].n > protected_max(p))
        policy_move(p, p->lists[EDOI_POLICY_PROTECTED].oldest, EDOI_POLICY_PROBATION);
}

/* ---- Events ---------------------------------------------------------------------------------- */

void edoi_policy_miss(edoi_policy *p, uint64_t hash) {
    sketch_add(p, sketch_place(hash));
}

void edoi_policy_hit(edoi_policy *p, edoi_policy_node *node) {
    sketch_add(p, node->sketched);
    uint32_t list = node->list == EDOI_POLICY_WINDOW ? EDOI_POLICY_WINDOW : EDOI_POLICY_PROTECTED;
    if (p->lists[list].newest == node) return;
    bool rises = list != node->list;
    policy_move(p, node, list);
    if (rises) protected_trim(p);
}

void edoi_policy_add(edoi_policy *p, edoi_policy_node *node, uint64_t hash) {
    node->sketched = sketch_place(hash);
    p->n++;
    policy_push(p, node, EDOI_POLICY_WINDOW);
    window_trim(p);
}

void edoi_policy_replace(edoi_policy *p, const edoi_policy_node *former, edoi_policy_node *node) {
    edoi_policy_list *l = &p->lists[former->list];
    *node = *former;
    *(node->newer ? &node->newer->older : &l->newest) = node;
    *(node->older ? &node->older->newer : &l->oldest) = node;
    if (p->candidate == former) p->candidate = node;
}

void edoi_policy_remove(edoi_policy *p, edoi_policy_node *node) {
    policy_take(p, node);
    p->n--;
}

/* The least recently used entry of the main part, other than the candidate. */
static edoi_policy_node *main_oldest(const edoi_policy *p) {
    edoi_policy_node *oldest = p->lists[EDOI_POLICY_PROBATION].oldest;
    if (oldest && oldest == p->candidate) oldest = oldest->newer;
    return oldest ? oldest : p->lists[EDOI_POLICY_PROTECTED].oldest;
}

edoi_policy_node *edoi_policy_victim(edoi_policy *p) {
    edoi_policy_node *candidate = p->candidate, *oldest = main_oldest(p);
    EDO_INV("policy inv. 2", !candidate || candidate->list == EDOI_POLICY_PROBATION);
    if (!oldest) return candidate ? candidate : p->lists[EDOI_POLICY_WINDOW].oldest;
    if (!candidate) return oldest;
    bool stays = sketch_get(p, candidate->sketched) > sketch_get(p, oldest->sketched);
    return stays ? oldest : candidate;
}

void edoi_policy_check(const edoi_policy *p) {
    size_t all_n = 0;
    for (uint32_t i = 0; i < EDOI_POLICY_LISTS; i++) {
        const edoi_policy_list *l = &p->lists[i];
        const edoi_policy_node *newer = NULL;
        size_t n = 0;
        for (const edoi_policy_node *node = l->newest; node; node = node->older, n++) {
            EDO_INV("policy inv. 1", node->list == i && node->newer == newer);
            newer = node;
        }
        EDO_INV("policy inv. 1", n == l->n && newer == l->oldest);
        all_n += n;
    }
    EDO_INV("policy inv. 1", all_n == p->n);
    (void)all_n;
}
