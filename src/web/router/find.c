/* SPDX-License-Identifier: MIT */
/* web/router/find.c: looks a path up. */
#include "web/router/segment_key.h"

#define IS_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* What is looked up. */
typedef struct finder {
    const char *end;
    edoi_match *match;
    bool is_long; /* the path has 8 bytes or more */
} finder;

#define ONES UINT64_C(0x0101010101010101)

/* The bytes at `p`, the first one lowest; behind the path's end zeros. */
static uint64_t next_bytes(const finder *f, const char *p) {
    size_t left = (size_t)(f->end - p);
    if (left >= 8) return edoi_word_at(p, 8);
    return left == 0 ? 0 : edoi_word_at(f->end - 8, 8) >> 8 * (8 - left);
}

/* The first '/' from `p` on, or the end. */
static const char *segment_end(const finder *f, const char *p) {
    while (IS_LITTLE_ENDIAN && f->is_long) {
        uint64_t word = next_bytes(f, p) ^ ONES * '/';
        uint64_t found = (word - ONES) & ~word & ONES << 7; // the lowest bit is right
        if (found) return p + EDOI_CTZ64(found) / 8;
        if (f->end - p <= 8) return f->end;
        p += 8;
    }
    while (p < f->end && *p != '/') p++;
    return p;
}

static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const finder *f);

/* The leaf below `node`, which matches the segment that ends at `stop`. */
EDOI_INLINE const edoi_route_leaf *below(const edoi_node *node, const char *stop, const finder *f) {
    return stop == f->end ? node->leaf : find_in(node, stop + 1, f);
}

/* As below(), behind a capture of `n` bytes at `p`. */
static const edoi_route_leaf *below_capture(const edoi_node *node, const char *p, size_t n,
                                            const char *stop, const finder *f) {
    edoi_match *m = f->match;
    uint32_t before = m->n;
    m->values[m->n++] = (edo_str){ p, n };
    const edoi_route_leaf *leaf = below(node, stop, f);
    if (!leaf) m->n = before;
    return leaf;
}

static bool has_affix(const edoi_affix *a, const char *p, size_t n) {
    size_t pre = a->prefix.len, suf = a->suffix.len;
    return n > pre + suf && memcmp(p, a->prefix.ptr, pre) == 0 &&
           memcmp(p + n - suf, a->suffix.ptr, suf) == 0;
}

static const edoi_route_leaf *find_captured(const edoi_node *node, const char *p, const char *stop,
                                            const finder *f) {
    size_t n = (size_t)(stop - p);
    const edoi_route_leaf *leaf = NULL;
    for (const edoi_affix *a = node->affixes; a && !leaf; a = a->next)
        if (has_affix(a, p, n))
            leaf = below_capture(a->node, p + a->prefix.len, n - a->prefix.len - a->suffix.len,
                                 stop, f);
    if (!leaf && node->capture && n > 0) leaf = below_capture(node->capture, p, n, stop, f);
    if (leaf || !node->rest || p == f->end) return leaf;
    f->match->values[f->match->n++] = (edo_str){ p, (size_t)(f->end - p) };
    return node->rest;
}

/* Goes past what follows at `node` in any case; NULL: it does not. */
static const char *skip(const edoi_node *node, const char *p, const finder *f) {
    edo_str s = node->skip;
    if (s.len == 0) return p;
    bool follows = (size_t)(f->end - p) >= s.len && memcmp(p, s.ptr, s.len) == 0;
    return follows ? p + s.len : NULL;
}

/* Looks up what begins at `p`, the begin of a segment. */
static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const finder *f) {
    p = skip(node, p, f);
    if (!p) return NULL;
    const char *stop = segment_end(f, p);
    const edoi_node *child = edoi_static_find(node, p, (size_t)(stop - p));
    const edoi_route_leaf *leaf = child ? below(child, stop, f) : NULL;
    return leaf ? leaf : find_captured(node, p, stop, f);
}

bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out) {
    const finder f = { .end = path.ptr + path.len, .match = out, .is_long = path.len >= 8 };
    out->n = 0;
    out->leaf = find_in(root, path.ptr + 1, &f);
    return out->leaf;
}
