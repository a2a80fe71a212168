/* SPDX-License-Identifier: MIT */
/* Goal: the last resort ends the process when standard error, which had room, has none any more.
 * Method: last_resort.c is included, and finds room in a pipe that is full; in a child process. */
#include <poll.h>

static int find_room(struct pollfd *fds, nfds_t n, int timeout) {
    (void)n, (void)timeout;
    fds[0].revents = POLLOUT;
    return 1;
}

#define poll find_room
#include "runtime/control/last_resort.c"
#include "runtime/control/last_resort.h"
#undef poll

#include <edo/runtime.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define PATIENCE_S 20

static void fill(int fd) {
    char bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    int flags = fcntl(fd, F_GETFL);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) abort();
    while (write(fd, bytes, sizeof bytes) > 0) continue;
    if (fcntl(fd, F_SETFL, flags) < 0) abort();
}

static int block(void *arg) {
    volatile bool ends = arg;
    if (raise(SIGTERM) != 0) abort();
    while (!ends) (void)usleep(100000);
    return 0;
}

static void a_line_for_which_room_has_gone_does_not_keep_the_program(void **state) {
    (void)state;
#ifdef EDOI_TSAN
    print_message("skipped: the thread sanitizer puts a signal off while write() waits\n");
    skip();
#endif
    int errors[2];
    assert_int_equal(pipe(errors), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT,
                                       .shutdown = EDO_MS(100),
                                       .watchdog = EDO_OFF };
        (void)alarm(PATIENCE_S);
        if (dup2(errors[1], STDERR_FILENO) < 0) _exit(99);
        fill(STDERR_FILENO);
        _exit(edo_main_with(block, NULL, &one));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(errors[0]);
    (void)close(errors[1]);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EDOI_STATUS_LEFT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_for_which_room_has_gone_does_not_keep_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
