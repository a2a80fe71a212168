/* SPDX-License-Identifier: MIT */
/* net/tcp.h: what stream, listener and connection share. */
#ifndef EDOI_NET_TCP_H
#define EDOI_NET_TCP_H

#include "io/wait.h"

#include <edo/net.h>

/* A stream over a socket. */
typedef struct edoi_tcp_stream {
    edo_stream base;
    edoi_source *source; /* const; NULL only while it is being made */
} edoi_tcp_stream;

/* A stream without a socket: only edoi_tcp_adopt() and edo_close() may follow. */
EDO_MUST_USE int edoi_tcp_new(edoi_tcp_stream **out);

/* Gives the stream its descriptor. Errors: -ENOMEM (the descriptor stays the caller's). */
EDO_MUST_USE int edoi_tcp_adopt(edoi_tcp_stream *t, int fd);

/* The descriptor of a TCP stream that is open. Errors: -ENOTSUP another kind; -EDO_ECLOSED. */
EDO_MUST_USE int edoi_tcp_open_fd(edo_stream *s);

/* Checks what cannot be checked by the kernel. */
EDO_MUST_USE int edoi_tcp_check(const edo_tcp_opts *opts);

/* Opens a socket for `addr` and sets the options, which a listener hands on to what it accepts. */
EDO_MUST_USE int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts);

/* getsockname or getpeername. */
EDO_MUST_USE int edoi_tcp_name(int fd, bool peer, edo_addr *out);

#endif
