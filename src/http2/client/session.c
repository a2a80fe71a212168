/* SPDX-License-Identifier: MIT */
/* http2/client/session.c: options, and the callbacks of nghttp2. */
#include "base/opts.h"
#include "http2/both/block.h"
#include "http2/both/memory.h"
#include "http2/client/client.h"

#define EDO_TARGET "http"
#include <edo/log.h>

#include <edo/error.h>
#include <edo/http_server.h>

#include <errno.h>
#include <string.h>

#define WINDOW_MAX        INT32_MAX
#define CONTINUATIONS_MAX 8 /* frames of one head, behind the first */
#define FRAME_MIN         16384u
#define FRAME_MAX         16777215u
#define FRAMES_BOUGHT     4 /* by a request: see guard.c */

/* ---- Options --------------------------------------------------------------------------------- */

static void client_or(uint32_t *n, uint32_t usual) {
    if (*n == 0) *n = usual;
}

int edoi_http2_fill_in(edo_http2_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    client_or(&o->stream_window, 2u << 20);
    client_or(&o->conn_window, o->stream_window > 5u << 20 ? o->stream_window : 5u << 20);
    client_or(&o->frame_max, FRAME_MIN);
    client_or(&o->send_buf, 64u << 10);
    client_or(&o->header_table, 4096);
    client_or(&o->headers_max, EDO_HTTP_HEADERS_MAX);
    client_or(&o->header_list_max, edoi_h2_list_max(EDO_HTTP_HEAD_BYTES_MAX, o->headers_max));
    if (o->ping_interval.ns <= 0) o->ping_interval = (edo_duration){ EDO_FOREVER_NS };
    if (o->ping_timeout.ns <= 0) o->ping_timeout = edo_s(20);
    if (o->expect_wait.ns < 0) o->expect_wait = (edo_duration){ EDO_FOREVER_NS };
    if (o->expect_wait.ns == 0) o->expect_wait = edo_s(1);
    bool is_good = o->stream_window <= WINDOW_MAX && o->conn_window <= WINDOW_MAX &&
                   o->conn_window >= o->stream_window && o->frame_max >= FRAME_MIN &&
                   o->frame_max <= FRAME_MAX;
    return is_good ? 0 : edo_fail(-EINVAL, "windows or frame_max of edo_http2_opts");
}

/* ---- Callbacks ------------------------------------------------------------------------------- */

static int client_on_stream_close(nghttp2_session *session, int32_t id, uint32_t code, void *c) {
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, id);
    (void)c;
    if (k) edoi_h2_call_close(k, code, false);
    return 0;
}

/* Calls beyond its last stream nghttp2 closes with REFUSED_STREAM: edoi_h2_call_close() says that
 * they may be sent again. */
static void client_on_goaway(edo_http2 *c, const nghttp2_goaway *g) {
    const size_t room = sizeof c->goaway_text - 1;
    const size_t n = g->opaque_data_len < room ? g->opaque_data_len : room;
    c->is_going = true;
    c->goaway = g->error_code;
    if (n == 0) return; // the last word says no more than those before
    memcpy(c->goaway_text, g->opaque_data, n);
    c->goaway_text[n] = 0;
}

static int client_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
    edo_http2 *c = arg;
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    bool is_last = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        c->has_settings |= !(frame->hd.flags & NGHTTP2_FLAG_ACK);
    if (frame->hd.type == NGHTTP2_GOAWAY) client_on_goaway(c, &frame->goaway);
    if (frame->hd.type == NGHTTP2_DATA) edoi_http2_guard_data(c, &frame->data);
    if (!k) return 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM) k->end.error = frame->rst_stream.error_code;
    if (frame->hd.type == NGHTTP2_HEADERS) edoi_h2_call_end_head(k, is_last);
    if (frame->hd.type == NGHTTP2_DATA && is_last) edoi_h2_call_end_input(k);
    return 0;
}

/* nghttp2 ends the session of a server that breaks the rules, or, with INTERNAL_ERROR, since there
 * is no memory to compress fields. */
static void client_on_farewell(edo_http2 *c, uint32_t code) {
    if (code == NGHTTP2_NO_ERROR || c->failed < 0) return;
    edo_debug("a connection of HTTP/2 ends: %s", nghttp2_http2_strerror(code));
    c->failed = code == NGHTTP2_INTERNAL_ERROR ? -ENOMEM : -EPROTO;
    c->why = nghttp2_http2_strerror(code);
    c->is_going = true;
}

static int client_on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *c) {
    if (frame->hd.type == NGHTTP2_GOAWAY) client_on_farewell(c, frame->goaway.error_code);
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (k) edoi_h2_call_on_sent(k);
    edoi_http2_guard_buy(c, FRAMES_BOUGHT);
    return 0;
}

static int client_on_invalid_header(nghttp2_session *session, const nghttp2_frame *frame,
                                    const uint8_t *name, size_t name_n, const uint8_t *value,
                                    size_t value_n, uint8_t flags, void *c) {
    edoi_h2_call *k = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)name, (void)name_n, (void)value, (void)value_n, (void)flags, (void)c;
    if (k)
        edoi_h2_call_refuse(k, NGHTTP2_PROTOCOL_ERROR, -EPROTO,
                            "a field of the response breaks the rules");
    return 0;
}

static int client_callbacks_new(nghttp2_session_callbacks **out) {
    nghttp2_session_callbacks *c;
    if (nghttp2_session_callbacks_new(&c) != 0) return -ENOMEM;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, edoi_http2_on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, edoi_h2_call_on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, edoi_h2_call_on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(c, client_on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, edoi_h2_call_on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, client_on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, client_on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, client_on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(c, edoi_h2_call_send_data);
    *out = c;
    return 0;
}

static int client_option_new(nghttp2_option **out) {
    nghttp2_option *o;
    if (nghttp2_option_new(&o) != 0) return -ENOMEM;
    nghttp2_option_set_no_auto_window_update(o, 1); // windows open when a caller reads
    nghttp2_option_set_no_closed_streams(o, 1);     // the tree of priorities has open ones
    nghttp2_option_set_max_continuations(o, CONTINUATIONS_MAX);
    *out = o;
    return 0;
}

/* ---- A connection ---------------------------------------------------------------------------- */

static int client_submit_first(edo_http2 *c) {
    const edo_http2_opts *o = &c->opts;
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, o->stream_window },
        { NGHTTP2_SETTINGS_MAX_FRAME_SIZE, o->frame_max },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, o->header_list_max },
        { NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, o->header_table },
    };
    int rv = nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings, EDO_COUNT(settings));
    if (rv == 0)
        rv = nghttp2_session_set_local_window_size(c->session, NGHTTP2_FLAG_NONE, 0,
                                                   (int32_t)o->conn_window);
    return rv == 0 ? 0 : -ENOMEM;
}

int edoi_http2_session_new(edo_http2 *c) {
    nghttp2_session_callbacks *callbacks = NULL;
    nghttp2_option *option = NULL;
    int err = client_callbacks_new(&callbacks);
    if (err == 0) err = client_option_new(&option);
    if (err == 0 &&
        nghttp2_session_client_new3(&c->session, callbacks, c, option, edoi_h2_memory()) != 0)
        err = -ENOMEM;
    if (err == 0) err = client_submit_first(c);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    return err;
}
