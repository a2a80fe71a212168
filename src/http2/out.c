/* SPDX-License-Identifier: MIT */
/* http2/out.c: see out.h. */
#include "http2/out.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

#define OUT_ROOM  ((size_t)17 << 10)  /* that the next frame, and its head, may need */
#define PIECE_MIN 1024u               /* of a piece that is not copied */
#define BODY_MAX  ((size_t)256 << 10) /* of bodies in one write */

/* ---- One write ------------------------------------------------------------------------------- */

edoi_h2_out *edoi_h2_out_here(void) {
    static _Thread_local edoi_h2_out here;
    return &here;
}

void edoi_h2_out_begin(edoi_h2_out *o) {
    o->vecs_n = o->n = o->body_n = o->pinned_n = 0;
    o->spent = NULL;
}

/* Copies bytes behind those that are there. */
static void out_copy(edoi_h2_out *o, const void *bytes, size_t n) {
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

bool edoi_h2_out_is_full(const edoi_h2_out *o) {
    return EDOI_H2_OUT_BYTES - o->n < OUT_ROOM || o->vecs_n + 3 > EDO_IO_VECS_MAX ||
           o->body_n >= BODY_MAX;
}

bool edoi_h2_out_data(edoi_h2_out *o, const void *head, edo_str piece, void *holder) {
    out_copy(o, head, 9);
    o->body_n += piece.len;
    if (piece.len < PIECE_MIN) {
        out_copy(o, piece.ptr, piece.len);
        return false;
    }
    o->vecs[o->vecs_n++] = (struct iovec){ (void *)(uintptr_t)piece.ptr, piece.len };
    o->pinned[o->pinned_n++] = holder;
    return true;
}

int edoi_h2_out_gather(edoi_h2_out *o, nghttp2_session *session) {
    const uint8_t *bytes;
    ssize_t n = 0;
    while (!edoi_h2_out_is_full(o) && (n = nghttp2_session_mem_send(session, &bytes)) > 0)
        out_copy(o, bytes, (size_t)n);
    return n >= 0 ? 0 : n == NGHTTP2_ERR_NOMEM ? -ENOMEM : -EPROTO;
}

/* ---- The stream ------------------------------------------------------------------------------ */

/* Passes over `n` bytes of the vectors from `*at` on. */
static void vecs_skip(struct iovec *vecs, size_t vecs_n, size_t *at, size_t n) {
    while (*at < vecs_n && n >= vecs[*at].iov_len) n -= vecs[(*at)++].iov_len;
    if (*at >= vecs_n) return;
    vecs[*at].iov_base = (char *)vecs[*at].iov_base + n;
    vecs[*at].iov_len -= n;
}

/* Writes vectors from `*at` on. Returns 1 when all were taken; 0: it waits; or a code. */
static int sink_write_vecs(edoi_h2_sink *s, edo_cx *cx, struct iovec *vecs, size_t vecs_n,
                           size_t *at) {
    while (*at < vecs_n) {
        int done;
        size_t n = s->to->ops->flags & EDO_STREAM_VECTORED ? vecs_n - *at : 1;
        if (s->to->ops->poll_write(s->to, cx, &s->wait, vecs + *at, n, &done) == EDO_PENDING) {
            if (!edoi_stall_is_over(&s->stall, cx)) return 0;
            s->to->ops->unwait(s->to, &s->wait);
            return -ETIMEDOUT;
        }
        edoi_stall_end(&s->stall);
        if (done < 0) return done;
        edoi_stall_count(&s->stall, (size_t)done);
        vecs_skip(vecs, vecs_n, at, (size_t)done);
    }
    return 1;
}

static int sink_keep(edoi_h2_sink *s, const struct iovec *vecs, size_t vecs_n, size_t at) {
    int err = 0;
    for (; at < vecs_n && err == 0; at++)
        err = edo_buf_append(&s->rest, vecs[at].iov_base, vecs[at].iov_len);
    return err;
}

int edoi_h2_sink_rest(edoi_h2_sink *s, edo_cx *cx) {
    struct iovec vec = { s->rest.ptr + s->rest_at, s->rest.len - s->rest_at };
    size_t at = 0, before = vec.iov_len;
    if (before == 0) return 1;
    int rc = sink_write_vecs(s, cx, &vec, 1, &at);
    if (rc > 0) {
        edo_buf_deinit(&s->rest);
        s->rest = (edo_buf){ 0 };
        s->rest_at = 0;
    } else {
        s->rest_at += before - vec.iov_len;
    }
    return rc;
}

int edoi_h2_sink_write(edoi_h2_sink *s, edo_cx *cx, edoi_h2_out *o) {
    size_t at = 0;
    EDO_INV("out inv. 1", s->rest.len == 0);
    int rc = sink_write_vecs(s, cx, o->vecs, o->vecs_n, &at);
    return rc == 0 && sink_keep(s, o->vecs, o->vecs_n, at) < 0 ? -ENOMEM : rc;
}

void edoi_h2_sink_unwait(edoi_h2_sink *s) {
    s->to->ops->unwait(s->to, &s->wait);
    edoi_stall_end(&s->stall);
}
