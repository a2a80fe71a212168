/* SPDX-License-Identifier: MIT */
/* Goal: a test task polls its future with a waker that counts, on a plain thread and in a runtime;
 * each check passes when it should, and when it fails says where, what was and what was wanted.
 * Method: futures that the test makes ready; failing checks in children, whose last words are read;
 * the hook of a framework that leaves by longjmp. */
#include <edo/mpsc.h>
#include <edo/notify.h>
#include <edo/test.h>

#include "inside.h"
#include "last_words.h"

#include <string.h>

static void wakes_are_counted_from_the_last_poll_on(void **state) {
    (void)state;
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_notify_wait_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_notify_wait_init(&f, &notify));
    assert_int_equal(edo_test_task_woken(&t), 0);
    EDO_TEST_PENDING(&t);
    assert_int_equal(edo_test_task_woken(&t), 0);
    edo_waker_wake(&t.waker.base);
    edo_waker_wake(&t.waker.base);
    assert_int_equal(edo_test_task_woken(&t), 2);
    EDO_TEST_PENDING(&t);
    assert_int_equal(edo_test_task_woken(&t), 0);
    edo_notify_one(&notify);
    assert_int_equal(edo_test_task_woken(&t), 1);
    EDO_TEST_READY(&t, 0);
    assert_int_equal(edo_test_task_woken(&t), 0);
}

static void two_test_tasks_poll_one_future_with_two_wakers(void **state) {
    (void)state;
    edo_notify notify = EDO_NOTIFY_INIT;
    edo_notify_wait_future f;
    edo_test_task first, second;
    edo_future *wait = edo_notify_wait_init(&f, &notify);
    edo_test_task_init(&first, wait);
    edo_test_task_init(&second, wait);
    EDO_TEST_PENDING(&first);
    EDO_TEST_PENDING(&second);
    edo_notify_one(&notify);
    assert_int_equal(edo_test_task_woken(&first), 0);
    assert_int_equal(edo_test_task_woken(&second), 1);
    assert_int_equal(EDO_TEST_READY_OK(&first), 0);
}

static edo_polled keep_the_waker(void *arg, edo_cx *cx, int *result) {
    edo_waker **kept = arg;
    (void)result;
    if (!*kept) *kept = edo_waker_ref(edo_cx_waker(cx));
    return EDO_PENDING;
}

static void references_to_the_waker_are_counted(void **state) {
    (void)state;
    edo_waker *kept = NULL;
    edo_poll_fn_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_poll_fn_init(&f, keep_the_waker, &kept));
    assert_int_equal(edo_test_task_waker_refs(&t), 0);
    EDO_TEST_PENDING(&t);
    assert_int_equal(edo_test_task_waker_refs(&t), 1);
    assert_int_equal(edo_test_waker_refs(&t.waker), 1);
    edo_waker_unref(kept);
    assert_int_equal(edo_test_task_waker_refs(&t), 0);
}

static int sleep_by_hand(void *arg) {
    edo_sleep_future f;
    edo_test_task t;
    (void)arg;
    edo_instant start = edo_now();
    edo_test_task_init(&t, edo_sleep_init(&f, edo_ms(20)));
    EDO_TEST_PENDING(&t);
    EDO_TEST_OK(edo_time_advance(edo_ms(19)));
    EDO_TEST_EQ(edo_test_task_woken(&t), 0);
    EDO_TEST_PENDING(&t);
    EDO_TEST_OK(edo_time_advance(edo_ms(1)));
    EDO_TEST_EQ(edo_test_task_woken(&t), 1);
    EDO_TEST_READY(&t, 0);
    EDO_TEST_ELAPSED(start, edo_ms(20));
    return 0;
}

static void in_a_fiber_the_runtimes_timers_serve(void **state) {
    edo_sleep_future f;
    edo_test_task t;
    (void)state;
    assert_int_equal(inside(sleep_by_hand, NULL), 0);
    edo_test_task_init(&t, edo_sleep_init(&f, edo_ms(20)));
    EDO_TEST_READY(&t, -EDO_ENORUNTIME);
}

/* ---- Checks that fail ------------------------------------------------------------------------ */

static int pending_but_ready(void *arg) {
    edo_ready_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_ready_init(&f, -EPIPE));
    EDO_TEST_PENDING(&t);
    (void)arg;
    return 0;
}

static int ready_but_pending(void *arg) {
    edo_pending_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_pending_init(&f));
    EDO_TEST_READY(&t, 3);
    (void)arg;
    return 0;
}

static int ready_with_another(void *arg) {
    edo_ready_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_ready_init(&f, 4));
    EDO_TEST_READY(&t, -EDO_ECLOSED);
    (void)arg;
    return 0;
}

static int ok_but_pending(void *arg) {
    edo_pending_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_pending_init(&f));
    (void)EDO_TEST_READY_OK(&t);
    (void)arg;
    return 0;
}

static int ok_but_failed(void *arg) {
    edo_ready_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_ready_init(&f, -EIO));
    (void)EDO_TEST_READY_OK(&t);
    (void)arg;
    return 0;
}

static int not_equal(void *arg) {
    int n = *(int *)arg;
    EDO_TEST_EQ(n, 5);
    return 0;
}

static int not_ok(void *arg) {
    EDO_TEST_OK(*(int *)arg * -ENOMEM);
    return 0;
}

static int not_true(void *arg) {
    EDO_TEST_TRUE(*(int *)arg == 2);
    return 0;
}

static int not_yet(void *arg) {
    (void)arg;
    EDO_TEST_ELAPSED(edo_instant_add(edo_now(), edo_s(1)), edo_ms(2));
    return 0;
}

static int wakes_the_forbidden(void *arg) {
    edo_waker *w = edo_waker_ref(edo_test_waker_forbidden());
    edo_waker_unref(w);
    edo_waker_wake(w);
    (void)arg;
    return 0;
}

static int fails_in_a_task(void *arg) {
    edo_test_fail("reason %d", *(int *)arg);
}

static int fails_inside(void *arg) {
    edo_test_on_failure(NULL);
    return edo_main_with(fails_in_a_task, arg, &one_thread);
}

static const struct {
    int (*fn)(void *arg);
    const char *said;
} failures[] = {
    { pending_but_ready, "edo_ready is ready with -32 (EPIPE), not pending\n" },
    { ready_but_pending, "edo_pending is pending, not ready with 3\n" },
    { ready_with_another, "edo_ready is ready with 4, not -4097 (EDO_ECLOSED)\n" },
    { ok_but_pending, "edo_pending is pending, not ready\n" },
    { ok_but_failed, "edo_ready is ready with -5 (EIO), a failure\n" },
    { not_equal, "n is 1, not 5\n" },
    { not_ok, "*(int *)arg * -ENOMEM is -12 (ENOMEM), a failure\n" },
    { not_true, "not so: *(int *)arg == 2\n" },
    { not_yet, " ms have passed, not 2.000\n" },
    { wakes_the_forbidden, "a waker was woken that must not be\n" },
    { fails_inside, "reason 1 [task " },
};

static void a_failed_check_says_what_was_and_what_was_wanted(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(failures); i++) {
        char said[4096];
        int one = 1;
        int status = last_words(failures[i].fn, &one, said, sizeof said);
        bool placed = failures[i].fn == wakes_the_forbidden || strstr(said, "task_test.c:");
        if (!is_abort(status) || !placed || !strstr(said, failures[i].said))
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

/* ---- The hook of a framework ----------------------------------------------------------------- */

static jmp_buf out;
static char told[256];

static void leave(const char *file, int line, const char *text) {
    assert_true(line > 0 && strstr(text, file) == text);
    (void)snprintf(told, sizeof told, "%s", text);
    longjmp(out, 1);
}

static void a_framework_may_end_only_the_test(void **state) {
    (void)state;
    edo_test_on_failure(leave);
    if (setjmp(out) == 0) {
        edo_test_fail("number %d", 7);
    }
    edo_test_on_failure(NULL);
    assert_non_null(strstr(told, ": number 7"));
}

static int fails_with_a_hook(void *arg) {
    edo_test_on_failure(leave);
    return edo_main_with(fails_in_a_task, arg, &one_thread);
}

static edo_polled fail_in_poll(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)cx;
    (void)result;
    edo_test_fail("reason 2");
}

/* On a plain thread, without a runtime. */
static int fails_in_an_await(void *arg) {
    edo_poll_fn_future f;
    edo_test_on_failure(leave);
    return edo_await(edo_poll_fn_init(&f, fail_in_poll, arg));
}

static void return_at_once(const char *file, int line, const char *text) {
    (void)file;
    (void)line;
    (void)text;
}

static int fails_with_a_hook_that_returns(void *arg) {
    (void)arg;
    edo_test_on_failure(return_at_once);
    edo_test_fail("no way out");
}

static void the_hook_is_not_called_in_tasks_and_must_not_return(void **state) {
    char said[4096];
    int one = 1;
    (void)state;
    assert_true(is_abort(last_words(fails_with_a_hook, &one, said, sizeof said)));
    assert_non_null(strstr(said, "reason 1"));
    assert_true(is_abort(last_words(fails_in_an_await, NULL, said, sizeof said)));
    assert_non_null(strstr(said, "reason 2"));
    assert_true(is_abort(last_words(fails_with_a_hook_that_returns, NULL, said, sizeof said)));
    assert_non_null(strstr(said, "no way out"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failed_check_says_what_was_and_what_was_wanted), // forks, so first
        cmocka_unit_test(the_hook_is_not_called_in_tasks_and_must_not_return),
        cmocka_unit_test(a_framework_may_end_only_the_test),
        cmocka_unit_test(wakes_are_counted_from_the_last_poll_on),
        cmocka_unit_test(two_test_tasks_poll_one_future_with_two_wakers),
        cmocka_unit_test(references_to_the_waker_are_counted),
        cmocka_unit_test(in_a_fiber_the_runtimes_timers_serve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
