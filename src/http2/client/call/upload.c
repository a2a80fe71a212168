/* SPDX-License-Identifier: MIT */
/* http2/client/call/upload.c: a request's body that is read while its response is waited for. */
#include "http2/client/client.h"

#include <errno.h>

#define PIECE_MAX 16384u /* of `from`, read at once */

void edoi_h2_upload_unwait(edoi_h2_call *k) {
    edoi_h2_upload *u = &k->up;
    if (u->is_over) return;
    if (u->from) u->from->ops->unwait(u->from, &u->wait);
    edoi_http2_lock(k->conn);
    k->out.writer = (edoi_h2_wait){ NULL, NULL };
    edoi_http2_unlock(k->conn);
}

/* Ends the use of `from`. What it has failed with the response's reads return; the stream is reset
 * with it. */
static void upload_end(edoi_h2_call *k, int failed) {
    edoi_h2_upload_unwait(k);
    k->up.is_over = true;
    if (failed == 0) failed = edoi_h2_call_end_output(k);
    if (failed == 0 || failed == -EPIPE) return;
    k->up.failed = failed == -EDO_ECLOSED ? -ECONNABORTED : failed;
    edoi_http2_lock(k->conn);
    edoi_h2_call_reset(k, NGHTTP2_CANCEL, k->up.failed);
    edoi_http2_unlock_and_kick(k->conn);
}

/* How many bytes may be queued? 0: the task is woken when there is room; negative: the server wants
 * no more, or none is left. */
static int64_t upload_room(edoi_h2_call *k, edo_cx *cx) {
    edoi_http2_lock(k->conn);
    size_t room = edoi_h2_call_room(k);
    int64_t n = !edoi_h2_call_takes(k) || k->out.has_ended ? -1 : (int64_t)room;
    k->out.writer = (edoi_h2_wait){ n == 0 && cx ? edo_cx_waker(cx) : NULL, &k->up.wait };
    if (n > 0 && (uint64_t)n > k->out.left)
        n = k->out.left > 0 ? (int64_t)k->out.left : 1; // the end
    edoi_http2_unlock(k->conn);
    return n < PIECE_MAX ? n : PIECE_MAX;
}

static void upload_give(edoi_h2_call *k, edoi_h2_chunk *chunk, size_t n) {
    chunk->end = (uint32_t)n;
    k->up.given += n;
    edoi_http2_lock(k->conn);
    edoi_h2_queue_give(&k->out.queue, chunk);
    edoi_h2_call_queued(k, n);
    edoi_http2_unlock_and_kick(k->conn);
}

/* Has `from` ended too early? */
static bool upload_is_short(const edoi_h2_call *k, int n) {
    return n == 0 && k->out.left > 0 && k->out.left != UINT64_MAX;
}

/* Reads a piece. Returns whether there was progress. */
static bool upload_read(edoi_h2_call *k, edo_cx *cx, size_t room) {
    edoi_h2_upload *u = &k->up;
    edoi_h2_chunk *chunk = edoi_h2_chunk_new(room);
    int n = -ENOMEM;
    if (chunk) {
        const struct iovec to = { chunk->bytes, room };
        if (u->from->ops->poll_read(u->from, cx, &u->wait, &to, 1, 0, &n) == EDO_PENDING)
            n = -EAGAIN;
    }
    if (n > 0 && k->out.left == 0) n = 0; // a byte beyond the length: trailers follow
    if (n > 0) {
        u->has_read = true;
        upload_give(k, chunk, (size_t)n);
        return true;
    }
    edo_rc_unref(chunk);
    u->lacks_source = n == -EAGAIN;
    if (n != -EAGAIN) upload_end(k, upload_is_short(k, n) ? -EMSGSIZE : n);
    return false;
}

static bool upload_copy(edoi_h2_call *k, size_t room) {
    edoi_h2_upload *u = &k->up;
    size_t n = room < u->data.len ? room : u->data.len;
    edoi_h2_chunk *chunk = edoi_h2_chunk_new(n);
    if (!chunk) {
        upload_end(k, -ENOMEM);
        return false;
    }
    memcpy(chunk->bytes, u->data.ptr, n);
    u->data = (edo_str){ u->data.ptr + n, u->data.len - n };
    upload_give(k, chunk, n);
    return true;
}

void edoi_h2_upload_poll(edoi_h2_call *k, edo_cx *cx) {
    edoi_h2_upload *u = &k->up;
    u->lacks_source = false;
    while (!u->is_over && !u->is_held) {
        int64_t room = upload_room(k, cx);
        if (room < 0) {
            edoi_h2_upload_unwait(k);
            u->is_over = true;
            return;
        }
        if (room == 0) return;
        if (!(u->from ? upload_read(k, cx, (size_t)room) : upload_copy(k, (size_t)room))) return;
    }
}
