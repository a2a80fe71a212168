/* SPDX-License-Identifier: MIT */
/* Goal: a kept connection is looked at before a request, also by a task that has given its worker
 * no turn for long.
 * Method: a server of bare system calls says what nobody asked for while the task runs. */
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/net.h>

#include "inside.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Responds to a request, by bare system calls. */
static int respond_bare(void *arg) {
    static const char text[] = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi";
    const int fd = *(const int *)arg;
    char bytes[256];
    int err = 0;
    while (err == 0 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) err = edo_yield();
    CHECK_EQ(send(fd, text, sizeof text - 1, 0), (ssize_t)sizeof text - 1);
    return err;
}

/* Takes the worker for longer than it may rely on what it last saw. */
static void run_for_long(void) {
    struct timespec begun, now;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &begun);
    do (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    while (now.tv_nsec == begun.tv_nsec);
}

/* A connection to a listener of bare system calls, whose end is `*fd`. */
static edo_http1 *connect_bare(int *fd) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof at;
    char addr[32];
    edo_http1 *c;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&at, n) == 0 && listen(listener, 1) == 0);
    CHECK_EQ(getsockname(listener, (struct sockaddr *)&at, &n), 0);
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%d", ntohs(at.sin_port));
    EDO_TEST_OK(edo_http1_connect(&c, addr, NULL));
    *fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(*fd >= 0 && close(listener) == 0);
    return c;
}

/* What comes while the worker runs this task is not seen by the driver, which is not turned. */
static int poisoned_unseen(void *arg) {
    int fd;
    char body[8];
    edo_http_response *res;
    edo_http1 *c = connect_bare(&fd);
    (void)arg;
    edo_task *t = edo_spawn(respond_bare, &fd);
    EDO_TEST_OK(edo_http1_send(c, &res, &(edo_http_request){ 0 }));
    EDO_TEST_OK(edo_task_join(t));
    while (edo_read(res->body, body, sizeof body) > 0) continue;
    CHECK_EQ(send(fd, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 38, 0), 38); // of no request
    struct pollfd there = { .fd = edo_stream_fd(edo_http1_stream(c)), .events = POLLIN };
    CHECK_EQ(poll(&there, 1, 30000), 1);
    run_for_long();
    CHECK_EQ(edo_http1_send(c, &res, &(edo_http_request){ 0 }), -EDO_ECLOSED);
    edo_http1_close(c);
    CHECK_EQ(close(fd), 0);
    return 0;
}

static void bytes_that_came_while_the_worker_was_busy_poison_it(void **state) {
    (void)state;
    assert_int_equal(inside_real(poisoned_unseen, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_came_while_the_worker_was_busy_poison_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
