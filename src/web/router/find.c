/* SPDX-License-Identifier: MIT */
/* web/router/find.c: looks a path up. */
#include "web/router/segment_key.h"

#define IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* The first '/' from `p` on, or `end`. */
static const char *segment_end(const char *p, const char *end) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= ones * '/';
        uint64_t found = (word - ones) & ~word & ones << 7; // the lowest bit is right
        if (!found) continue;
        if (IS_LITTLE_ENDIAN) return p + EDOI_CTZ64(found) / 8;
        break;
    }
    while (p < end && *p != '/') p++;
    return p;
}

static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const char *end,
                                      edoi_match *m);

/* The leaf below `node`, which matches the segment that ends at `stop`. */
EDOI_INLINE const edoi_route_leaf *below(const edoi_node *node, const char *stop, const char *end,
                                         edoi_match *m) {
    return stop == end ? node->leaf : find_in(node, stop + 1, end, m);
}

/* As below(), behind a capture of `n` bytes at `p`. */
static const edoi_route_leaf *below_capture(const edoi_node *node, const char *p, size_t n,
                                            const char *stop, const char *end, edoi_match *m) {
    uint32_t before = m->n;
    m->values[m->n++] = (edo_str){ p, n };
    const edoi_route_leaf *leaf = below(node, stop, end, m);
    if (!leaf) m->n = before;
    return leaf;
}

static bool has_affix(const edoi_affix *a, const char *p, size_t n) {
    size_t pre = a->prefix.len, suf = a->suffix.len;
    return n > pre + suf && memcmp(p, a->prefix.ptr, pre) == 0 &&
           memcmp(p + n - suf, a->suffix.ptr, suf) == 0;
}

static const edoi_route_leaf *find_captured(const edoi_node *node, const char *p, const char *stop,
                                            const char *end, edoi_match *m) {
    size_t n = (size_t)(stop - p);
    const edoi_route_leaf *leaf = NULL;
    for (const edoi_affix *a = node->affixes; a && !leaf; a = a->next)
        if (has_affix(a, p, n))
            leaf = below_capture(a->node, p + a->prefix.len, n - a->prefix.len - a->suffix.len,
                                 stop, end, m);
    if (!leaf && node->capture && n > 0) leaf = below_capture(node->capture, p, n, stop, end, m);
    if (leaf || !node->rest || p == end) return leaf;
    m->values[m->n++] = (edo_str){ p, (size_t)(end - p) };
    return node->rest;
}

/* Looks up what begins at `p`, the begin of a segment. */
static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const char *end,
                                      edoi_match *m) {
    const char *stop = segment_end(p, end);
    const edoi_node *child = edoi_static_find(node, p, (size_t)(stop - p));
    const edoi_route_leaf *leaf = child ? below(child, stop, end, m) : NULL;
    return leaf ? leaf : find_captured(node, p, stop, end, m);
}

bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out) {
    out->n = 0;
    out->leaf = find_in(root, path.ptr + 1, path.ptr + path.len, out);
    return out->leaf;
}
