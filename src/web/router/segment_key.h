/* SPDX-License-Identifier: MIT */
/* web/router/segment_key.h: finds the static child of a node.
 *
 * The first and the last eight bytes of a text, as numbers, and its length are the whole text up to
 * 16 bytes; only longer ones are compared byte by byte. */
#ifndef EDOI_WEB_ROUTER_SEGMENT_KEY_H
#define EDOI_WEB_ROUTER_SEGMENT_KEY_H

#include "web/router/tree.h"

#include <string.h>

EDOI_INLINE uint64_t edoi_word_at(const char *p, size_t bytes) {
    uint64_t word = 0;
    memcpy(&word, p, bytes);
    return word;
}

/* Reads no byte that is not of the text. */
EDOI_INLINE void edoi_segment_key(const char *p, size_t n, uint64_t *first, uint64_t *last) {
    *last = 0;
    if (n >= 8) {
        *first = edoi_word_at(p, 8);
        *last = edoi_word_at(p + n - 8, 8);
    } else if (n >= 4) {
        *first = edoi_word_at(p, 4) | edoi_word_at(p + n - 4, 4) << 32;
    } else if (n > 0) {
        *first = (uint64_t)(unsigned char)p[0] | (uint64_t)(unsigned char)p[n / 2] << 8 |
                 (uint64_t)(unsigned char)p[n - 1] << 16;
    } else {
        *first = 0;
    }
}

EDOI_INLINE uint32_t edoi_segment_hash(uint64_t first, uint64_t last, size_t n) {
    uint64_t mixed = (first + n) * UINT64_C(0x9e3779b97f4a7c15) ^ last;
    return (uint32_t)(mixed * UINT64_C(0xd6e8feb86659fd93) >> 32);
}

/* Returns the child, or NULL. */
EDOI_INLINE edoi_node *edoi_static_find(const edoi_node *node, const char *p, size_t n) {
    if (node->statics_n == 0) return NULL;
    uint64_t first, last;
    edoi_segment_key(p, n, &first, &last);
    uint32_t i = edoi_segment_hash(first, last, n) & node->mask;
    for (const edoi_static_child *c; (c = &node->statics[i])->node; i = (i + 1) & node->mask) {
        bool is_it = c->first == first && c->last == last && c->text.len == n;
        if (is_it && (n <= 16 || memcmp(c->text.ptr, p, n) == 0)) return c->node;
    }
    return NULL;
}

#endif
