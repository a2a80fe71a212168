/* SPDX-License-Identifier: MIT */
/* json/refused.h: what is said of a text that is refused; and the options, checked. */
#ifndef EDOI_JSON_REFUSED_H
#define EDOI_JSON_REFUSED_H

#include "json/text/scan.h"

/* Where something is wrong, before the part of the text that `begin` of a scan is at. */
typedef struct edoi_json_gone {
    uint64_t bytes, lines, columns;
} edoi_json_gone;

/* Adds "line 3, column 8: REASON" to the trail and fills `error`, which may be NULL; returns `err`.
 * `gone` may be NULL: nothing. */
EDOI_COLD int edoi_json_refused(const edoi_json_scan *s, const edoi_json_gone *gone,
                                edo_json_error *error, int err);

#define EDOI_JSON_FREE 65536u /* bytes that may be taken for a short text, too */

/* How many bytes may be taken for a text of `n` bytes; SIZE_MAX: any. */
EDOI_INLINE size_t edoi_json_bytes_for(const edo_json_opts *o, size_t n) {
    if (o->times_max == 0 || n > (SIZE_MAX - EDOI_JSON_FREE) / o->times_max) return SIZE_MAX;
    return n * o->times_max + EDOI_JSON_FREE;
}

/* The trail says why. Returns -EMSGSIZE. */
int edoi_json_takes_too_much(void);

/* Checks the options and returns them by value; `given` may be NULL. */
int edoi_json_opts_take(edo_json_opts *out, const edo_json_opts *given);

#endif
