/* SPDX-License-Identifier: MIT */
/* Goal: each call that asks for a signal's handler gets it, whatever the program has set since the
 * last call.
 * Method: the program sets a handler of its own between two calls, and looks which handler is
 * installed. */
#include <edo/dump.h>
#include <edo/edo.h>

#include "leftovers.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void mine(int signo) {
    (void)signo;
}

static void set(int signo, void (*fn)(int signo)) {
    const struct sigaction a = { .sa_handler = fn };
    assert_int_equal(sigaction(signo, &a, NULL), 0);
}

static bool stands(int signo, void (*fn)(int signo)) {
    struct sigaction now;
    assert_int_equal(sigaction(signo, NULL, &now), 0);
    return !(now.sa_flags & SA_SIGINFO) && now.sa_handler == fn;
}

static void dump_on_signal_takes_the_signal_back(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 2, "the threads that write dumps and find their names stay");
    assert_int_equal(edo_dump_on_signal(SIGUSR1), 0);
    set(SIGUSR1, mine);
    assert_int_equal(edo_dump_on_signal(SIGUSR1), 0);
    assert_false(stands(SIGUSR1, mine));
    set(SIGUSR1, SIG_DFL);
    assert_int_equal(edo_dump_on_signal(SIGUSR1), 0);
    assert_false(stands(SIGUSR1, SIG_DFL));
}

static void a_new_listener_takes_the_signal_back(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    edo_signal *first, *second;
    assert_int_equal(edo_signal_listen(&first, SIGUSR2), 0);
    set(SIGUSR2, mine);
    assert_int_equal(edo_signal_listen(&second, SIGUSR2), 0);
    assert_int_equal(raise(SIGUSR2), 0);
    assert_int_equal(edo_signal_recv(second), 0);
    assert_int_equal(edo_signal_recv(first), 0);
    edo_signal_close(first);
    edo_signal_close(second);
}

static void restored_signal_has_its_old_action(void **state) {
    (void)state;
    edo_signal *first, *second;
    set(SIGHUP, mine);
    assert_int_equal(edo_signal_listen(&first, SIGHUP), 0);
    assert_false(stands(SIGHUP, mine));
    assert_int_equal(edo_signal_restore(SIGHUP), 0);
    assert_true(stands(SIGHUP, mine));
    assert_int_equal(raise(SIGHUP), 0); // not the listener's
    assert_int_equal(edo_signal_restore(SIGHUP), 0);
    assert_int_equal(edo_signal_listen(&second, SIGHUP), 0);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(edo_signal_recv(first), 0);
    assert_int_equal(edo_signal_recv(second), 0);
    set(SIGHUP, SIG_DFL);
    assert_int_equal(edo_signal_restore(SIGHUP), 0); // the program's newer choice stays
    assert_true(stands(SIGHUP, SIG_DFL));
    assert_int_equal(edo_signal_restore(SIGKILL), -EINVAL);
    assert_int_equal(edo_signal_restore(0), -EINVAL);
    edo_signal_close(first);
    edo_signal_close(second);
}

static void stacks_by_signal_refuses_a_signal_that_is_taken(void **state) {
    (void)state;
    assert_int_equal(edo_stacks_by_signal(SIGURG), 0);
    assert_int_equal(edo_stacks_by_signal(SIGURG), 0);
    set(SIGURG, mine);
    assert_int_equal(edo_stacks_by_signal(SIGURG), -EBUSY);
    assert_true(stands(SIGURG, mine));
    set(SIGURG, SIG_DFL);
    assert_int_equal(edo_stacks_by_signal(SIGURG), 0);
    assert_false(stands(SIGURG, SIG_DFL));
}

int main(void) {
    (void)alarm(20); // a task that gets no signal would wait for ever
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dump_on_signal_takes_the_signal_back),
        cmocka_unit_test(a_new_listener_takes_the_signal_back),
        cmocka_unit_test(restored_signal_has_its_old_action),
        cmocka_unit_test(stacks_by_signal_refuses_a_signal_that_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
