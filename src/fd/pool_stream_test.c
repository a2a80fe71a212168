/* SPDX-License-Identifier: MIT */
/* Goal: a stream whose calls run on threads of the pool has no descriptor open once edo_close() of
 * its last reference has returned, and ends as the same stream with readiness does.
 * Method: the task that waits is woken, takes its bytes and closes before the job that woke it goes
 * on; a terminal that nobody has open. */
#include "fd/fd_stream.h"

#include "acting_waker.h"
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

static int fd_after_close;

static void read_and_close(acting_waker *w) {
    edo_stream *s = w->arg;
    int fd = edo_stream_fd(s);
    CHECK_EQ(acting_poll(w), EDO_READY);
    edo_close(s);
    EDOI_ATOMIC_STORE(&fd_after_close, fcntl(fd, F_GETFD), EDOI_RELEASE);
}

static int closed_when_close_returns(void *arg) {
    int ends[2];
    char buf[4];
    edo_read_future f;
    edo_stream *s;
    (void)arg;
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(edoi_pool_stream_new(&s, ends[0], false, NULL), 0);
    acting_waker w = ACTING_WAKER(edo_read_init(&f, s, buf, sizeof buf));
    w.arg = s;
    w.act = read_and_close;
    EDOI_ATOMIC_STORE(&fd_after_close, -2, EDOI_RELEASE);
    CHECK_EQ(acting_poll(&w), EDO_PENDING);
    CHECK_EQ(write(ends[1], "abc", 3), 3);
    YIELD_FOR(EDOI_ATOMIC_LOAD(&fd_after_close, EDOI_ACQUIRE) != -2);
    CHECK_EQ(fd_after_close, -1);
    CHECK_EQ(edo_result(&f), 3);
    CHECK_EQ(close(ends[1]), 0);
    return 0;
}

static void descriptor_is_closed_when_close_returns(void **state) {
    (void)state;
    assert_int_equal(inside_each(closed_when_close_returns, NULL), 0);
}

/* Its reads fail with EIO once nobody has the terminal open. */
static int terminal_hung_up(void *arg) {
    int master, terminal;
    char buf[4];
    edo_stream *s;
    (void)arg;
    CHECK_EQ(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    CHECK_EQ(write(terminal, "abc", 3), 3);
    CHECK_EQ(close(terminal), 0);
    CHECK_EQ(edoi_pool_stream_new(&s, master, false, NULL), 0);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 3);
    CHECK_EQ(edo_read(s, buf, sizeof buf), 0);
    edo_close(s);
    return 0;
}

static void end_of_a_terminal_is_the_end_of_its_masters_input(void **state) {
    (void)state;
    assert_int_equal(inside_each(terminal_hung_up, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(end_of_a_terminal_is_the_end_of_its_masters_input),
        cmocka_unit_test(descriptor_is_closed_when_close_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
