/* SPDX-License-Identifier: MIT */
/* net/socket_ops.h: the operations that all kinds of sockets share, for their tables. */
#ifndef EDOI_NET_SOCKET_OPS_H
#define EDOI_NET_SOCKET_OPS_H

#include "net/socket.h"

edo_polled edoi_socket_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result);
edo_polled edoi_socket_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                             int *result);
void edoi_socket_unwait(edo_stream *s, edo_io_wait *wait);
void edoi_socket_close(edo_stream *s);
void edoi_socket_free(edo_stream *s);
int edoi_socket_number(edo_stream *s);

#define EDOI_SOCKET_OPS                                                                            \
    .poll_shutdown = edoi_socket_shutdown, .poll_ready = edoi_socket_ready,                        \
    .unwait = edoi_socket_unwait, .close = edoi_socket_close, .free = edoi_socket_free,            \
    .fd = edoi_socket_number

#endif
