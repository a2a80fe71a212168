/* SPDX-License-Identifier: MIT */
/* web/layers/watch/span.h: the span of a request, by OpenTelemetry's names. */
#ifndef EDOI_WEB_LAYERS_WATCH_SPAN_H
#define EDOI_WEB_LAYERS_WATCH_SPAN_H

#include <edo/span.h>
#include <edo/web.h>

/* Makes it, within `from`, which may be NULL; NULL: there is none. */
EDO_MUST_USE edo_span *edoi_request_span(edo_request *req, edo_span *from);

/* Tells a span, which may be NULL, what the handler has come to, that has returned `code`. */
void edoi_request_span_tell(edo_span *s, edo_web *w, int code);

#endif
