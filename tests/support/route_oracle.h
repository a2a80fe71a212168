/* SPDX-License-Identifier: MIT */
/* support/route_oracle.h: the route of a path, by a search through all routes. */
#ifndef EDO_TESTS_ROUTE_ORACLE_H
#define EDO_TESTS_ROUTE_ORACLE_H

#include "web/router/router.h"

#include <string.h>

/* How well a segment of a route matches one of a path: less is better; 0: it does not. */
static inline unsigned rank_of(const edoi_segment *s, edo_str text) {
    if (s->kind == EDOI_SEGMENT_STATIC) return edo_str_equal(s->text, text) ? 1 : 0;
    size_t affixes = s->prefix.len + s->suffix.len;
    if (text.len <= affixes || memcmp(text.ptr, s->prefix.ptr, s->prefix.len) != 0 ||
        memcmp(text.ptr + text.len - s->suffix.len, s->suffix.ptr, s->suffix.len) != 0)
        return 0;
    return 100000 - (unsigned)affixes;
}

/* The ranks of a route's segments for a path, or false. */
static inline bool rank_route(const edoi_pattern *p, edo_str path,
                              unsigned ranks[EDOI_SEGMENTS_MAX]) {
    const char *at = path.ptr, *end = path.ptr + path.len;
    for (uint32_t i = 0; i < p->n; i++) {
        if (at == end || *at != '/') return false;
        at++;
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        if (p->segments[i].kind == EDOI_SEGMENT_REST) {
            ranks[i] = 1000000;
            return at < end;
        }
        ranks[i] = rank_of(&p->segments[i], (edo_str){ at, (size_t)(stop - at) });
        if (ranks[i] == 0) return false;
        at = stop;
    }
    return at == end;
}

/* The route whose segments, from the left, match best; NULL: none matches. */
static inline const edoi_pattern *best_route(const edo_router *r, edo_str path) {
    const edoi_pattern *best = NULL;
    unsigned least[EDOI_SEGMENTS_MAX] = { 0 }, ranks[EDOI_SEGMENTS_MAX];
    for (const edoi_route *route = r->first; route; route = route->next) {
        memset(ranks, 0, sizeof ranks);
        if (!rank_route(&route->pattern, path, ranks)) continue;
        int order = 0;
        for (size_t i = 0; i < EDOI_SEGMENTS_MAX && order == 0; i++)
            order = (ranks[i] > least[i]) - (ranks[i] < least[i]);
        if (best && order >= 0) continue;
        best = &route->pattern;
        memcpy(least, ranks, sizeof least);
    }
    return best;
}

#endif
