/* SPDX-License-Identifier: MIT */
/* grpc/transcode/template.h: paths of google.api.http:
 *
 *     /v1/shelves/{shelf}/books/{book.id=*}:lend      /v1/files/{path=**}
 *
 * A variable stands for one segment, or for those behind its '='; '*' for one that is not empty,
 * '**', at the end, for all that are left. What is behind the last ':' is the verb. */
#ifndef EDOI_GRPC_TRANSCODE_TEMPLATE_H
#define EDOI_GRPC_TRANSCODE_TEMPLATE_H

#include <edo/bytes.h>

#define EDOI_TEMPLATE_SEGMENTS_MAX  32u
#define EDOI_TEMPLATE_VARIABLES_MAX 8u

typedef enum edoi_template_kind {
    EDOI_TEMPLATE_TEXT,
    EDOI_TEMPLATE_ONE,  /* '*' */
    EDOI_TEMPLATE_REST, /* '**'; the last segment */
} edoi_template_kind;

typedef struct edoi_template_segment {
    edoi_template_kind kind;
    edo_str text; /* of a TEXT */
} edoi_template_segment;

typedef struct edoi_template_variable {
    edo_str field;     /* "book.id" */
    uint32_t first, n; /* its segments; n is not 0 */
    bool is_long;      /* it may have slashes */
} edoi_template_variable;

typedef struct edoi_template {
    edoi_template_segment segments[EDOI_TEMPLATE_SEGMENTS_MAX];
    edoi_template_variable variables[EDOI_TEMPLATE_VARIABLES_MAX];
    uint32_t n, variables_n;
    edo_str verb; /* empty: none */
} edoi_template;

/* Parses a template, which stays where it is. Returns 0, or -EINVAL with the reason, a static text,
 * in `*why`. */
EDO_MUST_USE int edoi_template_parse(edoi_template *out, edo_str text, const char **why);

/* Appends the path of a route of edo/web.h for it: "/v1/shelves/{v0}/books/{v1}:lend". Of '**' with
 * a verb the route has the '**' only. Returns 0 or -ENOMEM. */
EDO_MUST_USE int edoi_template_route(const edoi_template *t, edo_buf *out);

/* Matches a path as it was sent, and finds what the variables stand for, still encoded. */
bool edoi_template_match(const edoi_template *t, edo_str path,
                         edo_str values[EDOI_TEMPLATE_VARIABLES_MAX]);

/* Appends what the value of a variable stands for. A slash in percent encoding stays so where
 * slashes part segments. Returns 0; -EINVAL: a '%' without two digits; -ENOMEM. */
EDO_MUST_USE int edoi_template_decode(edo_buf *out, edo_str value, bool is_long);

#endif
