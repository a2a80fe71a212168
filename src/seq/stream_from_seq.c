/* SPDX-License-Identifier: MIT */
/* seq/stream_from_seq.c: the items of a sequence as a stream that is read.
 *
 * inv. 1: one reader at a time uses `seq` and `held`, which need no lock; `closed` and `waiters`
 *         are guarded by the lock, since the stream may be closed by another thread meanwhile.
 * inv. 2: a reader that waits is linked in `waiters`, for the close, and its waker is with the
 *         sequence, or it was woken at once since its budget is spent; its unwait takes both
 *         back. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "driver/source_waiters.h"
#include "future/budget.h"
#include "records/handles.h"
#include "seq/seq.h"

#include <edo/io.h>

#include <errno.h>
#include <limits.h>

#define READS 0u /* the only direction in which anything waits */

typedef struct seq_stream {
    edo_stream base;
    edo_seq *seq;   /* owned */
    edo_bytes held; /* the rest of an item */
    edoi_lock lock; /* leaf, but for wakes */
    edoi_source_waiters waiters;
    bool closed;
} seq_stream;

static seq_stream *stream_from_seq_self_of(edo_stream *s) {
    return (seq_stream *)(void *)s;
}

static bool stream_from_seq_is_closed(edo_stream *s, int *result) {
    seq_stream *self = stream_from_seq_self_of(s);
    edoi_lock_acquire(&self->lock);
    bool closed = self->closed;
    edoi_lock_release(&self->lock);
    if (closed) *result = -EDO_ECLOSED;
    return closed;
}

/* The sequence has the waker, or `is_woken`; now a close can wake the reader, too. */
static edo_polled wait_here(seq_stream *self, edo_cx *cx, edo_io_wait *wait, bool is_woken,
                            int *result) {
    edoi_lock_acquire(&self->lock);
    bool closed = self->closed;
    if (!closed && edoi_source_waiters_has(wait)) {
        edoi_source_waiters_renew(wait, edo_cx_waker(cx), READS);
    } else if (!closed) {
        edoi_source_waiters_push(&self->waiters, wait, edo_cx_waker(cx), READS);
    }
    EDO_INV("stream_from_seq inv. 1", closed == self->closed);
    EDO_INV("stream_from_seq inv. 2",
            closed || (edoi_source_waiters_has(wait) && (self->seq->waits || is_woken)));
    edoi_lock_release(&self->lock);
    if (!closed) return EDO_PENDING;
    edo_seq_leave(self->seq);
    *result = -EDO_ECLOSED;
    return EDO_READY;
}

/* Waits until bytes are held: ready with 1 then, or 0 at the end, or a negative code. */
static edo_polled stream_from_seq_fetch(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    seq_stream *self = stream_from_seq_self_of(s);
    if (stream_from_seq_is_closed(s, result)) return EDO_READY;
    edo_cx own = cx ? *cx : (edo_cx){ .waker = NULL };
    own.budget = EDO_BUDGET; // the operation's budget is its caller's business
    *result = 1;
    while (self->held.str.len == 0) {
        edo_bytes_unref(&self->held); // an item without bytes
        *result = -EAGAIN;
        if (!cx) return EDO_READY;
        if (edo_seq_poll_next(self->seq, &own, &self->held, result) == EDO_PENDING)
            return wait_here(self, cx, wait, edoi_budget_is_spent(&own), result);
        if (*result <= 0) return EDO_READY;
    }
    return EDO_READY;
}

static edo_polled seq_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    if (stream_from_seq_fetch(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result <= 0) return EDO_READY;
    edo_bytes *held = &stream_from_seq_self_of(s)->held;
    size_t most = held->str.len < INT_MAX ? held->str.len : INT_MAX, done = 0;
    for (size_t i = 0; i < n && done < most; i++) {
        size_t bytes = to[i].iov_len < most - done ? to[i].iov_len : most - done;
        if (bytes > 0) memcpy(to[i].iov_base, held->str.ptr + done, bytes);
        done += bytes;
    }
    if (!(flags & EDO_IO_PEEK)) edo_bytes_advance(held, done);
    if (held->str.len == 0) edo_bytes_unref(held);
    *result = (int)done;
    return EDO_READY;
}

static edo_polled seq_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            int *result) {
    *result = -ENOTSUP;
    if (what != EDO_IO_READ) return EDO_READY;
    if (stream_from_seq_fetch(s, cx, wait, result) == EDO_PENDING) return EDO_PENDING;
    if (*result >= 0) *result = (int)what; // also at the end
    return EDO_READY;
}

static edo_polled seq_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                            size_t n, int *result) {
    (void)cx;
    (void)wait;
    (void)from;
    (void)n;
    if (!stream_from_seq_is_closed(s, result)) *result = -ENOTSUP;
    return EDO_READY;
}

static edo_polled seq_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    return seq_write(s, cx, wait, NULL, 0, result);
}

static void seq_unwait(edo_stream *s, edo_io_wait *wait) {
    seq_stream *self = stream_from_seq_self_of(s);
    if (edoi_source_waiters_has(wait)) {
        edoi_lock_acquire(&self->lock);
        if (edoi_source_waiters_has(wait)) edoi_source_waiters_remove(&self->waiters, wait);
        edoi_lock_release(&self->lock);
    }
    edo_seq_leave(self->seq);
}

static void seq_close(edo_stream *s) {
    seq_stream *self = stream_from_seq_self_of(s);
    edoi_lock_acquire(&self->lock);
    self->closed = true;
    if (edoi_source_waiters_any(&self->waiters, READS))
        edoi_source_waiters_wake(&self->waiters, READS, &self->lock);
    edoi_lock_release(&self->lock);
}

static void seq_free(edo_stream *s) {
    edo_bytes_unref(&stream_from_seq_self_of(s)->held);
    edo_seq_free(stream_from_seq_self_of(s)->seq);
    edoi_handle_cache_put(EDOI_STREAM, s, sizeof(seq_stream));
}

static int seq_fd(edo_stream *s) {
    (void)s;
    return -1;
}

int edo_stream_from_seq(edo_stream **out, edo_seq *seq) {
    static const edo_stream_ops ops = { .name = "edo_stream_from_seq",
                                        .poll_read = seq_read,
                                        .poll_write = seq_write,
                                        .poll_shutdown = seq_shutdown,
                                        .poll_ready = seq_ready,
                                        .unwait = seq_unwait,
                                        .close = seq_close,
                                        .free = seq_free,
                                        .fd = seq_fd };
    if (!seq) return -ENOMEM;
    if (seq->item_size != sizeof(edo_bytes)) return -EINVAL;
    seq_stream *self = (seq_stream *)edoi_cache_get(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (seq_stream){ .base = { .ops = &ops, .refs = EDOI_ATOMIC_INIT(1) }, .seq = seq };
    *out = (edo_stream *)edoi_handle_made_here(EDOI_STREAM, &self->base, EDOI_CALLER());
    return 0;
}
