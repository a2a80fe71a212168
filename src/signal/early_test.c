/* SPDX-License-Identifier: MIT */
/* Goal: a signal that comes while its listener is being made is not lost. Method: the real hub,
 * with a hook that raises the signal when the descriptor is copied: the handler is installed then,
 * but there is no listener yet. */
#include <fcntl.h>
#include <signal.h>

static int copied_at_a_signal(int fd, int command, int arg) {
    (void)raise(SIGUSR1);
    return fcntl(fd, command, arg);
}

#define fcntl copied_at_a_signal
#include "runtime/control/signal_hub.c"
#undef fcntl

#include "kinds.h"
#include "leftovers.h"

#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int listen_and_hear(void *arg) {
    (void)arg;
    edo_signal *signal;
    int err = edo_signal_listen(&signal, SIGUSR1);
    if (err < 0) return err;
    edo_signal_recv_future recv;
    int heard = edo_timeout(edo_signal_recv_init(&recv, signal), edo_s(10));
    edo_signal_close(signal);
    return heard;
}

static void a_signal_during_listen_is_received_on(const edo_runtime_opts *kind) {
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    // the first round installs the handler, the second finds it installed
    for (int round = 0; round < 2; round++) assert_int_equal(edo_run(rt, listen_and_hear, NULL), 0);
    edo_runtime_unref(rt);
}
ON_EACH_KIND(a_signal_during_listen_is_received)

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_signal_during_listen_is_received) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
