/* SPDX-License-Identifier: MIT */
/* web/sse/sse.h: the events of a request. */
#ifndef EDOI_WEB_SSE_SSE_H
#define EDOI_WEB_SSE_SSE_H

#include <edo/sse.h>

/* Ends the events of a request whose handler has returned `result`, or calls edo_sse_end(), and
 * frees them. Returns as edo_sse_end(). */
int edoi_sse_end(edo_sse_events *s, int result);

#endif
