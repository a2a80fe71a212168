/* SPDX-License-Identifier: MIT */
/* again.h: --retry: which results curl tries again after, and how long it waits. */
#ifndef CURL_AGAIN_H
#define CURL_AGAIN_H

#include "options.h"

/* How one attempt ended. */
typedef struct attempt {
    uint32_t n;                   /* from 1 */
    const edo_http_response *res; /* NULL: there is none */
    int err;                      /* also of the response's body */
    edo_instant begun;            /* the first one */
} attempt;

/* Returns whether another attempt follows, after `*pause`; tells that on standard error, or that a
 * limit forbids the pause, unless -s is given. */
bool again_after(edo_duration *pause, const attempt *a, const options *o);

#endif
