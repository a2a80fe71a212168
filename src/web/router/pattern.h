/* SPDX-License-Identifier: MIT */
/* web/router/pattern.h: parses the paths of routes.
 *
 *     /users/{id}/photos/img-{n}.png      /files/{*rest}      /a{{b}}c  (literal braces) */
#ifndef EDOI_WEB_ROUTER_PATTERN_H
#define EDOI_WEB_ROUTER_PATTERN_H

#include <edo/arena.h>
#include <edo/bytes.h>

#define EDOI_CAPTURES_MAX 16u
#define EDOI_SEGMENTS_MAX 64u

typedef enum edoi_segment_kind {
    EDOI_SEGMENT_STATIC,
    EDOI_SEGMENT_CAPTURE, /* a segment, or the part of it between `prefix` and `suffix` */
    EDOI_SEGMENT_REST     /* the rest of the path; the last segment */
} edoi_segment_kind;

typedef struct edoi_segment {
    edoi_segment_kind kind;
    edo_str text;           /* STATIC: as requests have it */
    edo_str name;           /* of captures */
    edo_str prefix, suffix; /* CAPTURE; may be empty */
} edoi_segment;

typedef struct edoi_pattern {
    edo_str text; /* as it was given */
    edoi_segment *segments;
    edo_str *names; /* of all captures */
    uint32_t n;
    uint32_t captures_n;
} edoi_pattern;

/* Parses a path. Texts are copied into `arena`.
 * Errors: -EINVAL  with the reason, a static text, in `*why`;  -ENOMEM */
int edoi_pattern_parse(edoi_pattern *out, edo_arena *arena, edo_str path, const char **why);

#endif
