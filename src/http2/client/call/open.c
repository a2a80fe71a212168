/* SPDX-License-Identifier: MIT */
/* http2/client/call/open.c: a request: checked, written as fields, and submitted once there is a
 * stream for it. */
#include "base/opts.h"
#include "http2/client/call/fields.h"
#include "http2/client/client.h"

#include <edo/error.h>
#include <edo/uri.h>

#include <errno.h>

/* ---- The wait for a stream ------------------------------------------------------------------- */

typedef struct place_future {
    edo_future base;
    edo_http2 *c;
    edoi_h2_place place;
} place_future;

/* Called with the lock held. Returns 1 if it has to wait. */
static int place_look(place_future *f) {
    if (f->place.is_given) return 0;
    return f->place.is_listed ? 1 : -EDO_ECLOSED;
}

static edo_polled place_poll(edo_future *base, edo_cx *cx) {
    place_future *f = (place_future *)(void *)base;
    edoi_http2_lock(f->c);
    int rc = place_look(f);
    if (rc == 1) f->place.waker = edo_cx_waker(cx);
    edoi_http2_unlock(f->c);
    return rc == 1 ? EDO_PENDING : edo_future_finish(base, rc);
}

/* Called with the lock held: a place that was given becomes a call's, or nobody's. */
static void place_take(edo_http2 *c, bool is_used) {
    c->given_n--;
    c->open_n -= !is_used;
}

/* A place that was given goes on to the task that waits longest. */
static void place_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    place_future *f = (place_future *)(void *)base;
    edoi_http2_lock(f->c);
    if (f->place.is_listed) TAILQ_REMOVE(&f->c->places, &f->place, next);
    if (f->place.is_given) place_take(f->c, false);
    edoi_http2_unlock_and_kick(f->c);
    edo_future_retire(base);
}

static const edo_future_ops place_ops = {
    .poll = place_poll, .drop = place_drop, .name = "edo_http2_open", .size = sizeof(place_future)
};

/* Gets a place in `open_n`. Returns 0, -EDO_ECLOSED or -ECANCELED; `now`: or -EAGAIN. */
static int place_get(edo_http2 *c, bool now) {
    place_future f = { .c = c };
    edo_future *future = edo_future_init(&f.base, &place_ops);
    edoi_http2_lock(c);
    f.place.is_listed = true;
    TAILQ_INSERT_TAIL(&c->places, &f.place, next);
    edoi_http2_deliver(c); // perhaps there is one
    int rc = place_look(&f);
    if (rc == 1 && now) {
        TAILQ_REMOVE(&c->places, &f.place, next);
        rc = -EAGAIN;
    }
    edoi_http2_unlock(c);
    if (rc == 1) return edo_await(future);
    edo_future_retire(future);
    return rc;
}

/* ---- What the server allows ------------------------------------------------------------------ */

/* Called with the lock held. Returns as settings_wait() does, and 1 if no SETTINGS have come. */
static int settings_look(edo_http2 *c) {
    if (!c->session) return -EDO_ECLOSED;
    if (!c->has_settings) return 1;
    return nghttp2_session_get_remote_settings(c->session,
                                               NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1
               ? 0
               : -ENOTSUP;
}

/* Waits until the server has said whether it takes extended CONNECT. Returns 0 if it does,
 * -ENOTSUP, -EDO_ECLOSED or -ECANCELED. */
static int settings_wait(edo_http2 *c) {
    edo_notify_wait_future f;
    (void)edo_notify_wait_init(&f, &c->settings);
    edoi_http2_lock(c);
    int rc = settings_look(c);
    edoi_http2_unlock(c);
    if (rc <= 0) {
        edo_drop(&f.base);
        return rc;
    }
    rc = edo_await(&f.base);
    if (rc < 0) return rc;
    edoi_http2_lock(c);
    rc = settings_look(c);
    edoi_http2_unlock(c);
    return rc;
}

/* ---- The request ----------------------------------------------------------------------------- */

static int request_check(const edo_http_request *req) {
    if (!edoi_all_zero(req->reserved, EDO_COUNT(req->reserved))) return -EINVAL;
    if (req->protocol.len > 0 && (req->body || req->data.len > 0)) return -EINVAL;
    return req->length < -1 || (req->body && req->data.len > 0) ? -EINVAL : 0;
}

/* Sets up what is sent behind the head: by an upload, or by the caller. */
static void call_set_body(edoi_h2_call *k, const edo_http_request *req, bool is_open) {
    edoi_h2_upload *u = &k->up;
    bool has_stream = req->body && req->length != 0;
    bool is_tunnel = k->asked.method == EDO_METHOD_CONNECT && !req->body && req->data.len == 0;
    k->out.left = is_open ? (req->length < 0 ? UINT64_MAX : (uint64_t)req->length) : req->data.len;
    if (is_open && req->data.len > 0 && req->length >= 0) k->out.left = req->data.len;
    if (has_stream) k->out.left = req->length < 0 ? UINT64_MAX : (uint64_t)req->length;
    if (is_tunnel) k->out.left = UINT64_MAX;
    k->out.has_ended = k->out.left == 0;
    k->out.can_write = is_open;
    k->out.ends_late = has_stream && req->trailers;
    *u = (edoi_h2_upload){ .from = has_stream ? req->body : NULL,
                           .data = req->data,
                           .silence = req->read_timeout.ns > 0 ? req->read_timeout
                                                               : edo_ns(EDO_FOREVER_NS) };
    u->is_over = is_tunnel || (!has_stream && req->data.len == 0) || is_open;
    u->is_held = !u->is_over && req->expect_continue;
}

/* Queues all of `data`, or what there is room for. Returns 0 or -ENOMEM. Called with the lock
 * held. */
static int call_queue_data(edoi_h2_call *k, edo_str data, bool is_open) {
    size_t room = edoi_h2_call_room(k), n = is_open || data.len < room ? data.len : room;
    if (n == 0 || k->up.is_held) return 0;
    if (edoi_h2_queue_put(&k->out.queue, data.ptr, n) < 0) return -ENOMEM;
    edoi_h2_call_queued(k, n);
    if (is_open) return 0;
    k->up.data = (edo_str){ data.ptr + n, data.len - n };
    k->up.is_over = k->up.data.len == 0;
    return 0;
}

/* Takes the place. Called with the lock held. */
static int call_submit(edoi_h2_call *k, const edoi_h2_fields *l, edo_str data, bool is_open) {
    edo_http2 *c = k->conn;
    const nghttp2_data_provider body = { .source = { .ptr = k },
                                         .read_callback = edoi_h2_call_next_data };
    if (!c->session || c->is_going) return -EDO_ECLOSED;
    bool has_body = !k->out.has_ended;
    int err = call_queue_data(k, data, is_open);
    if (err < 0) return err;
    int32_t id = nghttp2_submit_request(c->session, NULL, l->nv, l->n, has_body ? &body : NULL, k);
    if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE) c->is_going = c->is_shutting = true;
    if (id < 0) return id == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EDO_ECLOSED;
    edoi_h2_call_on_submit(k, id);
    return 0;
}

static int call_start(edoi_h2_call *k, const edoi_h2_fields *l, const edo_http_request *req,
                      uint32_t how) {
    edo_http2 *c = k->conn;
    int err = req->protocol.len > 0 ? settings_wait(c) : 0;
    if (err == 0) err = place_get(c, how & EDOI_H2_OPENS_NOW);
    if (err < 0) return err;
    edoi_http2_lock(c);
    err = call_submit(k, l, req->data, how & EDOI_H2_OPENS_BODY);
    place_take(c, err == 0);
    edoi_http2_unlock_and_kick(c);
    return err;
}

int edoi_h2_call_open(edo_http2 *c, edoi_h2_call **out, const edo_http_request *req, uint32_t how) {
    edoi_h2_fields l;
    int err = edo_budget_consume();
    if (err == 0) err = request_check(req);
    if (err < 0) return err;
    edoi_h2_call *k = edoi_h2_call_new(c);
    if (!k) return -ENOMEM;
    k->asked.informational = req->informational;
    k->asked.arg = req->arg;
    k->asked.trailers = req->trailers;
    err = edoi_h2_fields_of_request(&l, &k->asked.method, c, req);
    if (err == 0) {
        call_set_body(k, req, how & EDOI_H2_OPENS_BODY);
        err = call_start(k, &l, req, how);
        edoi_h2_fields_deinit(&l);
    }
    if (err < 0) {
        k->up.is_over = true;
        edo_http_response_free(&k->res);
        return err;
    }
    *out = k;
    return 0;
}

int edo_http2_open(edo_http2 *c, edo_http_response **out, const edo_http_request *req) {
    edoi_h2_call *k;
    if (req->body) return edo_fail(-EINVAL, "edo_http2_open() with `body`");
    int err = edoi_h2_call_open(c, &k, req, EDOI_H2_OPENS_BODY);
    if (err == 0) *out = &k->res;
    return err;
}
