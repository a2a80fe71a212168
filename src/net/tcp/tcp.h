/* SPDX-License-Identifier: MIT */
/* net/tcp/tcp.h: TCP sockets for listeners and connections. */
#ifndef EDOI_NET_TCP_TCP_H
#define EDOI_NET_TCP_TCP_H

#include "net/socket.h"

/* Checks the options that the kernel cannot check. */
EDO_MUST_USE int edoi_tcp_check(const edo_tcp_opts *opts);

/* Opens a socket for `addr`, which is to listen or to connect, and sets the options, which accepted
 * sockets inherit from a listener. */
EDO_MUST_USE int edoi_tcp_socket(int *out, const edo_addr *addr, const edo_tcp_opts *opts,
                                 bool listens);

#endif
