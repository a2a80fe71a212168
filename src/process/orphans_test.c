/* SPDX-License-Identifier: MIT */
/* Goal: a program that was given up leaves no zombie, also if no thread can wait for it.
 * Method: the file under test is included, with a pthread_create() that fails when told. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool has_no_thread;

static int try_create(pthread_t *out, const pthread_attr_t *attr, void *(*fn)(void *), void *arg) {
    return has_no_thread ? EAGAIN : pthread_create(out, attr, fn, arg);
}

#define pthread_create try_create
#include "process/orphans.c"
#undef pthread_create

static const char *const nap[] = { "sleep", "1000", NULL };

static bool has_children(void) {
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static edo_process *start(bool kill_on_unref) {
    edo_process *p;
    const edo_process_opts opts = { .kill_on_unref = kill_on_unref };
    assert_int_equal(edo_process_spawn(&p, nap, &opts), 0);
    return p;
}

/* Ends the child `pid`, which becomes a zombie. */
static void end(pid_t pid) {
    siginfo_t info;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void without_threads_the_next_use_reaps(void **state) {
    (void)state;
    has_no_thread = true;
    for (int by_unref = 0; by_unref < 2; by_unref++) {
        edo_process *p = start(false), *later = start(false), *last = start(true);
        pid_t pid = edo_process_get_id(p), later_pid = edo_process_get_id(later);
        edo_process_unref(p);
        edo_process_unref(later);
        assert_non_null(list);
        end(later_pid);
        end(pid);
        if (!by_unref) {
            const char *const none[] = { "no-such-program", NULL };
            assert_int_equal(edo_process_spawn(&p, none, NULL), -ENOENT);
            assert_null(list);
        }
        edo_process_unref(last); // is killed, and awaited
        assert_null(list);
        assert_false(has_children());
    }
    has_no_thread = false;
}

/* The number may be that of another child by then: only the descriptor tells. */
static void status_taken_by_others_ends_the_wait(void **state) {
    (void)state;
    has_no_thread = true;
    edo_process *p = start(false);
    pid_t pid = edo_process_get_id(p);
    edo_process_unref(p);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    edoi_reap_orphans();
    assert_null(list);
    has_no_thread = false;
}

static void without_descriptors_one_that_was_killed_is_awaited(void **state) {
    (void)state;
    struct rlimit before;
    edo_process *p = start(true);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    edo_process_unref(p);
    assert_false(has_children());
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_threads_the_next_use_reaps),
        cmocka_unit_test(status_taken_by_others_ends_the_wait),
        cmocka_unit_test(without_descriptors_one_that_was_killed_is_awaited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
