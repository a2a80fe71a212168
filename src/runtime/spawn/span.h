/* SPDX-License-Identifier: MIT */
/* runtime/spawn/span.h: the spans that a task is in, for those who look at it; and spans that go on
 * when a call returns, as that of rows which are read later. */
#ifndef EDOI_RUNTIME_SPAWN_SPAN_H
#define EDOI_RUNTIME_SPAWN_SPAN_H

#include "base/error/text.h"

#include <edo/span.h>

/* Adds ", in serve:place"; of a chain without a span nothing. `chain` does not change meanwhile. */
void edoi_span_tell(edoi_text *out, const edo_context_block *chain);

/* Makes `s` the span of here, until edoi_context_leave() of `b`, which does not end the span.
 * Borrows `b` until then; NULL: nothing is bound. */
EDO_API void edoi_span_enter(edo_context_block *b, edo_span *s);

/* Ends a span that is no block's with a result, and gives the reference back. NULL is allowed. */
EDO_API void edoi_span_end_taken(edo_span *s, int result);

/* The span for what is done on a handle whose own span is `of` (NULL: it has none): that, unless
 * the task is in a deeper one, or in one that has nothing to do with it; then the one of here. */
EDO_API edo_span *edoi_span_or_here(edo_span *of);

#endif
