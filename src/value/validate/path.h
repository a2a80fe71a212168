/* SPDX-License-Identifier: MIT */
/* value/validate/path.h: where in a value a walk is: servers[2].port. What does not fit is left
 * out. */
#ifndef EDOI_VALUE_VALIDATE_PATH_H
#define EDOI_VALUE_VALIDATE_PATH_H

#include <edo/value.h>

#include <stdio.h>

typedef struct edoi_path {
    char text[160];
    size_t n; /* of the text, at most its room */
} edoi_path;

/* Add to the path; the caller keeps `n` and sets it back with edoi_path_cut(). */
EDOI_INLINE void edoi_path_name(edoi_path *p, edo_str name) {
    int n = snprintf(p->text + p->n, sizeof p->text - p->n, "%s%.*s", p->n ? "." : "",
                     (int)name.len, name.ptr);
    p->n += (size_t)n < sizeof p->text - p->n ? (size_t)n : sizeof p->text - p->n - 1;
}
EDOI_INLINE void edoi_path_index(edoi_path *p, size_t i) {
    int n = snprintf(p->text + p->n, sizeof p->text - p->n, "[%zu]", i);
    p->n += (size_t)n < sizeof p->text - p->n ? (size_t)n : sizeof p->text - p->n - 1;
}
EDOI_INLINE void edoi_path_cut(edoi_path *p, size_t n) {
    p->n = n;
    p->text[n] = 0;
}

#endif
