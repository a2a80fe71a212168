/* SPDX-License-Identifier: MIT */
/* Goal: a line for which there was room, which another process has taken before the write, waits no
 * longer than any other; and where the write cannot be kept from blocking other threads do not wait
 * for it.
 * Method: writer.c is included. It finds room in a pipe that is full, and the test has the kernel
 * refuse what it asks for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/uio.h>

static bool is_old, is_locked; /* no RWF_NOWAIT; no open() either */

static int find_room(struct pollfd *fds, nfds_t n, int timeout) {
    (void)n, (void)timeout;
    fds[0].revents = POLLOUT;
    return 1;
}

static ssize_t write_now(int fd, const struct iovec *pieces, int n, off_t at, int flags) {
    if (!is_old && !is_locked) return pwritev2(fd, pieces, n, at, flags);
    errno = EOPNOTSUPP;
    return -1;
}

static int open_now(const char *path, int flags) {
    if (!is_locked) return open(path, flags);
    errno = EACCES;
    return -1;
}

#define poll     find_room
#define pwritev2 write_now
#define open     open_now
#include "log/out/writer.c"
#undef open
#undef pwritev2
#undef poll

#include "log/out/output.h"
#include "patience.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 4096

static char bytes[ROOM];
static int reader, to; /* the ends of a pipe that is full */

static int open_full(void **state) {
    int ends[2];
    (void)state;
    is_old = is_locked = false;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    reader = ends[0];
    to = ends[1];
    assert_int_equal(fcntl(to, F_SETPIPE_SZ, ROOM), ROOM);
    assert_int_equal(write(to, bytes, sizeof bytes), ROOM);
    return 0;
}

static int close_both(void **state) {
    (void)state;
    close(reader);
    close(to);
    return 0;
}

/* The line comes through once there is room; and the pipe ends with the program's descriptor. */
static void lose_and_write(void) {
    edoi_writer writer;
    edoi_writer_init(&writer, to);
    assert_false(edoi_writer_line(&writer, "lost\n", 5));
    assert_int_equal(read(reader, bytes, sizeof bytes), ROOM);
    assert_true(edoi_writer_line(&writer, "read\n", 5));
    assert_int_equal(read(reader, bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "read\n", 5);
    close(to);
    assert_int_equal(read(reader, bytes, sizeof bytes), 0);
    edoi_writer_deinit(&writer);
    to = -1;
}

static void a_line_whose_room_is_gone_is_dropped(void **state) {
    (void)state;
    lose_and_write();
}

static void a_line_whose_room_is_gone_is_dropped_by_an_old_kernel(void **state) {
    (void)state;
    is_old = true;
    lose_and_write();
}

static void *write_one(void *arg) {
    edoi_log_output *out = edoi_log_output_of(to);
    *(bool *)arg = edoi_log_output_write(out, to, EDO_STR("late\n"));
    edoi_log_output_unref(out);
    return NULL;
}

static void others_do_not_wait_for_a_write_that_blocks(void **state) {
    (void)state;
    pthread_t thread;
    bool is_written = false;
    is_locked = true;
    edoi_log_output *out = edoi_log_output_of(to);
    assert_non_null(out);
    out->writer.wait_ms = 1;
    assert_int_equal(pthread_create(&thread, NULL, write_one, &is_written), 0);
    WAIT_FOR(edoi_load_rlx_u64(&out->writer.writes_ns));
    assert_false(edoi_log_output_write(out, to, EDO_STR("dropped\n")));
    edoi_log_output_settle(out);
    assert_int_equal(read(reader, bytes, sizeof bytes), ROOM);
    pthread_join(thread, NULL);
    assert_true(is_written);
    assert_true(out->writer.spent_ns >= NS_PER_MS);
    assert_false(edoi_writer_is_blocked(&out->writer));
    assert_int_equal(read(reader, bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "late\n", 5);
    edoi_log_output_unref(out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_full, close_both)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_line_whose_room_is_gone_is_dropped),
        TEST(a_line_whose_room_is_gone_is_dropped_by_an_old_kernel),
        TEST(others_do_not_wait_for_a_write_that_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
