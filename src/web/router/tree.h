/* SPDX-License-Identifier: MIT */
/* web/router/tree.h: routes as a tree of segments, in which a path is looked up.
 *
 * In a segment a node prefers: a static child; then captures with a prefix or suffix, the longest
 * first; then the capture of a whole segment; then the rest of the path. If what is preferred leads
 * nowhere, the next one is tried. Each node of the tree is at one depth and has one parent, so a
 * look-up visits each at most once, however the path is chosen.
 *
 * inv. 1: a table of static children is at most half full, and a search for each text finds it.
 * inv. 2: the captures with a prefix or suffix are in order, the longest first.
 * inv. 3: no node is left that edoi_tree_compress() could join with the next, and each says whether
 *         paths fork there. */
#ifndef EDOI_WEB_ROUTER_TREE_H
#define EDOI_WEB_ROUTER_TREE_H

#include "web/router/pattern.h"

/* What a path leads to; a part of what the router keeps for it. */
typedef struct edoi_route_leaf {
    const edoi_pattern *pattern; /* of the first route that leads here */
} edoi_route_leaf;

typedef struct edoi_node edoi_node;

/* A number that differs for nearly all texts. */
typedef struct edoi_segment_key {
    uint64_t first, last; /* the first and the last eight bytes; of a shorter text `last` has all,
                             and `first` is 0 */
    size_t n;
} edoi_segment_key;

/* A child that is found by its text. */
typedef struct edoi_static_child {
    edoi_segment_key key;
    const char *text;
    edoi_node *node; /* NULL: a free slot */
} edoi_static_child;

typedef struct edoi_affix {
    struct edoi_affix *next;
    edo_str prefix, suffix;
    edoi_node *node;
} edoi_affix;

struct edoi_node {
    edoi_static_child *statics; /* a hash table, at most half full; NULL: none */
    uint32_t mask, statics_n;
    uint8_t shift;       /* 64 less the bits of `mask` */
    edoi_affix *affixes; /* the longest first */
    edoi_node *capture;
    edoi_route_leaf *leaf; /* set if a path may end here */
    edoi_route_leaf *rest;
    bool forks;                /* static children, and another way beside them: one may have to be
                     tried after the other; see edoi_tree_compress() */
    bool only_capture;         /* the only child besides static ones is a capture */
    edo_str skip;              /* what follows here in any case, with its slash: "api/v1/"; see
                     edoi_tree_compress() */
    uint64_t skip_word;        /* up to eight bytes of `skip`, the first one lowest */
    const edoi_pattern *first; /* a route below, for messages */
};

/* Finds the place for `pattern`. `**at` is the leaf there, or NULL, which the caller then sets.
 * Errors: -EEXIST  the route in `*other` is the same, with other names of its captures
 *         -EDO_EROUTECONFLICT  neither it nor the route in `*other` is more exact
 *         -ENOMEM */
int edoi_tree_place(edoi_node *root, edo_arena *arena, const edoi_pattern *pattern,
                    edoi_route_leaf ***at, const edoi_pattern **other);

/* Joins segments between which no path ends or forks, and marks where paths fork. Called after the
 * last edoi_tree_place(). */
int edoi_tree_compress(edoi_node *root, edo_arena *arena);

/* Walks a compressed tree, and asserts its invariants. */
void edoi_tree_check(const edoi_node *root);

/* The result of a look-up. */
typedef struct edoi_match {
    const edoi_route_leaf *leaf;
    uint32_t n;
    edo_str values[EDOI_CAPTURES_MAX]; /* views into the path, as they came */
} edoi_match;

/* Looks up a path as a request has it: it begins with '/'. */
bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out);

#endif
