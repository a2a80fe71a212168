/* SPDX-License-Identifier: MIT */
/* client/send/replay.c: see replay.h. */
#include "client/send/replay.h"
#include "base/assert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static edoi_replay *replay_of(edo_stream *s) {
    return EDO_CONTAINER_OF(s, edoi_replay, stream);
}

static void replay_give_up(edoi_replay *r) {
    edo_buf_deinit(&r->kept);
    r->kept = (edo_buf){ 0 };
    r->at = 0;
    r->has_too_much = true;
}

/* Keeps the `n` bytes that were read into `to`. */
static void replay_keep(edoi_replay *r, const struct iovec *to, size_t n) {
    if (r->has_too_much) return;
    int err = n > r->most - r->kept.len ? -EMSGSIZE : 0;
    for (; err == 0 && n > 0; to++) {
        size_t piece = to->iov_len < n ? to->iov_len : n;
        err = edo_buf_append(&r->kept, to->iov_base, piece);
        n -= piece;
    }
    r->at = r->kept.len;
    if (err < 0) replay_give_up(r);
}

/* Reads what is kept. */
static int replay_read_kept(edoi_replay *r, const struct iovec *to) {
    size_t left = r->kept.len - r->at, n = to->iov_len < left ? to->iov_len : left;
    memcpy(to->iov_base, r->kept.ptr + r->at, n);
    r->at += n;
    return (int)n;
}

static edo_polled replay_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    edoi_replay *r = replay_of(s);
    if (flags & EDO_IO_PEEK) {
        *result = -ENOTSUP;
        return EDO_READY;
    }
    if (r->at < r->kept.len) {
        *result = replay_read_kept(r, to);
        return EDO_READY;
    }
    edo_polled polled = r->from->ops->poll_read(r->from, cx, wait, to, n, flags, result);
    if (polled == EDO_READY && *result > 0) replay_keep(r, to, (size_t)*result);
    EDO_INV("replay inv. 1", !r->has_too_much || !r->kept.ptr);
    return polled;
}

static edo_polled replay_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    (void)s, (void)cx, (void)wait, (void)from, (void)n;
    *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled replay_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

static void replay_unwait(edo_stream *s, edo_io_wait *wait) {
    edo_stream *from = replay_of(s)->from;
    from->ops->unwait(from, wait);
}

static void replay_close(edo_stream *s) {
    (void)s;
}

static void replay_free(edo_stream *s) {
    edoi_replay *r = replay_of(s);
    edo_buf_deinit(&r->kept);
    free(r);
}

static int replay_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops replay_ops = { .name = "body that can be sent again",
                                           .poll_read = replay_read,
                                           .poll_write = replay_write,
                                           .poll_shutdown = replay_shutdown,
                                           .unwait = replay_unwait,
                                           .close = replay_close,
                                           .free = replay_free,
                                           .fd = replay_fd };

edoi_replay *edoi_replay_new(edo_stream *from, size_t most) {
    edoi_replay *r = malloc(sizeof *r);
    if (!r) return NULL;
    *r = (edoi_replay){ .stream = { .ops = &replay_ops, .refs = EDOI_ATOMIC_INIT(1) },
                        .from = from,
                        .most = most };
    return r;
}

edoi_replay *edoi_replay_of(edo_stream *stream) {
    return stream->ops == &replay_ops ? replay_of(stream) : NULL;
}

bool edoi_replay_again(edoi_replay *self) {
    if (self->has_too_much) return false;
    self->at = 0;
    return true;
}
