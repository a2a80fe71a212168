/* SPDX-License-Identifier: MIT */
/* web/layers/watch/trace.c: edo_trace_layer_with(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/layers/relay.h"

#include <edo/web_layers.h>
#include <edo/web_log.h>

#define EDO_TARGET "web.trace"
#include <edo/log.h>
#include <edo/task.h>

#include <errno.h>

typedef struct trace_service {
    edo_service base;
    edo_trace_layer_opts opts;
} trace_service;

typedef struct trace_hook {
    edo_response_hook base;
    const edo_trace_layer_opts *opts;
    edo_request *req;
    edo_instant begun_at;
} trace_hook;

/* With `on_chunk`: the stream below the body. */
typedef struct trace_chunks {
    edoi_relay relay; /* first */
    const trace_hook *hook;
    const edo_response *res;
} trace_chunks;

#define STR(key, s) EDO_KV_STR(key, (s).ptr, (s).len)

/* The request that a line is about. */
#define ABOUT(req)                                                                                 \
    STR("id", edo_request_id(req)), STR("method", (req)->method_name),                             \
        STR("target", (req)->target), STR("route", (req)->route)

static double ms_of(edo_duration d) {
    return (double)d.ns / 1e6;
}

static edo_duration since(const trace_hook *h) {
    return edo_instant_since(edo_now(), h->begun_at);
}

/* ---- The log --------------------------------------------------------------------------------- */

static void log_fields(const edo_headers *h, const char *what) {
    edo_buf text = { 0 };
    if (edo_headers_print(h, &text) == 0)
        edo_debug_kv(what, EDO_KV_STR("fields", text.ptr, text.len));
    edo_buf_deinit(&text);
}

static void log_request(const edo_trace_layer_opts *o, const edo_request *req) {
    edo_debug_kv("request", ABOUT(req));
    if (o->fields && edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET))
        log_fields(&req->headers, "fields of the request");
}

/* Here and below the clock is read where a line is written, and else not. */
static void log_response(const trace_hook *h, const edo_response *res) {
    edo_debug_kv("response", ABOUT(h->req), EDO_KV("status", res->status),
                 EDO_KV("latency_ms", ms_of(since(h))));
    if (h->opts->fields && edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET))
        log_fields(&res->headers, "fields of the response");
}

static void log_end(const trace_hook *h, const edo_response *res, const edo_response_end *end) {
    edo_debug_kv("response sent", ABOUT(h->req), EDO_KV("status", res->status),
                 EDO_KV("bytes", end->body_bytes), EDO_KV("took_ms", ms_of(since(h))));
}

/* Logs a failure. It is none if the client has left before it had the response. */
static void trace_layer_log_failure(edo_request *req, const edo_response *res,
                                    const edo_response_end *end, edo_duration took) {
    const char *error = end->err < 0 ? edo_error_name(end->err) : "";
    if (end->err < 0 && edo_request_is_lost(req))
        edo_debug_kv("the client has gone", ABOUT(req), EDO_KV("status", res->status),
                     EDO_KV("error", error), EDO_KV("took_ms", ms_of(took)));
    else
        edo_error_kv("request failed", ABOUT(req), EDO_KV("status", res->status),
                     EDO_KV("error", error), EDO_KV("took_ms", ms_of(took)));
}

/* ---- The layer ------------------------------------------------------------------------------- */

static void trace_wrote(edoi_relay *relay, size_t bytes) {
    const trace_chunks *c = (const trace_chunks *)(const void *)relay;
    const edo_trace_layer_opts *o = c->hook->opts;
    edo_no_await_begin();
    o->on_chunk(o->arg, c->hook->req, c->res, bytes);
    edo_no_await_end();
}

/* Tells of each piece that is written from now on. */
static int trace_watch_body(trace_hook *h, const edo_response *res) {
    trace_chunks *c = edo_arena_alloc(h->req->arena, sizeof *c);
    if (!c) return -ENOMEM;
    edoi_relay_init(&c->relay, &h->base.below);
    c->relay.wrote = trace_wrote;
    c->hook = h;
    c->res = res;
    h->base.over = &c->relay.stream;
    return 0;
}

static int trace_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    trace_hook *h = (trace_hook *)(void *)hook;
    if (h->opts->on_chunk && !head->is_bodiless) {
        int err = trace_watch_body(h, res);
        if (err < 0) return err;
    }
    edo_no_await_begin();
    if (h->opts->on_response)
        h->opts->on_response(h->opts->arg, h->req, res, since(h));
    else
        log_response(h, res);
    edo_no_await_end();
    return 0;
}

static bool is_failure(const trace_hook *h, edo_response *res, const edo_response_end *end) {
    if (end->err < 0) return true;
    if (h->opts->is_failure) return h->opts->is_failure(h->opts->arg, h->req, res);
    return res->status >= EDO_STATUS_INTERNAL_SERVER_ERROR;
}

static void trace_tell_end(const trace_hook *h, edo_response *res, const edo_response_end *end) {
    const edo_trace_layer_opts *o = h->opts;
    if (is_failure(h, res, end)) {
        if (o->on_failure)
            o->on_failure(o->arg, h->req, res, end, since(h));
        else
            trace_layer_log_failure(h->req, res, end, since(h));
    } else if (o->on_end) {
        o->on_end(o->arg, h->req, res, end, since(h));
    } else {
        log_end(h, res, end);
    }
}

static void trace_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    edo_no_await_begin();
    trace_tell_end((const trace_hook *)(const void *)hook, res, end);
    edo_no_await_end();
}

static const edo_response_hook_ops trace_hook_ops = { .head = trace_head, .done = trace_done };

static int trace_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const trace_service *self = (const trace_service *)(const void *)base;
    edo_request *req = edo_web_request(request);
    trace_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (trace_hook){
        .base = { .ops = &trace_hook_ops }, .opts = &self->opts, .req = req, .begun_at = edo_now()
    };
    edo_response_add_hook(edo_web_response(request), &h->base);
    edo_no_await_begin();
    if (self->opts.on_request)
        self->opts.on_request(self->opts.arg, req);
    else
        log_request(&self->opts, req);
    edo_no_await_end();
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops trace_ops = { .name = "edo_trace", .call = trace_call };

static int trace_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_trace_layer_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_trace_layer_with(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(trace_service), &trace_ops, inner);
    if (err == 0) ((trace_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_trace_layer(void) {
    return edo_trace_layer_with(NULL);
}

edo_layer edo_trace_layer_with(const edo_trace_layer_opts *opts) {
    return edoi_web_layer(trace_wrap, opts, opts ? sizeof *opts : 0);
}
