/* SPDX-License-Identifier: MIT */
/* log/span/traceparent.h: a step in a trace as text, by the W3C's Trace Context, version 00:
 *
 *     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *        trace                            step             flags */
#ifndef EDOI_LOG_SPAN_TRACEPARENT_H
#define EDOI_LOG_SPAN_TRACEPARENT_H

#include "log/span/span.h"

/* Parses a traceparent. A later version may have more text at its end. False: it is invalid. Of the
 * flags only "sampled" is known. */
EDO_MUST_USE EDO_API bool edoi_traceparent_parse(edoi_span_id *out, edo_str text);

EDO_API void edoi_traceparent_print(char text[EDO_TRACEPARENT_BYTES], const edoi_span_id *id);

#endif
