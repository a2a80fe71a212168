/* SPDX-License-Identifier: MIT */
/* web/layers/watch/traceparent.c: edo_traceparent_layer(), by the W3C's Trace Context, version 00:
 *
 *     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *        trace                            parent           flags */
#include "base/opts.h"
#include "http/headers/ids.h"
#include "web/layers/layer.h"

#include <edo/web_layers.h>

#include <errno.h>
#include <sys/random.h>

#define PARENT_BYTES 55u
#define TRACE_AT     3u
#define TRACE_N      32u
#define SPAN_AT      36u
#define SPAN_N       16u
#define FLAGS_AT     53u

typedef struct parent_service {
    edo_service base;
    edo_traceparent_opts opts;
} parent_service;

static bool traceparent_is_hex(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

static bool traceparent_is_zero(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] != '0') return false;
    return true;
}

/* Is it a parent? In a later version more may follow, behind another dash. */
static bool traceparent_is_parent(edo_str s) {
    if (s.len < PARENT_BYTES || !traceparent_is_hex(s.ptr, 2) || memcmp(s.ptr, "ff", 2) == 0)
        return false;
    if (s.len > PARENT_BYTES && (traceparent_is_zero(s.ptr, 2) || s.ptr[PARENT_BYTES] != '-'))
        return false;
    return s.ptr[2] == '-' && s.ptr[SPAN_AT - 1] == '-' && s.ptr[FLAGS_AT - 1] == '-' &&
           traceparent_is_hex(s.ptr + TRACE_AT, TRACE_N) &&
           !traceparent_is_zero(s.ptr + TRACE_AT, TRACE_N) &&
           traceparent_is_hex(s.ptr + SPAN_AT, SPAN_N) &&
           !traceparent_is_zero(s.ptr + SPAN_AT, SPAN_N) && traceparent_is_hex(s.ptr + FLAGS_AT, 2);
}

static void traceparent_put_hex(char *to, const unsigned char *bytes, size_t n) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
}

/* Writes the step of this request, in the trace that `came`, or in a new one. */
static int make_step(char text[PARENT_BYTES + 1], edo_str came, bool goes_on, bool is_sampled) {
    unsigned char b[(TRACE_N + SPAN_N) / 2];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) return -errno;
    b[0] |= 1; // no id may be zero
    b[TRACE_N / 2] |= 1;
    memcpy(text, "00-00000000000000000000000000000000-0000000000000000-00", PARENT_BYTES + 1);
    traceparent_put_hex(text + TRACE_AT, b, TRACE_N / 2);
    traceparent_put_hex(text + SPAN_AT, b + TRACE_N / 2, SPAN_N / 2);
    if (goes_on) memcpy(text + TRACE_AT, came.ptr + TRACE_AT, TRACE_N);
    // only the flag "sampled" is known
    bool samples = goes_on ? strchr("13579bdf", came.ptr[FLAGS_AT + 1]) != NULL : is_sampled;
    text[FLAGS_AT + 1] = samples ? '1' : '0';
    return 0;
}

static int traceparent_step(const edo_traceparent_opts *o, edo_headers *h) {
    const edo_header *first = edo_headers_next(h, NULL, EDO_HEADER_TRACEPARENT);
    bool is_one = first && !edo_headers_next(h, first, EDO_HEADER_TRACEPARENT);
    bool goes_on = is_one && !o->untrusted && traceparent_is_parent(first->value);
    char text[PARENT_BYTES + 1];
    int err = make_step(text, goes_on ? first->value : (edo_str){ 0 }, goes_on, !o->unsampled);
    if (err < 0) return err;
    if (!goes_on) (void)edo_headers_remove(h, EDO_HEADER_TRACESTATE);
    return edo_headers_set(h, EDO_HEADER_TRACEPARENT, (edo_str){ text, PARENT_BYTES });
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
