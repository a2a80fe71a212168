/* SPDX-License-Identifier: MIT */
/* Goal: SIGTERM ends a program within its bound, with status 3, when no worker returns from its
 * poll. Method: each program in a child process whose workers all compute or block. */
#include <edo/edo.h>

#include "inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 20000

static int ready_fd; /* in the child: a byte here says that a worker is stuck */

static void tell_ready(void) {
    CHECK_EQ(write(ready_fd, "x", 1), 1);
}

static int spin(void *arg) {
    volatile bool ends = arg;
    tell_ready();
    while (!ends) continue;
    return 0;
}

static int block(void *arg) {
    volatile bool ends = arg;
    tell_ready();
    while (!ends) (void)sleep(600);
    return 0;
}

typedef struct stuck {
    edo_task_fn *fn;
    unsigned n; /* how many of them; the root is none */
} stuck;

static int serve_beside(void *arg) {
    const stuck *s = arg;
    for (unsigned i = 0; i < s->n; i++) CHECK_EQ(edo_spawn_detached(s->fn, NULL), 0);
    return edo_sleep(edo_s(600));
}

/* What the child has said on standard error when it has ended; it is killed after a long time. */
static void listen_to(int fd, pid_t child, char *said, size_t bytes) {
    struct pollfd in = { .fd = fd, .events = POLLIN };
    size_t n = 0;
    for (ssize_t got = 1; got > 0 && n<bytes - 1; n += got> 0 ? (size_t)got : 0) {
        if (poll(&in, 1, PATIENCE_MS) <= 0) (void)kill(child, SIGKILL);
        got = read(fd, said + n, bytes - 1 - n);
    }
}

/* Runs `root(arg)` on `workers` workers in a child, and sends SIGTERM when `stuck_n` tasks are
 * stuck. The child has to end with status 3 and to name what it leaves. */
static void ends_with_3(edo_task_fn *root, void *arg, uint32_t workers, unsigned stuck_n) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = workers,
                                    .shutdown = EDO_MS(100) };
    int ready[2], errors[2], status;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(errors), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit no_core = { 0, 0 };
        (void)setrlimit(RLIMIT_CORE, &no_core);
        ready_fd = ready[1];
        (void)close(errors[0]);
        if (dup2(errors[1], STDERR_FILENO) < 0) _exit(99);
        (void)close(errors[1]);
        _exit(edo_main_with(root, arg, &opts));
    }
    (void)close(ready[1]);
    (void)close(errors[1]);
    char byte, said[4000] = { 0 };
    for (unsigned i = 0; i < stuck_n; i++) assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(kill(child, SIGTERM), 0);
    listen_to(errors[0], child, said, sizeof said);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)close(ready[0]);
    (void)close(errors[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 3)
        fail_msg("status 0x%x; it said: %s", (unsigned)status, said);
    if (!strstr(said, "did not return at shutdown")) fail_msg("it said: %s", said);
}

static void a_root_that_computes_on_the_only_worker_is_given_up(void **state) {
    (void)state;
    ends_with_3(spin, NULL, 1, 1);
}

static void a_root_that_blocks_the_only_worker_is_given_up(void **state) {
    (void)state;
    ends_with_3(block, NULL, 1, 1);
}

static void a_root_whose_only_worker_computes_for_another_task_is_given_up(void **state) {
    (void)state;
    ends_with_3(serve_beside, &(stuck){ spin, 1 }, 1, 1);
}

static void a_root_whose_workers_all_block_is_given_up(void **state) {
    (void)state;
    ends_with_3(serve_beside, &(stuck){ block, 2 }, 2, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_that_computes_on_the_only_worker_is_given_up),
        cmocka_unit_test(a_root_that_blocks_the_only_worker_is_given_up),
        cmocka_unit_test(a_root_whose_only_worker_computes_for_another_task_is_given_up),
        cmocka_unit_test(a_root_whose_workers_all_block_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
