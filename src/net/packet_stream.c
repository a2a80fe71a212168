/* SPDX-License-Identifier: MIT */
/* net/packet_stream.c: packet sockets as streams: a read takes one packet, a write sends one.
 *
 * MSG_TRUNC makes the kernel return the whole length of a packet, also if it has cut it. Sockets
 * for ICMP (ping) ignore it, and only set the flag of the message. */
#include "net/socket_ops.h"

#include <edo/io.h>

typedef struct packet {
    const struct iovec *vecs;
    size_t n;
    int flags;
} packet;

static struct msghdr header_of(const packet *p) {
    return (struct msghdr){ .msg_iov = (struct iovec *)(uintptr_t)p->vecs, .msg_iovlen = p->n };
}

static ssize_t packet_receive(int fd, void *op) {
    const packet *p = op;
    struct msghdr msg = header_of(p);
    size_t room = 0;
    for (size_t i = 0; i < p->n; i++) room += p->vecs[i].iov_len;
    ssize_t got = recvmsg(fd, &msg, p->flags);
    return edoi_whole_packet(got, room, msg.msg_flags);
}

static ssize_t send_packet(int fd, void *op) {
    struct msghdr msg = header_of(op);
    return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static edo_polled packet_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    packet p = { to, n, flags & EDO_IO_PEEK ? MSG_TRUNC | MSG_PEEK : MSG_TRUNC };
    return edoi_socket_try(s, EDOI_READ, cx, wait, packet_receive, &p, result);
}

static edo_polled packet_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    packet p = { from, n, 0 };
    return edoi_socket_try(s, EDOI_WRITE, cx, wait, send_packet, &p, result);
}

#define PACKET_OPS                                                                                 \
    .flags = EDO_STREAM_VECTORED | EDO_STREAM_MESSAGES | EDOI_STREAM_IS_SOCKET,                    \
    .poll_read = packet_read, .poll_write = packet_write, EDOI_SOCKET_OPS

const edo_stream_ops edoi_udp_ops = { .name = "udp", PACKET_OPS };
const edo_stream_ops edoi_unix_dgram_ops = { .name = "unix-dgram", PACKET_OPS };
const edo_stream_ops edoi_packet_ops = { .name = "packet", PACKET_OPS };
const edo_stream_ops edoi_unix_seqpacket_ops = { .name = "unix-seqpacket", PACKET_OPS };
