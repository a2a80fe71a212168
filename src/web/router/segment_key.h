/* SPDX-License-Identifier: MIT */
/* web/router/segment_key.h: finds the static child of a node.
 *
 * The first and the last eight bytes of a text, as numbers, and its length are the whole text up to
 * 16 bytes; only longer ones are compared byte by byte. A number has the first byte lowest.
 *
 * Not base/table.h with a secret: the texts are the program's own, and do not change once requests
 * come; a SipHash of a short text is a hundred instructions, and this is a multiplication. */
#ifndef EDOI_WEB_ROUTER_SEGMENT_KEY_H
#define EDOI_WEB_ROUTER_SEGMENT_KEY_H

#include "web/router/tree.h"

#include <string.h>

#define EDOI_KEY_IS_LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Returns the `bytes` bytes at `p`, at most 8, as a number. */
EDOI_INLINE uint64_t edoi_word_at(const char *p, size_t bytes) {
    uint64_t word = 0;
    if (EDOI_KEY_IS_LITTLE) {
        memcpy(&word, p, bytes);
    } else {
        for (size_t i = 0; i < bytes; i++) word |= (uint64_t)(unsigned char)p[i] << 8 * i;
    }
    return word;
}

/* Makes the key of a text, and reads no byte outside it. */
EDOI_INLINE edoi_segment_key edoi_segment_key_of(const char *p, size_t n) {
    if (n <= 8) return (edoi_segment_key){ .last = edoi_word_at(p, n), .n = n };
    return (edoi_segment_key){ .first = edoi_word_at(p, 8),
                               .last = edoi_word_at(p + n - 8, 8),
                               .n = n };
}

/* Returns the slot in the table of `node` where a search for a text begins. Only the highest bits
 * of the product depend on all bytes: texts often differ in their last ones. */
EDOI_INLINE uint32_t edoi_segment_slot(const edoi_node *node, const edoi_segment_key *key) {
    uint64_t mixed = key->last ^ (key->first << 23 | key->first >> 41);
    return (uint32_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> node->shift);
}

EDOI_INLINE bool edoi_segment_is(const edoi_static_child *c, const edoi_segment_key *key,
                                 const char *p) {
    bool is_it = c->key.last == key->last && c->key.first == key->first && c->key.n == key->n;
    return is_it && (EDOI_LIKELY(key->n <= 16) || memcmp(c->text, p, key->n) == 0);
}

/* Returns the child with the text at `p`, or NULL. A free slot has the key of an empty text. */
EDOI_INLINE edoi_node *edoi_static_find(const edoi_node *node, const edoi_segment_key *key,
                                        const char *p) {
    if (!node->statics) return NULL;
    uint32_t i = edoi_segment_slot(node, key);
    const edoi_static_child *c = &node->statics[i];
    while (!edoi_segment_is(c, key, p) && c->node) c = &node->statics[i = (i + 1) & node->mask];
    return c->node;
}

#endif
