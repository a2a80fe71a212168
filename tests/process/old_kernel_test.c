/* SPDX-License-Identifier: MIT */
/* Goal: where the kernel cannot wait for the descriptor of a process no program is started: the
 * start returns -ENOSYS and leaves nothing.
 * Method: waitid() of this test takes the place of libc's, and refuses P_PIDFD as Linux 5.3
 * does. */
#include "process_support.h"

#include <edo/process.h>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_old;

int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
    if (is_old && type == P_PIDFD) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_waitid, type, id, info, options, NULL);
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    CHECK(fd >= 0);
    close(fd);
    return fd;
}

static int starts_on_old(void *arg) {
    const char *const argv[] = { "touch", arg, NULL };
    edo_process_opts opts = { .in = EDO_STDIO_PIPE };
    edo_process *p;
    int fd = lowest_free_fd();
    is_old = true;
    CHECK_EQ(edo_process_spawn(&p, argv, &opts), -ENOSYS);
    is_old = false;
    CHECK_EQ(lowest_free_fd(), fd);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); // no child, and none was
    CHECK_EQ(errno, ECHILD);
    CHECK_EQ(access(arg, F_OK), -1);
    CHECK_EQ(edo_process_spawn(&p, argv, &opts), 0); // it could have been started
    CHECK_EQ(edo_process_wait(p), 0);
    edo_process_unref(p);
    CHECK_EQ(unlink(arg), 0);
    return 0;
}

static void an_old_kernel_starts_nothing(void **state) {
    (void)state;
    char dir[] = "/tmp/edo-old-kernel-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/started", dir);
    assert_int_equal(inside_real(starts_on_old, path), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(an_old_kernel_starts_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
