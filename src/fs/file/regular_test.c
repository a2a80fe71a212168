/* SPDX-License-Identifier: MIT */
/* Goal: an open that waits for nobody at the other end of a pipe still waits for a lease, and what
 * it opens waits in reads and writes; it tells a pipe that is written from one that is not.
 * Method: a lease of this process, which a thread gives back once the kernel asks for it. */
#include "fs/file/regular.h"

#include "base/files/open.h"
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];

/* ---- Leases ---------------------------------------------------------------------------------- */

static void asked_set(sigset_t *asked) {
    (void)sigemptyset(asked);
    (void)sigaddset(asked, SIGIO);
}

static void *lease_give_back(void *fd) {
    sigset_t asked;
    int signo;
    asked_set(&asked);
    CHECK_EQ(sigwait(&asked, &signo), 0);
    CHECK_EQ(fcntl(*(int *)fd, F_SETLEASE, F_UNLCK), 0);
    return NULL;
}

static int open_raw(void *arg) {
    (void)arg;
    int fd = edoi_open_unheld(path, O_RDONLY | O_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    return close(fd);
}

static int open_stream(void *arg) {
    (void)arg;
    edo_stream *file;
    EDO_TEST_OK(edoi_fs_open_regular(&file, NULL, path, NULL, 0));
    CHECK_EQ(fcntl(file->ops->fd(file), F_GETFL) & O_NONBLOCK, 0);
    edo_close(file);
    return 0;
}

/* False: the file system has no leases. */
static bool open_leased(edo_task_fn *opens) {
    pthread_t holder;
    sigset_t asked;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    asked_set(&asked);
    assert_int_equal(pthread_sigmask(SIG_BLOCK, &asked, NULL), 0);
    bool has = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
    if (has) {
        assert_int_equal(pthread_create(&holder, NULL, lease_give_back, &fd), 0);
        assert_int_equal(inside(opens, NULL), 0);
        assert_int_equal(pthread_join(holder, NULL), 0);
    }
    assert_int_equal(close(fd) | unlink(path), 0);
    return has;
}

static void a_lease_is_waited_for(void **state) {
    (void)state;
    if (!open_leased(open_raw)) skip();
    assert_true(open_leased(open_stream));
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

static void a_pipe_is_written_while_it_has_a_writer_or_bytes(void **state) {
    int ends[2];
    char byte;
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(edoi_pipe_is_written(ends[0]));
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(close(ends[1]), 0);
    assert_true(edoi_pipe_is_written(ends[0]));
    assert_int_equal(read(ends[0], &byte, 1), 1); // the look has taken nothing
    assert_false(edoi_pipe_is_written(ends[0]));
    assert_int_equal(close(ends[0]), 0);
}

static int open_others(void *arg) {
    edo_stream *file = NULL;
    (void)arg;
    const edo_fs_open_opts writes = { .write = true };
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, "/dev/null", &writes, 0), -EINVAL);
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, "/dev/null", &writes, EDOI_FS_PIPE), -EINVAL);
    EDO_TEST_OK(edoi_fs_open_regular(&file, NULL, "/dev/null", &writes, EDOI_FS_DEVICE));
    edo_close(file);
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, "/", NULL, EDOI_FS_PIPE), -EISDIR);
    CHECK_EQ(mkfifo(path, 0600), 0);
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, path, NULL, EDOI_FS_PIPE), -EINVAL);
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, path, &writes, EDOI_FS_PIPE), -EINVAL);
    int reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CHECK_EQ(edoi_fs_open_regular(&file, NULL, path, &writes, EDOI_FS_DEVICE), -EINVAL);
    EDO_TEST_OK(edoi_fs_open_regular(&file, NULL, path, &writes, EDOI_FS_PIPE));
    edo_close(file);
    return close(reader) | unlink(path);
}

static void others_are_opened_where_they_are_of_use(void **state) {
    (void)state;
    assert_int_equal(inside(open_others, NULL), 0);
}

int main(void) {
    (void)snprintf(path, sizeof path, "/tmp/edo-regular-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_waited_for),
        cmocka_unit_test(a_pipe_is_written_while_it_has_a_writer_or_bytes),
        cmocka_unit_test(others_are_opened_where_they_are_of_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
