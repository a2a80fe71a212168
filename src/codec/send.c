/* SPDX-License-Identifier: MIT */
/* codec/send.c: frames to a stream: gathered, then written with few calls. */
#include "codec/made.h"
#include "io/give.h"
#include "io/op.h"
#include "io/view.h"

#include <edo/codec.h>
#include <edo/task.h>

#include <errno.h>

#define VECS_MAX 16 /* pieces of one write */

static edo_polled framed_send_give_back(edo_cx *cx) {
    edo_budget_refund(cx);
    return EDO_PENDING;
}

/* Writes all that is gathered. Pending, or ready with 0 or an error. The caller has paid for the
 * first write from the budget, which has it back if the last one is pending. */
static EDOI_NOINLINE edo_polled framed_send_drain(edo_framed_send_future *f, edo_cx *cx,
                                                  int *result) {
    edo_bytes_chain *out = &f->framed->out;
    edo_stream *s = f->framed->stream;
    *result = 0;
    for (bool paid = true; out->len > 0; paid = false) {
        if (!paid && !edo_budget_take(cx)) return EDO_PENDING;
        if (out->len >= EDOI_GIVE_MIN && s->ops->flags & EDOI_STREAM_TAKES) {
            const edoi_taking_ops *ops = (const edoi_taking_ops *)(const void *)s->ops;
            if (ops->poll_give(s, cx, &f->wait, out, result) == EDO_PENDING)
                return framed_send_give_back(cx);
            if (*result < 0) return EDO_READY;
            if (out->len == 0) break;
        }
        struct iovec from[VECS_MAX];
        size_t n = edo_bytes_chain_vecs(out, from, VECS_MAX);
        if (s->ops->poll_write(s, cx, &f->wait, from, n, result) == EDO_PENDING)
            return framed_send_give_back(cx);
        if (*result == 0) *result = -EIO; // no progress, but no error
        if (*result < 0) return EDO_READY;
        edo_bytes_chain_advance(out, (size_t)*result);
    }
    *result = 0;
    return EDO_READY;
}

/* Appends the frame, or nothing; 0 or the codec's error. */
static int framed_send_encode(edo_framed_send_future *f) {
    edo_codec *codec = f->framed->codec;
    edo_bytes_chain *out = &f->framed->out;
    size_t before = out->len;
    if (!codec->ops->encode) return -ENOTSUP;
    int err = codec->ops->encode(codec, f->frame, out);
    if (EDOI_UNLIKELY(err < 0)) {
        edo_bytes_chain_truncate(out, before);
        return err;
    }
    f->taken = true;
    return 0;
}

static edo_polled poll_feed(edo_framed_send_future *f, edo_cx *cx, int *result) {
    *result = 0;
    if (f->taken) return EDO_READY;
    if (f->framed->out.len >= f->framed->boundary) {
        if (framed_send_drain(f, cx, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY;
    }
    *result = framed_send_encode(f);
    return EDO_READY;
}

static edo_polled poll_flush(edo_framed_send_future *f, edo_cx *cx, int *result) {
    if (framed_send_drain(f, cx, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    if (edoi_stream_poll_flush(f->framed->stream, cx, &f->wait, result) == EDO_READY)
        return EDO_READY;
    return framed_send_give_back(cx);
}

static edo_polled poll_send(edo_framed_send_future *f, edo_cx *cx, int *result) {
    if (poll_feed(f, cx, result) == EDO_PENDING) return EDO_PENDING;
    if (*result < 0) return EDO_READY;
    return poll_flush(f, cx, result);
}

/* ---- Futures --------------------------------------------------------------------------------- */

typedef edo_polled poll_fn(edo_framed_send_future *f, edo_cx *cx, int *result);

EDOI_INLINE edo_polled poll_with(edo_future *base, edo_cx *cx, poll_fn *fn) {
    edo_framed_send_future *f = (edo_framed_send_future *)(void *)base;
    edo_stream *s = f->framed->stream;
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    int result;
    if (fn(f, cx, &result) == EDO_PENDING) return edoi_io_pend(base, s);
    return edoi_io_end(base, s, &f->wait, result);
}

static edo_polled send_future_poll(edo_future *base, edo_cx *cx) {
    return poll_with(base, cx, poll_send);
}

/* Out of line, so that a feed that writes nothing saves no registers for it. */
static EDOI_NOINLINE edo_polled feed_writing(edo_future *base, edo_cx *cx) {
    return poll_with(base, cx, poll_feed);
}

static edo_polled feed_future_poll(edo_future *base, edo_cx *cx) {
    edo_framed_send_future *f = (edo_framed_send_future *)(void *)base;
    edo_framed *fr = f->framed;
    if (f->taken || fr->out.len >= fr->boundary) return feed_writing(base, cx);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, fr->stream);
    return edoi_io_end(base, f->framed->stream, &f->wait, framed_send_encode(f));
}

static edo_polled flush_future_poll(edo_future *base, edo_cx *cx) {
    return poll_with(base, cx, poll_flush);
}

static void send_future_drop(edo_future *base) {
    edo_framed_send_future *f = (edo_framed_send_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its framed may be gone
    edoi_io_drop(base, f->framed->stream, &f->wait);
}

static const edo_future_ops send_ops = { .poll = send_future_poll,
                                         .drop = send_future_drop,
                                         .name = "edo_framed_send",
                                         .size = sizeof(edo_framed_send_future) };
static const edo_future_ops feed_ops = { .poll = feed_future_poll,
                                         .drop = send_future_drop,
                                         .name = "edo_framed_feed",
                                         .size = sizeof(edo_framed_send_future) };
static const edo_future_ops flush_ops = { .poll = flush_future_poll,
                                          .drop = send_future_drop,
                                          .name = "edo_framed_flush",
                                          .size = sizeof(edo_framed_send_future) };

static edo_future *framed_send_init(edo_framed_send_future *f, edo_framed *self, void *frame,
                                    const edo_future_ops *ops) {
    edoi_framed_enters(self, self ? self->stream : NULL, self ? self->codec : NULL);
    f->framed = self;
    f->frame = frame;
    f->wait = (edo_io_wait){ 0 };
    f->taken = false;
    return edo_future_init(&f->base, ops);
}

edo_future *edo_framed_send_init(edo_framed_send_future *f, edo_framed *self, void *frame) {
    return framed_send_init(f, self, frame, &send_ops);
}

int edo_framed_send(edo_framed *self, void *frame) {
    edo_framed_send_future f;
    return edo_await(edo_framed_send_init(&f, self, frame));
}

edo_future *edo_framed_feed_init(edo_framed_feed_future *f, edo_framed *self, void *frame) {
    return framed_send_init(f, self, frame, &feed_ops);
}

int edo_framed_feed(edo_framed *self, void *frame) {
    edo_framed_feed_future f;
    return edo_await(edo_framed_feed_init(&f, self, frame));
}

edo_future *edo_framed_flush_init(edo_framed_flush_future *f, edo_framed *self) {
    return framed_send_init(f, self, NULL, &flush_ops);
}

int edo_framed_flush(edo_framed *self) {
    edo_framed_flush_future f;
    return edo_await(edo_framed_flush_init(&f, self));
}
