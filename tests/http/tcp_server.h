/* SPDX-License-Identifier: MIT */
/* tests/http/tcp_server.h: what tests need that are about sockets, or about a server as a whole.
 * They run in real time (inside_real()), or under a clock that they move by hand. */
#ifndef EDO_TESTS_TCP_SERVER_H
#define EDO_TESTS_TCP_SERVER_H

#include "http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* As `served.tcp`: the kernel's buffers do not grow, so that they hold less than HELD_MAX. */
#define BUFFER_BYTES (256u << 10)
#define SMALL_BUFFERS                                                                              \
    { .recv_buffer = BUFFER_BYTES, .send_buffer = BUFFER_BYTES }

/* A client that comes when there is one descriptor, which it takes itself. Returns it; the limit of
 * before is in `*before`, for setrlimit(). */
static inline edo_stream *client_without_place(served *s, struct rlimit *before) {
    int last = dup(0);
    CHECK(last >= 0);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, before), 0);
    const struct rlimit few = { (rlim_t)last + 1, before->rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    CHECK_EQ(close(last), 0);
    return client_of(s);
}

/* Moves a clock that is moved by hand until `cond` is true, for a minute at most. */
#define PASS_UNTIL(cond)                                                                           \
    do {                                                                                           \
        for (int pass_i = 0; !(cond); pass_i++) {                                                  \
            if (pass_i == 6000) edo_test_fail("after a minute still not %s", #cond);               \
            EDO_TEST_OK(edo_time_advance(edo_ms(10)));                                             \
        }                                                                                          \
    } while (0)

/* How many connections wait at a listener on TCP for their accept(). */
static inline unsigned queued_n(edo_listener *l) {
    struct tcp_info info = { 0 };
    socklen_t bytes = sizeof info;
    CHECK_EQ(getsockopt(edo_listener_fd(l), IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
    return info.tcpi_unacked;
}

typedef struct served_end {
    served *server;
    int result;
    bool is_over;
} served_end;

static inline int served_end_main(void *arg) {
    served_end *e = arg;
    e->result = serve_end(e->server);
    e->is_over = true;
    return 0;
}

/* As serve_end(), under a clock that is moved by hand. */
static inline int serve_end_by_hand(served *s) {
    served_end e = { .server = s };
    edo_task *t = edo_spawn(served_end_main, &e);
    CHECK(t != NULL);
    PASS_UNTIL(e.is_over);
    CHECK_EQ(edo_task_join(t), 0);
    return e.result;
}

#endif
