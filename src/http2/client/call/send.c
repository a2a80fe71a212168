/* SPDX-License-Identifier: MIT */
/* http2/client/call/send.c: the wait for the head of a response, with the upload that moves on
 * meanwhile. */
#include "http/client/http2_ops.h"
#include "http2/client/client.h"

#include <errno.h>

typedef struct h2_head_future {
    edo_future base;
    edoi_h2_call *k;
    edo_io_wait wait;
    edoi_stall patience; /* for "100 Continue" */
    edoi_stall silence;  /* while nothing comes, nor bytes of the body leave */
    uint64_t given;      /* bytes of the body that had left when `silence` began */
} h2_head_future;

/* Is there something to look at? Called with the lock held. */
static bool call_has_news(const edoi_h2_call *k) {
    return k->head.early || edoi_h2_call_has_head(k) || k->end.failed < 0 || k->up.failed < 0;
}

static void h2_head_end(h2_head_future *f) {
    edoi_h2_call *k = f->k;
    edoi_http2_lock(k->conn);
    k->in.reader = (edoi_h2_wait){ NULL, NULL };
    edoi_http2_unlock(k->conn);
    edoi_stall_end(&f->patience);
    edoi_stall_end(&f->silence);
    edoi_h2_upload_unwait(k);
}

/* As head_is_late() of HTTP/1.1. */
static bool h2_head_is_late(h2_head_future *f, edo_cx *cx) {
    const edoi_h2_upload *u = &f->k->up;
    if (u->given != f->given || u->lacks_source) edoi_stall_end(&f->silence);
    f->given = u->given;
    return !u->lacks_source && edoi_stall_is_over(&f->silence, cx);
}

static edo_polled h2_head_poll(edo_future *base, edo_cx *cx) {
    h2_head_future *f = (h2_head_future *)(void *)base;
    edoi_h2_call *k = f->k;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    for (;;) {
        edoi_h2_upload_poll(k, cx);
        edoi_http2_lock(k->conn);
        bool has_news = call_has_news(k);
        if (k->head.has_continue || edoi_h2_call_has_head(k)) k->up.is_held = false;
        k->in.reader = (edoi_h2_wait){ edo_cx_waker(cx), &f->wait };
        bool is_free = !k->up.is_held && !has_news && k->head.has_continue;
        k->head.has_continue = false;
        edoi_http2_unlock(k->conn);
        if (has_news) {
            h2_head_end(f);
            return edo_future_finish(base, 0);
        }
        if (is_free) continue; // the body may go on
        if (h2_head_is_late(f, cx)) {
            h2_head_end(f);
            return edo_future_finish(base, -ETIMEDOUT);
        }
        if (!k->up.is_held || !edoi_stall_is_over(&f->patience, cx)) return EDO_PENDING;
        k->up.is_held = false;
    }
}

static void h2_head_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    h2_head_end((h2_head_future *)(void *)base);
    edo_future_retire(base);
}

static const edo_future_ops h2_head_ops = { .poll = h2_head_poll,
                                            .drop = h2_head_drop,
                                            .name = "edo_http2_head",
                                            .size = sizeof(h2_head_future) };

static int call_wait_news(edoi_h2_call *k) {
    h2_head_future f = { .k = k,
                         .patience = { .limit = k->conn->opts.expect_wait },
                         .silence = { .limit = k->up.silence },
                         .given = k->up.given };
    return edo_await(edo_future_init(&f.base, &h2_head_ops));
}

/* Shows the informational responses that have come. Returns 0 or a negative code. */
static int call_show_early(edoi_h2_call *k) {
    int err = 0;
    edoi_http2_lock(k->conn);
    edoi_h2_early *first = k->head.early;
    k->head.early = NULL;
    k->head.early_end = &k->head.early;
    edoi_http2_unlock(k->conn);
    for (edoi_h2_early *e = first; e && err == 0; e = e->next)
        err = k->asked.informational(&e->res, k->asked.arg);
    edoi_h2_early_free(first);
    if (err == -EDO_ECLOSED) err = -ECONNABORTED;
    return err < 0 ? err : 0;
}

/* Returns 0 if there is a head, 1 if not yet, or why there is none. */
static int call_look(edoi_h2_call *k) {
    edoi_http2_lock(k->conn);
    int err = edoi_h2_call_has_head(k) ? 0 : k->end.failed < 0 ? k->end.failed : 1;
    if (k->up.failed < 0) err = k->up.failed;
    if (err == -ECONNREFUSED && k->end.is_refused && !k->up.has_read) err = -EDO_ECLOSED;
    edoi_http2_unlock(k->conn);
    return err < 0 ? edoi_h2_call_tell(k, err) : err;
}

int edo_http2_head(edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    int err = edo_budget_consume();
    if (err < 0) return err;
    for (;;) {
        err = call_show_early(k);
        if (err == 0) err = call_look(k);
        if (err <= 0) return err;
        err = call_wait_news(k);
        if (err < 0) return err;
    }
}

/* Does the server want the request over HTTP/1.1? It has not carried it out then. */
static bool call_is_too_new(edoi_h2_call *k) {
    edoi_http2_lock(k->conn);
    bool is_too_new = k->end.error == NGHTTP2_HTTP_1_1_REQUIRED;
    edoi_http2_unlock(k->conn);
    return is_too_new;
}

/* As edo_http2_send(). `how`: see edoi_h2_call_open(). */
static int call_send(edo_http2 *c, edoi_h2_call **out, const edo_http_request *req, uint32_t how) {
    int err = edoi_h2_call_open(c, out, req, how);
    if (err < 0) return err;
    err = edo_http2_head(&(*out)->res);
    if (err == 0) return 0;
    if (err == -ECONNRESET && req->protocol.len > 0 && call_is_too_new(*out)) err = -ENOTSUP;
    edo_http_response_free(&(*out)->res);
    return err;
}

int edo_http2_send(edo_http2 *c, edo_http_response **out, const edo_http_request *req) {
    edoi_h2_call *k;
    int err = call_send(c, &k, req, 0);
    if (err == 0) *out = &k->res;
    return err;
}

/* ---- For libedo-client ----------------------------------------------------------------------- */

static int call_own_data(edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    edoi_h2_upload *u = &k->up;
    if (u->is_over || u->from) return 0;
    edoi_http2_lock(k->conn);
    bool takes = edoi_h2_call_takes(k);
    int err = takes ? edoi_h2_queue_put(&k->out.queue, u->data.ptr, u->data.len) : 0;
    if (takes && err == 0) edoi_h2_call_queued(k, u->data.len);
    edoi_http2_unlock_and_kick(k->conn);
    u->is_over = err == 0;
    return err;
}

static int call_connect(edo_http2 *c, edo_http_response **out, const edo_http_request *req) {
    edoi_h2_call *k;
    int err = call_send(c, &k, req, EDOI_H2_OPENS_NOW);
    if (err == 0) *out = &k->res;
    return err;
}

static uint64_t call_taken(const edo_http_response *res) {
    return edoi_h2_call_of(res)->in.taken;
}

static int conn_refusal(edo_http2 *c) {
    edoi_http2_lock(c);
    int failed = c->has_settings ? 0 : c->failed;
    const char *why = c->why;
    edoi_http2_unlock(c);
    if (failed != -EDO_ETLS && failed != -EDO_ECERT) return 0;
    return why ? edo_fail(failed, "%s", why) : failed;
}

const edoi_http2_client_ops edoi_http2_client = { .over = edo_http2_over,
                                                  .close = edo_http2_close,
                                                  .is_open = edo_http2_is_open,
                                                  .stream = edo_http2_stream,
                                                  .send = edo_http2_send,
                                                  .connect = call_connect,
                                                  .refusal = conn_refusal,
                                                  .own_data = call_own_data,
                                                  .taken = call_taken };
