/* SPDX-License-Identifier: MIT */
/* http2/session.c: what a server's connections share: options, and the callbacks of nghttp2. */
#include "base/opts.h"
#include "http2/both/block.h"
#include "http2/both/memory.h"
#include "http2/h2.h"

#include <edo/error.h>

#include <errno.h>

#define WINDOW_MAX        INT32_MAX
#define CONTINUATIONS_MAX 8   /* frames of one head, behind the first */
#define ARENA_BYTES       512 /* fields of a response, as a rule */
#define RESETS_ANY        (UINT64_C(1) << 40)
#define FRAME_MIN         16384u
#define FRAME_MAX         16777215u

/* ---- Options --------------------------------------------------------------------------------- */

static void session_or(uint32_t *n, uint32_t usual) {
    if (*n == 0) *n = usual;
}

static int h2_session_fill_in(edo_http2_opts *o, const edo_http_server_opts *server) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    session_or(&o->stream_window, 1u << 20);
    session_or(&o->conn_window, o->stream_window > 1u << 20 ? o->stream_window : 1u << 20);
    session_or(&o->frame_max, FRAME_MIN);
    session_or(&o->streams_max, 200);
    session_or(&o->send_buf, 64u << 10);
    session_or(&o->header_list_max, edoi_h2_list_max(server->head_bytes_max, server->headers_max));
    session_or(&o->header_table, 4096);
    session_or(&o->resets_max, 100);
    if (o->ping_interval.ns <= 0) o->ping_interval = (edo_duration){ EDO_FOREVER_NS };
    if (o->ping_timeout.ns <= 0) o->ping_timeout = edo_s(20);
    if (o->age_grace.ns <= 0) o->age_grace = (edo_duration){ EDO_FOREVER_NS };
    bool is_good = o->stream_window <= WINDOW_MAX && o->conn_window <= WINDOW_MAX &&
                   o->conn_window >= o->stream_window && o->frame_max >= FRAME_MIN &&
                   o->frame_max <= FRAME_MAX;
    return is_good ? 0 : edo_fail(-EINVAL, "windows or frame_max of edo_http2_opts");
}

/* ---- Callbacks ------------------------------------------------------------------------------- */

static int session_on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *h2) {
    edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    (void)h2;
    if (s) edoi_h2_stream_close(s, error);
    return 0;
}

static void session_on_headers(edoi_h2_stream *s, const nghttp2_headers *headers) {
    bool is_last = headers->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (headers->cat == NGHTTP2_HCAT_REQUEST)
        edoi_h2_end_head(s, is_last);
    else if (is_last)
        edoi_h2_end_trailers(s);
}

static int session_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
    edoi_h2_conn *h2 = arg;
    edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_PING && frame->hd.flags & NGHTTP2_FLAG_ACK)
        edoi_h2_drain_on_ack(h2, frame->ping.opaque_data);
    if (frame->hd.type == NGHTTP2_GOAWAY) h2->has_goodbye = true;
    if (frame->hd.type == NGHTTP2_DATA) edoi_h2_guard_data(h2, &frame->data);
    if (frame->hd.type == NGHTTP2_HEADERS) edoi_h2_end_heading(h2);
    if (!s) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) session_on_headers(s, &frame->headers);
    if (frame->hd.type == NGHTTP2_DATA && frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        edoi_h2_end_body(s);
    return 0;
}

/* Does the server reset a stream so for what its client did? A request that there is no room for
 * has cost no more than its bytes. */
static bool session_is_clients(uint32_t error) {
    return error != NGHTTP2_NO_ERROR && error != NGHTTP2_INTERNAL_ERROR &&
           error != NGHTTP2_CANCEL && error != NGHTTP2_REFUSED_STREAM;
}

/* Tells a client whose request was not read to its end that the rest is not wanted: its response is
 * whole. */
static int session_on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *h2) {
    int32_t id = frame->hd.stream_id;
    bool ends = (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
                frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    if (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS)
        edoi_h2_guard_forgive(h2);
    if (frame->hd.type == NGHTTP2_RST_STREAM && session_is_clients(frame->rst_stream.error_code))
        edoi_h2_guard_reset(h2);
    if (frame->hd.type == NGHTTP2_RST_STREAM &&
        nghttp2_session_get_stream_remote_close(session, id) == 0)
        edoi_h2_guard_cut(h2, id);
    const edoi_h2_stream *s = nghttp2_session_get_stream_user_data(session, id);
    if (ends && s && s->fiber.refusal == 0) edoi_h2_guard_buy_reset(h2);
    if (!ends || nghttp2_session_get_stream_remote_close(session, id) != 0) return 0;
    if (s && s->tunnel.is_there && !edoi_load_rlx_u32(&s->tunnel.is_shut))
        return 0; // it may still read
    int err = nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    return nghttp2_is_fatal(err) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int session_callbacks_new(nghttp2_session_callbacks **out) {
    nghttp2_session_callbacks *c;
    if (nghttp2_session_callbacks_new(&c) != 0) return -ENOMEM;
    nghttp2_session_callbacks_set_on_begin_frame_callback(c, edoi_h2_on_begin_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(c, edoi_h2_on_invalid_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(c, edoi_h2_on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(c, edoi_h2_on_header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(c, edoi_h2_on_invalid_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, edoi_h2_on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, session_on_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(c, session_on_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, session_on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(c, edoi_h2_on_send_data);
    *out = c;
    return 0;
}

static int session_option_new(nghttp2_option **out) {
    nghttp2_option *o;
    if (nghttp2_option_new(&o) != 0) return -ENOMEM;
    nghttp2_option_set_no_auto_window_update(o, 1); // windows open when a handler reads
    nghttp2_option_set_no_closed_streams(o, 1);     // the tree of priorities has open ones
    // it would count those whose handlers have begun, too: guard.c does not
    nghttp2_option_set_stream_reset_rate_limit(o, RESETS_ANY, RESETS_ANY);
    nghttp2_option_set_max_continuations(o, CONTINUATIONS_MAX);
    *out = o;
    return 0;
}

/* ---- The server ------------------------------------------------------------------------------ */

static int session_construct(void *arg, void *object) {
    edoi_h2_stream *s = object;
    (void)arg;
    edoi_http_exchange_construct(&s->x);
    s->x.arena.chunk_bytes = ARENA_BYTES;
    s->x.wire = &edoi_h2_wire;
    s->x.h1 = NULL;
    s->x.room = NULL;
    return 0;
}

int edoi_h2_server_begin(edoi_http_server *server) {
    edoi_h2_server *self = edo_rc_new(sizeof *self, NULL);
    if (!self) return -ENOMEM;
    *self = (edoi_h2_server){ .option = NULL };
    if (server->opts.http2) self->opts = *server->opts.http2;
    server->opts.http2 = NULL; // the caller's
    server->http2 = self;
    int err = h2_session_fill_in(&self->opts, &server->opts);
    if (err == 0) err = session_option_new(&self->option);
    if (err == 0) err = session_callbacks_new(&self->callbacks);
    if (err == 0)
        err = edoi_http_exchanges_new(&self->streams, sizeof(edoi_h2_stream), "HTTP/2 streams",
                                      session_construct);
    return err; // on failure the server ends, and with it this
}

void edoi_h2_server_end(edoi_http_server *server) {
    edoi_h2_server *self = server->http2;
    nghttp2_option_del(self->option);
    nghttp2_session_callbacks_del(self->callbacks);
    edo_slab_free(self->streams);
    edo_rc_unref(self);
}

/* ---- A connection ---------------------------------------------------------------------------- */

int edoi_h2_session_new(edoi_h2_conn *h2) {
    const edo_http2_opts *o = &h2->shared->opts;
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, o->streams_max },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, o->stream_window },
        { NGHTTP2_SETTINGS_MAX_FRAME_SIZE, o->frame_max },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, o->header_list_max },
        { NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, o->header_table },
        { NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, !o->no_connect },
    };
    int err = nghttp2_session_server_new3(&h2->session, h2->shared->callbacks, h2,
                                          h2->shared->option, edoi_h2_memory());
    if (err == 0)
        err =
            nghttp2_submit_settings(h2->session, NGHTTP2_FLAG_NONE, settings, EDO_COUNT(settings));
    if (err == 0)
        err = nghttp2_session_set_local_window_size(h2->session, NGHTTP2_FLAG_NONE, 0,
                                                    (int32_t)o->conn_window);
    return err == 0 ? 0 : -ENOMEM;
}
