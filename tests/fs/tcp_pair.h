/* SPDX-License-Identifier: MIT */
/* tcp_pair.h: a connection over loopback, to send a file through. */
#ifndef EDO_TESTS_TCP_PAIR_H
#define EDO_TESTS_TCP_PAIR_H

#include "inside.h"

#include <edo/edo.h>

/* Makes a connection: what is written to `*to` can be read from `*from`. */
static inline void make_tcp(edo_stream **to, edo_stream **from) {
    edo_listener *l;
    edo_addr here;
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(l, &here), 0);
    CHECK_EQ(edo_tcp_connect_addr(to, &here, NULL), 0);
    CHECK_EQ(edo_accept(l, from), 0);
    edo_listener_close(l);
}

#endif
