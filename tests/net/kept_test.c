/* SPDX-License-Identifier: MIT */
/* Goal: a closed stream makes no events, also if a copy of its descriptor stays open, which keeps
 * it registered with the kernel. For copies that a child keeps: tests/runtime/fork_test.c.
 * Method: the runtime's count of events. */
#include "leftovers.h"
#include "silent.h"

#include <signal.h>
#include <unistd.h>

static int listen_no_more(void *arg) {
    edo_signal *all[4];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        edo_signal_recv_future f;
        CHECK_EQ(edo_signal_listen(&all[i], SIGUSR2), 0);
        CHECK_EQ(edo_poll_once(edo_signal_recv_init(&f, all[i])), EDO_PENDING);
        edo_drop(&f.base);
    }
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_signal_close(all[i]);
    uint64_t before = events_n();
    (void)raise(SIGUSR2);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    CHECK_EQ(events_n(), before);
    return 0;
}

static void signal_without_a_listener_makes_no_event(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    assert_int_equal(inside_with(listen_no_more, NULL, &one_thread), 0);
}

static int close_what_a_copy_keeps(void *arg) {
    edo_stream *near_end = NULL, *far_end = NULL;
    (void)arg;
    CHECK_EQ(connect_and_wait(&near_end, &far_end), 0);
    int copy = dup(edo_stream_fd(near_end));
    CHECK(copy >= 0);
    int err = close_and_send(near_end, far_end);
    (void)close(copy);
    return err;
}

static void closed_stream_with_a_kept_copy_makes_no_event(void **state) {
    (void)state;
    assert_int_equal(inside_with(close_what_a_copy_keeps, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        // first: once the program has asked for a descriptor every close deregisters
        cmocka_unit_test(signal_without_a_listener_makes_no_event),
        cmocka_unit_test(closed_stream_with_a_kept_copy_makes_no_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
