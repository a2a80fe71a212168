/* SPDX-License-Identifier: MIT */
/* net/socket.h: sockets as streams: the kinds, their making, and one operation on any of them.
 *
 * Each socket is an edo_stream that is the head of its source, edoi_source_behind(): one object. A
 * byte stream (TCP, Unix) has reads that take what is there; a packet socket (UDP, Unix datagram
 * and seqpacket) has reads that take one packet, and a packet that is longer than its room is an
 * error, never silently cut. */
#ifndef EDOI_NET_SOCKET_H
#define EDOI_NET_SOCKET_H

#include "io/wait.h"

#include <edo/net.h>

/* A flag of edo_stream_ops beside the public ones: the stream is a socket of this module. */
#define EDOI_STREAM_IS_SOCKET (1u << 29)

extern const edo_stream_ops edoi_tcp_ops, edoi_unix_ops, edoi_vsock_ops;
extern const edo_stream_ops edoi_udp_ops, edoi_unix_dgram_ops, edoi_unix_seqpacket_ops;
extern const edo_stream_ops edoi_packet_ops; /* datagrams of any other protocol or family */

/* A stream without a socket: only edoi_socket_adopt() and edo_close() may follow. Errors:
 * -ENOMEM. */
EDO_MUST_USE int edoi_socket_new(edo_stream **out, const edo_stream_ops *kind);

/* Gives the stream its descriptor, non-blocking and close-on-exec. */
void edoi_socket_adopt(edo_stream *s, int fd);

/* Makes a stream around `fd`. Errors: -ENOMEM; the descriptor stays the caller's. */
EDO_MUST_USE int edoi_socket_wrap(edo_stream **out, const edo_stream_ops *kind, int fd);

/* Finds the kind of a socket from elsewhere. Errors: -ENOTSUP none of ours; the kernel's. */
EDO_MUST_USE int edoi_socket_kind(const edo_stream_ops **out, int fd);

/* The descriptor of an open socket of this kind, or of any kind. Errors: -ENOTSUP another kind of
 * stream; -EDO_ECLOSED. */
EDO_MUST_USE int edoi_socket_fd_of(edo_stream *s, const edo_stream_ops *kind);
EDO_MUST_USE int edoi_socket_fd(edo_stream *s);

/* Each packet has an address of its own. */
EDOI_INLINE bool edoi_is_datagram(const edo_stream *s) {
    return s->ops == &edoi_udp_ops || s->ops == &edoi_unix_dgram_ops || s->ops == &edoi_packet_ops;
}

/* The length of an address, as the kernel reports it. It counts a NUL behind a Unix path that fills
 * the whole array, for which there is no room. */
EDOI_INLINE uint32_t edoi_addr_bytes(socklen_t reported) {
    return reported < sizeof(struct sockaddr_un) ? reported : (uint32_t)sizeof(struct sockaddr_un);
}

/* getsockname or getpeername. */
EDO_MUST_USE int edoi_socket_name(int fd, bool peer, edo_addr *out);

/* Binds the socket to an interface. Errors: -ENODEV. */
EDO_MUST_USE int edoi_set_device(int fd, const char *device);

/* AF_INET and so on. */
EDO_MUST_USE int edoi_socket_family(int fd);

EDO_MUST_USE int edoi_set_int(int fd, int level, int name, int value);

/* ---- Operations ------------------------------------------------------------------------------ */

/* One system call of an operation. Returns its result, or -1 with errno. */
typedef ssize_t edoi_socket_call(int fd, void *op);

/* Tries the call as long as the socket may be ready, and otherwise waits; without `cx` it does not
 * wait, and the result is -EAGAIN. */
edo_polled edoi_socket_try(edo_stream *s, edoi_dir dir, edo_cx *cx, edo_io_wait *wait,
                           edoi_socket_call *call, void *op, int *result);

/* The whole poll of a future that waits for such a call. */
edo_polled edoi_socket_poll(edo_future *base, edo_cx *cx, edo_stream *s, edoi_dir dir,
                            edo_io_wait *wait, edoi_socket_call *call, void *op);

/* The form without a future. Errors: -ENOTSUP not a socket. */
EDO_MUST_USE int edoi_socket_now(edo_stream *s, edoi_dir dir, edoi_socket_call *call, void *op);

/* After a receive with MSG_TRUNC, which returns the whole length of the packet, or only sets
 * MSG_TRUNC in the message's `flags`: its bytes in `room`, or -1 and EMSGSIZE. */
ssize_t edoi_whole_packet(ssize_t got, size_t room, int flags);

/* ---- Listeners ------------------------------------------------------------------------------- */

/* Makes a listener around `fd`, which accepts streams of this kind. Errors: -ENOMEM; the descriptor
 * stays the caller's. */
EDO_MUST_USE int edoi_listener_new(edo_listener **out, int fd, const edo_stream_ops *kind,
                                   const void *caller);

/* From now on a close leaves the socket as it is for other processes that have it. */
void edoi_listener_share(edo_listener *l);

/* listen(2) with a backlog as in options. */
EDO_MUST_USE int edoi_listen(int fd, uint32_t backlog);

#endif
