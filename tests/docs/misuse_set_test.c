/* SPDX-License-Identifier: MIT */
/* Goal: what a set of futures forbids is named, as docs/book/misuse.md says it.
 * Method: as misuse_test.c. */
#include <edo/edo.h>
#include <edo/streams.h>

#include "breaches.h"

static edo_notify bell = EDO_NOTIFY_INIT;

static int pushes_one_twice(void *arg) {
    (void)arg;
    edo_future_set set;
    edo_notify_wait_future f;
    edo_future *wait = edo_notify_wait_init(&f, &bell);
    edo_future_set_init(&set);
    int err = edo_future_set_push(&set, wait);
    return err < 0 ? err : edo_future_set_push(&set, wait);
}

static int waits_twice_on_a_set(void *arg) {
    (void)arg;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_pending_future never;
    edo_future_set_done_next_future first, second;
    edo_future *done;
    int err = edo_future_set_push(&set, edo_pending_init(&never));
    if (err < 0) return err;
    (void)edo_poll_once(edo_future_set_done_next_init(&first, &set, &done));
    return (int)edo_poll_once(edo_future_set_done_next_init(&second, &set, &done));
}

static edo_polled clear_own_set(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = 0;
    edo_future_set_clear(arg);
    return EDO_READY;
}

static edo_polled remove_from_own_set(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *result = edo_future_set_remove(arg, NULL);
    return EDO_READY;
}

static int polls_in_a_set(edo_poll_fn *fn) {
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_poll_fn_future f;
    edo_future *done;
    int err = edo_future_set_push(&set, edo_poll_fn_init(&f, fn, &set));
    if (err == 0) err = edo_future_set_done_next(&set, &done);
    return err < 0 ? err : edo_result(&f);
}

static int removes_from_inside(void *arg) {
    (void)arg;
    return polls_in_a_set(remove_from_own_set);
}

static int clears_from_inside(void *arg) {
    (void)arg;
    return polls_in_a_set(clear_own_set);
}

#ifndef EDOI_TSAN // which has no records of handles
static int pushes_after_close(void *arg) {
    (void)arg;
    edo_stream *s;
    edo_accept_future f;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_listener *l;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    (void)edo_accept_init(&f, l, &s);
    edo_listener_close(l);
    return edo_future_set_push(&set, &f.base);
}

static int polls_after_close(void *arg) {
    (void)arg;
    char byte;
    edo_read_future f;
    edo_stream *near_end, *far_end;
    int err = edo_duplex(&near_end, &far_end, 1);
    if (err < 0) return err;
    (void)edo_read_init(&f, near_end, &byte, 1);
    edo_close(near_end);
    return (int)edo_poll_once(&f.base);
}
#endif

static const breach rows[] = {
#ifndef EDOI_TSAN
    { "uses a handle that was given up before its first poll", pushes_after_close },
    { "uses a handle that was given up before its first poll", polls_after_close },
#endif
    { "one future is pushed twice into an edo_future_set", pushes_one_twice },
    { "two waits for the next of one edo_future_set or edo_task_set", waits_twice_on_a_set },
    { "edo_future_set_clear inside a poll of one of the set's futures", clears_from_inside },
    { "edo_future_set_remove inside a poll of one of the set's futures", removes_from_inside },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_set_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
