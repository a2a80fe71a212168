/* SPDX-License-Identifier: MIT */
/* web/layers/watch/traceparent.c: edo_traceparent_layer(), by the W3C's Trace Context. */
#include "log/span/traceparent.h"
#include "base/opts.h"
#include "http/headers/ids.h"
#include "web/layers/layer.h"

#include <edo/web_layers.h>

#include <errno.h>
#include <sys/random.h>

typedef struct parent_service {
    edo_service base;
    edo_traceparent_opts opts;
} parent_service;

/* The step of this request, in the trace of the one that has come, or in a new one. */
static int make_step(edoi_span_id *out, const edoi_span_id *came, bool is_sampled) {
    unsigned char b[sizeof out->trace + sizeof out->id];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) return -errno;
    b[0] |= 1; // no id may be zero
    b[sizeof out->trace] |= 1;
    memcpy(out->trace, came ? came->trace : b, sizeof out->trace);
    memcpy(out->id, b + sizeof out->trace, sizeof out->id);
    out->is_sampled = came ? came->is_sampled : is_sampled;
    return 0;
}

static int traceparent_step(const edo_traceparent_opts *o, edo_headers *h) {
    const edo_header *first = edo_headers_next(h, NULL, EDO_HEADER_TRACEPARENT);
    bool is_one = first && !edo_headers_next(h, first, EDO_HEADER_TRACEPARENT);
    edoi_span_id came, step;
    bool goes_on = is_one && !o->untrusted && edoi_traceparent_parse(&came, first->value);
    char text[EDO_TRACEPARENT_BYTES];
    int err = make_step(&step, goes_on ? &came : NULL, !o->unsampled);
    if (err < 0) return err;
    if (!goes_on) (void)edo_headers_remove(h, EDO_HEADER_TRACESTATE);
    edoi_traceparent_print(text, &step);
    return edo_headers_set(h, EDO_HEADER_TRACEPARENT, edo_str_of(text));
}

/* For the calls that the handler makes. */
static int bind_step(edo_context_block *b, const edo_headers *h) {
    const edoi_ids ids = { .parent = edo_headers_get(h, EDO_HEADER_TRACEPARENT),
                           .state = edo_headers_get(h, EDO_HEADER_TRACESTATE) };
    return edoi_ids_begin(b, &ids);
}

static int parent_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    edo_headers *h = &edo_web_request(request)->headers;
    edo_context_block bound;
    int err = traceparent_step(&((const parent_service *)(const void *)base)->opts, h);
    if (err == 0) err = bind_step(&bound, h);
    if (err < 0) return err;
    return edo_context_end(&bound, edo_service_call(base->inner, permit, request, response));
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
