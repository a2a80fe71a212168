/* SPDX-License-Identifier: MIT */
/* codec/udp/udp_send.c: frames to datagrams: one frame becomes one datagram. */
#include "codec/made.h"

#include <edo/task.h>
#include <edo/udp_framed.h>

#include <errno.h>

/* A datagram of more shared pieces is copied into one, as a fiber's stack has little room for vecs.
 * What is gathered stands between the pieces. */
#define PIECES_MAX 24
#define VECS_MAX   (2 * PIECES_MAX + 1)

enum { FRESH, WAITING }; /* steps; while WAITING, `io` is alive */

/* Copies all pieces into one buffer. -ENOMEM: nothing has changed. */
static int join_pieces(edo_bytes_chain *out) {
    edo_bytes_chain joined = { 0 };
    int err = edo_bytes_chain_reserve(&joined, out->len);
    while (err == 0 && out->len > 0) {
        struct iovec vec;
        (void)edo_bytes_chain_vecs(out, &vec, 1);
        err = edo_bytes_chain_append(&joined, vec.iov_base, vec.iov_len); // there is room
        edo_bytes_chain_advance(out, vec.iov_len);
    }
    if (err == 0) *out = joined;
    return err;
}

/* Sends the datagram in `out`: pending, or ready with its length or an error; it is over then. */
static edo_polled udp_framed_send_poll_datagram(edo_udp_framed_send_future *f, edo_cx *cx,
                                                int *result) {
    edo_udp_framed *fr = f->framed;
    struct iovec vecs[VECS_MAX];
    struct msghdr msg = { .msg_name = fr->to.bytes > 0 ? &fr->to.sock : NULL,
                          .msg_namelen = fr->to.bytes,
                          .msg_iov = vecs,
                          .msg_iovlen = edo_bytes_chain_vecs(&fr->out, vecs, VECS_MAX) };
    if (edo_future_step(&f->base) == FRESH) (void)edo_sendmsg_init(&f->io, fr->socket, &msg, 0);
    f->io.msg = &msg;
    edo_polled polled = edo_poll(&f->io.base, cx);
    f->io.msg = NULL; // that was for this poll
    if (polled == EDO_PENDING) {
        edo_future_next_step(&f->base, WAITING);
        return EDO_PENDING;
    }
    edo_future_next_step(&f->base, FRESH);
    edo_bytes_chain_deinit(&fr->out);
    fr->is_unsent = false;
    *result = edo_result(&f->io);
    return EDO_READY;
}

/* Makes a datagram of the frame; 0 or the codec's error. */
static int udp_framed_send_encode(edo_udp_framed_send_future *f) {
    edo_udp_framed *fr = f->framed;
    if (!fr->codec->ops->encode) return -ENOTSUP;
    int err = fr->codec->ops->encode(fr->codec, f->frame, &fr->out);
    f->taken = err >= 0;
    if (f->taken && fr->out.len > EDO_DATAGRAM_MAX) err = -EMSGSIZE;
    if (err >= 0 && fr->out.pieces_n - fr->out.first > PIECES_MAX) err = join_pieces(&fr->out);
    fr->is_unsent = err >= 0;
    if (!fr->is_unsent) edo_bytes_chain_deinit(&fr->out);
    if (err < 0) return err;
    fr->to = f->to ? *f->to : (edo_addr){ 0 };
    return 0;
}

static edo_polled udp_send_poll(edo_future *base, edo_cx *cx) {
    edo_udp_framed_send_future *f = (edo_udp_framed_send_future *)(void *)base;
    bool is_idle = !f->framed->is_unsent && !f->frame; // nothing to do takes its turn, too
    if (is_idle && !edo_budget_take(cx)) return EDO_PENDING;
    for (int result = 0;;) {
        if (f->framed->is_unsent && udp_framed_send_poll_datagram(f, cx, &result) == EDO_PENDING)
            return EDO_PENDING;
        bool is_done = f->taken || !f->frame;
        if (result >= 0 && !is_done) result = udp_framed_send_encode(f);
        if (result < 0 || is_done) return edo_future_finish(base, result < 0 ? result : 0);
    }
}

static void udp_send_drop(edo_future *base) {
    edo_udp_framed_send_future *f = (edo_udp_framed_send_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) edo_drop(&f->io.base);
    edo_future_retire(base);
}

static const edo_future_ops send_ops = { .poll = udp_send_poll,
                                         .drop = udp_send_drop,
                                         .name = "edo_udp_framed_send",
                                         .size = sizeof(edo_udp_framed_send_future) };
static const edo_future_ops flush_ops = { .poll = udp_send_poll,
                                          .drop = udp_send_drop,
                                          .name = "edo_udp_framed_flush",
                                          .size = sizeof(edo_udp_framed_send_future) };

static edo_future *udp_framed_send_init(edo_udp_framed_send_future *f, edo_udp_framed *self,
                                        void *frame, const edo_addr *to,
                                        const edo_future_ops *ops) {
    edoi_framed_enters(self, self ? self->socket : NULL, self ? self->codec : NULL);
    f->framed = self;
    f->frame = frame;
    f->to = to;
    f->taken = false;
    return edo_future_init(&f->base, ops);
}

edo_future *edo_udp_framed_send_init(edo_udp_framed_send_future *f, edo_udp_framed *self,
                                     void *frame, const edo_addr *to) {
    return udp_framed_send_init(f, self, frame, to, &send_ops);
}

int edo_udp_framed_send(edo_udp_framed *self, void *frame, const edo_addr *to) {
    edo_udp_framed_send_future f;
    return edo_await(edo_udp_framed_send_init(&f, self, frame, to));
}

edo_future *edo_udp_framed_flush_init(edo_udp_framed_flush_future *f, edo_udp_framed *self) {
    return udp_framed_send_init(f, self, NULL, NULL, &flush_ops);
}

int edo_udp_framed_flush(edo_udp_framed *self) {
    edo_udp_framed_flush_future f;
    return edo_await(edo_udp_framed_flush_init(&f, self));
}
