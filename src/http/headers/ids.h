/* SPDX-License-Identifier: MIT */
/* http/headers/ids.h: what a call is known by to those that it asks: the id of the request that a
 * server has got, and that request's step in a trace. Layers bind them to the handler's call
 * (edo/context.h), and calls of clients that are made in it pass them on. */
#ifndef EDOI_HTTP_HEADERS_IDS_H
#define EDOI_HTTP_HEADERS_IDS_H

#include <edo/headers.h>
#include <edo/span.h>

/* No bytes: it has none. */
typedef struct edoi_ids {
    edo_str request;       /* x-request-id */
    edo_str parent, state; /* traceparent and its tracestate */
} edoi_ids;

/* Binds ids until edo_context_end(); one that has no bytes is as it is bound outside, and the state
 * goes with the parent. Copies them. Errors: -ENOMEM: `b` was not begun. */
EDO_MUST_USE EDO_API int edoi_ids_begin(edo_context_block *b, const edoi_ids *ids);

/* Those that are bound here; they live as long as their block. */
EDO_API edoi_ids edoi_ids_here(void);

/* Adds the fields to `h`, unless it has fields of these names. */
EDO_MUST_USE EDO_API int edoi_ids_pass_on(edo_headers *h, const edoi_ids *ids);

/* As edoi_ids_pass_on(), of those that are bound here; the step is the span of here, if there is
 * one (edo/span.h). */
EDO_MUST_USE EDO_API int edoi_ids_pass_here(edo_headers *h);

/* Makes the span `s` the step of `h`, in place of the one that is there, whose state goes unless it
 * is of the same trace; NULL: changes nothing. */
EDO_MUST_USE EDO_API int edoi_ids_set_step(edo_headers *h, const edo_span *s);

#endif
