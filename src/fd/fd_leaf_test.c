/* SPDX-License-Identifier: MIT */
/* Goal: the futures of edo/fd.h keep the rules of all leaves.
 * Method: the generic leaf tests on a pipe, with the worker of a runtime whose driver the test
 * turns. */
#include <edo/fd.h>

#include "leaf_io.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct env {
    edo_fd *fd;
    int pipe[2];
    char byte;
    union {
        edo_fd_ready_future ready;
        edo_fd_io_future io;
    } f;
} env;

static void open_pipe(env *e) {
    edoi_alloc_fail_at(0); // allocations fail only in the polls
    poked = false;
    assert_int_equal(pipe2(e->pipe, O_CLOEXEC | O_NONBLOCK), 0);
    assert_int_equal(edo_fd_open(&e->fd, e->pipe[0], NULL), 0);
}

static int read_byte(int fd, void *arg) {
    ssize_t n = read(fd, arg, 1);
    return n < 0 ? -errno : (int)n;
}

static int ready_make(void *arg, edo_future **f) {
    env *e = arg;
    open_pipe(e);
    *f = edo_fd_ready_init(&e->f.ready, e->fd, EDO_IO_READ | EDO_IO_PRI);
    return 0;
}

static int io_make(void *arg, edo_future **f) {
    env *e = arg;
    open_pipe(e);
    *f = edo_fd_io_init(&e->f.io, e->fd, EDO_IO_READ, read_byte, &e->byte);
    return 0;
}

static void write_byte(void *arg) {
    env *e = arg;
    assert_int_equal(write(e->pipe[1], "x", 1), 1);
    poked = true;
    turn();
}

static void unread(void *arg) {
    assert_int_equal(((env *)arg)->byte, 'x');
    write_byte(arg);
}

static void byte_is_there(void *arg) {
    env *e = arg;
    char bytes[2];
    assert_int_equal(read(e->pipe[0], bytes, 2), 1);
}

static void cleanup(void *arg) {
    env *e = arg;
    edo_fd_close(e->fd);
    (void)close(e->pipe[0]);
    (void)close(e->pipe[1]);
    turn();
}

static void leaves_keep_the_rules(void **state) {
    (void)state;
    leaf leaves[] = { { .name = "edo_fd_ready", .make = ready_make, .result = EDO_IO_READ },
                      { .name = "edo_fd_io", .make = io_make, .result = 1, .undo = unread } };
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf *l = &leaves[i];
        l->env_bytes = sizeof(env);
        l->poke = write_byte;
        l->intact = byte_is_there;
        l->cleanup = cleanup;
        l->poll = poll_here;
        l->runtime = runtime_here;
        leaf_run(l);
    }
}

/* A future that is polled without a runtime waits where another one registered a direction, but
 * cannot register the second one. */
static void failed_first_poll_leaves_no_link(void **state) {
    (void)state;
    env e;
    edo_fd_ready_future both;
    hand_waker w = HAND_WAKER, other = HAND_WAKER;
    open_pipe(&e);
    edo_future *f = edo_fd_ready_init(&e.f.ready, e.fd, EDO_IO_READ);
    edo_cx cx = hand_cx(&w, EDO_BUDGET), bare = hand_cx(&other, EDO_BUDGET);
    assert_int_equal(poll_here(f, &cx), EDO_PENDING);
    edo_future *g = edo_fd_ready_init(&both, e.fd, EDO_IO_READ | EDO_IO_WRITE);
    assert_int_equal(edo_poll(g, &bare), EDO_READY);
    assert_int_equal(edo_future_result(g), -EDO_ENORUNTIME);
    memset(&both, 0x5a, sizeof both); // as others do with the place of a future that is over
    write_byte(&e);
    assert_int_equal(hand_woken(&w), 1);
    cx = hand_cx(&w, EDO_BUDGET);
    assert_int_equal(poll_here(f, &cx), EDO_READY);
    assert_int_equal(edo_future_result(f), EDO_IO_READ);
    cleanup(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(leaves_keep_the_rules),
                                        cmocka_unit_test(failed_first_poll_leaves_no_link) };
    return cmocka_run_group_tests(tests, start_runtime, stop_runtime);
}
