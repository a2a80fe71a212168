/* SPDX-License-Identifier: MIT */
/* net/udp/datagram.c: receives and sends one datagram. */
#include "net/udp/datagram.h"
#include "io/op.h"
#include "net/raw_socket.h"

#include <edo/task.h>
#include <edo/udp.h>

#include <errno.h>
#include <limits.h>

edo_polled edoi_datagram_poll(edo_future *base, edo_cx *cx, edo_stream *s, edoi_dir dir,
                              edo_io_wait *wait, edoi_socket_call *call, void *op) {
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (!edoi_is_datagram(s)) return edoi_io_end(base, s, wait, -ENOTSUP);
    return edoi_socket_poll(base, cx, s, dir, wait, call, op);
}

edo_polled edoi_datagram_poll_send(edo_future *base, edo_cx *cx, edo_stream *s, edo_io_wait *wait,
                                   bool is_addressed, edoi_socket_call *call, void *op) {
    if (edoi_io_lacks(base, s)) return edo_future_finish(base, -EDO_EMISUSE);
    if (s->ops != &edoi_unix_dgram_ops || !is_addressed)
        return edoi_datagram_poll(base, cx, s, EDOI_WRITE, wait, call, op);
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    return edoi_io_end(base, s, wait, edoi_socket_now(s, EDOI_WRITE, call, op));
}

int edoi_datagram_now(edo_stream *s, edoi_dir dir, edoi_socket_call *call, void *op) {
    if (edoi_stream_misused(s)) return -EDO_EMISUSE;
    return edoi_is_datagram(s) ? edoi_socket_now(s, dir, call, op) : -ENOTSUP;
}

/* ---- Receiving ------------------------------------------------------------------------------- */

/* Sockets of other families than UDP and Unix may say only in the message's flags that they have
 * cut the packet. */
static ssize_t receive_message(int fd, const edo_udp_recv_from_future *f) {
    struct iovec vec = { .iov_base = f->buf, .iov_len = f->n };
    struct msghdr msg = { .msg_name = f->from ? &f->from->sock : NULL,
                          .msg_namelen = f->from ? sizeof f->from->sock : 0,
                          .msg_iov = &vec,
                          .msg_iovlen = 1 };
    ssize_t got = recvmsg(fd, &msg, MSG_TRUNC);
    if (f->from && got >= 0) f->from->bytes = edoi_addr_bytes(msg.msg_namelen);
    return edoi_whole_packet(got, f->n, msg.msg_flags);
}

static ssize_t datagram_receive(int fd, void *op) {
    const edo_udp_recv_from_future *f = op;
    if (f->stream->ops == &edoi_packet_ops) return receive_message(fd, f);
    socklen_t bytes = sizeof f->from->sock;
    struct sockaddr *from = f->from ? &f->from->sock.any : NULL;
    ssize_t got = edoi_recv_from(fd, f->buf, f->n, MSG_TRUNC, from, from ? &bytes : NULL);
    if (from && got >= 0) f->from->bytes = edoi_addr_bytes(bytes);
    return edoi_whole_packet(got, f->n, 0);
}

static edo_polled recv_from_poll(edo_future *base, edo_cx *cx) {
    edo_udp_recv_from_future *f = (edo_udp_recv_from_future *)(void *)base;
    return edoi_datagram_poll(base, cx, f->stream, EDOI_READ, &f->wait, datagram_receive, f);
}

static void recv_from_drop(edo_future *base) {
    edo_udp_recv_from_future *f = (edo_udp_recv_from_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops recv_from_ops = { .poll = recv_from_poll,
                                              .drop = recv_from_drop,
                                              .name = "edo_udp_recv_from",
                                              .size = sizeof(edo_udp_recv_from_future),
                                              .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                              .hold = edoi_io_hold };

edo_future *edo_udp_recv_from_init(edo_udp_recv_from_future *f, edo_stream *s, void *buf, size_t n,
                                   edo_addr *from) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->n = n < INT_MAX ? n : INT_MAX;
    f->from = from;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &recv_from_ops);
}

int edo_udp_recv_from(edo_stream *s, void *buf, size_t n, edo_addr *from) {
    edo_udp_recv_from_future f;
    return edo_await(edo_udp_recv_from_init(&f, s, buf, n, from));
}

int edo_udp_try_recv_from(edo_stream *s, void *buf, size_t n, edo_addr *from) {
    edo_udp_recv_from_future f = {
        .stream = s, .buf = buf, .n = n < INT_MAX ? n : INT_MAX, .from = from
    };
    return edoi_datagram_now(s, EDOI_READ, datagram_receive, &f);
}

/* ---- Sending --------------------------------------------------------------------------------- */

static ssize_t datagram_transmit(int fd, void *op) {
    const edo_udp_send_to_future *f = op;
    const struct sockaddr *to = f->to ? &f->to->sock.any : NULL;
    ssize_t n = edoi_send_to(fd, f->buf, f->n, MSG_NOSIGNAL, to, f->to ? f->to->bytes : 0);
    return n < 0 ? n : 0; // a datagram goes out whole
}

static edo_polled send_to_poll(edo_future *base, edo_cx *cx) {
    edo_udp_send_to_future *f = (edo_udp_send_to_future *)(void *)base;
    return edoi_datagram_poll_send(base, cx, f->stream, &f->wait, f->to, datagram_transmit, f);
}

static void send_to_drop(edo_future *base) {
    edo_udp_send_to_future *f = (edo_udp_send_to_future *)(void *)base;
    edoi_io_drop(base, f->stream, &f->wait);
}

static const edo_future_ops send_to_ops = { .poll = send_to_poll,
                                            .drop = send_to_drop,
                                            .name = "edo_udp_send_to",
                                            .size = sizeof(edo_udp_send_to_future),
                                            .flags = EDOI_FUTURE_OF(EDOI_STREAM),
                                            .hold = edoi_io_hold };

edo_future *edo_udp_send_to_init(edo_udp_send_to_future *f, edo_stream *s, const void *buf,
                                 size_t n, const edo_addr *to) {
    EDOI_ENTERS(EDOI_STREAM, s);
    f->stream = s;
    f->buf = buf;
    f->n = n;
    f->to = to;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &send_to_ops);
}

int edo_udp_send_to(edo_stream *s, const void *buf, size_t n, const edo_addr *to) {
    edo_udp_send_to_future f;
    return edo_await(edo_udp_send_to_init(&f, s, buf, n, to));
}

int edo_udp_try_send_to(edo_stream *s, const void *buf, size_t n, const edo_addr *to) {
    edo_udp_send_to_future f = { .buf = buf, .n = n, .to = to };
    return edoi_datagram_now(s, EDOI_WRITE, datagram_transmit, &f);
}
