/* SPDX-License-Identifier: MIT */
/* web/router/tree.h: routes as a tree of segments, in which a path is looked up.
 *
 * In a segment a node prefers: a static child; then captures with a prefix or suffix, the longest
 * first; then the capture of a whole segment; then the rest of the path. If what is preferred leads
 * nowhere, the next one is tried. Each node of the tree is at one depth and has one parent, so a
 * look-up visits each at most once, however the path is chosen. */
#ifndef EDOI_WEB_ROUTER_TREE_H
#define EDOI_WEB_ROUTER_TREE_H

#include "web/router/pattern.h"

/* What a path leads to; a member of what the router keeps of it. */
typedef struct edoi_route_leaf {
    const edoi_pattern *pattern; /* of the first route that leads here */
} edoi_route_leaf;

typedef struct edoi_node edoi_node;

/* A number that tells a text from nearly all others. */
typedef struct edoi_segment_key {
    uint64_t first, last; /* eight bytes; up to eight in all they are `last`, and `first` is 0 */
    size_t n;
} edoi_segment_key;

/* A child by its text. */
typedef struct edoi_static_child {
    edoi_segment_key key;
    const char *text;
    edoi_node *node; /* NULL: a free place */
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
    edoi_route_leaf *leaf; /* a path may end here */
    edoi_route_leaf *rest;
    bool forks;                /* static children, and another way beside them: one may have to be
                     tried after the other; see edoi_tree_compress() */
    bool only_capture;         /* a capture is the only way that is not static */
    edo_str skip;              /* what follows here in any case, with its slash: "api/v1/"; see
                     edoi_tree_compress() */
    uint64_t skip_word;        /* up to eight bytes of it, the first one lowest */
    const edoi_pattern *first; /* a route below, for errors */
};

/* Finds the place of `pattern`: `**at` is the leaf there, or NULL, then to be set.
 * Errors: -EEXIST  the route in `*other` is the same, with other names of its captures
 *         -EDO_EROUTECONFLICT  neither it nor the route in `*other` is the more exact one
 *         -ENOMEM */
int edoi_tree_place(edoi_node *root, edo_arena *arena, const edoi_pattern *pattern,
                    edoi_route_leaf ***at, const edoi_pattern **other);

/* Joins segments between which no path can end or turn off, and marks where paths fork. After the
 * last edoi_tree_place(). */
int edoi_tree_compress(edoi_node *root, edo_arena *arena);

/* What a look-up found. */
typedef struct edoi_match {
    const edoi_route_leaf *leaf;
    uint32_t n;
    edo_str values[EDOI_CAPTURES_MAX]; /* views into the path, as they came */
} edoi_match;

/* Looks a path up, as a request has it: it begins with '/'. */
bool edoi_tree_find(const edoi_node *root, edo_str path, edoi_match *out);

#endif
