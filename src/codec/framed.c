/* SPDX-License-Identifier: MIT */
/* codec/framed.c: frames from a stream: receiving, and what both halves share.
 *
 * inv. 1: only receiving changes in, large, roomy, at_end and out_of_step; only sending changes
 *         out. So one task may receive while another sends.
 * inv. 2: while a receive waits and `in` holds no bytes, `in` has no memory.
 * inv. 1 is not asserted: nothing says which half changes it. The thread sanitizer finds both. */
#include "base/assert.h"
#include "base/opts.h"
#include "codec/last.h"
#include "codec/made.h"
#include "io/op.h"

#include <edo/codec.h>
#include <edo/task.h>

#include <errno.h>
#include <limits.h>

#define READ_SMALL 512u             /* the first buffer: a frame that is kept pins no more */
#define READ_BYTES 8192u            /* for input that comes in bulk */
#define READ_LARGE (64u * 1024)     /* the largest buffer for which no codec has asked */
#define ROOM_MIN   (READ_SMALL / 2) /* do not read less, unless what is held is much to move */

int edo_framed_init(edo_framed *self, edo_stream *s, edo_codec *codec,
                    const edo_framed_opts *opts) {
    static const edo_framed_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    *self = (edo_framed){ .stream = s,
                          .codec = codec,
                          .boundary = opts->boundary ? opts->boundary : EDO_FRAMED_BOUNDARY };
    return edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)) ? 0 : -EINVAL;
}

edo_framed_parts edo_framed_release(edo_framed *self) {
    edo_framed_parts parts = {
        .stream = self->stream, .codec = self->codec, .in = self->in, .out = self->out
    };
    *self = (edo_framed){ 0 };
    return parts;
}

void edo_framed_deinit(edo_framed *self) {
    edo_buf_deinit(&self->in);
    edo_bytes_chain_deinit(&self->out);
    *self = (edo_framed){ 0 };
}

/* ---- Decoding -------------------------------------------------------------------------------- */

/* Notes whether the codec, which failed on `held` bytes, can go on. */
static void framed_note_failure(edo_framed *fr, int err, size_t held) {
    fr->out_of_step = err != -ENOMEM && fr->in.len == held;
}

/* Decodes what is held: 1 with a frame, 0 if there is none, or a negative code. */
static int decode_next(edo_framed *fr, void *frame) {
    const edo_codec_ops *ops = fr->codec->ops;
    size_t held = fr->in.len;
    int got = -ENOTSUP;
    if (fr->at_end && ops->decode) {
        got = edoi_codec_decode_last(fr->codec, &fr->in, frame);
    } else if (ops->decode) {
        got = held > 0 ? ops->decode(fr->codec, &fr->in, frame) : 0;
    }
    if (EDOI_UNLIKELY(got < 0)) framed_note_failure(fr, got, held);
    return got;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Makes room for a read; 0 or -ENOMEM. */
static int framed_make_room(edo_framed *fr) {
    const edo_buf *in = &fr->in;
    size_t room = in->cap - in->len;
    if (room >= ROOM_MIN || (room > 0 && in->len >= READ_SMALL)) return 0;
    size_t wanted = fr->roomy ? READ_BYTES : READ_SMALL;
    if (fr->roomy && fr->large > wanted) wanted = fr->large;
    return edo_buf_reserve(&fr->in, in->len < wanted ? wanted - in->len : wanted);
}

/* Reads once: as poll_read of a stream. */
static edo_polled framed_read_more(edo_framed *fr, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *s = fr->stream;
    edo_buf *in = &fr->in;
    if (in->cap > READ_BYTES) fr->large = in->cap < READ_LARGE ? (uint32_t)in->cap : READ_LARGE;
    *result = framed_make_room(fr);
    if (*result < 0) return EDO_READY;
    struct iovec to = { .iov_base = in->ptr + in->len, .iov_len = in->cap - in->len };
    if (to.iov_len > INT_MAX) to.iov_len = INT_MAX;
    edo_polled polled = s->ops->poll_read(s, cx, wait, &to, 1, 0, result);
    if (polled == EDO_PENDING || *result < 0) {
        if (in->len == 0) edo_buf_deinit(in); // inv. 2
        EDO_INV("framed inv. 2", in->len > 0 || in->cap == 0);
        return polled;
    }
    fr->at_end = *result == 0;
    fr->roomy = (size_t)*result == to.iov_len;
    in->len += (size_t)*result;
    return EDO_READY;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* The result of a receive at the end of the input. */
static int framed_end_input(edo_framed *fr) {
    fr->at_end = false; // an input that grows is read again
    if (fr->in.len == 0) edo_buf_deinit(&fr->in);
    return 0;
}

/* The usual case of decode_next(): 0 leaves all others to read_frame(). */
static int take_held(edo_framed_recv_future *f) {
    edo_framed *fr = f->framed;
    const edo_codec_ops *ops = fr->codec->ops;
    size_t held = fr->in.len;
    if (held == 0 || f->starved || fr->at_end || fr->out_of_step || !ops->decode) return 0;
    int got = ops->decode(fr->codec, &fr->in, f->frame);
    f->starved = got == 0;
    if (EDOI_UNLIKELY(got < 0)) framed_note_failure(fr, got, held);
    return got;
}

/* Reads until what is held makes a frame. The caller has paid for the first read from the
 * budget. */
static edo_polled read_frame(edo_framed_recv_future *f, edo_cx *cx, int *result) {
    edo_framed *fr = f->framed;
    *result = 0;
    if (EDOI_UNLIKELY(fr->out_of_step)) {
        fr->out_of_step = fr->at_end = false;
        return EDO_READY;
    }
    for (bool paid = true;; paid = false) {
        if (!f->starved) *result = decode_next(fr, f->frame);
        if (*result != 0) return EDO_READY;
        if (fr->at_end) {
            *result = framed_end_input(fr);
            return EDO_READY;
        }
        f->starved = true;
        if (!paid && cx && !edo_budget_take(cx)) return EDO_PENDING;
        if (framed_read_more(fr, cx, &f->wait, result) == EDO_PENDING) {
            if (cx) edo_budget_refund(cx); // without one nothing is pending
            return EDO_PENDING;
        }
        if (*result < 0) return EDO_READY;
        *result = 0;
        f->starved = false;
    }
}

/* Out of line, so that a receive of a frame that is held saves no registers for it. */
static EDOI_NOINLINE edo_polled recv_reading(edo_framed_recv_future *f, edo_cx *cx) {
    edo_stream *s = f->framed->stream;
    int result;
    if (read_frame(f, cx, &result) == EDO_PENDING) return edoi_io_pend(&f->base, s);
    return edoi_io_end(&f->base, s, &f->wait, result);
}

static edo_polled framed_recv_poll(edo_future *base, edo_cx *cx) {
    edo_framed_recv_future *f = (edo_framed_recv_future *)(void *)base;
    if (!edo_budget_take(cx)) return edoi_io_pend(base, f->framed->stream);
    int result = take_held(f);
    if (result == 0) return recv_reading(f, cx);
    return edoi_io_end(base, f->framed->stream, &f->wait, result);
}

static void framed_recv_drop(edo_future *base) {
    edo_framed_recv_future *f = (edo_framed_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its framed may be gone
    edoi_io_drop(base, f->framed->stream, &f->wait);
}

static const edo_future_ops recv_ops = { .poll = framed_recv_poll,
                                         .drop = framed_recv_drop,
                                         .name = "edo_framed_recv",
                                         .size = sizeof(edo_framed_recv_future) };

edo_future *edo_framed_recv_init(edo_framed_recv_future *f, edo_framed *self, void *frame) {
    edoi_framed_enters(self, self ? self->stream : NULL, self ? self->codec : NULL);
    f->framed = self;
    f->frame = frame;
    f->wait = (edo_io_wait){ 0 };
    f->starved = false;
    return edo_future_init(&f->base, &recv_ops);
}

int edo_framed_recv(edo_framed *self, void *frame) {
    edo_framed_recv_future f;
    return edo_await(edo_framed_recv_init(&f, self, frame));
}

int edo_framed_try_recv(edo_framed *self, void *frame) {
    edoi_framed_enters(self, self ? self->stream : NULL, self ? self->codec : NULL);
    edo_framed_recv_future f = { .framed = self, .frame = frame };
    int result = take_held(&f);
    if (result == 0) (void)read_frame(&f, NULL, &result);
    return result;
}
