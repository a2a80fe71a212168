/* SPDX-License-Identifier: MIT */
/* Goal: a program that was given up leaves no zombie, also if no thread can wait for it.
 * Method: the file under test is included, with a pthread_create() that fails when told. */
#include <edo/edo.h>

#include "patience.h"

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
#include "process/reap.c"
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

/* Gives `p` up in a process that gets neither memory nor descriptors. */
static void unref_with_nothing(edo_process *p) {
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = { .rlim_cur = 0, .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    edoi_alloc_fail_from(1);
    edo_process_unref(p);
    edoi_alloc_fail_at(0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void without_memory_and_descriptors_it_is_reaped_too(void **state) {
    (void)state;
    for (int kills = 0; kills < 2; kills++) {
        has_no_thread = true;
        edo_process *p = start(kills);
        pid_t pid = edo_process_get_id(p);
        unref_with_nothing(p);
        assert_int_equal(list != NULL, !kills);
        if (!kills) end(pid);
        edoi_reap_orphans();
        assert_false(has_children());
        has_no_thread = false;
        p = start(kills);
        pid = edo_process_get_id(p);
        unref_with_nothing(p);
        if (!kills) assert_int_equal(kill(pid, SIGKILL), 0);
        WAIT_FOR(!has_children()); // until the thread has reaped it
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_threads_the_next_use_reaps),
        cmocka_unit_test(status_taken_by_others_ends_the_wait),
        cmocka_unit_test(without_memory_and_descriptors_it_is_reaped_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
