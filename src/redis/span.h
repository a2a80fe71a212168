/* SPDX-License-Identifier: MIT */
/* redis/span.h: commands as spans. One has the name of its command, and nothing of keys and
 * values. */
#ifndef EDOI_REDIS_SPAN_H
#define EDOI_REDIS_SPAN_H

#include "redis/link/link.h"

#include <edo/span.h>

/* Makes the span of a command over `r`; NULL: there are none, or there is no memory. */
EDO_MUST_USE edo_span *edoi_redis_span_make(const edo_redis *r, const char *name);

/* Makes and opens one span for `n` commands that are sent together, with that name. Called by the
 * next function. */
EDOI_NOINLINE void edoi_redis_span_open(edo_span_block *b, const edo_redis *r, const char *name,
                                        uint32_t n);

/* Makes and opens a span, until edoi_redis_span_end(). If it is off this costs a load and a branch.
 */
EDOI_INLINE void edoi_redis_span_begin(edo_span_block *b, const edo_redis *r, const char *name,
                                       uint32_t n) {
    b->span = NULL;
    if (EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) edoi_redis_span_open(b, r, name, n);
}

/* Adds to a span what has failed: `err`, or, if that is 0, the first error among the replies.
 * Returns what the span ends with: -EDO_EREDIS if the only reply is an error. */
int edoi_redis_span_told(edo_span *s, int err, edo_redis_reply *const *replies, uint32_t n);

/* Ends it. Behind the next. */
EDOI_NOINLINE void edoi_redis_span_close(edo_span_block *b, int err,
                                         edo_redis_reply *const *replies, uint32_t n);

/* Ends it with `err`, or, if that is 0, with what its `n` replies are. */
EDOI_INLINE void edoi_redis_span_end(edo_span_block *b, int err, edo_redis_reply *const *replies,
                                     uint32_t n) {
    if (EDOI_UNLIKELY(b->span)) edoi_redis_span_close(b, err, replies, n);
}

#endif
