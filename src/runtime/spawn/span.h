/* SPDX-License-Identifier: MIT */
/* runtime/spawn/span.h: the spans that a task is in, for those who look at it. */
#ifndef EDOI_RUNTIME_SPAWN_SPAN_H
#define EDOI_RUNTIME_SPAWN_SPAN_H

#include "base/error/text.h"

#include <edo/span.h>

/* Adds ", in serve:place"; of a chain without a span nothing. `chain` does not change meanwhile. */
void edoi_span_tell(edoi_text *out, const edo_context_block *chain);

/* Opens `s`, which may be NULL, for a part of what is done in it; the block's end is no end of the
 * span. Shares it. */
EDO_API void edoi_span_resume(edo_span_block *b, edo_span *s);
EDO_API void edoi_span_pause(edo_span_block *b);

#endif
