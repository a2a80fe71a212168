/* SPDX-License-Identifier: MIT */
/* web/router/find.c: looks a path up.
 *
 * Most nodes have one way on for a segment: so a look-up is a loop, and calls itself only where a
 * path may have to come back to try another way. */
#include "web/router/segment_key.h"

/* What is looked up. */
typedef struct path_finder {
    const char *end;
    edoi_match *match;
    bool is_long; /* the path has 8 bytes or more */
} path_finder;

#define ONES UINT64_C(0x0101010101010101)

/* The bytes at `p`; behind the path's end zeros. `f->is_long`. */
EDOI_INLINE uint64_t next_bytes(const path_finder *f, const char *p) {
    size_t left = (size_t)(f->end - p);
    if (EDOI_LIKELY(left >= 8)) return edoi_word_at(p, 8);
    return left == 0 ? 0 : edoi_word_at(f->end - 8, 8) >> 8 * (8 - left);
}

/* The bytes of a word that are a slash, or stand behind one, each as its highest bit; right up to
 * the first. */
EDOI_INLINE uint64_t slashes(uint64_t word) {
    uint64_t x = word ^ ONES * '/';
    return (x - ONES) & ~x & ONES << 7;
}

/* The first '/' behind the eight bytes at `p`, or the end. */
static const char *far_end(const path_finder *f, const char *p) {
    for (p += 8; f->end - p > 0; p += 8) {
        uint64_t found = slashes(next_bytes(f, p));
        if (found) return p + EDOI_CTZ64(found) / 8;
    }
    return f->end;
}

/* Returns where the segment at `p` ends, and its key. */
EDOI_INLINE const char *take_segment(const path_finder *f, const char *p, edoi_segment_key *key) {
    if (EDOI_UNLIKELY(!f->is_long)) {
        const char *stop = p;
        while (stop < f->end && *stop != '/') stop++;
        *key = edoi_segment_key_of(p, (size_t)(stop - p));
        return stop;
    }
    uint64_t word = next_bytes(f, p), found = slashes(word);
    if (EDOI_LIKELY(found)) {
        unsigned bits = (unsigned)EDOI_CTZ64(found) & ~7u;
        *key = (edoi_segment_key){ .last = word & ((UINT64_C(1) << bits) - 1), .n = bits / 8 };
        return p + bits / 8;
    }
    size_t left = (size_t)(f->end - p);
    if (left <= 8) {
        *key = (edoi_segment_key){ .last = word, .n = left };
        return f->end;
    }
    const char *stop = far_end(f, p);
    size_t n = (size_t)(stop - p);
    *key =
        (edoi_segment_key){ .first = n > 8 ? word : 0, .last = edoi_word_at(stop - 8, 8), .n = n };
    return stop;
}

static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const path_finder *f);

/* The leaf below `node`, which matches the segment that ends at `stop`. If there is none the
 * captures are as before. */
static const edoi_route_leaf *try_below(const edoi_node *node, const char *stop,
                                        const path_finder *f, uint32_t captures_n) {
    const edoi_route_leaf *leaf = stop == f->end ? node->leaf : find_in(node, stop + 1, f);
    if (!leaf) f->match->n = captures_n;
    return leaf;
}

/* As try_below(), behind a capture of `n` bytes at `p`. */
static const edoi_route_leaf *try_capture(const edoi_node *node, const char *p, size_t n,
                                          const char *stop, const path_finder *f) {
    edoi_match *m = f->match;
    uint32_t before = m->n;
    m->values[m->n++] = (edo_str){ p, n };
    return try_below(node, stop, f, before);
}

static bool has_affix(const edoi_affix *a, const char *p, size_t n) {
    size_t pre = a->prefix.len, suf = a->suffix.len;
    return n > pre + suf && memcmp(p, a->prefix.ptr, pre) == 0 &&
           memcmp(p + n - suf, a->suffix.ptr, suf) == 0;
}

/* Tries all ways that are not static. */
static const edoi_route_leaf *find_captured(const edoi_node *node, const char *p, const char *stop,
                                            const path_finder *f) {
    size_t n = (size_t)(stop - p);
    const edoi_route_leaf *leaf = NULL;
    for (const edoi_affix *a = node->affixes; a && !leaf; a = a->next)
        if (has_affix(a, p, n))
            leaf =
                try_capture(a->node, p + a->prefix.len, n - a->prefix.len - a->suffix.len, stop, f);
    if (!leaf && node->capture && n > 0) leaf = try_capture(node->capture, p, n, stop, f);
    if (leaf || !node->rest || p == f->end) return leaf;
    f->match->values[f->match->n++] = (edo_str){ p, (size_t)(f->end - p) };
    return node->rest;
}

/* Goes past what follows at `node` in any case; NULL: it does not. */
EDOI_INLINE const char *skip(const edoi_node *node, const char *p, const path_finder *f) {
    edo_str s = node->skip;
    if (s.len == 0) return p;
    if (s.len <= 8 && f->is_long) // a path that ends before has a zero there
        return (next_bytes(f, p) ^ node->skip_word) << 8 * (8 - s.len) == 0 ? p + s.len : NULL;
    bool follows = (size_t)(f->end - p) >= s.len && memcmp(p, s.ptr, s.len) == 0;
    return follows ? p + s.len : NULL;
}

/* Looks up what begins at `p`, the begin of a segment. */
static const edoi_route_leaf *find_in(const edoi_node *node, const char *p, const path_finder *f) {
    for (;;) {
        edoi_segment_key key;
        p = skip(node, p, f);
        if (!p) return NULL;
        const char *stop = take_segment(f, p, &key);
        const edoi_node *next = edoi_static_find(node, &key, p);
        if (next && node->forks) {
            const edoi_route_leaf *leaf = try_below(next, stop, f, f->match->n);
            if (leaf) return leaf;
            next = NULL;
        }
        if (!next) {
            if (!node->only_capture || key.n == 0) return find_captured(node, p, stop, f);
            f->match->values[f->match->n++] = (edo_str){ p, key.n };
            next = node->capture;
        }
        if (stop == f->end) return next->leaf;
        node = next;
        p = stop + 1;
    }
}

bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out) {
    const path_finder f = { .end = path.ptr + path.len, .match = out, .is_long = path.len >= 8 };
    out->n = 0;
    out->leaf = find_in(root, path.ptr + 1, &f);
    return out->leaf;
}
