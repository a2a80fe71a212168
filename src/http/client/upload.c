/* SPDX-License-Identifier: MIT */
/* http/client/upload.c: see upload.h. */
#include "http/client/upload.h"

#include "base/assert.h"

#include "http/h1/pen.h"
#include "http/h1/trailers.h"

#include <errno.h>
#include <stdio.h>

#define SIZE_LINE_MAX 8u /* "3ff6\r\n" and its like */

void edoi_upload_init(edoi_upload *u, edo_stream *to) {
    memset(u, 0, offsetof(edoi_upload, out) + offsetof(edoi_http_output, bytes));
    u->is_over = true;
    u->out.to = to;
    edoi_stall_off(&u->out.stall);
}

void edoi_upload_unwait(edoi_upload *u) {
    edoi_output_unwait(&u->out, &u->to_wait);
    if (u->from) u->from->ops->unwait(u->from, &u->from_wait);
}

/* ---- To the server --------------------------------------------------------------------------- */

/* Takes the result of a write that is ready. Returns whether bytes have left. */
static bool has_written(edoi_upload *u, int result) {
    if (result >= 0) return true;
    if (result == -EAGAIN) return false;
    bool has_left = result == -EPIPE || result == -ECONNRESET; // perhaps after it has responded
    if (u->has_begun && !has_left) u->source_failed = result;
    u->failed = result;
    return false;
}

/* Sends the bytes of the output. Returns whether all of them have left. */
static bool upload_send_held(edoi_upload *u, edo_cx *cx) {
    edoi_http_output *o = &u->out;
    while (o->end > 0 || (u->data.len > 0 && !u->is_held)) {
        int n = 0;
        size_t more = u->is_held ? 0 : u->data.len, had = o->end - o->begin;
        edo_polled polled = edoi_output_poll_write(o, cx, &u->to_wait, u->data.ptr, more, &n);
        u->sent += had - (o->end - o->begin);
        if (o->begin > 0) u->has_begun = true;
        if (polled == EDO_PENDING || !has_written(u, n)) return false;
        u->has_begun = u->is_unflushed = true;
        if (n > 0) u->data = (edo_str){ u->data.ptr + n, u->data.len - (size_t)n };
        u->sent += (uint64_t)n;
    }
    return true;
}

/* Flushes a stream with a buffer of its own, before the wait for the response, or for more of the
 * body. */
static bool upload_flush(edoi_upload *u, edo_cx *cx) {
    const edo_stream_ops *ops = u->out.to->ops;
    int result = 0;
    if (!u->is_unflushed) return true;
    if (ops->poll_flush && ops->poll_flush(u->out.to, cx, &u->to_wait, &result) == EDO_PENDING)
        return false;
    if (!has_written(u, result)) return false;
    u->is_unflushed = false;
    return true;
}

/* ---- From the caller's stream ---------------------------------------------------------------- */

static void end_source(edoi_upload *u, int failed) {
    EDO_INV("upload inv. 2", u->from && !u->is_over);
    u->from->ops->unwait(u->from, &u->from_wait);
    u->from = NULL;
    u->source_failed = failed;
}

/* Puts the line with the size of a chunk in front of its `n` bytes, and the line's end behind
 * them. */
static void frame_chunk(edoi_http_output *o, size_t n) {
    char line[SIZE_LINE_MAX];
    size_t len = (size_t)snprintf(line, sizeof line, "%zx\r\n", n);
    o->begin = (uint32_t)(SIZE_LINE_MAX - len);
    o->end = (uint32_t)(SIZE_LINE_MAX + n);
    memcpy(o->bytes + o->begin, line, len);
    edoi_output_append(o, "\r\n", 2);
}

/* Puts the last chunk into the output, which is empty. Returns 0 or -EMSGSIZE. */
static int put_last(edoi_upload *u) {
    edoi_http_output *o = &u->out;
    if (!u->trailers) {
        edoi_output_append(o, EDOI_LAST_CHUNK.ptr, EDOI_LAST_CHUNK.len);
        return 0;
    }
    int n = edoi_trailers_print(o->bytes, sizeof o->bytes, u->trailers, u->head);
    if (n < 0) return n;
    if (u->title_case) edoi_title_case(o->bytes, o->bytes + n);
    o->end = (uint32_t)n;
    return 0;
}

/* Reads more of the body into the output, which is empty. Returns whether there was progress. */
static bool upload_fill(edoi_upload *u, edo_cx *cx) {
    edoi_http_output *o = &u->out;
    size_t front = u->is_chunked ? SIZE_LINE_MAX : 0, room = sizeof o->bytes - 2 * front;
    if (!u->is_chunked && u->left < room) room = (size_t)u->left;
    struct iovec to = { o->bytes + front, room };
    int n;
    if (u->from->ops->poll_read(u->from, cx, &u->from_wait, &to, 1, 0, &n) == EDO_PENDING)
        return false;
    if (n == -EAGAIN && !cx) return false;
    if (n < 0 || (n == 0 && !u->is_chunked)) {
        end_source(u, n < 0 ? n : -EMSGSIZE);
        return false;
    }
    if (u->is_chunked && n > 0) {
        frame_chunk(o, (size_t)n);
    } else if (u->is_chunked) {
        end_source(u, put_last(u));
    } else {
        o->end = (uint32_t)n;
        u->left -= (uint64_t)n;
        if (u->left == 0) end_source(u, 0);
    }
    return u->source_failed == 0;
}

bool edoi_upload_lacks_source(const edoi_upload *u) {
    return u->from && !u->is_held && u->out.end == 0;
}

void edoi_upload_poll(edoi_upload *u, edo_cx *cx) {
    if (u->is_over || u->failed < 0 || u->source_failed < 0) return;
    while (upload_send_held(u, cx)) {
        if (u->is_held) {
            (void)upload_flush(u, cx);
            return;
        }
        if (!u->from) {
            u->is_over = upload_flush(u, cx);
            EDO_INV("upload inv. 2", !u->is_over || u->out.end == 0);
            return;
        }
        if (!upload_fill(u, cx)) {
            (void)upload_flush(u, cx);
            return;
        }
    }
}
