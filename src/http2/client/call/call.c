/* SPDX-License-Identifier: MIT */
/* http2/client/call/call.c: the life of a call, and of the response that stands for it. */
#include "base/assert.h"
#include "http/client/response.h"
#include "http/headers/map.h"
#include "http2/client/client.h"

#include <edo/error.h>

#include <errno.h>

/* ---- Wakes that are due ---------------------------------------------------------------------- */

static void call_put_in_woken(edoi_h2_call *k) {
    if (edoi_h2_call_is_woken(k)) return;
    k->wakes.next = k->conn->woken;
    k->conn->woken = k;
}

void edoi_h2_call_wake_reader(edoi_h2_call *k) {
    if (!k->in.reader.waker) return;
    call_put_in_woken(k);
    k->wakes.reader = true;
}

void edoi_h2_call_wake_writer(edoi_h2_call *k) {
    if (!k->out.writer.waker) return;
    call_put_in_woken(k);
    k->wakes.writer = true;
}

/* ---- Events ---------------------------------------------------------------------------------- */

void edoi_h2_call_on_submit(edoi_h2_call *k, int32_t id) {
    EDO_ASSERT(k->life.stage == EDOI_H2_CALL_NEW);
    k->life.stage = EDOI_H2_CALL_ASKED;
    k->life.id = id;
}

void edoi_h2_call_on_sent(edoi_h2_call *k) {
    EDO_ASSERT(k->life.stage == EDOI_H2_CALL_ASKED);
    k->life.stage = EDOI_H2_CALL_SENT;
}

bool edoi_h2_call_shut(edoi_h2_call *k) {
    EDO_ASSERT(k->life.user != EDOI_H2_CALL_LEFT);
    if (k->life.user == EDOI_H2_CALL_SHUT) return false;
    k->life.user = EDOI_H2_CALL_SHUT;
    return true;
}

void edoi_h2_call_leave(edoi_h2_call *k) {
    EDO_ASSERT(k->life.user == EDOI_H2_CALL_SHUT);
    k->life.user = EDOI_H2_CALL_LEFT;
}

void edoi_h2_call_on_final(edoi_h2_call *k) {
    EDO_ASSERT(!edoi_h2_call_has_head(k) && k->end.failed == 0);
    k->in.got = EDOI_H2_CALL_HEAD;
}

void edoi_h2_call_end_input(edoi_h2_call *k) {
    if (k->end.failed < 0) return;
    EDO_ASSERT(edoi_h2_call_has_head(k));
    k->in.got = EDOI_H2_CALL_WHOLE;
    edoi_h2_call_wake_reader(k);
}

void edoi_h2_call_fail(edoi_h2_call *k, int code, const char *why) {
    if (code == 0 || k->end.failed < 0 || edoi_h2_call_is_whole(k)) return;
    k->end.failed = code;
    k->end.why = why;
}

/* ---- The response ---------------------------------------------------------------------------- */

static const edo_headers *call_trailers(edo_http_response *res) {
    edoi_h2_call *k = edoi_h2_call_of(res);
    edoi_http2_lock(k->conn);
    bool is_over = edoi_h2_call_is_whole(k) && k->in.queue.bytes == 0;
    edoi_http2_unlock(k->conn);
    return is_over ? &k->in.tail : NULL;
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
    int64_t code = k->end.error;
    edoi_http2_unlock(k->conn);
    if (code < 0) return -EAGAIN;
    return code <= EDO_HTTP2_HTTP_1_1_REQUIRED ? (int)code : EDO_HTTP2_INTERNAL_ERROR;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

edoi_h2_call *edoi_h2_call_new(edo_http2 *c) {
    edoi_h2_call *k = edo_rc_new(sizeof *k, NULL);
    if (!k) return NULL;
    *k = (edoi_h2_call){ .conn = edo_rc_ref(c), .end = { .error = -1 } };
    k->stream = (edo_stream){ .ops = &edoi_h2_call_ops, .refs = EDOI_ATOMIC_INIT(1) };
    k->res.edoi_ops = &call_response_ops;
    k->res.version = EDO_HTTP_2;
    k->res.length = -1;
    k->res.body = &k->stream;
    k->head.early_end = &k->head.early;
    k->head.arena.chunk_bytes = 1024;
    edoi_headers_init_in(&k->res.headers, &k->head.arena);
    edoi_headers_init_in(&k->in.tail, &k->head.arena);
    edoi_http2_lock(c);
    k->life.next = c->calls;
    if (k->life.next) k->life.next->life.prev = k;
    c->calls = k;
    edoi_http2_unlock(c);
    return k;
}

static void call_forget_woken(edo_http2 *c, const edoi_h2_call *k) {
    for (edoi_h2_call **at = &c->woken; *at; at = &(*at)->wakes.next) {
        if (*at != k) continue;
        *at = k->wakes.next;
        return;
    }
}

void edoi_h2_call_let_go(edoi_h2_call *k) {
    edo_http2 *c = k->conn;
    if (edoi_h2_call_in_session(k) || k->life.user != EDOI_H2_CALL_LEFT || k->life.pins > 0) return;
    EDO_INV("client inv. 2", k->up.is_over || !k->up.from);
    if (edoi_h2_call_is_woken(k)) call_forget_woken(c, k);
    if (k->life.next) k->life.next->life.prev = k->life.prev;
    if (k->life.prev)
        k->life.prev->life.next = k->life.next;
    else
        c->calls = k->life.next;
    c->held -= k->out.queue.bytes;
    edoi_h2_queue_deinit(&k->out.queue);
    edoi_h2_call_drop_input(k);
    edoi_h2_early_free(k->head.early);
    edo_headers_deinit(&k->res.headers);
    edo_headers_deinit(&k->in.tail);
    edo_arena_deinit(&k->head.arena);
    edo_rc_unref(k->out.last);
    edo_rc_unref(k);
    edo_rc_unref(c); // not the last one
}

/* Why does no more come? */
static int call_reason(const edoi_h2_call *k, uint32_t code, bool has_ended) {
    const edo_http2 *c = k->conn;
    if (k->end.is_refused) return -ECONNREFUSED;
    if (has_ended) return c->failed < 0 ? c->failed : -EDO_EEOF;
    if (k->end.error >= 0) return -ECONNRESET;
    return code == NGHTTP2_NO_ERROR ? -EDO_EEOF : -EPROTO;
}

void edoi_h2_call_close(edoi_h2_call *k, uint32_t code, bool has_ended) {
    edo_http2 *c = k->conn;
    bool is_sent = k->life.stage == EDOI_H2_CALL_SENT;
    bool is_whole = edoi_h2_call_is_whole(k);
    bool is_refusal = !has_ended && code == NGHTTP2_REFUSED_STREAM && !edoi_h2_call_has_head(k);
    EDO_ASSERT(edoi_h2_call_in_session(k));
    EDO_INV("client inv. 3", c->open_n > 0);
    k->life.stage = EDOI_H2_CALL_OVER;
    c->open_n--;
    k->end.is_refused = edoi_h2_call_is_kept(k) && (!is_sent || is_refusal);
    if (has_ended && k->end.error < 0 && !is_whole && c->goaway > 0) k->end.error = c->goaway;
    int failed = call_reason(k, code, has_ended);
    edoi_h2_call_fail(k, failed, has_ended && failed == c->failed ? c->why : NULL);
    if (k->end.error < 0 && !has_ended && !is_whole) k->end.error = code;
    edoi_h2_call_wake_reader(k);
    edoi_h2_call_wake_writer(k);
    edoi_h2_call_let_go(k);
}

void edoi_h2_call_reset(edoi_h2_call *k, uint32_t code, int failed) {
    edoi_h2_call_fail(k, failed, NULL);
    if (!edoi_h2_call_in_session(k) || !k->conn->session || k->end.error >= 0) return;
    k->end.error = code; // once: a second one would go out, of a stream that was not opened
    (void)nghttp2_submit_rst_stream(k->conn->session, NGHTTP2_FLAG_NONE, k->life.id, code);
}

void edoi_h2_call_refuse(edoi_h2_call *k, uint32_t code, int failed, const char *why) {
    edoi_h2_call_fail(k, failed, why);
    edoi_h2_call_reset(k, code, failed);
}

int edoi_h2_call_tell(edoi_h2_call *k, int err) {
    edoi_http2_lock(k->conn);
    const char *why = err == k->end.failed ? k->end.why : NULL;
    int64_t code = k->end.error;
    edoi_http2_unlock(k->conn);
    if (err < 0 && why) return edo_fail(err, "%s", why);
    if (err < 0 && code >= 0)
        return edo_fail(err, "the stream was reset: %s", nghttp2_http2_strerror((uint32_t)code));
    return err;
}
