/* SPDX-License-Identifier: MIT */
/* web/layers/response.c: layers that change responses: edo_set_status_layer(),
 * edo_map_body_layer(), edo_server_timing_layer(). */
#include "web/layers/layer.h"

#include <edo/web_layers.h>

#include <errno.h>
#include <stdio.h>

/* ---- Status ---------------------------------------------------------------------------------- */

typedef struct status_service {
    edo_service base;
    edo_status status;
} status_service;

static int status_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    (void)head;
    int class = edo_status_class(res->status);
    if (class == EDO_STATUS_CLASS_SUCCESS || class == EDO_STATUS_CLASS_REDIRECT)
        res->status =
            ((const status_service *)(const void *)edoi_layer_hook_of(hook)->self)->status;
    return 0;
}

static const edo_response_hook_ops status_hook = { .head = status_head };

static int status_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    int err = edoi_layer_hook_add(self, request, &status_hook);
    return err < 0 ? err : edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops status_ops = { .name = "edo_set_status", .call = status_call };

static int status_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_status status;
    memcpy(&status, &layer->opts, sizeof status);
    if (edo_status_class(status) < EDO_STATUS_CLASS_SUCCESS)
        return edo_fail(-EINVAL, "edo_set_status_layer(): no status of a final response");
    int err = edo_service_new(out, sizeof(status_service), &status_ops, inner);
    if (err == 0) ((status_service *)(void *)*out)->status = status;
    return err;
}

edo_layer edo_set_status_layer(edo_status status) {
    return edoi_web_layer(status_wrap, &status, sizeof status);
}

/* ---- Bodies ---------------------------------------------------------------------------------- */

typedef struct map_opts {
    edo_map_body_fn *fn;
    void *arg;
} map_opts;

typedef struct map_service {
    edo_service base;
    map_opts opts;
} map_service;

typedef struct map_hook {
    edo_response_hook base;
    const map_opts *opts;
    edo_buf out;
    edo_str body; /* its memory */
} map_hook;

static int map_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    map_hook *h = (map_hook *)(void *)hook;
    edo_buf_deinit(&h->out); // the head was not sent
    if (!head->whole) return 0;
    edo_status status = res->status;
    int err = h->opts->fn(h->opts->arg, res, *head->whole, &h->out);
    res->status = status;
    if (err < 0) return err == -ENOENT ? 0 : err;
    h->body = (edo_str){ h->out.ptr, h->out.len };
    head->whole = &h->body;
    head->length = (int64_t)h->body.len;
    return 0;
}

static void map_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    (void)res, (void)end;
    edo_buf_deinit(&((map_hook *)(void *)hook)->out);
}

static const edo_response_hook_ops map_hook_ops = { .head = map_head, .done = map_done };

static int response_layer_map_call(edo_service *base, edo_permit *permit, void *request,
                                   void *response) {
    map_hook *h = edo_arena_alloc(edo_web_request(request)->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (map_hook){ .base = { .ops = &map_hook_ops },
                     .opts = &((const map_service *)(const void *)base)->opts };
    edo_response_add_hook(edo_web_response(request), &h->base);
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops map_ops = { .name = "edo_map_body", .call = response_layer_map_call };

static int response_layer_map_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    map_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.fn) return edo_fail(-EINVAL, "edo_map_body_layer(): no function");
    int err = edo_service_new(out, sizeof(map_service), &map_ops, inner);
    if (err == 0) ((map_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_map_body_layer(edo_map_body_fn *fn, void *arg) {
    const map_opts o = { fn, arg };
    return edoi_web_layer(response_layer_map_wrap, &o, sizeof o);
}

/* ---- Server-Timing --------------------------------------------------------------------------- */

#define NAME_MAX_BYTES 64u

typedef struct timing_service {
    edo_service base;
    const char *name;
} timing_service;

typedef struct timing_hook {
    edoi_layer_hook base;
    edo_instant begun_at;
} timing_hook;

static int timing_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    const timing_hook *h = (const timing_hook *)(const void *)hook;
    const char *name = ((const timing_service *)(const void *)h->base.self)->name;
    int64_t us = edo_instant_since(edo_now(), h->begun_at).ns / 1000;
    char text[NAME_MAX_BYTES + 40];
    (void)head;
    (void)snprintf(text, sizeof text, "%s;dur=%lld.%03lld", name, (long long)(us / 1000),
                   (long long)(us % 1000));
    return edo_headers_append(&res->headers, EDO_HEADER_SERVER_TIMING, edo_str_of(text));
}

static const edo_response_hook_ops timing_hook_ops = { .head = timing_head };

static int timing_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    edo_request *req = edo_web_request(request);
    timing_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (timing_hook){ .base = { .base = { .ops = &timing_hook_ops }, .self = self, .req = req },
                        .begun_at = edo_now() };
    edo_response_add_hook(edo_web_response(request), &h->base.base);
    return edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops timing_ops = { .name = "edo_server_timing", .call = timing_call };

static int timing_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    const char *name = layer->opts.pointers[0];
    if (!name || strlen(name) > NAME_MAX_BYTES || !edo_header_name_is_valid(edo_str_of(name)))
        return edo_fail(-EINVAL, "edo_server_timing_layer(): the name is no token");
    int err = edo_service_new(out, sizeof(timing_service), &timing_ops, inner);
    if (err == 0) ((timing_service *)(void *)*out)->name = name;
    return err;
}

edo_layer edo_server_timing_layer(const char *name) {
    return edoi_web_layer(timing_wrap, &name, sizeof name);
}
