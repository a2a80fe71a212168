/* SPDX-License-Identifier: MIT */
/* web/layers/watch/traceparent.c: edo_traceparent_layer(), by the W3C's Trace Context. */
#include "log/span/traceparent.h"
#include "base/opts.h"
#include "http/headers/baggage.h"
#include "http/headers/ids.h"
#include "http/headers/map.h"
#include "http/headers/tracestate.h"
#include "runtime/spawn/span.h"
#include "web/layers/layer.h"
#include "web/layers/watch/span.h"

#include <edo/web_layers.h>

typedef struct parent_service {
    edo_service base;
    edo_traceparent_opts opts;
} parent_service;

/* The step of this request, in the trace of the one that has come, or in a new one: of those a
 * share is sampled where there are spans. */
static edoi_span_id make_step(const edoi_span_id *came, bool is_sampled) {
    edoi_span_id step;
    edoi_span_id_fill(&step);
    if (came) memcpy(step.trace, came->trace, sizeof step.trace);
    if (!came && EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO))
        is_sampled = is_sampled && edoi_span_trace_is_sampled(step.trace);
    step.is_sampled = came ? came->is_sampled : is_sampled;
    return step;
}

/* Has the request a step of a trace that is to be gone on with? */
static bool traceparent_came(const edo_traceparent_opts *o, const edo_headers *h,
                             edoi_span_id *came) {
    const edo_header *first = edo_headers_next(h, NULL, EDO_HEADER_TRACEPARENT);
    bool is_one = first && !edo_headers_next(h, first, EDO_HEADER_TRACEPARENT);
    return is_one && !o->untrusted && edoi_traceparent_parse(came, first->value);
}

static int set_step(edo_headers *h, const edoi_span_id *step) {
    char *text;
    int err = edoi_headers_set_room(h, EDO_HEADER_TRACEPARENT, &text, EDO_TRACEPARENT_BYTES - 1);
    if (err == 0) edoi_traceparent_print(text, step);
    return err;
}

/* Gives the request its step. */
static int traceparent_step(edo_headers *h, const edoi_span_id *came, const edoi_span_id *step) {
    int err = 0;
    if (edoi_headers_has(h, EDO_HEADER_TRACESTATE) && !came)
        (void)edo_headers_remove(h, EDO_HEADER_TRACESTATE);
    else if (came)
        err = edoi_tracestate_clean(h);
    if (err < 0) return err;
    return set_step(h, step);
}

/* For the calls that the handler makes. */
static int bind_step(edo_context_block *b, const edo_headers *h) {
    const edoi_ids ids = { .parent = edo_headers_get(h, EDO_HEADER_TRACEPARENT),
                           .state = edo_headers_get(h, EDO_HEADER_TRACESTATE) };
    return edoi_ids_begin(b, &ids);
}

/* The span of the request, whose step it is; NULL: there is none. */
static edo_span *make_span(edo_request *req, const edoi_span_id *came, bool is_sampled) {
    if (!EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO)) return NULL;
    edo_span *from = came ? edoi_span_of(came) : NULL;
    edo_span *s = edoi_request_span(req, from);
    edo_span_unref(from);
    if (s && !came && !is_sampled) s->self.is_sampled = false; // no other thread knows it yet
    return s;
}

/* Calls on, with the baggage of the request bound, if it has any. */
static int call_with_baggage(edo_service *base, edo_permit *permit, void *request, void *response) {
    edo_context_block bound;
    if (!edoi_headers_has(&edo_web_request(request)->headers, EDO_HEADER_BAGGAGE))
        return edo_service_call(base->inner, permit, request, response);
    int err = edoi_baggage_begin_fields(&bound, &edo_web_request(request)->headers);
    if (err < 0) return err;
    const bool is_bound = err > 0;
    err = edo_service_call(base->inner, permit, request, response);
    return is_bound ? edo_context_end(&bound, err) : err;
}

/* Calls on. `within` stands for the span that the request has not: those that are made in it, of
 * targets that are wanted, are in its trace. */
static int traceparent_call_within(edo_service *base, edo_permit *permit, void *request,
                                   void *response, const edoi_span_id *within) {
    edo_context_block bound;
    edo_span *far = EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO) ? edoi_span_of(within) : NULL;
    edoi_span_enter(&bound, far);
    int err = call_with_baggage(base, permit, request, response);
    if (far) err = edo_context_end(&bound, err);
    edo_span_unref(far);
    return err;
}

/* Calls on, with the step bound for the calls that the handler makes. They find that of a span by
 * themselves, so for one a state of the trace alone is worth a block. */
static int call_on(edo_service *base, edo_permit *permit, void *request, void *response,
                   const edo_span *span, const edoi_span_id *within) {
    edo_context_block bound;
    const edo_headers *h = &edo_web_request(request)->headers;
    if (span && !edoi_headers_has(h, EDO_HEADER_TRACESTATE))
        return call_with_baggage(base, permit, request, response);
    int err = bind_step(&bound, h);
    if (err < 0) return err;
    err = span ? call_with_baggage(base, permit, request, response)
               : traceparent_call_within(base, permit, request, response, within);
    return edo_context_end(&bound, err);
}

static int parent_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const edo_traceparent_opts *o = &((const parent_service *)(const void *)base)->opts;
    edo_request *req = edo_web_request(request);
    edoi_span_id came;
    if (o->untrusted) (void)edo_headers_remove(&req->headers, EDO_HEADER_BAGGAGE);
    const edoi_span_id *from = traceparent_came(o, &req->headers, &came) ? &came : NULL;
    edo_span_block span;
    edo_span_begin(&span, make_span(req, from, !o->unsampled));
    const edoi_span_id step = span.span ? span.span->self : make_step(from, !o->unsampled);
    int err = traceparent_step(&req->headers, from, &step);
    if (err == 0) err = call_on(base, permit, request, response, span.span, from ? from : &step);
    edoi_request_span_tell(span.span, request, err);
    return edo_span_end(&span, err);
}

static const edo_service_ops parent_ops = { .name = "edo_traceparent", .call = parent_call };

static int parent_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_traceparent_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_traceparent_layer(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(parent_service), &parent_ops, inner);
    if (err == 0) ((parent_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_traceparent_layer(const edo_traceparent_opts *opts) {
    return edoi_web_layer(parent_wrap, opts, opts ? sizeof *opts : 0);
}
