/* SPDX-License-Identifier: MIT */
/* Goal: a signal that the kernel refuses is told with the kernel's code, changes nothing, and makes
 * no call wait for an end that does not come.
 * Method: the calls that send signals fail in turn, each with each code. The files under test are
 * included. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <edo/edo.h>

#include <errno.h>

static int calls, fails_at; // the first call that fails, and all behind it; 0: none
static int fails_with;
static bool has_no_thread;

static bool fails_now(void) {
    if (fails_at == 0 || ++calls < fails_at) return false;
    errno = fails_with;
    return true;
}

static long try_syscall(long nr, int pidfd, int signo, void *info, int flags) {
    return fails_now() ? -1 : syscall(nr, pidfd, signo, info, flags);
}

static int try_kill(pid_t pid, int signo) {
    return fails_now() ? -1 : kill(pid, signo);
}

static int try_create(pthread_t *out, const pthread_attr_t *attr, void *(*fn)(void *), void *arg) {
    return has_no_thread ? EAGAIN : pthread_create(out, attr, fn, arg);
}

#define syscall(nr, pidfd, signo, info, flags) try_syscall(nr, pidfd, signo, info, flags)
#define kill                                   try_kill
#define pthread_create                         try_create
#include "process/process.c"

#include "process/reap.c"
#undef syscall
#undef kill
#undef pthread_create

static void fail_from(int k, int with) {
    calls = 0;
    fails_at = k;
    fails_with = with;
}

static edo_process *start(const edo_process_opts *opts) {
    edo_process *p;
    const char *const argv[] = { "sleep", "1000", NULL };
    assert_int_equal(edo_process_spawn(&p, argv, opts), 0);
    return p;
}

/* The program runs; it ends now. */
static void end(edo_process *p) {
    fail_from(0, 0);
    assert_int_equal(edo_process_try_wait(p), -EAGAIN);
    assert_int_equal(edo_process_kill(p), EDO_PROCESS_SIGNALLED + SIGKILL);
    edo_process_unref(p);
}

static const int codes[] = { EPERM, EINVAL, ENOSYS, EAGAIN, ENOMEM };

static void refused_signal_is_told_and_changes_nothing(void **state) {
    (void)state;
    for (int group = 0; group < 2; group++) {
        edo_process *p = start(&(edo_process_opts){ .group = group });
        for (size_t i = 0; i < EDO_COUNT(codes); i++) {
            for (int k = 1; k <= 1 + group; k++) { // of a group: is it there? the signal
                fail_from(k, codes[i]);
                assert_int_equal(edo_process_signal(p, SIGUSR1), -codes[i]);
                assert_int_equal(calls, 1 + group);
                fail_from(k, codes[i]);
                assert_int_equal(edo_process_kill(p), -codes[i]);
                fail_from(k, codes[i]);
                assert_int_equal(edo_process_stop(p, edo_s(60)), -codes[i]);
            }
        }
        end(p);
    }
}

static int ignore_sigterm(void *arg) {
    (void)arg;
    struct sigaction ignores = { .sa_handler = SIG_IGN };
    return sigaction(SIGTERM, &ignores, NULL);
}

/* SIGTERM is sent, SIGCONT and SIGKILL are refused. */
static void stop_tells_that_the_kill_was_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        edo_process *p = start(&(edo_process_opts){ .before_exec = ignore_sigterm });
        fail_from(2, codes[i]);
        assert_int_equal(edo_process_stop(p, edo_ms(1)), -codes[i]);
        assert_int_equal(calls, 3);
        end(p);
    }
}

/* ESRCH says that the program has ended, so its status is awaited. */
static void signal_to_a_program_that_has_ended_is_no_failure(void **state) {
    const char *const argv[] = { "true", NULL };
    edo_process *p;
    (void)state;
    for (int stops = 0; stops < 2; stops++) {
        assert_int_equal(edo_process_spawn(&p, argv, NULL), 0);
        fail_from(1, ESRCH);
        assert_int_equal(stops ? edo_process_stop(p, edo_s(60)) : edo_process_kill(p), 0);
        fail_from(0, 0);
        assert_int_equal(edo_process_signal(p, SIGTERM), -ESRCH);
        edo_process_unref(p);
    }
}

/* Neither a thread nor this one waits for a program that runs on. */
static void unref_does_not_wait_for_a_program_that_it_could_not_kill(void **state) {
    (void)state;
    for (int group = 0; group < 2; group++) {
        for (int k = 1; k <= 1 + group; k++) {
            siginfo_t info;
            edo_process *p = start(&(edo_process_opts){ .group = group, .kill_on_unref = true });
            pid_t pid = edo_process_get_id(p);
            has_no_thread = true;
            fail_from(k, EPERM);
            edo_process_unref(p);
            fail_from(0, 0);
            has_no_thread = false;
            assert_non_null(list);
            assert_int_equal(kill(pid, SIGKILL), 0);
            assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
            edoi_reap_orphans();
            assert_null(list);
            assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_signal_is_told_and_changes_nothing),
        cmocka_unit_test(stop_tells_that_the_kill_was_refused),
        cmocka_unit_test(signal_to_a_program_that_has_ended_is_no_failure),
        cmocka_unit_test(unref_does_not_wait_for_a_program_that_it_could_not_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
