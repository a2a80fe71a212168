/* SPDX-License-Identifier: MIT */
/* support/source_pair.h: a source of the driver, and the other end of its connection. */
#ifndef EDO_TESTS_SOURCE_PAIR_H
#define EDO_TESTS_SOURCE_PAIR_H

#include "driver/source.h"

#include <sys/socket.h>
#include <unistd.h>

/* A source on one end of a socket pair whose other end is `*other`; not ready to be read. */
static inline edoi_source *new_source(int *other) {
    int fds[2];
    edoi_source *s = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(edoi_source_new(&s, fds[0]), 0);
    *other = fds[1];
    edoi_source_clear(s, EDOI_READ, edoi_source_ready(s, EDOI_READ));
    return s;
}

static inline void say(int fd) {
    assert_int_equal(write(fd, "x", 1), 1);
}

#endif
