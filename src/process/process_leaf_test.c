/* SPDX-License-Identifier: MIT */
/* Goal: the future of edo/process.h keeps the rules of all leaves.
 * Method: the generic leaf tests on a program that the test ends, with the worker of a runtime
 * whose driver the test turns. */
#include <edo/process.h>

#include "leaf_io.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct env {
    edo_process *process;
    edo_process_wait_future f;
} env;

static int wait_make(void *arg, edo_future **f) {
    env *e = arg;
    const char *const argv[] = { "sleep", "1000", NULL };
    edoi_alloc_fail_at(0); // allocations fail only in the polls
    poked = false;
    assert_int_equal(edo_process_spawn(&e->process, argv, NULL), 0);
    *f = edo_process_wait_init(&e->f, e->process);
    return 0;
}

/* Its end is reported once it has ended, which is a little later. */
static void kill_it(void *arg) {
    const env *e = arg;
    struct pollfd end = { .fd = (int)syscall(SYS_pidfd_open, edo_process_get_id(e->process), 0),
                          .events = POLLIN };
    assert_int_equal(edo_process_signal(e->process, SIGKILL), 0);
    assert_int_equal(poll(&end, 1, 30000), 1);
    assert_int_equal(close(end.fd), 0);
    poked = true;
    turn();
}

static void status_is_there(void *arg) {
    const env *e = arg;
    assert_int_equal(edo_process_try_wait(e->process), EDO_PROCESS_SIGNALLED + SIGKILL);
}

static void cleanup(void *arg) {
    edo_process_unref(((env *)arg)->process);
    turn();
}

static void leaf_keeps_the_rules(void **state) {
    (void)state;
    static const leaf wait_leaf = { .name = "edo_process_wait",
                                    .env_bytes = sizeof(env),
                                    .make = wait_make,
                                    .poke = kill_it,
                                    .intact = status_is_there,
                                    .cleanup = cleanup,
                                    .result = EDO_PROCESS_SIGNALLED + SIGKILL,
                                    .poll = poll_here,
                                    .runtime = runtime_here };
    leaf_run(&wait_leaf);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(leaf_keeps_the_rules) };
    return cmocka_run_group_tests(tests, start_runtime, stop_runtime);
}
