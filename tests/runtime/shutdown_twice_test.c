/* SPDX-License-Identifier: MIT */
/* Goal: the bound of a shutdown is waited for once; and of two signals the second kills, whichever
 * it is. */
#include <edo/blocking.h>
#include <edo/runtime.h>
#include <edo/scope.h>

#include "inside.h"
#include "leftovers.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int sleep_shielded(void *arg) {
    (void)arg;
    edo_shield sh = edo_shield_begin((edo_duration)EDO_OFF);
    (void)edo_sleep(edo_hours(1)); // abandoned here
    edo_shield_end(&sh);
    return 0;
}

static int leave_one_behind(void *arg) {
    (void)arg;
    CHECK_EQ(edo_spawn_detached(sleep_shielded, NULL), 0);
    return edo_yield();
}

static void abandoned_task_is_not_waited_for_again(void **state) {
    (void)state;
    may_leave(LEFT_FIBERS, 1, "the abandoned task");
    may_leave(LEFT_DESCRIPTORS, 4, "the runtime of an abandoned task stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    static edo_runtime *rt; // stays behind; the leak checker is to find it
    edo_runtime_opts opts = { .shutdown = edo_s(30) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, leave_one_behind, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_instant before = edo_now();
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
    edo_runtime_free(rt);
    assert_true(edo_instant_since(edo_now(), before).ns < edo_s(10).ns);
}

static edo_atomic_u32 let_go;

/* Ends by itself too, so that a caller that waits for the whole of it gets another result. */
static int linger(void *arg) {
    (void)arg;
    for (int i = 0; i < 10000 && !EDOI_ATOMIC_LOAD(&let_go.edoi_value, EDOI_ACQUIRE); i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    return 0;
}

static void job_that_was_given_up_is_not_waited_for_again(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 4, "the runtime whose job did not end stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    static edo_runtime *rt; // stays behind; the leak checker is to find it
    edo_runtime_opts opts = { .shutdown = edo_s(30) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_blocking_start(linger, NULL), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 1); // it runs still
    EDOI_ATOMIC_STORE(&let_go.edoi_value, 1, EDOI_RELEASE);
    edo_runtime_free(rt);
}

/* A root that ignores its cancellation. */
static int raise_both(void *arg) {
    (void)arg;
    (void)raise(SIGINT);
    (void)raise(SIGTERM);
    return 0;
}

static void second_signal_of_the_other_kind_kills(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(edo_main(raise_both, NULL));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_signal_of_the_other_kind_kills),
        cmocka_unit_test(abandoned_task_is_not_waited_for_again),
        cmocka_unit_test(job_that_was_given_up_is_not_waited_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
