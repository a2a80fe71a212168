/* SPDX-License-Identifier: MIT */
/* Goal: a task that waits by edoi_fd_event_init() for an answer to each question is woken for each
 * of them, also by one that came before the wait or of which some was read before, and never asks
 * the kernel; a wait without input does not end.
 * Method: the file under test is included, and its calls of poll() are counted. A deadline shows
 * that a wait does not end. */
#include "inside.h"

#include <edo/edo.h>
#include <edo/scope.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static int questions;

static int counted_poll(struct pollfd *p, nfds_t n, int timeout) {
    questions++;
    return poll(p, n, timeout);
}

#define poll(p, n, timeout) counted_poll(p, n, timeout)
#include "fd/fd.c"
#undef poll

#define ROUNDS 10

static int await_event(edo_fd *fd) {
    edo_fd_ready_future f;
    return edo_await(edoi_fd_event_init(&f, fd));
}

/* A first call may find that nobody knows yet. */
static int event_none(edo_fd *fd) {
    for (int i = 0; i < 2; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        int err = edo_deadline_end(&d, await_event(fd));
        if (err != 0) return err;
    }
    return 0;
}

static int asks(void *arg) {
    (void)arg;
    int p[2];
    char buf[8];
    edo_fd *fd;
    CHECK_EQ(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, p[0], NULL), 0);
    CHECK_EQ(event_none(fd), -ETIMEDOUT);
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(write(p[1], "abc", 3), 3);
        if (i % 2) YIELD_FOR(edoi_source_ready(fd->source, EDOI_READ) != 0); // before the wait
        CHECK_EQ(await_event(fd), 0);
        CHECK_EQ(read(p[0], buf, sizeof buf), 3);
        CHECK(!(edoi_source_ready(fd->source, EDOI_READ)));
    }
    CHECK_EQ(event_none(fd), -ETIMEDOUT);
    CHECK_EQ(close(p[1]), 0);
    CHECK_EQ(await_event(fd), 0);
    CHECK(!edoi_fd_is_quiet(fd));
    edo_fd_close(fd);
    return close(p[0]);
}

static void each_answer_is_an_event(void **state) {
    (void)state;
    assert_int_equal(inside_with(asks, NULL, &one_thread), 0);
    assert_int_equal(questions, 0);
}

/* As a flush does that has to read before it can write. */
static int leaves_some(void *arg) {
    (void)arg;
    int p[2];
    char buf[2];
    edo_fd *fd;
    CHECK_EQ(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, p[0], NULL), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_fd_ready(fd, EDO_IO_READ)), -ETIMEDOUT);
    CHECK_EQ(write(p[1], "abc", 3), 3);
    CHECK_EQ(edo_fd_ready(fd, EDO_IO_READ), EDO_IO_READ);
    CHECK_EQ(read(p[0], buf, sizeof buf), 2);
    CHECK_EQ(await_event(fd), 0); // of the "c"
    edo_fd_close(fd);
    return close(p[0]) + close(p[1]);
}

static void readiness_takes_no_event_of_input_that_is_left(void **state) {
    (void)state;
    assert_int_equal(inside_with(leaves_some, NULL, &one_thread), 0);
}

static int waits_in(void *arg) {
    return await_event(arg);
}

static int closes(void *arg) {
    (void)arg;
    int p[2];
    edo_fd *fd;
    CHECK_EQ(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, p[0], NULL), 0);
    CHECK_EQ(event_none(fd), -ETIMEDOUT);
    edo_task *t = edo_spawn(waits_in, fd);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    edo_fd_close(fd);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    return close(p[0]) + close(p[1]);
}

static void close_ends_the_wait(void **state) {
    (void)state;
    assert_int_equal(inside_with(closes, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_an_event),
        cmocka_unit_test(readiness_takes_no_event_of_input_that_is_left),
        cmocka_unit_test(close_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
