/* SPDX-License-Identifier: MIT */
/* web/layers/watch/failure.c: layers for handlers that fail or take too long, and for clients that
 * leave: edo_catch_layer(), edo_http_timeout_layer(), edo_http_deadline_layer(),
 * edo_on_drop_layer(). */
#include "base/opts.h"
#include "web/layers/layer.h"
#include "web/request/web.h"

#include <edo/http_message.h>
#include <edo/scope.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>

#include <errno.h>

#define TRAIL_TEXT 400u

/* ---- Codes ----------------------------------------------------------------------------------- */

typedef struct catch_service {
    edo_service base;
    edo_catch_opts opts;
} catch_service;

/* Makes the response as the router does; that of a 500 may say why. */
static int make_response(const catch_service *self, edo_web *w, int code) {
    char text[TRAIL_TEXT];
    text[edo_trail_print_text(text, sizeof text - 1, code, 0)] = '\0';
    int err = edoi_web_respond_failure(w, code);
    bool tells = self->opts.tells_trail && w->res->status == EDO_STATUS_INTERNAL_SERVER_ERROR;
    return err == 0 && tells ? edo_web_reply_problem(w, w->res->status, "%s", text) : err;
}

static int catch_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    const catch_service *self = (const catch_service *)(const void *)base;
    edo_web *w = request;
    int code = edo_service_call(base->inner, permit, request, response);
    if (code >= 0 || code == -ECANCELED) return code;
    if (w->ws) return code; // no response can be made any more; the socket's end tells the peer
    if (edoi_web_is_refusal(w, code)) return 0;
    int err = self->opts.fn ? self->opts.fn(self->opts.arg, w, code) : make_response(self, w, code);
    return err == -EBUSY ? code : err; // its head was sent
}

static const edo_service_ops catch_ops = { .name = "edo_catch", .call = catch_call };

static int catch_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    edo_catch_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_catch_layer(): `reserved` must be 0");
    int err = edo_service_new(out, sizeof(catch_service), &catch_ops, inner);
    if (err == 0) ((catch_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_catch_layer(const edo_catch_opts *opts) {
    return edoi_web_layer(catch_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- Time ------------------------------------------------------------------------------------ */

typedef struct timeout_service {
    edo_service base;
    edo_http_timeout_opts opts;
} timeout_service;

/* Has the limit that began at `since` cut an await of the handler short, so that the handler
 * failed, whatever its code? */
static bool was_cut(edo_duration after, edo_instant since, int code) {
    return code < 0 && edo_cancel_reason() == EDO_CANCEL_DEADLINE &&
           edo_instant_since(edo_now(), since).ns >= after.ns;
}

/* Calls the inner service for `after` at most; then the response is one of `status`. */
static int call_within(edo_service *base, edo_permit *permit, void *request, void *response,
                       edo_duration after, edo_status status) {
    edo_instant since = edo_now();
    edo_deadline limit;
    edo_deadline_begin(&limit, after);
    int code = edo_service_call(base->inner, permit, request, response);
    bool is_over = was_cut(after, since, code);
    int ended = edo_deadline_end(&limit, code);
    if (!is_over || ended == -ECANCELED) return ended; // another limit has cut it short
    edoi_web_log_late(request, ended);
    int err = edoi_web_turn_away(request, -ETIMEDOUT, status, NULL);
    return err == -EBUSY ? ended : err;
}

static int failure_layer_timeout_call(edo_service *base, edo_permit *permit, void *request,
                                      void *response) {
    const edo_http_timeout_opts *o = &((const timeout_service *)(const void *)base)->opts;
    return call_within(base, permit, request, response, o->after, o->status);
}

static const edo_service_ops timeout_ops = { .name = "edo_http_timeout",
                                             .call = failure_layer_timeout_call };

static int failure_layer_timeout_wrap(edo_service **out, edo_service *inner,
                                      const edo_layer *layer) {
    edo_http_timeout_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (o.status == 0) o.status = EDO_STATUS_REQUEST_TIMEOUT;
    if (o.after.ns <= 0 || edo_status_class(o.status) < EDO_STATUS_CLASS_CLIENT_ERROR ||
        !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL, "edo_http_timeout_layer(): `after` must be more than 0, `status` "
                                 "400 or more, `reserved` 0");
    int err = edo_service_new(out, sizeof(timeout_service), &timeout_ops, inner);
    if (err == 0) ((timeout_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_http_timeout_layer(const edo_http_timeout_opts *opts) {
    return edoi_web_layer(failure_layer_timeout_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- The time that the caller has ------------------------------------------------------------ */

#define DEADLINE_DIGITS_MAX 10u /* of milliseconds: four months */

typedef struct deadline_service {
    edo_service base;
    edo_http_deadline_opts opts; /* complete */
} deadline_service;

/* How many milliseconds the caller waits; -1: it does not say. */
static int64_t asked_ms(const edo_web *w, const char *field) {
    edo_str text = edo_web_header(w, field);
    int64_t ms = 0;
    if (text.len == 0 || text.len > DEADLINE_DIGITS_MAX) return -1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        ms = ms * 10 + (text.ptr[i] - '0');
    }
    return ms;
}

/* The limit of a request; negative: it has none. */
static edo_duration deadline_of(const edo_http_deadline_opts *o, const edo_web *w) {
    int64_t ms = asked_ms(w, o->field);
    edo_duration most = o->timeout_max.ns > 0 ? o->timeout_max : edo_ns(-1);
    if (ms < 0) return o->timeout.ns > 0 ? o->timeout : most;
    edo_duration asked = edo_ms(ms);
    return most.ns > 0 && most.ns < asked.ns ? most : asked;
}

static int http_deadline_call(edo_service *base, edo_permit *permit, void *request,
                              void *response) {
    const edo_http_deadline_opts *o = &((const deadline_service *)(const void *)base)->opts;
    edo_duration limit = deadline_of(o, request);
    if (limit.ns < 0) return edo_service_call(base->inner, permit, request, response);
    return call_within(base, permit, request, response, limit, EDO_STATUS_GATEWAY_TIMEOUT);
}

static int http_deadline_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_http_deadline", .call = http_deadline_call };
    edo_http_deadline_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.field) o.field = EDO_HTTP_DEADLINE_FIELD;
    if (!edo_header_name_is_valid(edo_str_of(o.field)) || o.timeout.ns < 0 ||
        o.timeout_max.ns < 0 || !edoi_all_zero(o.reserved, EDO_COUNT(o.reserved)))
        return edo_fail(-EINVAL,
                        "edo_http_deadline_layer(): `field` must be a name, the limits 0 or "
                        "more, `reserved` 0");
    int err = edo_service_new(out, sizeof(deadline_service), &ops, inner);
    if (err == 0) ((deadline_service *)(void *)*out)->opts = o;
    return err;
}

edo_layer edo_http_deadline_layer(const edo_http_deadline_opts *opts) {
    return edoi_web_layer(http_deadline_wrap, opts, opts ? sizeof *opts : 0);
}

/* ---- Clients that leave ---------------------------------------------------------------------- */

typedef struct drop_service {
    edo_service base;
    edo_on_drop_fn *fn;
    void *arg;
} drop_service;

typedef struct drop_hook {
    edoi_layer_hook base;
    bool has_head; /* it was sent before the client left */
} drop_hook;

/* Has the client left? Then the task of its request is cancelled. */
static bool has_left(void) {
    return edo_cancel_reason() == EDO_CANCEL_ASKED;
}

static int drop_head(edo_response_hook *hook, edo_response *res, edo_response_head *head) {
    (void)res, (void)head;
    ((drop_hook *)(void *)hook)->has_head = !has_left();
    return 0;
}

static void drop_done(edo_response_hook *hook, edo_response *res, const edo_response_end *end) {
    const drop_hook *h = (const drop_hook *)(const void *)hook;
    const drop_service *self = (const drop_service *)(const void *)h->base.self;
    (void)res;
    if (h->has_head && end->err == 0) return;
    if (h->has_head && !has_left() && end->err != -EPIPE && end->err != -ECONNRESET &&
        end->err != -ETIMEDOUT)
        return; // the handler has broken it off
    self->fn(self->arg, h->base.req, h->has_head ? EDO_DROP_IN_BODY : EDO_DROP_BEFORE_HEAD);
}

static const edo_response_hook_ops drop_hook_ops = { .head = drop_head, .done = drop_done };

static int drop_call(edo_service *self, edo_permit *permit, void *request, void *response) {
    edo_request *req = edo_web_request(request);
    drop_hook *h = edo_arena_alloc(req->arena, sizeof *h);
    if (!h) return -ENOMEM;
    *h = (drop_hook){ .base = { .base = { .ops = &drop_hook_ops }, .self = self, .req = req } };
    edo_response_add_hook(edo_web_response(request), &h->base.base);
    return edo_service_call(self->inner, permit, request, response);
}

static const edo_service_ops drop_ops = { .name = "edo_on_drop", .call = drop_call };

typedef struct drop_opts {
    edo_on_drop_fn *fn;
    void *arg;
} drop_opts;

static int drop_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    drop_opts o;
    memcpy(&o, &layer->opts, sizeof o);
    if (!o.fn) return edo_fail(-EINVAL, "edo_on_drop_layer(): no function");
    int err = edo_service_new(out, sizeof(drop_service), &drop_ops, inner);
    if (err < 0) return err;
    drop_service *self = (void *)*out;
    self->fn = o.fn;
    self->arg = o.arg;
    return 0;
}

edo_layer edo_on_drop_layer(edo_on_drop_fn *fn, void *arg) {
    const drop_opts o = { fn, arg };
    return edoi_web_layer(drop_wrap, &o, sizeof o);
}
