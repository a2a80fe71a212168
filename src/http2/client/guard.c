/* SPDX-License-Identifier: MIT */
/* http2/client/guard.c: servers that make the client work for next to nothing lose the connection.
 * Frames that carry nothing cost a token each; requests, and bytes of bodies, buy some, and time
 * brings them back. */
#include "http2/client/client.h"

#include <errno.h>

#define EDO_TARGET "http"
#include <edo/log.h>

#define FRAMES_MAX   1000 /* that carry nothing, at once */
#define FRAMES_PER_S 100

void edoi_http2_guard_begin(edo_http2 *c) {
    edoi_h2_bucket_begin(&c->frames, FRAMES_MAX, edo_now().ns);
}

void edoi_http2_guard_buy(edo_http2 *c, uint32_t n) {
    edoi_h2_bucket_put(&c->frames, n, FRAMES_MAX);
}

void edoi_http2_guard_end(edo_http2 *c, uint32_t code, const char *reason) {
    if (c->failed < 0) return;
    edo_debug("a connection of HTTP/2 ends: %s", reason);
    c->failed = -EPROTO;
    c->why = reason;
    c->is_going = true;
    (void)nghttp2_session_terminate_session(c->session, code);
}

/* A reset is one of them: a stream has one, which its request has bought; and a head of a stream
 * that is over. */
static bool client_guard_is_idle(nghttp2_session *session, const nghttp2_frame_hd *hd) {
    switch (hd->type) {
    case NGHTTP2_HEADERS: return !nghttp2_session_get_stream_user_data(session, hd->stream_id);
    case NGHTTP2_CONTINUATION: return false;
    case NGHTTP2_DATA: return hd->length == 0 && !(hd->flags & NGHTTP2_FLAG_END_STREAM);
    default: return true;
    }
}

static void client_guard_take(edo_http2 *c) {
    if (!edoi_h2_bucket_take(&c->frames, FRAMES_PER_S, FRAMES_MAX))
        edoi_http2_guard_end(c, NGHTTP2_ENHANCE_YOUR_CALM, "too many frames that carry nothing");
}

int edoi_http2_on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *arg) {
    edo_http2 *c = arg;
    if (hd->type == NGHTTP2_PUSH_PROMISE)
        edoi_http2_guard_end(c, NGHTTP2_PROTOCOL_ERROR, "a stream was pushed");
    if (client_guard_is_idle(session, hd)) client_guard_take(c);
    return 0;
}

void edoi_http2_guard_data(edo_http2 *c, const nghttp2_data *data) {
    bool is_padding = data->hd.length > 0 && data->hd.length == data->padlen;
    if (is_padding && !(data->hd.flags & NGHTTP2_FLAG_END_STREAM)) client_guard_take(c);
}
