/* SPDX-License-Identifier: MIT */
/* future/treap.h: finds a node by a number: a future in a set by its address, a task in a set by
 * its key.
 *
 * A treap: a search tree by the number, and a heap by a rank, which is a hash of the node's own
 * address. So its depth is that of a random tree, in whichever order nodes come and go, and it
 * allocates nothing. Of nodes with one number that with the lower address comes first.
 *
 * The functions are inline, so that `key` costs no call. The caller has the lock, or the tree for
 * itself. */
#ifndef EDOI_FUTURE_TREAP_H
#define EDOI_FUTURE_TREAP_H

#include "base/assert.h"

#include <stdint.h>

/* A node, part of a larger object. A root is a pointer to one; NULL: the tree is empty. */
typedef struct edoi_treap {
    struct edoi_treap *before, *behind;
} edoi_treap;

/* The number of a node; it does not change while the node is in a tree. */
typedef uint64_t edoi_treap_key_fn(const edoi_treap *n);

EDOI_INLINE uint64_t edoi_treap_rank(const edoi_treap *n) {
    uint64_t x = (uint64_t)(uintptr_t)n * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

EDOI_INLINE bool edoi_treap_is_before(const edoi_treap *a, const edoi_treap *b,
                                      edoi_treap_key_fn *key) {
    uint64_t ka = key(a), kb = key(b);
    return ka != kb ? ka < kb : (uintptr_t)a < (uintptr_t)b;
}

EDOI_INLINE void edoi_treap_add(edoi_treap **root, edoi_treap *n, edoi_treap_key_fn *key) {
    uint64_t rank = edoi_treap_rank(n);
    edoi_treap **at = root;
    while (*at && edoi_treap_rank(*at) >= rank)
        at = edoi_treap_is_before(n, *at, key) ? &(*at)->before : &(*at)->behind;
    edoi_treap *under = *at, **low = &n->before, **high = &n->behind;
    *at = n;
    while (under) { // split into what lies before `n`, and behind
        if (edoi_treap_is_before(under, n, key)) {
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

/* `n` is in the tree. */
EDOI_INLINE void edoi_treap_remove(edoi_treap **root, edoi_treap *n, edoi_treap_key_fn *key) {
    edoi_treap **at = root;
    while (*at != n) {
        EDO_ASSERT(*at);
        at = edoi_treap_is_before(n, *at, key) ? &(*at)->before : &(*at)->behind;
    }
    edoi_treap *low = n->before, *high = n->behind;
    while (low && high) {
        if (edoi_treap_rank(low) >= edoi_treap_rank(high)) {
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

/* Returns a node with that number; NULL: there is none. */
EDOI_INLINE edoi_treap *edoi_treap_find(edoi_treap *root, uint64_t wanted, edoi_treap_key_fn *key) {
    while (root && key(root) != wanted) root = wanted < key(root) ? root->before : root->behind;
    return root;
}

#endif
