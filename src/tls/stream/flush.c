/* SPDX-License-Identifier: MIT */
/* tls/stream/flush.c: how ciphertext gets to the stream below. A write encrypts, and its bytes go
 * at once as a rule. What the stream below has no room for is written by a flusher, a task without
 * a stack: the writer may wait for something else by then, or be gone. */
#include "tls/stream/tls.h"

#include "base/assert.h"
#include "base/atomic.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

#define LINGER edo_s(5) /* without progress, after a close */

typedef struct tls_flusher {
    edo_future base;
    edoi_tls *to; /* counted */
    edo_io_wait wait;
    edo_sleep_future limit;
    uint64_t written_n; /* when `limit` began */
    bool was_ended;     /* when `limit` began: no user is left, or it was closed */
} tls_flusher;

/* ---- One attempt ----------------------------------------------------------------------------- */

/* Takes what has been encrypted since the last time, if nothing older is left. Called with `mu`
 * held. */
static void tls_advance(edoi_tls *self, int written) {
    self->written_n += (uint64_t)written;
    edo_buf_advance(&self->going, (size_t)written);
    if (self->going.len > 0) return;
    edo_buf_deinit(&self->going); // an idle connection has no buffer
    self->going = self->next;
    self->next = (edo_buf){ 0 };
}

static void tls_drop_left(edoi_tls *self) {
    edo_buf_deinit(&self->going);
    edo_buf_deinit(&self->next);
}

/* Nothing can be written any more. Called with `mu` held. A task that is flushing drops what is
 * left when it is back. */
static void tls_break(edoi_tls *self, int err) {
    if (self->write_err == 0 || self->write_err == -EPIPE) self->write_err = err;
    self->is_broken = true;
    if (!self->is_flushing) tls_drop_left(self);
}

/* Called with `mu` held, and nobody flushing; releases it while it writes. */
static edo_polled tls_write_going(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = self->below;
    for (tls_advance(self, 0); self->going.len > 0; tls_advance(self, *result)) {
        if (self->is_broken) break;
        const struct iovec vec = { self->going.ptr, self->going.len };
        self->is_flushing = true;
        edoi_tls_unlock(self);
        edo_polled polled = below->ops->poll_write(below, cx, wait, &vec, 1, result);
        edoi_tls_lock(self);
        EDO_INV("tls inv. 2", self->is_flushing && self->going.ptr == vec.iov_base);
        self->is_flushing = false;
        if (polled == EDO_PENDING && !self->is_broken) return EDO_PENDING;
        if (polled == EDO_PENDING) {
            below->ops->unwait(below, wait);
            break;
        }
        if (*result < 0) {
            if (*result != -EAGAIN) tls_break(self, *result);
            return EDO_READY;
        }
    }
    if (self->is_broken) tls_drop_left(self);
    *result = self->is_broken ? self->write_err : 0;
    return EDO_READY;
}

static void tls_start_flusher(edoi_tls *self);

/* Called without `mu`. `by_flusher`: the caller sees to what is left. */
static edo_polled tls_try_flush(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, bool by_flusher,
                                int *result) {
    edo_polled polled = EDO_READY;
    edoi_tls_lock(self);
    bool is_busy = self->is_flushing;
    *result = -EAGAIN; // the task that is flushing writes what is left, too
    if (!is_busy) polled = tls_write_going(self, cx, wait, result);
    bool starts = !is_busy && !by_flusher && edoi_tls_left(self) > 0 && !self->has_flusher;
    if (starts) self->has_flusher = true;
    EDO_INV("tls inv. 3", edoi_tls_left(self) == 0 || is_busy || by_flusher || self->has_flusher);
    bool is_late = polled == EDO_PENDING && !by_flusher && self->is_closed; // no close wakes it
    if (polled == EDO_PENDING && !by_flusher && !is_late) self->write_wait = wait;
    edoi_tls_unlock(self);
    if (starts) tls_start_flusher(self);
    if (is_late) {
        self->below->ops->unwait(self->below, wait);
        *result = -EDO_ECLOSED;
        return EDO_READY;
    }
    if (is_busy && cx) {
        edo_cx_wake(cx);
        polled = EDO_PENDING;
    }
    return polled;
}

edo_polled edoi_tls_poll_flush(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    return tls_try_flush(self, cx, wait, false, result);
}

void edoi_tls_flush_last(edoi_tls *self) {
    int result;
    (void)tls_try_flush(self, NULL, NULL, true, &result);
}

/* ---- The flusher ----------------------------------------------------------------------------- */

/* Nothing is left, or nothing can be written. Returns false if something was encrypted since. */
static bool tls_flusher_is_done(tls_flusher *f) {
    edoi_tls *self = f->to;
    edoi_tls_lock(self);
    bool is_done = edoi_tls_left(self) == 0;
    bool ends = is_done && self->is_closed;
    if (is_done) self->has_flusher = false;
    edoi_tls_unlock(self);
    if (ends) self->below->ops->close(self->below);
    return is_done;
}

/* Has the other end taken no byte for too long, of a stream that was closed, or that only the
 * flusher has? */
static bool tls_flusher_gives_up(tls_flusher *f, edo_cx *cx) {
    while (edo_poll(&f->limit.base, cx) == EDO_READY) {
        edoi_tls *self = f->to;
        edoi_tls_lock(self);
        bool gives_up = f->was_ended && self->written_n == f->written_n;
        f->written_n = self->written_n;
        f->was_ended = self->is_closed || edoi_load_rlx_u32(&self->base.refs) == 1; // relaxed: ours
        if (gives_up) tls_break(self, -EPIPE);
        edoi_tls_unlock(self);
        if (gives_up) return true;
        (void)edo_sleep_init(&f->limit, LINGER);
    }
    return false;
}

static void tls_flusher_end(tls_flusher *f) {
    f->to->below->ops->unwait(f->to->below, &f->wait);
    edo_drop(&f->limit.base);
    edo_stream_unref(&f->to->base);
}

static edo_polled tls_flusher_poll(edo_future *base, edo_cx *cx) {
    tls_flusher *f = (tls_flusher *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    do {
        int result;
        if (tls_try_flush(f->to, cx, &f->wait, true, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            if (!tls_flusher_gives_up(f, cx)) return EDO_PENDING;
        }
    } while (!tls_flusher_is_done(f));
    tls_flusher_end(f);
    return edo_future_finish(base, 0);
}

/* Called when the runtime shuts down. */
static void tls_flusher_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    tls_flusher *f = (tls_flusher *)(void *)base;
    edoi_tls_lock(f->to);
    tls_break(f->to, -EPIPE);
    edoi_tls_unlock(f->to);
    (void)tls_flusher_is_done(f);
    tls_flusher_end(f);
    edo_future_retire(base);
}

static const edo_future_ops tls_flusher_ops = { .poll = tls_flusher_poll,
                                                .drop = tls_flusher_drop,
                                                .name = "edo_tls_flusher",
                                                .size = sizeof(tls_flusher) };

static void tls_start_flusher(edoi_tls *self) {
    tls_flusher f = { .to = self };
    (void)edo_stream_ref(&self->base);
    edo_future_init(&f.base, &tls_flusher_ops);
    (void)edo_sleep_init(&f.limit, LINGER);
    int err =
        edo_spawn_future_detached_with(&f.base, &(edo_spawn_opts){ .name = "edo_tls_flusher" });
    if (err == 0) return;
    edoi_tls_lock(self);
    self->has_flusher = false; // the next operation flushes
    edoi_tls_unlock(self);
    edo_stream_unref(&self->base);
}
