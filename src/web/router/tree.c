/* SPDX-License-Identifier: MIT */
/* web/router/tree.c: builds a tree. */
#include "web/router/tree.h"

#include "base/assert.h"
#include "web/router/segment_key.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

static edoi_node *new_node(edo_arena *arena, const edoi_pattern *first) {
    edoi_node *node = edo_arena_alloc(arena, sizeof *node);
    if (node) *node = (edoi_node){ .first = first };
    return node;
}

/* ---- Static children ------------------------------------------------------------------------- */

static void tree_enter(edoi_node *node, const edoi_static_child *child) {
    uint32_t i = edoi_segment_slot(node, &child->key);
    while (node->statics[i].node) i = (i + 1) & node->mask;
    node->statics[i] = *child;
}

static int tree_grow(edoi_node *node, edo_arena *arena) {
    uint32_t cap = node->statics ? 2 * (node->mask + 1) : 2;
    edoi_static_child *old = node->statics;
    uint32_t old_cap = old ? node->mask + 1 : 0;
    edoi_static_child *table = edo_arena_alloc(arena, cap * sizeof *table);
    if (!table) return -ENOMEM;
    memset(table, 0, cap * sizeof *table);
    node->statics = table;
    node->mask = cap - 1;
    node->shift = (uint8_t)(EDOI_CLZ64(cap - 1));
    for (uint32_t i = 0; i < old_cap; i++)
        if (old[i].node) tree_enter(node, &old[i]);
    return 0;
}

static int static_child(edoi_node *node, edo_arena *arena, const edoi_segment *s,
                        const edoi_pattern *p, edoi_node **out) {
    const edoi_segment_key key = edoi_segment_key_of(s->text.ptr, s->text.len);
    *out = edoi_static_find(node, &key, s->text.ptr);
    if (*out) return 0;
    if (!node->statics || 2 * (node->statics_n + 1) > node->mask + 1) {
        int err = tree_grow(node, arena);
        if (err < 0) return err;
    }
    edoi_static_child child = { .key = key, .text = s->text.ptr, .node = new_node(arena, p) };
    if (!child.node) return -ENOMEM;
    tree_enter(node, &child);
    node->statics_n++;
    *out = child.node;
    return 0;
}

/* ---- Captures -------------------------------------------------------------------------------- */

static bool tree_begins_with(edo_str s, edo_str begin) {
    return s.len >= begin.len && memcmp(s.ptr, begin.ptr, begin.len) == 0;
}

static bool tree_ends_with(edo_str s, edo_str end) {
    return s.len >= end.len && memcmp(s.ptr + s.len - end.len, end.ptr, end.len) == 0;
}

/* Could one text match both, neither of which is more exact? */
static bool are_in_doubt(const edoi_affix *a, const edoi_segment *b) {
    bool a_begins = tree_begins_with(a->prefix, b->prefix),
         b_begins = tree_begins_with(b->prefix, a->prefix);
    bool a_ends = tree_ends_with(a->suffix, b->suffix),
         b_ends = tree_ends_with(b->suffix, a->suffix);
    bool both_match = (a_begins || b_begins) && (a_ends || b_ends);
    return both_match && !(a_begins && a_ends) && !(b_begins && b_ends);
}

static size_t tree_length_of(edo_str prefix, edo_str suffix) {
    return prefix.len + suffix.len;
}

static int affix_child(edoi_node *node, edo_arena *arena, const edoi_segment *s,
                       const edoi_pattern *p, edoi_node **out, const edoi_pattern **other) {
    edoi_affix **at = &node->affixes;
    for (edoi_affix *a = node->affixes; a; a = a->next) {
        *out = a->node;
        if (edo_str_equal(a->prefix, s->prefix) && edo_str_equal(a->suffix, s->suffix)) return 0;
        *other = a->node->first;
        if (are_in_doubt(a, s)) return -EDO_EROUTECONFLICT;
        if (tree_length_of(a->prefix, a->suffix) >= tree_length_of(s->prefix, s->suffix))
            at = &a->next;
    }
    if (node->rest && s->suffix.len > 0) {
        *other = node->rest->pattern;
        return -EDO_EROUTECONFLICT;
    }
    edoi_affix *a = edo_arena_alloc(arena, sizeof *a);
    *out = new_node(arena, p);
    if (!a || !*out) return -ENOMEM;
    *a = (edoi_affix){ .next = *at, .prefix = s->prefix, .suffix = s->suffix, .node = *out };
    *at = a;
    return 0;
}

static int capture_child(edoi_node *node, edo_arena *arena, const edoi_segment *s,
                         const edoi_pattern *p, edoi_node **out, const edoi_pattern **other) {
    if (s->prefix.len + s->suffix.len > 0) return affix_child(node, arena, s, p, out, other);
    if (!node->capture) node->capture = new_node(arena, p);
    *out = node->capture;
    return *out ? 0 : -ENOMEM;
}

/* ---- A route --------------------------------------------------------------------------------- */

/* Have both the same names? A path has one leaf, and so one set of names. */
static bool same_names(const edoi_pattern *a, const edoi_pattern *b) {
    for (uint32_t i = 0; i < a->captures_n; i++)
        if (!edo_str_equal(a->names[i], b->names[i])) return false;
    return true;
}

static int end_at(edoi_route_leaf **leaf, const edoi_pattern *p, edoi_route_leaf ***at,
                  const edoi_pattern **other) {
    *at = leaf;
    if (!*leaf || same_names((*leaf)->pattern, p)) return 0;
    *other = (*leaf)->pattern;
    return -EEXIST;
}

static int end_at_rest(edoi_node *node, const edoi_pattern *p, edoi_route_leaf ***at,
                       const edoi_pattern **other) {
    for (const edoi_affix *a = node->affixes; a; a = a->next) {
        if (a->suffix.len == 0) continue;
        *other = a->node->first;
        return -EDO_EROUTECONFLICT;
    }
    return end_at(&node->rest, p, at, other);
}

int edoi_tree_place(edoi_node *root, edo_arena *arena, const edoi_pattern *pattern,
                    edoi_route_leaf ***at, const edoi_pattern **other) {
    edoi_node *node = root;
    for (uint32_t i = 0; i < pattern->n; i++) {
        const edoi_segment *s = &pattern->segments[i];
        if (s->kind == EDOI_SEGMENT_REST) return end_at_rest(node, pattern, at, other);
        int err = s->kind == EDOI_SEGMENT_STATIC
                      ? static_child(node, arena, s, pattern, &node)
                      : capture_child(node, arena, s, pattern, &node, other);
        if (err < 0) return err;
    }
    return end_at(&node->leaf, pattern, at, other);
}

/* ---- Compression ----------------------------------------------------------------------------- */

/* Returns the only way on from `node`, if that is a text behind which no path ends; else NULL. */
static const edoi_static_child *only_way(const edoi_node *node) {
    if (node->statics_n != 1 || node->affixes || node->capture || node->rest) return NULL;
    const edoi_static_child *c = node->statics;
    while (!c->node) c++;
    return c->node->leaf ? NULL : c;
}

/* Makes `node` what lies behind its only way. */
static int tree_skip(edoi_node *node, edo_arena *arena, const edoi_static_child *way) {
    size_t n = node->skip.len + way->key.n + 1;
    char *text = edo_arena_text(arena, n);
    if (!text) return -ENOMEM;
    if (node->skip.len > 0) memcpy(text, node->skip.ptr, node->skip.len);
    memcpy(text + node->skip.len, way->text, way->key.n);
    text[n - 1] = '/';
    edoi_route_leaf *leaf = node->leaf;
    *node = *way->node;
    node->leaf = leaf;
    node->skip = (edo_str){ text, n };
    node->skip_word = edoi_word_at(text, n < 8 ? n : 8);
    return 0;
}

static int compress_children(edoi_node *node, edo_arena *arena) {
    int err = node->capture ? edoi_tree_compress(node->capture, arena) : 0;
    for (edoi_affix *a = node->affixes; a && err == 0; a = a->next)
        err = edoi_tree_compress(a->node, arena);
    for (uint32_t i = 0; node->statics && i <= node->mask && err == 0; i++)
        if (node->statics[i].node) err = edoi_tree_compress(node->statics[i].node, arena);
    return err;
}

int edoi_tree_compress(edoi_node *root, edo_arena *arena) {
    const edoi_static_child *way;
    while ((way = only_way(root))) {
        int err = tree_skip(root, arena, way);
        if (err < 0) return err;
    }
    bool has_other = root->affixes || root->rest;
    root->forks = root->statics_n > 0 && (has_other || root->capture);
    root->only_capture = root->capture && !has_other;
    return compress_children(root, arena);
}

/* ---- Checking -------------------------------------------------------------------------------- */

static void check_statics(const edoi_node *node) {
    uint32_t n = 0;
    for (uint32_t i = 0; node->statics && i <= node->mask; i++) {
        const edoi_static_child *c = &node->statics[i];
        if (!c->node) continue;
        EDO_INV("tree inv. 1", edoi_static_find(node, &c->key, c->text) == c->node);
        edoi_tree_check(c->node);
        n++;
    }
    EDO_INV("tree inv. 1", n == node->statics_n && (n == 0 || 2 * n <= node->mask + 1));
}

void edoi_tree_check(const edoi_node *root) {
    bool has_other = root->affixes || root->rest;
    EDO_INV("tree inv. 3", !only_way(root));
    EDO_INV("tree inv. 3", root->forks == (root->statics_n > 0 && (has_other || root->capture)));
    EDO_INV("tree inv. 3", root->only_capture == (root->capture && !has_other));
    check_statics(root);
    for (const edoi_affix *a = root->affixes; a; a = a->next) {
        const edoi_affix *next = a->next;
        size_t n = tree_length_of(a->prefix, a->suffix);
        EDO_INV("tree inv. 2", !next || n >= tree_length_of(next->prefix, next->suffix));
        edoi_tree_check(a->node);
    }
    if (root->capture) edoi_tree_check(root->capture);
}
