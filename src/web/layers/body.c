/* SPDX-License-Identifier: MIT */
/* web/layers/body.c: limits of bodies: edo_body_limit_layer(), edo_body_timeout_layer(),
 * edo_body_deadline_layer(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/layers/relay.h"
#include "web/request/web.h"

#include <edo/web_limits.h>

#include <errno.h>

/* A relay over the body of a request. */
typedef struct limited_body {
    edoi_relay relay; /* first */
    edo_stream *from;
} limited_body;

/* Puts a relay over the body; the caller sets its limits. NULL without memory. */
static edoi_relay *limit_body(edo_request *req, int64_t length) {
    limited_body *b = edo_arena_alloc(req->arena, sizeof *b);
    if (!b) return NULL;
    b->from = edo_request_body(req);
    edoi_relay_init(&b->relay, &b->from);
    edo_request_set_body(req, &b->relay.stream, length);
    return &b->relay;
}

/* ---- Length ---------------------------------------------------------------------------------- */

typedef struct limit_service {
    edo_service base;
    uint64_t bytes;
} limit_service;

static int refuse_length(edo_web *w) {
    return edoi_web_turn_away(w, -EMSGSIZE, EDO_STATUS_CONTENT_TOO_LARGE, "the body is too long");
}

static int limit_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    uint64_t bytes = ((const limit_service *)(const void *)base)->bytes;
    edo_request *req = edo_web_request(request);
    if (req->length > 0 && (uint64_t)req->length > bytes) return refuse_length(request);
    if (req->length >= 0) return edo_service_call(base->inner, permit, request, response);
    edoi_relay *relay = limit_body(req, -1);
    if (!relay) return -ENOMEM;
    relay->left = bytes;
    return edo_service_call(base->inner, permit, request, response);
}

static const edo_service_ops limit_ops = { .name = "edo_body_limit", .call = limit_call };

static int limit_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    int err = edo_service_new(out, sizeof(limit_service), &limit_ops, inner);
    if (err == 0) ((limit_service *)(void *)*out)->bytes = layer->opts.words[0];
    return err;
}

edo_layer edo_body_limit_layer(uint64_t bytes) {
    return edoi_web_layer(limit_wrap, &bytes, sizeof bytes);
}

/* ---- Time ------------------------------------------------------------------------------------ */

typedef struct time_service {
    edo_service base;
    edo_body_time_opts opts;
    bool is_deadline;
} time_service;

/* A relay under the body of a response. */
typedef struct time_hook {
    edo_response_hook base;
    const time_service *self;
    edoi_relay relay;
} time_hook;

static void relay_set_limit(edoi_relay *relay, const time_service *self, edo_duration most) {
    if (self->is_deadline) {
        relay->end = edo_instant_add(edo_now(), most);
        relay->has_end = true;
    } else {
        relay->idle_max = most;
    }
}

static int time_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    time_hook *h = (time_hook *)(void *)hook;
    (void)res;
    if (head->is_bodiless) return 0;
    edoi_relay_init(&h->relay, &hook->below);
    relay_set_limit(&h->relay, h->self, h->self->opts.response);
    hook->over = &h->relay.stream;
    return 0;
}

static const edo_response_hook_ops time_hook_ops = { .head = time_head };

static int limit_response(const time_service *self, edo_web *w) {
    time_hook *h = edo_arena_alloc(edo_web_request(w)->arena, sizeof *h);
    if (!h) return -ENOMEM;
    h->base = (edo_response_hook){ .ops = &time_hook_ops };
    h->self = self;
    edo_response_add_hook(edo_web_response(w), &h->base);
    return 0;
}

static int time_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const time_service *self = (const time_service *)(const void *)base;
    edo_request *req = edo_web_request(request);
    edoi_relay *relay = NULL;
    if (self->opts.response.ns > 0 && limit_response(self, request) < 0) return -ENOMEM;
    if (self->opts.request.ns > 0 && req->length != 0) {
        if (!(relay = limit_body(req, req->length))) return -ENOMEM;
        relay_set_limit(relay, self, self->opts.request);
    }
    int code = edo_service_call(base->inner, permit, request, response);
    if (code != -ETIMEDOUT || !relay || !relay->has_timed_out) return code;
    int err = edoi_web_turn_away(request, -ETIMEDOUT, EDO_STATUS_REQUEST_TIMEOUT,
                                 "the body came too slowly");
    return err == -EBUSY ? code : err;
}

static const edo_service_ops time_ops = { .name = "edo_body_time", .call = time_call };

static int time_wrap(edo_service **out, edo_service *inner, const edo_layer *layer,
                     bool is_deadline) {
    edo_body_time_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.request.ns < 0 || o.response.ns < 0 || (o.request.ns == 0 && o.response.ns == 0) ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_body_%s_layer(): no duration, a negative one, or `reserved`",
                        is_deadline ? "deadline" : "timeout");
    int err = edo_service_new(out, sizeof(time_service), &time_ops, inner);
    if (err < 0) return err;
    time_service *self = (void *)*out;
    self->opts = o;
    self->is_deadline = is_deadline;
    return 0;
}

static int body_layer_timeout_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    return time_wrap(out, inner, layer, false);
}

static int deadline_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    return time_wrap(out, inner, layer, true);
}

edo_layer edo_body_timeout_layer(const edo_body_time_opts *opts) {
    return edoi_web_layer(body_layer_timeout_wrap, opts, opts ? sizeof *opts : 0);
}

edo_layer edo_body_deadline_layer(const edo_body_time_opts *opts) {
    return edoi_web_layer(deadline_wrap, opts, opts ? sizeof *opts : 0);
}
