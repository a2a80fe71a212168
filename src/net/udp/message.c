/* SPDX-License-Identifier: MIT */
/* net/udp/message.c: sendmsg and recvmsg on any socket. */
#include "io/op.h"
#include "net/udp/datagram.h"

#include <edo/task.h>

/* ---- Sending --------------------------------------------------------------------------------- */

static ssize_t message_transmit(int fd, void *op) {
    const edo_sendmsg_future *f = op;
    return sendmsg(fd, f->msg, f->flags | MSG_NOSIGNAL);
}

static edo_polled sendmsg_poll(edo_future *base, edo_cx *cx) {
    edo_sendmsg_future *f = (edo_sendmsg_future *)(void *)base;
    if (f->stream->ops == &edoi_unix_dgram_ops)
        return edoi_datagram_poll_send(base, cx, f->stream, &f->wait, f->msg->msg_namelen > 0,
                                       message_transmit, f);
    return edoi_socket_poll(base, cx, f->stream, EDOI_WRITE, &f->wait, message_transmit, f);
}

static void sendmsg_drop(edo_future *base) {
    edo_sendmsg_future *f = (edo_sendmsg_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops sendmsg_ops = { .poll = sendmsg_poll,
                                            .drop = sendmsg_drop,
                                            .name = "edo_sendmsg",
                                            .size = sizeof(edo_sendmsg_future),
                                            .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                            .hold = edoi_io_hold };

edo_future *edo_sendmsg_init(edo_sendmsg_future *f, edo_stream *s, const struct msghdr *msg,
                             int flags) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->msg = msg;
    f->flags = flags;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &sendmsg_ops);
}

int edo_sendmsg(edo_stream *s, const struct msghdr *msg, int flags) {
    edo_sendmsg_future f;
    return edo_await(edo_sendmsg_init(&f, s, msg, flags));
}

int edo_try_sendmsg(edo_stream *s, const struct msghdr *msg, int flags) {
    edo_sendmsg_future f = { .msg = msg, .flags = flags };
    return edoi_socket_now(s, EDOI_WRITE, message_transmit, &f);
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* A call that fails may have changed the lengths in `msg`. */
static ssize_t message_receive(int fd, void *op) {
    const edo_recvmsg_future *f = op;
    f->msg->msg_namelen = f->name_room;
    f->msg->msg_controllen = f->control_room;
    return recvmsg(fd, f->msg, f->flags | MSG_CMSG_CLOEXEC);
}

/* Readiness does not tell of the error queue, so nothing about it is concluded from its state. */
static int receive_error(edo_stream *s, edo_recvmsg_future *f) {
    int fd = edoi_socket_fd(s);
    if (fd < 0) return fd;
    ssize_t n = message_receive(fd, f);
    return n < 0 ? edoi_errno() : (int)n;
}

static edo_polled recvmsg_poll(edo_future *base, edo_cx *cx) {
    edo_recvmsg_future *f = (edo_recvmsg_future *)(void *)base;
    if (f->flags & MSG_ERRQUEUE) {
        if (!edo_budget_take(cx)) return edoi_io_pend(base, f->stream);
        return edoi_io_end(base, f->stream, &f->wait, receive_error(f->stream, f));
    }
    return edoi_socket_poll(base, cx, f->stream, EDOI_READ, &f->wait, message_receive, f);
}

static void recvmsg_drop(edo_future *base) {
    edo_recvmsg_future *f = (edo_recvmsg_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops recvmsg_ops = { .poll = recvmsg_poll,
                                            .drop = recvmsg_drop,
                                            .name = "edo_recvmsg",
                                            .size = sizeof(edo_recvmsg_future),
                                            .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                            .hold = edoi_io_hold };

static void recvmsg_set_up(edo_recvmsg_future *f, struct msghdr *msg, int flags) {
    f->msg = msg;
    f->flags = flags;
    f->name_room = msg->msg_namelen;
    f->control_room = msg->msg_controllen;
}

edo_future *edo_recvmsg_init(edo_recvmsg_future *f, edo_stream *s, struct msghdr *msg, int flags) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    recvmsg_set_up(f, msg, flags);
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &recvmsg_ops);
}

int edo_recvmsg(edo_stream *s, struct msghdr *msg, int flags) {
    edo_recvmsg_future f;
    return edo_await(edo_recvmsg_init(&f, s, msg, flags));
}

int edo_try_recvmsg(edo_stream *s, struct msghdr *msg, int flags) {
    edo_recvmsg_future f;
    recvmsg_set_up(&f, msg, flags);
    if (flags & MSG_ERRQUEUE) return receive_error(s, &f);
    return edoi_socket_now(s, EDOI_READ, message_receive, &f);
}
