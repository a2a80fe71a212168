/* SPDX-License-Identifier: MIT */
/* Goal: the promises of an edo_fd: what holds now is reported, whatever was read before; several on
 * one descriptor; descriptors that are closed and reused meanwhile; who owns what.
 * Method: pipes and sockets, on every kind of runtime; after each test as many descriptors are open
 * as before. */
#include "fd_support.h"

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>

#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

static int spare_bytes(void *arg) {
    (void)arg;
    int p[2];
    char byte;
    edo_fd *fd;
    CHECK_EQ(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, p[0], NULL), 0);
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(write(p[1], "abc", 3), 3);
        for (int i = 0; i < 3; i++) { // a library that takes a little at a time
            CHECK_EQ(edo_fd_ready(fd, EDO_IO_READ), EDO_IO_READ);
            CHECK_EQ(read(p[0], &byte, 1), 1);
        }
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        CHECK_EQ(edo_deadline_end(&d, edo_fd_ready(fd, EDO_IO_READ)), -ETIMEDOUT);
    }
    CHECK_EQ(edo_fd_ready(fd, 0), -EINVAL);
    CHECK_EQ(edo_fd_ready(fd, EDO_IO_READ_CLOSED), -EINVAL);
    CHECK_EQ(edo_fd_io(fd, EDO_IO_PRI, NULL, NULL), -EINVAL);
    edo_fd_close(fd);
    CHECK_EQ(close(p[0]) + close(p[1]), 0);
    return 0;
}

static void readiness_is_what_holds_now(void **state) {
    (void)state;
    run_each(spare_bytes);
}

static int wait_for(void *arg) {
    edo_fd *fd = arg;
    return edo_fd_ready(fd, EDO_IO_READ);
}

/* Returns once the task waits, or on several workers a little before. */
static edo_task *start_waiting(edo_fd *fd) {
    edo_task *t = edo_spawn(wait_for, fd);
    CHECK(t != NULL);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    return t;
}

static int two_of_one(void *arg) {
    (void)arg;
    edo_fd *one, *other;
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK_EQ(edo_fd_open(&one, fd, NULL), 0);
    CHECK_EQ(edo_fd_open(&other, fd, NULL), 0);
    edo_task *a = start_waiting(one), *b = start_waiting(other), *c = start_waiting(other);
    CHECK_EQ(eventfd_write(fd, 1), 0);
    CHECK_EQ(edo_task_join(a), EDO_IO_READ);
    CHECK_EQ(edo_task_join(b), EDO_IO_READ);
    CHECK_EQ(edo_task_join(c), EDO_IO_READ);
    edo_fd_close(one);
    CHECK_EQ(edo_fd_ready(other, EDO_IO_READ | EDO_IO_WRITE), EDO_IO_READ | EDO_IO_WRITE);
    edo_fd_close(other);
    CHECK_EQ(close(fd), 0);
    return 0;
}

static void one_descriptor_has_several_waiters(void **state) {
    (void)state;
    run_each(two_of_one);
}

static int reused(void *arg) {
    (void)arg;
    int old[2], fresh[2];
    edo_fd *fd;
    CHECK_EQ(pipe2(old, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, old[0], NULL), 0);
    edo_task *t = start_waiting(fd);
    CHECK_EQ(pipe2(fresh, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(dup2(fresh[0], old[0]), old[0]); // closes the old pipe's end
    CHECK_EQ(write(fresh[1], "x", 1), 1);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(!edo_task_is_finished(t)); // an event of the new pipe is none of the old
    CHECK_EQ(write(old[1], "x", 1), 1);
    CHECK_EQ(edo_task_join(t), EDO_IO_READ);
    edo_fd_close(fd);
    CHECK_EQ(close(old[0]) + close(old[1]) + close(fresh[0]) + close(fresh[1]), 0);
    return 0;
}

static void reused_number_brings_no_foreign_event(void **state) {
    (void)state;
    run_each(reused);
}

static int closing(void *arg) {
    (void)arg;
    int s[2];
    char byte;
    edo_fd *fd;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s), 0);
    CHECK_EQ(edo_fd_open(&fd, s[0], NULL), 0);
    edo_task *t = start_waiting(fd);
    edo_fd_close(fd);
    CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    CHECK_EQ(write(s[1], "x", 1), 1); // the caller's socket lives
    CHECK_EQ(read(s[0], &byte, 1), 1);
    CHECK_EQ(edo_fd_open(&fd, s[0], &(edo_fd_opts){ .take = true }), 0);
    CHECK_EQ(edo_fd_release(fd), s[0]);
    CHECK_EQ(edo_fd_open(&fd, s[0], &(edo_fd_opts){ .take = true }), 0);
    edo_fd_close(fd);
    CHECK_EQ(fcntl(s[0], F_GETFD), -1);
    CHECK_EQ(read(s[1], &byte, 1), 0);
    CHECK_EQ(close(s[1]), 0);
    return 0;
}

static void close_ends_waits_and_only_what_was_taken(void **state) {
    (void)state;
    run_each_single(closing); // a task that has not begun must not find the handle closed
}

/* Whether another socket can have the name `unix`. */
static bool is_name_free(const struct sockaddr_un *name) {
    int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(s >= 0);
    bool is_free = bind(s, (const struct sockaddr *)(const void *)name, sizeof *name) == 0;
    CHECK_EQ(close(s), 0);
    return is_free;
}

static int receives(int fd, void *arg) {
    char byte;
    (void)arg;
    ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);
    return n < 0 ? -errno : (int)n;
}

static int waits_in_io(void *arg) {
    return edo_fd_io(arg, EDO_IO_READ, receives, NULL);
}

/* The task that waits has not run since the close when its file has to be gone. */
static int taken_while_waited_for(void *arg) {
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    (void)snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "edo-fd-test-%d", (int)getpid());
    (void)arg;
    for (int in_io = 0; in_io < 2; in_io++) {
        edo_fd *fd;
        int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        CHECK_EQ(bind(s, (struct sockaddr *)(void *)&name, sizeof name), 0);
        CHECK_EQ(edo_fd_open(&fd, s, &(edo_fd_opts){ .take = true }), 0);
        edo_task *t = in_io ? edo_spawn(waits_in_io, fd) : start_waiting(fd);
        for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
        CHECK(!is_name_free(&name));
        edo_fd_close(fd);
        CHECK_EQ(fcntl(s, F_GETFD), -1);
        CHECK(is_name_free(&name));
        CHECK_EQ(edo_task_join(t), -EDO_ECLOSED);
    }
    return 0;
}

static void what_was_taken_is_gone_when_a_close_returns(void **state) {
    (void)state;
    run_each_single(taken_while_waited_for);
}

static int states(void *arg) {
    (void)arg;
    int s[2], p[2];
    edo_fd *fd;
    const uint32_t closed = EDO_IO_READ_CLOSED | EDO_IO_WRITE_CLOSED;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s), 0);
    CHECK_EQ(edo_fd_open(&fd, s[0], NULL), 0);
    CHECK_EQ(edo_fd_ready(fd, EDO_IO_READ | EDO_IO_WRITE), EDO_IO_WRITE);
    CHECK_EQ(shutdown(s[1], SHUT_WR), 0);
    CHECK_EQ(edo_fd_ready(fd, EDO_IO_READ), EDO_IO_READ | EDO_IO_READ_CLOSED);
    CHECK_EQ(close(s[1]), 0);
    CHECK_EQ((uint32_t)edo_fd_ready(fd, EDO_IO_READ), EDO_IO_READ | closed);
    edo_fd_close(fd);
    CHECK_EQ(close(s[0]), 0);
    CHECK_EQ(pipe2(p, O_CLOEXEC | O_NONBLOCK), 0);
    CHECK_EQ(edo_fd_open(&fd, p[1], NULL), 0);
    CHECK_EQ(close(p[0]), 0);
    CHECK_EQ(edo_fd_ready(fd, EDO_IO_ERR), EDO_IO_ERR | EDO_IO_WRITE_CLOSED);
    edo_fd_close(fd);
    CHECK_EQ(close(p[1]), 0);
    return 0;
}

static void closed_halves_are_told(void **state) {
    (void)state;
    run_each(states);
}

static int receive_urgent(void *arg) {
    return edo_fd_ready(arg, EDO_IO_PRI);
}

static int take_byte(int fd, void *arg) {
    ssize_t n = read(fd, arg, 1);
    return n < 0 ? -errno : (int)n;
}

typedef struct byte_of {
    edo_fd *fd;
    char byte;
} byte_of;

static int receive_byte(void *arg) {
    byte_of *b = arg;
    return edo_fd_io(b->fd, EDO_IO_READ, take_byte, &b->byte);
}

/* Input wakes the task that waits for urgent data, too; it waits on, and disturbs no reader. */
static int urgent(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *near_end, *far_end;
    edo_addr addr;
    byte_of b = { .byte = 0 };
    CHECK_EQ(edo_tcp_listen(&l, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(l, &addr), 0);
    CHECK_EQ(edo_tcp_connect_addr(&near_end, &addr, NULL), 0);
    CHECK_EQ(edo_accept(l, &far_end), 0);
    CHECK_EQ(edo_fd_open(&b.fd, edo_stream_fd(near_end), NULL), 0);
    edo_task *t = edo_spawn(receive_urgent, b.fd);
    for (int i = 0; i < 3; i++) {
        char c = (char)('a' + i);
        edo_task *reader = edo_spawn(receive_byte, &b);
        for (int k = 0; k < 3; k++) CHECK_EQ(edo_yield(), 0);
        CHECK_EQ(edo_write(far_end, &c, 1), 1);
        CHECK_EQ(edo_task_join(reader), 1);
        CHECK_EQ(b.byte, c);
    }
    CHECK(!edo_task_is_finished(t));
    CHECK_EQ(send(edo_stream_fd(far_end), "!", 1, MSG_OOB), 1);
    CHECK_EQ(edo_task_join(t), EDO_IO_PRI);
    edo_fd_close(b.fd);
    edo_close(near_end);
    edo_close(far_end);
    edo_listener_close(l);
    return 0;
}

static void urgent_data_is_told_apart(void **state) {
    (void)state;
    run_each(urgent);
}

static void what_cannot_be_polled_is_refused(void **state) {
    (void)state;
    edo_fd *fd;
    edo_stream *s;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(edo_fd_open(&fd, fileno(file), NULL), -EPERM);
    assert_int_equal(edo_stream_from_fd(&s, fileno(file)), -EPERM);
    assert_int_equal(fclose(file), 0);
    int dir = open("/", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    assert_int_equal(edo_fd_open(&fd, dir, NULL), -EPERM);
    assert_int_equal(close(dir), 0);
    assert_int_equal(edo_fd_open(&fd, -1, NULL), -EBADF);
    assert_int_equal(edo_stream_from_fd(&s, -1), -EBADF);
    const edo_fd_opts later = { .reserved = { 0, 1 } };
    assert_int_equal(edo_fd_open(&fd, 0, &later), -EINVAL);
}

static void without_descriptors_nothing_is_taken(void **state) {
    (void)state;
    edo_fd *fd;
    edo_stream *a, *b;
    int own = eventfd(0, EFD_CLOEXEC), opened = open_descriptors(); // `own` is counted
    struct rlimit before;
    for (int spare = 0; spare < 2; spare++) {
        allow_descriptors(spare, &before);
        assert_int_equal(edo_fd_open(&fd, own, &(edo_fd_opts){ .take = true }),
                         spare == 0 ? -EMFILE : 0);
        if (spare == 1) assert_int_equal(edo_fd_release(fd), own);
        assert_int_equal(edo_pipe(&a, &b, NULL), -EMFILE);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(open_descriptors(), opened);
    }
    assert_int_equal(close(own), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readiness_is_what_holds_now),
        cmocka_unit_test(one_descriptor_has_several_waiters),
        cmocka_unit_test(reused_number_brings_no_foreign_event),
        cmocka_unit_test(close_ends_waits_and_only_what_was_taken),
        cmocka_unit_test(what_was_taken_is_gone_when_a_close_returns),
        cmocka_unit_test(closed_halves_are_told),
        cmocka_unit_test(urgent_data_is_told_apart),
        cmocka_unit_test(what_cannot_be_polled_is_refused),
        cmocka_unit_test(without_descriptors_nothing_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
