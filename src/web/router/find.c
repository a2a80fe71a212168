/* SPDX-License-Identifier: MIT */
/* web/router/find.c: looks paths up.
 *
 *     route_find_in()        what begins at a node: goes past what follows in any case, then
 *     find_behind()    one segment after the other, as long as there is one way on
 *     find_forked()    a node with several ways: one after the other, each by route_find_in()
 *
 * Most nodes have one way on for a segment, so nearly all of a look-up is the loop of
 * find_behind(), which calls other functions only as its last step. */
#include "base/assert.h"
#include "web/router/segment_key.h"

/* The path of one look-up. */
typedef struct path_finder {
    const char *end; /* behind eight bytes, unless nothing is left */
    edoi_match *match;
} path_finder;

#define ONES UINT64_C(0x0101010101010101)

/* Returns the eight bytes at `p`; those behind the path's end are zero. */
EDOI_INLINE uint64_t next_bytes(const char *p, const char *end) {
    size_t left = (size_t)(end - p);
    if (EDOI_LIKELY(left >= 8)) return edoi_word_at(p, 8);
    return left == 0 ? 0 : edoi_word_at(end - 8, 8) >> 8 * (8 - left);
}

/* Marks the bytes of a word that are a slash, by their highest bit. Marks above the first may be
 * wrong. */
EDOI_INLINE uint64_t slashes(uint64_t word) {
    uint64_t x = word ^ ONES * '/';
    return (x - ONES) & ~x & ONES << 7;
}

/* Returns the first '/' behind the eight bytes at `p`, or the end. */
EDOI_INLINE const char *far_end(const char *p, const char *end) {
    for (p += 8; end - p > 0; p += 8) {
        uint64_t found = slashes(next_bytes(p, end));
        if (found) return p + EDOI_CTZ64(found) / 8;
    }
    return end;
}

/* Returns where the segment at `p` ends, and its key. */
EDOI_INLINE const char *take_segment(const char *p, const char *end, edoi_segment_key *key) {
    uint64_t word = next_bytes(p, end), found = slashes(word);
    if (EDOI_LIKELY(found)) {
        unsigned n = (unsigned)EDOI_CTZ64(found) / 8;
        *key = (edoi_segment_key){ .last = word & (found ^ (found - 1)) >> 8, .n = n };
        return p + n;
    }
    size_t left = (size_t)(end - p);
    if (left <= 8) {
        *key = (edoi_segment_key){ .last = word, .n = left };
        return end;
    }
    const char *stop = far_end(p, end);
    size_t n = (size_t)(stop - p);
    *key =
        (edoi_segment_key){ .first = n > 8 ? word : 0, .last = edoi_word_at(stop - 8, 8), .n = n };
    return stop;
}

static const edoi_route_leaf *route_find_in(const edoi_node *node, const char *p,
                                            const path_finder *f);

/* Returns the leaf below `node`, which matches the segment that ends at `stop`. If there is none
 * the captures are as before. */
static const edoi_route_leaf *try_below(const edoi_node *node, const char *stop,
                                        const path_finder *f, uint32_t captures_n) {
    const edoi_route_leaf *leaf = stop == f->end ? node->leaf : route_find_in(node, stop + 1, f);
    if (!leaf) f->match->n = captures_n;
    return leaf;
}

/* As try_below(), but behind a capture of `n` bytes at `p`. */
static const edoi_route_leaf *try_capture(const edoi_node *node, const char *p, size_t n,
                                          const char *stop, const path_finder *f) {
    edoi_match *m = f->match;
    uint32_t before = m->n;
    EDO_ASSERT(before < EDOI_CAPTURES_MAX);
    m->values[m->n++] = (edo_str){ p, n };
    return try_below(node, stop, f, before);
}

static bool has_affix(const edoi_affix *a, const char *p, size_t n) {
    size_t pre = a->prefix.len, suf = a->suffix.len;
    return n > pre + suf && memcmp(p, a->prefix.ptr, pre) == 0 &&
           memcmp(p + n - suf, a->suffix.ptr, suf) == 0;
}

/* Tries all children that are not static. */
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
    EDO_ASSERT(f->match->n < EDOI_CAPTURES_MAX);
    f->match->values[f->match->n++] = (edo_str){ p, (size_t)(f->end - p) };
    return node->rest;
}

/* Tries all children for a segment at a node with several ways: the static child `next`, unless it
 * is NULL, then the others. */
EDOI_NOINLINE static const edoi_route_leaf *find_forked(const edoi_node *node,
                                                        const edoi_node *next, const char *p,
                                                        const char *stop, const path_finder *f) {
    const edoi_route_leaf *leaf = next ? try_below(next, stop, f, f->match->n) : NULL;
    return leaf ? leaf : find_captured(node, p, stop, f);
}

/* Goes on behind a segment of more than 16 bytes. */
EDOI_NOINLINE static const edoi_route_leaf *find_long(const edoi_node *node, const char *p,
                                                      const char *stop, const path_finder *f) {
    const edoi_segment_key key = edoi_segment_key_of(p, (size_t)(stop - p));
    return find_forked(node, edoi_static_find(node, &key, p), p, stop, f);
}

/* Looks up what begins at `p`, where a segment begins, behind the text that follows `node` in any
 * case. */
EDOI_NOINLINE static const edoi_route_leaf *find_behind(const edoi_node *node, const char *p,
                                                        const path_finder *f) {
    const char *const end = f->end;
    edoi_match *const m = f->match;
    for (;;) {
        edoi_segment_key key;
        const char *stop = take_segment(p, end, &key);
        if (EDOI_UNLIKELY(key.n > 16)) return find_long(node, p, stop, f);
        const edoi_node *next = edoi_static_find(node, &key, p);
        if (next ? node->forks : !node->only_capture || key.n == 0)
            return find_forked(node, next, p, stop, f);
        if (!next) {
            EDO_ASSERT(m->n < EDOI_CAPTURES_MAX && node->capture);
            m->values[m->n++] = (edo_str){ p, key.n };
            next = node->capture;
        }
        if (stop == end) return next->leaf;
        node = next;
        p = stop + 1;
        if (EDOI_UNLIKELY(node->skip.len > 0)) return route_find_in(node, p, f);
    }
}

/* Compares a long text that follows in any case. */
EDOI_NOINLINE static const edoi_route_leaf *find_skipped(const edoi_node *node, const char *p,
                                                         const path_finder *f) {
    edo_str s = node->skip;
    bool follows = (size_t)(f->end - p) >= s.len && memcmp(p, s.ptr, s.len) == 0;
    return follows ? find_behind(node, p + s.len, f) : NULL;
}

static const edoi_route_leaf *route_find_in(const edoi_node *node, const char *p,
                                            const path_finder *f) {
    size_t n = node->skip.len;
    if (n == 0) return find_behind(node, p, f);
    if (EDOI_UNLIKELY(n > 8)) return find_skipped(node, p, f);
    // behind the path's end is a zero, which differs
    bool follows = (next_bytes(p, f->end) ^ node->skip_word) << 8 * (8 - n) == 0;
    return follows ? find_behind(node, p + n, f) : NULL;
}

/* Returns two to seven bytes as a number, the first one lowest. */
EDOI_INLINE uint64_t short_word(edo_str s) {
    size_t n = s.len >= 4 ? 4 : 2;
    uint64_t first = n == 4 ? edoi_word_at(s.ptr, 4) : edoi_word_at(s.ptr, 2);
    const char *last = s.ptr + s.len - n;
    return first | (n == 4 ? edoi_word_at(last, 4) : edoi_word_at(last, 2)) << 8 * (s.len - n);
}

/* As edoi_tree_find(), for a path of two to seven bytes, which is copied behind other bytes. */
EDOI_NOINLINE static bool find_short(const edoi_node *root, edo_str path, edoi_match *out) {
    char room[16];
    const uint64_t word = short_word(path);
    if (EDOI_KEY_IS_LITTLE) {
        memcpy(room + 8, &word, 8);
    } else {
        for (size_t i = 0; i < 8; i++) room[8 + i] = (char)(word >> 8 * i);
    }
    const char *copy = room + 8;
    const path_finder f = { .end = copy + path.len, .match = out };
    memset(room, 0, 8);
    out->leaf = route_find_in(root, copy + 1, &f);
    for (uint32_t i = 0; i < out->n; i++)
        out->values[i].ptr = path.ptr + (out->values[i].ptr - copy);
    return out->leaf;
}

bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out) {
    bool is_short = path.len < 8 && path.len > 1; // for "/" no byte is read
    out->n = 0;
    if (EDOI_UNLIKELY(is_short)) return find_short(root, path, out);
    const path_finder f = { .end = path.ptr + path.len, .match = out };
    out->leaf = route_find_in(root, path.ptr + 1, &f);
    return out->leaf;
}
