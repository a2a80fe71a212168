/* SPDX-License-Identifier: MIT */
/* http2/write.c: what the session has to say, gathered so that one turn is one write. Frames are
 * copied into a buffer of the thread; long pieces of bodies stay where they lie (inv. 3). What the
 * socket does not take is copied to `rest`, and nothing is gathered before that has gone. */
#include "base/assert.h"
#include "http2/h2.h"

#include <errno.h>

#define OUT_BYTES  ((size_t)48 << 10) /* of frames, and short pieces, in one write */
#define OUT_ROOM   ((size_t)17 << 10) /* that the next frame, and its head, may need */
#define PIECE_MIN  1024u              /* of a piece that is not copied */
#define USEFUL_MIN 512u /* of a piece that buys the client frames: smaller ones it may have made */
#define BODY_MAX   ((size_t)256 << 10) /* of bodies in one write */
#define VECS_MAX   EDO_IO_VECS_MAX
#define TURNS_MAX  4 /* writes in one poll */

/* One write. */
typedef struct h2_out {
    struct iovec vecs[VECS_MAX];
    size_t vecs_n, n, body_n;
    edoi_h2_stream *pinned[VECS_MAX]; /* whose bytes are among the vectors */
    size_t pinned_n;
    edoi_h2_chunk *spent; /* to be freed behind the write */
    char bytes[OUT_BYTES];
} h2_out;

/* Of the thread: it is used up before anything else runs there. */
static _Thread_local h2_out h2_out_here;

static void out_begin(h2_out *o) {
    o->vecs_n = o->n = o->body_n = o->pinned_n = 0;
    o->spent = NULL;
}

/* Copies bytes behind those that are there. */
static void out_copy(h2_out *o, const void *bytes, size_t n) {
    struct iovec *last = o->vecs_n > 0 ? &o->vecs[o->vecs_n - 1] : NULL;
    char *to = o->bytes + o->n;
    if (n == 0) return;
    memcpy(to, bytes, n);
    o->n += n;
    if (last && (char *)last->iov_base + last->iov_len == to)
        last->iov_len += n;
    else
        o->vecs[o->vecs_n++] = (struct iovec){ to, n };
}

static bool out_is_full(const h2_out *o) {
    return OUT_BYTES - o->n < OUT_ROOM || o->vecs_n + 3 > VECS_MAX || o->body_n >= BODY_MAX;
}

int edoi_h2_on_send_data(nghttp2_session *session, nghttp2_frame *frame, const uint8_t *head,
                         size_t n, nghttp2_data_source *source, void *h2) {
    h2_out *o = &h2_out_here;
    edoi_h2_stream *s = source->ptr;
    (void)session, (void)frame;
    if (out_is_full(o)) return NGHTTP2_ERR_WOULDBLOCK;
    edo_str piece = edoi_h2_piece(s);
    out_copy(o, head, 9);
    if (n < PIECE_MIN) {
        out_copy(o, piece.ptr, n);
    } else {
        o->vecs[o->vecs_n++] = (struct iovec){ (void *)(uintptr_t)piece.ptr, n };
        o->pinned[o->pinned_n++] = s;
        s->pins++;
    }
    o->body_n += n;
    if (n >= USEFUL_MIN) edoi_h2_guard_buy(h2, 2); // an update of each window
    edoi_h2_advance(s, n, &o->spent);
    return 0;
}

/* Takes frames from the session. Returns false if that has failed. Called with the lock held. */
static bool write_gather(edoi_h2_conn *h2, h2_out *o) {
    const uint8_t *bytes;
    ssize_t n = 0;
    while (!out_is_full(o) && (n = nghttp2_session_mem_send(h2->session, &bytes)) > 0)
        out_copy(o, bytes, (size_t)n);
    return n >= 0;
}

/* Frees what only the write has kept. Called with the lock held. */
static void write_let_go(h2_out *o) {
    for (size_t i = 0; i < o->pinned_n; i++) {
        o->pinned[i]->pins--;
        edoi_h2_stream_let_go(o->pinned[i]);
    }
    edoi_h2_chunks_free(o->spent);
}

/* Passes over `n` bytes of the vectors from `*at` on. */
static void vecs_skip(struct iovec *vecs, size_t vecs_n, size_t *at, size_t n) {
    while (*at < vecs_n && n >= vecs[*at].iov_len) n -= vecs[(*at)++].iov_len;
    if (*at >= vecs_n) return;
    vecs[*at].iov_base = (char *)vecs[*at].iov_base + n;
    vecs[*at].iov_len -= n;
}

/* Writes vectors from `*at` on. Returns 1 when all were taken; 0: it waits; or a code. */
static int write_vecs(edoi_h2_conn *h2, edo_cx *cx, struct iovec *vecs, size_t vecs_n, size_t *at) {
    edo_stream *to = h2->conn->stream;
    while (*at < vecs_n) {
        int done;
        size_t n = to->ops->flags & EDO_STREAM_VECTORED ? vecs_n - *at : 1;
        if (to->ops->poll_write(to, cx, &h2->write_wait, vecs + *at, n, &done) == EDO_PENDING) {
            if (!edoi_stall_is_over(&h2->stall, cx)) return 0;
            to->ops->unwait(to, &h2->write_wait);
            return -ETIMEDOUT;
        }
        edoi_stall_end(&h2->stall);
        if (done < 0) return done;
        edoi_stall_count(&h2->stall, (size_t)done);
        vecs_skip(vecs, vecs_n, at, (size_t)done);
    }
    return 1;
}

static int write_keep(edoi_h2_conn *h2, const struct iovec *vecs, size_t vecs_n, size_t at) {
    int err = 0;
    for (; at < vecs_n && err == 0; at++)
        err = edo_buf_append(&h2->rest, vecs[at].iov_base, vecs[at].iov_len);
    return err;
}

/* Writes what an earlier write has left. Returns as write_vecs(). */
static int h2_write_rest(edoi_h2_conn *h2, edo_cx *cx) {
    struct iovec vec = { h2->rest.ptr + h2->rest_at, h2->rest.len - h2->rest_at };
    size_t at = 0, before = vec.iov_len;
    if (before == 0) return 1;
    int rc = write_vecs(h2, cx, &vec, 1, &at);
    if (rc > 0) {
        edo_buf_deinit(&h2->rest);
        h2->rest = (edo_buf){ 0 };
        h2->rest_at = 0;
    } else {
        h2->rest_at += before - vec.iov_len;
    }
    return rc;
}

/* One write. Returns as write_vecs(), and 2 if there was nothing to write. */
static int write_turn(edoi_h2_conn *h2, edo_cx *cx) {
    h2_out *o = &h2_out_here;
    size_t at = 0;
    int rc = h2_write_rest(h2, cx);
    if (rc <= 0) return rc;
    EDO_INV("h2 inv. 3", h2->rest.len == 0);
    out_begin(o);
    edoi_h2_lock(h2);
    bool is_good = write_gather(h2, o);
    edoi_h2_unlock(h2);
    if (is_good && o->vecs_n > 0) rc = write_vecs(h2, cx, o->vecs, o->vecs_n, &at);
    if (rc == 0 && write_keep(h2, o->vecs, o->vecs_n, at) < 0) rc = -ENOMEM;
    edoi_h2_lock(h2);
    write_let_go(o);
    edoi_h2_deliver(h2);
    edoi_h2_unlock(h2);
    if (!is_good) return -EPROTO;
    return rc == 1 && o->vecs_n == 0 ? 2 : rc;
}

void edoi_h2_write(edoi_h2_conn *h2, edo_cx *cx) {
    int rc = 1;
    for (int i = 0; i < TURNS_MAX && rc == 1; i++) rc = write_turn(h2, cx);
    if (rc < 0) h2->is_failed = true;
    if (rc == 1) edo_cx_wake(cx); // there is more
}
