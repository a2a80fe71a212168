/* SPDX-License-Identifier: MIT */
/* Goal: whatever system call fails while a signal is listened to, its code comes back, no
 * descriptor is left, and the next attempt succeeds.
 * Method: the functions of libc below fail in turn, each with each code. */
#include "fail_in_turn.h"

#include <edo/edo.h>

#include "leftovers.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include <cmocka.h>

int eventfd(unsigned count, int flags) {
    return fails_now() ? -1 : (int)syscall(SYS_eventfd2, count, flags);
}
int fcntl(int fd, int what, ...) {
    va_list args;
    va_start(args, what);
    long arg = va_arg(args, long);
    va_end(args);
    return fails_now() ? -1 : (int)syscall(SYS_fcntl, fd, what, arg);
}

static int (*real_sigaction)(int signo, const struct sigaction *now, struct sigaction *before);

int sigaction(int signo, const struct sigaction *now, struct sigaction *before) {
    bool is_ours = signo == SIGUSR1; // not the sanitizers'
    return is_ours && fails_now() ? -1 : real_sigaction(signo, now, before);
}

__attribute__((constructor(101))) static void find_real(void) {
    void *found = dlsym(RTLD_NEXT, "sigaction");
    memcpy(&real_sigaction, &found, sizeof found);
}

/* Listens, and gives the signal back, at a second attempt if the first fails. */
static int listen_once(void) {
    edo_signal *s = NULL;
    struct sigaction now;
    int err = edo_signal_listen(&s, SIGUSR1);
    if (err == 0) err = edo_signal_restore(SIGUSR1);
    edo_signal_close(s);
    int left = atomic_exchange(&fail_in, 0);
    EDO_TEST_EQ(edo_signal_restore(SIGUSR1), 0);
    EDO_TEST_EQ(real_sigaction(SIGUSR1, NULL, &now), 0);
    EDO_TEST_TRUE(now.sa_handler == SIG_DFL);
    atomic_store(&fail_in, left);
    return err;
}

static const int codes[] = { ENOMEM, EMFILE, ENFILE, EINVAL, EPERM };

static void each_failure_comes_back_and_leaves_nothing(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    int before = lowest_free_fd();
    for (size_t i = 0; i < EDO_COUNT(codes); i++) { // the hub's descriptor is made once
        atomic_store(&fail_with, codes[i]);
        atomic_store(&fail_in, 1);
        assert_int_equal(listen_once(), -codes[i]);
        assert_int_equal(lowest_free_fd(), before);
    }
    assert_int_equal(listen_once(), 0);
    const failing f = { listen_once, codes, EDO_COUNT(codes), 0 };
    assert_true(fail_in_turn(&f) >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_comes_back_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
