/* SPDX-License-Identifier: MIT */
/* web/router/pattern.h: the path of a route, taken apart.
 *
 *     /users/{id}/photos/img-{n}.png      /files/{*rest}      /a{{b}}c  (braces that are meant) */
#ifndef EDOI_WEB_ROUTER_PATTERN_H
#define EDOI_WEB_ROUTER_PATTERN_H

#include <edo/arena.h>
#include <edo/bytes.h>

#define EDOI_CAPTURES_MAX 16u
#define EDOI_SEGMENTS_MAX 64u

typedef enum edoi_segment_kind {
    EDOI_SEGMENT_STATIC,
    EDOI_SEGMENT_CAPTURE, /* one segment, or what is in it between `prefix` and `suffix` */
    EDOI_SEGMENT_REST     /* all that follows; the last one */
} edoi_segment_kind;

typedef struct edoi_segment {
    edoi_segment_kind kind;
    edo_str text;           /* STATIC: as a request has it */
    edo_str name;           /* otherwise */
    edo_str prefix, suffix; /* CAPTURE; may be empty */
} edoi_segment;

typedef struct edoi_pattern {
    edo_str text; /* as it was given */
    edoi_segment *segments;
    edo_str *names; /* of the captures */
    uint32_t n;
    uint32_t captures_n;
} edoi_pattern;

/* Takes a path apart. Texts are copied into `arena`.
 * Errors: -EINVAL  with the reason, a static text, in `*why`;  -ENOMEM */
int edoi_pattern_parse(edoi_pattern *out, edo_arena *arena, edo_str path, const char **why);

#endif
