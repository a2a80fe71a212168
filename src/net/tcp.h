/* SPDX-License-Identifier: MIT */
/* net/tcp.h: what stream, listener and connection share. */
#ifndef EDOI_NET_TCP_H
#define EDOI_NET_TCP_H

#include "io/wait.h"

#include <edo/net.h>

/* A stream without a socket: only edoi_tcp_adopt() and edo_close() may follow. It is the head of
 * its source, edoi_source_behind(). Errors: -ENOMEM. */
EDO_MUST_USE int edoi_tcp_new(edo_stream **out);

/* Gives the stream its descriptor. */
void edoi_tcp_adopt(edo_stream *s, int fd);

/* The descriptor of a TCP stream that is open. Errors: -ENOTSUP another kind; -EDO_ECLOSED. */
EDO_MUST_USE int edoi_tcp_open_fd(edo_stream *s);

/* Checks what cannot be checked by the kernel. */
EDO_MUST_USE int edoi_tcp_check(const edo_tcp_opts *opts);

/* Opens a socket for `addr` and sets the options, which a listener hands on to what it accepts. */
EDO_MUST_USE int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts);

/* getsockname or getpeername. */
EDO_MUST_USE int edoi_tcp_name(int fd, bool peer, edo_addr *out);

#endif
