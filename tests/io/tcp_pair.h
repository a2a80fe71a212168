/* SPDX-License-Identifier: MIT */
/* io/tcp_pair.h: two ends of a TCP connection, for tests on the real clock. */
#ifndef EDO_TESTS_IO_TCP_PAIR_H
#define EDO_TESTS_IO_TCP_PAIR_H

#include "io_support.h"

/* Two ends of a TCP connection. */
static inline int connected(edo_stream **a, edo_stream **b) {
    edo_listener *l;
    edo_addr at;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(l, &at), 0);
    int err = edo_tcp_connect_addr(a, &at, NULL);
    if (err == 0) err = edo_accept(l, b);
    edo_listener_close(l);
    return err;
}

#endif
