/* SPDX-License-Identifier: MIT */
/* http2/client/call.c: the life of a call, and of the response that stands for it. */
#include "base/assert.h"
#include "http/client/response.h"
#include "http/headers/map.h"
#include "http2/client/client.h"

#include <edo/error.h>

#include <errno.h>

/* ---- Wakes that are due ---------------------------------------------------------------------- */

static void call_put_in_woken(edoi_h2_call *k) {
    if (k->is_woken) return;
    k->is_woken = true;
    k->next_woken = k->conn->woken;
    k->conn->woken = k;
}

void edoi_h2_call_wake_reader(edoi_h2_call *k) {
    if (!k->reader.waker) return;
    k->wakes_reader = true;
    call_put_in_woken(k);
}

void edoi_h2_call_wake_writer(edoi_h2_call *k) {
    if (!k->writer.waker) return;
    k->wakes_writer = true;
    call_put_in_woken(k);
}

/* ---- The response ---------------------------------------------------------------------------- */

static const edo_headers *call_trailers(edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    edoi_http2_lock(k->conn);
    bool is_over = k->in_ended && k->in.bytes == 0;
    edoi_http2_unlock(k->conn);
    return is_over ? &k->tail : NULL;
}

static void call_free_response(edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    edo_ext_deinit(&res->ext);
    edo_close(&k->stream);
}

static void call_upload(edo_http_response *res, edo_cx *cx) {
    edoi_h2_upload_poll(edoi_h2_call_of(res), cx);
}

static const edoi_response_ops call_response_ops = { .trailers = call_trailers,
                                                     .free = call_free_response,
                                                     .upload = call_upload };

int edo_http2_error(const edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    if (res->edoi_ops != &call_response_ops) return -ENOTSUP;
    edoi_http2_lock(k->conn);
    int64_t code = k->error;
    edoi_http2_unlock(k->conn);
    if (code < 0) return -EAGAIN;
    return code <= EDO_HTTP2_HTTP_1_1_REQUIRED ? (int)code : EDO_HTTP2_INTERNAL_ERROR;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edoi_h2_call *edoi_h2_call_new(edo_http2 *c) {
    edoi_h2_call *k = edo_rc_new(sizeof *k, NULL);
    if (!k) return NULL;
    *k = (edoi_h2_call){ .conn = edo_rc_ref(c), .has_refs = true, .error = -1 };
    k->stream = (edo_stream){ .ops = &edoi_h2_call_ops, .refs = EDOI_ATOMIC_INIT(1) };
    k->res.edoi_ops = &call_response_ops;
    k->res.version = EDO_HTTP_2;
    k->res.length = -1;
    k->res.body = &k->stream;
    k->early_end = &k->early;
    k->arena.chunk_bytes = 1024;
    edoi_headers_init_in(&k->res.headers, &k->arena);
    edoi_headers_init_in(&k->tail, &k->arena);
    edoi_http2_lock(c);
    k->next = c->calls;
    if (k->next) k->next->prev = k;
    c->calls = k;
    edoi_http2_unlock(c);
    return k;
}

static void call_forget_woken(edo_http2 *c, const edoi_h2_call *k) {
    for (edoi_h2_call **at = &c->woken; *at; at = &(*at)->next_woken) {
        if (*at != k) continue;
        *at = k->next_woken;
        return;
    }
}

void edoi_h2_call_let_go(edoi_h2_call *k) {
    edo_http2 *c = k->conn;
    if (k->in_session || k->has_refs || k->pins > 0) return;
    EDO_INV("client inv. 2", k->up.is_over || !k->up.from);
    if (k->is_woken) call_forget_woken(c, k);
    if (k->next) k->next->prev = k->prev;
    if (k->prev)
        k->prev->next = k->next;
    else
        c->calls = k->next;
    c->held -= k->out.bytes;
    edoi_h2_queue_deinit(&k->out);
    edoi_h2_call_drop_input(k);
    edoi_h2_early_free(k->early);
    edo_headers_deinit(&k->res.headers);
    edo_headers_deinit(&k->tail);
    edo_arena_deinit(&k->arena);
    edo_rc_unref(k->last);
    edo_rc_unref(k);
    edo_rc_unref(c); // not the last one
}

/* Why does no more come? */
static int call_reason(const edoi_h2_call *k, uint32_t code, bool has_ended) {
    const edo_http2 *c = k->conn;
    if (k->is_refused) return -ECONNREFUSED;
    if (has_ended) return c->failed < 0 ? c->failed : -EDO_EEOF;
    if (k->error >= 0) return -ECONNRESET;
    return code == NGHTTP2_NO_ERROR ? -EDO_EEOF : -EPROTO;
}

void edoi_h2_call_close(edoi_h2_call *k, uint32_t code, bool has_ended) {
    edo_http2 *c = k->conn;
    EDO_INV("client inv. 3", c->open_n > 0);
    k->in_session = false;
    c->open_n--;
    bool is_refusal = !has_ended && code == NGHTTP2_REFUSED_STREAM && !k->has_head;
    k->is_refused = !k->is_shut && (!k->is_sent || is_refusal);
    if (has_ended && k->error < 0 && !k->in_ended && c->goaway > 0) k->error = c->goaway;
    if (!k->in_ended && k->failed == 0) {
        k->failed = call_reason(k, code, has_ended);
        if (has_ended && k->failed == c->failed) k->why = c->why;
    }
    if (k->error < 0 && !has_ended && !k->in_ended) k->error = code;
    edoi_h2_call_wake_reader(k);
    edoi_h2_call_wake_writer(k);
    edoi_h2_call_let_go(k);
}

void edoi_h2_call_reset(edoi_h2_call *k, uint32_t code, int failed) {
    if (k->failed == 0 && !k->in_ended) k->failed = failed;
    if (!k->in_session || !k->conn->session || k->error >= 0) return;
    k->error = code; // once: a second one would go out, of a stream that was not opened
    (void)nghttp2_submit_rst_stream(k->conn->session, NGHTTP2_FLAG_NONE, k->id, code);
}

void edoi_h2_call_refuse(edoi_h2_call *k, uint32_t code, int failed, const char *why) {
    if (k->failed == 0 && !k->in_ended) k->why = why;
    edoi_h2_call_reset(k, code, failed);
}

int edoi_h2_call_tell(edoi_h2_call *k, int err) {
    edoi_http2_lock(k->conn);
    const char *why = err == k->failed ? k->why : NULL;
    int64_t code = k->error;
    edoi_http2_unlock(k->conn);
    if (err < 0 && why) return edo_fail(err, "%s", why);
    if (err < 0 && code >= 0)
        return edo_fail(err, "the stream was reset: %s", nghttp2_http2_strerror((uint32_t)code));
    return err;
}
