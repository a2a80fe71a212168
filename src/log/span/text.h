/* SPDX-License-Identifier: MIT */
/* log/span/text.h: spans in a line. What does not fit is left out: first the fields of
 * the outer spans, then the fields of the inner ones, and at last the spans. */
#ifndef EDOI_LOG_SPAN_TEXT_H
#define EDOI_LOG_SPAN_TEXT_H

#include "log/out/pieces.h"
#include "log/span/span.h"

/* The spans from the outermost to `s`, with their fields; `s` may be NULL. */
void edoi_line_put_spans(edoi_log_line *line, const edo_span *s, edo_log_format format);

/* Is the field for lines, too? Fields that begin with "otel." are for exporters only. */
bool edoi_span_field_is_shown(const edo_kv *kv);

/* The end of a span, as a member of the object that is written. */
void edoi_line_put_ended(edoi_log_line *line, const edo_span *s);

#endif
