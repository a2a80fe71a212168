/* SPDX-License-Identifier: MIT */
/* net/tcp.h: common code of stream, listener and connection. */
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

/* Checks the options that the kernel cannot check. */
EDO_MUST_USE int edoi_tcp_check(const edo_tcp_opts *opts);

/* Opens a socket for `addr` and sets the options, which accepted sockets inherit from a
 * listener. */
EDO_MUST_USE int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts);

/* getsockname or getpeername. */
EDO_MUST_USE int edoi_tcp_name(int fd, bool peer, edo_addr *out);

#endif
