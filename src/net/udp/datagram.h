/* SPDX-License-Identifier: MIT */
/* net/udp/datagram.h: the polls that the operations of datagram sockets share. */
#ifndef EDOI_NET_UDP_DATAGRAM_H
#define EDOI_NET_UDP_DATAGRAM_H

#include "net/socket.h"

/* As edoi_socket_poll() and edoi_socket_now(); -ENOTSUP for what is no datagram socket. */
edo_polled edoi_datagram_poll(edo_future *base, edo_cx *cx, edo_stream *s, edoi_dir dir,
                              edo_io_wait *wait, edoi_socket_call *call, void *op);
EDO_MUST_USE int edoi_datagram_now(edo_stream *s, edoi_dir dir, edoi_socket_call *call, void *op);

/* As edoi_datagram_poll(), to send; `is_addressed`: not to the connected socket. Then a Unix socket
 * does not wait: no event tells of room at the receiver (af_unix.c of Linux asks only a connected
 * one). */
edo_polled edoi_datagram_poll_send(edo_future *base, edo_cx *cx, edo_stream *s, edo_io_wait *wait,
                                   bool is_addressed, edoi_socket_call *call, void *op);

#endif
