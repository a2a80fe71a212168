/* SPDX-License-Identifier: MIT */
/* tests/http2/over/response.c: what comes over HTTP/2 becomes text of HTTP/1.1. */
#include "over.h"

/* ---- What comes ------------------------------------------------------------------------------ */

static void over_write_text(over_text *to, const char *text) {
    over_add(to, text, strlen(text));
}

static int over_on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                          size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
                          void *arg) {
    over *o = arg;
    (void)session, (void)flags;
    if (frame->hd.stream_id != o->id) return 0;
    over_text *to = o->head_written || o->has_head ? &o->end_fields : &o->fields;
    if (name_n == 7 && memcmp(name, ":status", 7) == 0) {
        o->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
        return 0;
    }
    if (name_n == 14 && memcmp(name, "content-length", 14) == 0) o->has_length = true;
    over_add(to, name, name_n);
    over_add(to, ": ", 2);
    over_add(to, value, value_n);
    over_add(to, "\r\n", 2);
    return 0;
}

static int over_on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                        size_t n, void *arg) {
    over *o = arg;
    (void)session, (void)flags;
    if (id == o->id) over_add(&o->body, bytes, n);
    return 0;
}

static void over_write_status(over *o) {
    edo_str reason = edo_status_reason((edo_status)o->status);
    over_print(&o->out, "HTTP/1.1 %d %.*s\r\n", o->status, (int)reason.len,
               reason.ptr ? reason.ptr : "");
}

static void over_on_head(over *o) {
    if (o->status >= 200) {
        o->has_head = true;
        return;
    }
    over_write_status(o);
    over_add(&o->out, o->fields.ptr, o->fields.len);
    over_write_text(&o->out, "\r\n");
    o->fields.len = 0;
    o->status = 0;
}

static int over_on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
    over *o = arg;
    (void)session;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        o->has_said_bye = true;
        o->has_said_last = frame->goaway.last_stream_id < INT32_MAX;
    }
    if (frame->hd.stream_id != o->id || o->id == 0) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && !o->has_head && !o->head_written) over_on_head(o);
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        o->is_whole = true;
    return 0;
}

static int over_on_close(nghttp2_session *session, int32_t id, uint32_t error, void *arg) {
    over *o = arg;
    (void)session;
    if (id != o->id) return 0;
    o->is_answered = true;
    o->error = error;
    return 0;
}

void over_set_callbacks(nghttp2_session_callbacks *c) {
    nghttp2_session_callbacks_set_on_header_callback(c, over_on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, over_on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, over_on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, over_on_close);
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool over_has_no_body(const over *o) {
    return o->is_head || o->status == 204 || o->status == 304;
}

static void over_write_upgrade(over *o) {
    o->status = 101;
    over_write_status(o);
    over_add(&o->out, o->fields.ptr, o->fields.len);
    over_print(&o->out, "connection: upgrade\r\nupgrade: %.*s\r\n", (int)o->protocol.len,
               o->protocol.ptr);
    if (o->accept[0]) over_print(&o->out, "sec-websocket-accept: %s\r\n", o->accept);
    over_write_text(&o->out, "\r\n");
    o->takes = OVER_TUNNEL;
}

/* An upgrade was not granted: it has been the whole request. */
static void over_end_upgrade(over *o) {
    o->protocol.len = 0;
    o->up_ended = true;
    (void)nghttp2_session_resume_data(o->session, o->id);
}

static void over_write_head(over *o) {
    bool is_cut = o->is_whole && !o->up_ended; // the rest of the request nobody reads
    o->has_head = false;
    o->head_written = true;
    if (o->protocol.len > 0 && o->status == 200) {
        over_write_upgrade(o);
        o->fields.len = 0;
        return;
    }
    if (o->protocol.len > 0) over_end_upgrade(o);
    o->closes |= is_cut || o->has_said_bye;
    over_write_status(o);
    over_add(&o->out, o->fields.ptr, o->fields.len);
    o->fields.len = 0;
    bool is_open = !o->has_length && !over_has_no_body(o);
    bool is_empty = is_open && o->is_whole && o->body.len == 0 && o->end_fields.len == 0;
    o->is_chunked = is_open && !is_empty && !o->is_old;
    if (is_empty) over_write_text(&o->out, "content-length: 0\r\n");
    if (o->is_chunked) over_write_text(&o->out, "transfer-encoding: chunked\r\n");
    o->closes |= is_open && !is_empty && o->is_old;
    if (o->closes)
        over_write_text(&o->out, "connection: close\r\n");
    else if (o->keeps_old)
        over_write_text(&o->out, "connection: keep-alive\r\n");
    over_write_text(&o->out, "\r\n");
}

static void over_write_body(over *o) {
    if (o->body.len == 0) return;
    if (o->is_chunked) over_print(&o->out, "%zx\r\n", o->body.len);
    over_add(&o->out, o->body.ptr, o->body.len);
    if (o->is_chunked) over_write_text(&o->out, "\r\n");
    o->body.len = 0;
}

/* The response is there as a whole. */
static void over_write_end(over *o) {
    if (!o->is_chunked) return;
    over_write_text(&o->out, "0\r\n");
    over_add(&o->out, o->end_fields.ptr, o->end_fields.len);
    over_write_text(&o->out, "\r\n");
}

void over_refuse(over *o, int status) {
    o->is_over = true;
    o->status = status;
    if (status == 0) return;
    over_write_status(o);
    over_write_text(&o->out, "content-length: 0\r\nconnection: close\r\n\r\n");
}

/* The stream was closed before its end. */
static void over_on_reset(over *o) {
    if (!o->head_written && o->error == NGHTTP2_PROTOCOL_ERROR)
        over_refuse(o, 400);
    else if (!o->head_written && o->error == NGHTTP2_REFUSED_STREAM)
        over_refuse(o, 503);
    else
        over_refuse(o, 0);
    o->is_broken = o->status == 0;
}

/* Forgets the exchange that has ended: the next one may begin. */
static void over_begin_next(over *o) {
    bool is_read = o->takes == OVER_NOTHING;
    o->id = 0;
    o->has_length = o->is_chunked = o->head_written = o->is_answered = o->is_whole = false;
    o->up.len = o->tail.len = o->end_fields.len = 0;
    if (is_read) o->takes = OVER_HEAD;
    if (o->closes || !is_read) o->is_over = true;
}

bool over_answer(over *o) {
    if (o->has_head) over_write_head(o);
    over_write_body(o);
    if (o->is_whole && o->takes == OVER_TUNNEL) o->is_ended = true;
    if (!o->is_answered) return o->is_over;
    if (!o->is_whole)
        over_on_reset(o);
    else if (o->takes == OVER_TUNNEL)
        o->is_over = true;
    else
        over_write_end(o);
    over_begin_next(o);
    return o->is_over;
}
