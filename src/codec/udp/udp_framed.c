/* SPDX-License-Identifier: MIT */
/* codec/udp/udp_framed.c: frames from datagrams.
 *
 * A datagram is received into room for the longest one, and copied: so a frame that is kept pins
 * little more than its datagram.
 *
 * inv. 1: only receiving changes in, from, room and is_open; only sending changes out, to and
 *         is_unsent. So one task may receive while another sends.
 * inv. 2: while a receive waits, neither `in` nor `room` has memory.
 * inv. 1 is not asserted: nothing says which half changes it. The thread sanitizer finds both. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "codec/last.h"
#include "io/op.h"
#include "net/socket.h"

#include <edo/task.h>
#include <edo/udp_framed.h>

#include <errno.h>

enum { FRESH, WAITING }; /* steps; while WAITING, `io` is alive */

int edo_udp_framed_init(edo_udp_framed *self, edo_stream *s, edo_codec *codec) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    *self = (edo_udp_framed){ .socket = s, .codec = codec };
    return edoi_is_datagram(s) ? 0 : -ENOTSUP;
}

void edo_udp_framed_deinit(edo_udp_framed *self) {
    edo_buf_deinit(&self->in);
    edo_buf_deinit(&self->room);
    edo_bytes_chain_deinit(&self->out);
    *self = (edo_udp_framed){ 0 };
}

/* Takes a frame off the datagram: 1, 0 if there is none, or a failure of the codec. */
static int udp_framed_cut(edo_udp_framed *fr, void *frame) {
    if (!fr->is_open) return 0;
    size_t held = fr->in.len;
    int got = edoi_codec_decode_last(fr->codec, &fr->in, frame);
    bool took_bad_bytes = got < 0 && got != -EDO_EEOF && fr->in.len < held;
    if (got > 0 || got == -ENOMEM || took_bad_bytes) return got;
    edo_buf_advance(&fr->in, held);
    fr->is_open = false;
    return got;
}

static int udp_framed_make_room(edo_udp_framed *fr) {
    return fr->codec->ops->decode ? edo_buf_reserve(&fr->room, EDO_DATAGRAM_MAX) : -ENOTSUP;
}

/* Takes over a datagram of `n` bytes from `room`. */
static void udp_framed_take_over(edo_udp_framed *fr, size_t n) {
    fr->is_open = true;
    if (edo_buf_append(&fr->in, fr->room.ptr, n) == 0) return;
    edo_buf_deinit(&fr->in); // without memory for a copy
    fr->in = fr->room;
    fr->in.len = n;
    fr->room = (edo_buf){ 0 };
}

static void hold_nothing(edo_udp_framed *fr) {
    edo_buf_deinit(&fr->in);
    edo_buf_deinit(&fr->room);
    EDO_INV("udp_framed inv. 2", fr->in.cap == 0 && fr->room.cap == 0);
}

/* ---- The future ------------------------------------------------------------------------------ */

static edo_polled udp_framed_recv_finish(edo_udp_framed_recv_future *f, int result) {
    if (edo_future_step(&f->base) == WAITING) edo_drop(&f->io.base);
    if (f->from) *f->from = f->framed->from;
    return edo_future_finish(&f->base, result);
}

/* Receives a datagram; pending, or ready with its length or an error. */
static edo_polled udp_framed_recv_poll_datagram(edo_udp_framed_recv_future *f, edo_cx *cx,
                                                int *result) {
    edo_udp_framed *fr = f->framed;
    *result = udp_framed_make_room(fr);
    if (*result < 0) return EDO_READY;
    if (edo_future_step(&f->base) == FRESH)
        (void)edo_udp_recv_from_init(&f->io, fr->socket, NULL, EDO_DATAGRAM_MAX, &fr->from);
    f->io.buf = fr->room.ptr; // inv. 2: each poll has another one
    if (edo_poll(&f->io.base, cx) == EDO_PENDING) {
        hold_nothing(fr);
        edo_future_next_step(&f->base, WAITING);
        return EDO_PENDING;
    }
    edo_future_next_step(&f->base, FRESH);
    *result = edo_result(&f->io);
    return EDO_READY;
}

static edo_polled udp_framed_recv_poll(edo_future *base, edo_cx *cx) {
    edo_udp_framed_recv_future *f = (edo_udp_framed_recv_future *)(void *)base;
    edo_udp_framed *fr = f->framed;
    int result = 0;
    if (edo_future_step(base) == FRESH && fr->is_open) {
        if (!edo_budget_take(cx)) return EDO_PENDING;
        result = udp_framed_cut(fr, f->frame);
        if (result == 0) edo_budget_refund(cx); // the receive takes its own
    }
    while (result == 0) {
        if (udp_framed_recv_poll_datagram(f, cx, &result) == EDO_PENDING) return EDO_PENDING;
        if (result < 0) break;
        udp_framed_take_over(fr, (size_t)result);
        result = udp_framed_cut(fr, f->frame);
    }
    return udp_framed_recv_finish(f, result);
}

static void udp_framed_recv_drop(edo_future *base) {
    edo_udp_framed_recv_future *f = (edo_udp_framed_recv_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) edo_drop(&f->io.base);
    edo_future_retire(base);
}

static const edo_future_ops recv_ops = { .poll = udp_framed_recv_poll,
                                         .drop = udp_framed_recv_drop,
                                         .name = "edo_udp_framed_recv",
                                         .size = sizeof(edo_udp_framed_recv_future) };

edo_future *edo_udp_framed_recv_init(edo_udp_framed_recv_future *f, edo_udp_framed *self,
                                     void *frame, edo_addr *from) {
    f->framed = self;
    f->frame = frame;
    f->from = from;
    return edo_future_init(&f->base, &recv_ops);
}

int edo_udp_framed_recv(edo_udp_framed *self, void *frame, edo_addr *from) {
    edo_udp_framed_recv_future f;
    return edo_await(edo_udp_framed_recv_init(&f, self, frame, from));
}

int edo_udp_framed_try_recv(edo_udp_framed *self, void *frame, edo_addr *from) {
    int result = udp_framed_cut(self, frame);
    while (result == 0) {
        result = udp_framed_make_room(self);
        if (result < 0) break;
        result = edo_udp_try_recv_from(self->socket, self->room.ptr, EDO_DATAGRAM_MAX, &self->from);
        if (result == -EAGAIN) hold_nothing(self);
        if (result < 0) break;
        udp_framed_take_over(self, (size_t)result);
        result = udp_framed_cut(self, frame);
    }
    if (from) *from = self->from;
    return result;
}

/* ---- As a sequence --------------------------------------------------------------------------- */

typedef struct from_udp_framed {
    edo_seq base;
    edo_udp_framed *framed;
    edo_udp_framed_recv_future recv; /* pending while the sequence waits */
} from_udp_framed;

static edo_polled frames_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_udp_framed *self = (from_udp_framed *)(void *)s;
    edo_udp_frame *frame = (edo_udp_frame *)item;
    if (!s->waits)
        (void)edo_udp_framed_recv_init(&self->recv, self->framed, &frame->bytes, &frame->from);
    self->recv.frame = &frame->bytes; // the reader may give another place each time
    self->recv.from = &frame->from;
    if (edo_poll(&self->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    *result = edo_result(&self->recv);
    return EDO_READY;
}

static void frames_leave(edo_seq *s) {
    edo_drop(&((from_udp_framed *)(void *)s)->recv.base);
}

static void frames_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(from_udp_framed));
}

edo_seq *edo_seq_from_udp_framed(edo_udp_framed *self) {
    static const edo_seq_ops ops = { .poll_next = frames_poll,
                                     .leave = frames_leave,
                                     .drop = frames_drop,
                                     .name = "edo_seq_from_udp_framed" };
    if (self->codec->ops->frame_size != sizeof(edo_bytes)) return NULL;
    from_udp_framed *s = (from_udp_framed *)edoi_cache_get(sizeof *s);
    if (!s) return NULL;
    s->framed = self;
    return edo_seq_init(&s->base, &ops, sizeof(edo_udp_frame));
}
