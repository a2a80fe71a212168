/* SPDX-License-Identifier: MIT */
/* Goal: edo_scope_spawn_started() returns when the child is ready, with its value, or with its
 * failure and trail when it ends before; cut short at any moment it leaves nothing behind, and a
 * child that is ready by then wins. Method: programs in virtual time, then on all kinds of
 * runtimes, and with each allocation failing. */
#include <edo/edo.h>

#include "aborts.h"
#include "fail_alloc.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

/* A child: sleeps, says that it is ready, sleeps again, and returns. */
typedef struct server {
    int64_t before_ms, after_ms;
    int says; /* below 0: nothing */
    int result;
    int slept; /* result of the last sleep */
    const char *words;
} server;

static int serve(void *arg) {
    server *self = arg;
    self->slept = edo_sleep(edo_ms(self->before_ms));
    if (self->slept == 0 && self->says >= 0) {
        edo_task_started(self->says);
        edo_task_started(self->says + 1); // once more: nothing
        self->slept = edo_sleep(edo_ms(self->after_ms));
    }
    if (self->slept < 0) return self->slept;
    return self->words ? edo_fail(self->result, "%s", self->words) : self->result;
}

static const edo_scope_opts all = { .policy = EDO_SCOPE_ALL };

/* ---- Ready, or not --------------------------------------------------------------------------- */

static int ready(void *arg) {
    edo_instant start = edo_now();
    server one = { .before_ms = 10, .after_ms = 20, .says = 8080 };
    edo_scope s;
    edo_scope_begin(&s, arg);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &one), 8080);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(edo_scope_end(&s, 0), 0); // which waits for its end
    CHECK_EQ(ms_since(start), 30);
    return 0;
}

static void it_returns_with_the_value_once_the_child_is_ready(void **state) {
    (void)state;
    assert_int_equal(inside(ready, NULL), 0);
    assert_int_equal(inside(ready, (void *)(uintptr_t)&all), 0);
}

static int ends_before(void *arg) {
    (void)arg;
    server quiet = { .before_ms = 5, .says = -1, .result = 3 };
    server bad = { .before_ms = 5, .says = -1, .result = -EADDRINUSE, .words = "listening" };
    server other = { .before_ms = 1000, .says = -1 };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &quiet), 3);
    (void)edo_scope_spawn(&s, serve, &other);
    int err = edo_scope_spawn_started(&s, serve, &bad);
    CHECK_EQ(err, -EADDRINUSE);
    CHECK(strcmp(edo_trail_find(err)->text, "listening") == 0);
    (void)edo_fail(err, "starting");
    CHECK_EQ(edo_scope_end(&s, err), -EADDRINUSE);
    CHECK_EQ(edo_trail_failures_n(-EADDRINUSE), 1); // it is one failure, whoever tells it
    char text[256];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK(strncmp(text, "starting: listening: ", 21) == 0);
    CHECK_EQ(other.slept, -ECANCELED); // as at any failure
    return 0;
}

static void child_that_ends_before_gives_its_result(void **state) {
    (void)state;
    assert_int_equal(inside(ends_before, NULL), 0);
}

static int fails_second(void *arg) {
    (void)arg;
    server first = { .before_ms = 5, .says = -1, .result = -EIO, .words = "first" };
    server bad = { .before_ms = 10, .says = -1, .result = -ENOENT, .words = "second" };
    edo_scope s;
    edo_scope_begin(&s, &all);
    (void)edo_scope_spawn(&s, serve, &first);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &bad), -ENOENT);
    CHECK(strcmp(edo_trail_find(-ENOENT)->text, "second") == 0); // the owner has the lines
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    CHECK_EQ(edo_trail_failures_n(-EIO), 2);
    return 0;
}

static void failure_that_is_not_the_first_counts_as_well(void **state) {
    (void)state;
    assert_int_equal(inside(fails_second, NULL), 0);
}

static int in_other_tasks(void *arg) {
    (void)arg;
    server one = { .before_ms = 1, .after_ms = 1, .says = 7, .result = 5 };
    CHECK_EQ(edo_task_join(edo_spawn(serve, &one)), 5);
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .at_once = 1 });
    (void)edo_scope_spawn(&s, serve, &one);
    edo_instant start = edo_now();
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &one), 7); // once there is a place
    CHECK_EQ(ms_since(start), 3);
    edo_task_started(1); // the owner is no child
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static void started_says_nothing_to_others(void **state) {
    (void)state;
    assert_int_equal(inside(in_other_tasks, NULL), 0);
}

/* Keeps the waker of the task: what has a reference of the child, as a handle would be. */
static edo_polled keep_waker(void *arg, edo_cx *cx, int *result) {
    edo_waker **kept = arg;
    *kept = edo_cx_waker(cx);
    edo_waker_ref(*kept);
    *result = 0;
    return EDO_READY;
}

static int end_kept(void *arg) {
    edo_poll_fn_future f;
    CHECK_EQ(edo_await(edo_poll_fn_init(&f, keep_waker, arg)), 0);
    return 6;
}

static int ends_while_kept(void *arg) {
    (void)arg;
    edo_waker *kept = NULL;
    edo_scope s;
    edo_scope_begin(&s, &all);
    CHECK_EQ(edo_scope_spawn_started(&s, end_kept, &kept), 6);
    edo_waker_unref(kept);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    return 0;
}

static void child_that_others_refer_to_gives_its_result_as_well(void **state) {
    (void)state;
    assert_int_equal(inside(ends_while_kept, NULL), 0);
}

static void say_negative(void) {
    edo_task_started(-EIO);
}

static void negative_value_is_misuse(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(say_negative));
#else
    assert_false(aborts(say_negative));
#endif
}

/* ---- Cut short ------------------------------------------------------------------------------- */

static int cut_by_limit(void *arg) {
    server slow = { .before_ms = 1000, .says = 1 }, other = { .before_ms = 40, .says = -1 };
    edo_scope s;
    edo_deadline d;
    edo_scope_begin(&s, arg);
    (void)edo_scope_spawn(&s, serve, &other);
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_scope_spawn_started(&s, serve, &slow);
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(edo_scope_end(&s, 0), -ECANCELED); // as of any spawn that was cut short
    CHECK_EQ(slow.slept, -ECANCELED);
    CHECK_EQ(other.slept, arg ? 0 : -ECANCELED);
    return 0;
}

static void wait_that_a_limit_cuts_cancels_the_child(void **state) {
    (void)state;
    assert_int_equal(inside(cut_by_limit, NULL), 0);
    assert_int_equal(inside(cut_by_limit, (void *)(uintptr_t)&all), 0);
}

static int start_one(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    int value = edo_scope_spawn_started(&s, serve, arg);
    edo_scope_cancel(&s);
    int end = edo_scope_end(&s, value < 0 ? value : 0);
    return value < 0 ? end : value;
}

/* Is cancelled at each moment around the one when the child is ready, also before it has begun. */
static int cut_at_each_moment(void *arg) {
    (void)arg;
    for (int ms = -1; ms <= 4; ms++) {
        server one = { .before_ms = 2, .after_ms = 1000, .says = 9 };
        edo_task *t = edo_spawn(start_one, &one);
        if (ms >= 0) CHECK_EQ(edo_sleep(edo_ms(ms)), 0);
        edo_task_cancel(t);
        int got = edo_task_join(t);
        CHECK(got == -ECANCELED || (ms >= 2 && got == 9));
    }
    return 0;
}

static void cut_at_each_moment_it_leaves_no_child(void **state) {
    (void)state;
    assert_int_equal(inside(cut_at_each_moment, NULL), 0);
}

/* The child is ready, and the owner cancelled, before the owner runs again. */
typedef struct race {
    edo_task *owner;
    bool fails;
} race;

static int say_and_cancel(void *arg) {
    const race *r = arg;
    if (!r->fails) edo_task_started(9);
    edo_task_cancel(r->owner);
    return r->fails ? -EIO : 0;
}

static int start_racing(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    int value = edo_scope_spawn_started(&s, say_and_cancel, arg);
    (void)edo_scope_end(&s, 0);
    return value;
}

static int ready_wins(void *arg) {
    (void)arg;
    race r = { .fails = false };
    r.owner = edo_spawn(start_racing, &r);
    CHECK_EQ(edo_task_join(r.owner), 9);
    r.fails = true;
    r.owner = edo_spawn(start_racing, &r);
    CHECK_EQ(edo_task_join(r.owner), -EIO);
    return 0;
}

static void child_that_is_ready_wins_against_a_cancellation(void **state) {
    (void)state;
    const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(inside_with(ready_wins, NULL, &one), 0);
}

static int sibling_fails(void *arg) {
    (void)arg;
    server slow = { .before_ms = 1000, .says = 1 };
    server bad = { .before_ms = 10, .says = -1, .result = -EIO };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    (void)edo_scope_spawn(&s, serve, &bad);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &slow), -ECANCELED);
    CHECK_EQ(edo_scope_spawn_started(&s, serve, &slow), -ECANCELED); // the scope is over
    CHECK_EQ(edo_scope_end(&s, 0), -EIO);
    return 0;
}

static void failure_of_a_sibling_ends_the_wait(void **state) {
    (void)state;
    assert_int_equal(inside(sibling_fails, NULL), 0);
}

/* ---- All kinds of runtimes, and threads ------------------------------------------------------ */

static int say_at_once(void *arg) {
    edo_task_started(*(const int *)arg);
    return 0;
}

static int fail_at_once(void *arg) {
    (void)arg;
    return edo_fail(-EIO, "at once");
}

static int start_many(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) {
        EDO_SCOPE(s, NULL);
        CHECK_EQ(edo_scope_spawn_started(&s, say_at_once, &i), i);
        CHECK_EQ(edo_scope_spawn_started(&s, fail_at_once, NULL), -EIO);
        CHECK_EQ(edo_scope_end(&s, -EIO), -EIO);
        CHECK_EQ(edo_trail_failures_n(-EIO), 1);
    }
    return 0;
}

static void starts_on_all_kinds_of_runtimes(void **state) {
    (void)state;
    assert_int_equal(inside_each(start_many, NULL), 0);
}

static void plain_thread_starts_a_child(void **state) {
    (void)state;
    edo_runtime *rt;
    int said = 5;
    assert_int_equal(edo_runtime_new(&rt, NULL), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    assert_int_equal(edo_scope_spawn_started(&s, say_at_once, &said), 5);
    assert_int_equal(edo_scope_end(&s, 0), 0);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static int start_without_memory(void *arg) {
    const int *k = arg;
    server one = { .before_ms = 1, .after_ms = 1, .says = 4 };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    fail_alloc_in = *k;
    int value = edo_scope_spawn_started(&s, serve, &one);
    bool fired = fail_alloc_in == 0;
    fail_alloc_in = 0;
    CHECK(value == 4 || (fired && value == -ENOMEM));
    CHECK_EQ(edo_scope_end(&s, 0), value < 0 ? value : 0);
    return fired;
}

static void without_memory_it_fails_or_does_without(void **state) {
    (void)state;
    int k = 1;
    while (inside(start_without_memory, &k) == 1) k++;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negative_value_is_misuse),                // a fork: no fiber has run yet
        cmocka_unit_test(without_memory_it_fails_or_does_without), // no memory is kept yet
        cmocka_unit_test(it_returns_with_the_value_once_the_child_is_ready),
        cmocka_unit_test(child_that_ends_before_gives_its_result),
        cmocka_unit_test(failure_that_is_not_the_first_counts_as_well),
        cmocka_unit_test(started_says_nothing_to_others),
        cmocka_unit_test(child_that_others_refer_to_gives_its_result_as_well),
        cmocka_unit_test(wait_that_a_limit_cuts_cancels_the_child),
        cmocka_unit_test(cut_at_each_moment_it_leaves_no_child),
        cmocka_unit_test(child_that_is_ready_wins_against_a_cancellation),
        cmocka_unit_test(failure_of_a_sibling_ends_the_wait),
        cmocka_unit_test(starts_on_all_kinds_of_runtimes),
        cmocka_unit_test(plain_thread_starts_a_child),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
