/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/task.h for tasks and handles: results, outcomes, abort, detach,
 * references.
 * Method: small programs inside a runtime whose time is virtual. */
#include <edo/async.h>
#include <edo/edo.h>

#include "aborts.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

static int answer(void *arg) {
    return *(int *)arg;
}

static int forever(void *arg) {
    edo_pending_future f;
    int err = edo_await(edo_pending_init(&f));
    if (arg) *(int *)arg = err;
    return err;
}

static int join_in_order(void *arg) {
    (void)arg;
    int values[10];
    edo_task *t[10];
    for (int i = 0; i < 10; i++) {
        values[i] = i * i;
        t[i] = edo_spawn(answer, &values[i]);
        CHECK(t[i]);
        CHECK(!edo_task_is_finished(t[i]));
        CHECK_EQ(edo_task_get_outcome(t[i]), EDO_OUTCOME_RUNNING);
    }
    for (int i = 9; i >= 0; i--) CHECK_EQ(edo_task_join(t[i]), i * i);
    return 0;
}

static void join_returns_the_result_of_the_task(void **state) {
    (void)state;
    assert_int_equal(inside(join_in_order, NULL), 0);
}

static int outcomes(void *arg) {
    (void)arg;
    int good = 3, bad = -EIO, cancelled = -ECANCELED;
    edo_task *t[] = { edo_spawn(answer, &good), edo_spawn(answer, &bad), edo_spawn(forever, NULL),
                      edo_spawn(answer, &cancelled), edo_spawn(answer, &good) };
    edo_task_cancel(t[2]);
    edo_task_cancel(t[4]); // ends by itself nevertheless
    CHECK_EQ(edo_task_wait(t[0]), 3);
    CHECK_EQ(edo_task_wait(t[1]), -EIO);
    CHECK_EQ(edo_task_wait(t[2]), -ECANCELED);
    CHECK_EQ(edo_task_wait(t[3]), -ECANCELED);
    CHECK_EQ(edo_task_wait(t[4]), 3);
    CHECK_EQ(edo_task_get_outcome(t[0]), EDO_OUTCOME_RETURNED);
    CHECK_EQ(edo_task_get_outcome(t[1]), EDO_OUTCOME_FAILED);
    CHECK_EQ(edo_task_get_outcome(t[2]), EDO_OUTCOME_CANCELED);
    CHECK_EQ(edo_task_get_outcome(t[3]), EDO_OUTCOME_FAILED); // a code of its own
    CHECK_EQ(edo_task_get_outcome(t[4]), EDO_OUTCOME_RETURNED);
    for (size_t i = 0; i < EDO_COUNT(t); i++) {
        CHECK(edo_task_is_finished(t[i]));
        CHECK_EQ(edo_task_wait(t[i]) < 0, i >= 1 && i <= 3); // again
        edo_task_cancel(t[i]);                               // no effect any more
        CHECK_EQ(edo_task_join(t[i]) < 0, i >= 1 && i <= 3);
    }
    return 0;
}

static void outcome_shows_how_a_task_ended(void **state) {
    (void)state;
    assert_int_equal(inside(outcomes, NULL), 0);
}

/* ---- Join of nothing ------------------------------------------------------------------------- */

/* Of what lies on the spawner's stack, which waits. */
static int sum(void *arg) {
    const int *two = arg;
    return two[0] + two[1];
}

static int join_null_inside(void *arg) {
    (void)arg;
    // No spawn of this fiber has failed: whatever it returns must not look like success.
    CHECK(edo_task_join(NULL) < 0);
    edo_task *t = edo_spawn_with(sum, &(int[]){ 40, 2 }, &(edo_spawn_opts){ .name = "sum" });
    CHECK_EQ(edo_task_join(t), 42);
    t = edo_spawn_with(answer, NULL, &(edo_spawn_opts){ .stack = (size_t)1 << 40 });
    CHECK(!t);
    CHECK_EQ(edo_task_join(t), -EINVAL);
    CHECK_EQ(edo_task_wait(NULL), -EINVAL);
    edo_task_cancel(NULL);
    edo_task_detach(NULL);
    edo_task_unref(NULL);
    return 0;
}

static void join_of_null_returns_the_error_of_the_spawn(void **state) {
    (void)state;
    int zero = 0;
    assert_null(edo_spawn(answer, &zero)); // no runtime here
    assert_int_equal(edo_task_join(NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_spawn_detached(answer, &zero), -EDO_ENORUNTIME);
    assert_int_equal(inside(join_null_inside, NULL), 0);
}

static int spawn_with_a_huge_stack(void *arg) {
    (void)arg;
    int zero = 0;
    edo_task *t = edo_spawn_with(answer, &zero, &(edo_spawn_opts){ .stack = UINT32_MAX });
    CHECK(!t);
    CHECK_EQ(edo_task_join(t), -EINVAL);
    t = edo_spawn_with(answer, &zero, &(edo_spawn_opts){ .stack = 1 }); // rounded up to the least
    CHECK_EQ(edo_task_join(t), 0);
    t = edo_spawn_with(answer, &zero, &(edo_spawn_opts){ .stack = 1 << 20, .name = "mine" });
    CHECK_EQ(edo_task_join(t), 0);
    t = edo_spawn_with(answer, &zero, NULL);
    CHECK_EQ(edo_task_join(t), 0);
    return 0;
}

static void impossible_stack_is_refused_at_the_spawn(void **state) {
    (void)state;
    assert_int_equal(inside(spawn_with_a_huge_stack, NULL), 0);
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .fiber_stack = UINT32_MAX }),
                     -EINVAL);
}

/* ---- Abort ----------------------------------------------------------------------------------- */

typedef struct started {
    int runs, first, second;
    bool slept;
    edo_cancel_cause cause;
} started;

static int note_awaits(void *arg) {
    started *s = arg;
    s->runs++;
    s->first = edo_sleep(edo_ms(1));
    s->cause = edo_cancel_reason();
    s->second = edo_yield();
    return s->first;
}

static int abort_before_start(void *arg) {
    started *s = arg;
    edo_instant before = edo_now();
    edo_task *t = edo_spawn(note_awaits, s);
    edo_task_cancel(t);
    edo_task_cancel(t);
    CHECK(!edo_task_is_finished(t));
    CHECK_EQ(s->runs, 0);
    CHECK_EQ(edo_task_wait(t), -ECANCELED);
    CHECK_EQ(edo_task_get_outcome(t), EDO_OUTCOME_CANCELED);
    edo_task_detach(t);
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, 0);
    return 0;
}

static void aborted_before_its_start_a_function_runs_once_and_its_awaits_fail(void **state) {
    (void)state;
    started s = { 0 };
    assert_int_equal(inside(abort_before_start, &s), 0);
    assert_int_equal(s.runs, 1);
    assert_int_equal(s.first, -ECANCELED);
    assert_int_equal(s.second, -ECANCELED);
    assert_int_equal(s.cause, EDO_CANCEL_ASKED);
}

static int abort_waiting(void *arg) {
    int *heard = arg;
    edo_task *t = edo_spawn(forever, heard);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(*heard, 0);
    edo_task_cancel(t);
    CHECK(!edo_task_is_finished(t)); // at its next turn
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    return 0;
}

static void an_abort_cuts_the_await_short(void **state) {
    (void)state;
    int heard = 0;
    assert_int_equal(inside(abort_waiting, &heard), 0);
    assert_int_equal(heard, -ECANCELED);
}

static int abort_self(void *arg) {
    (void)arg;
    edo_task *me = *(edo_task **)arg;
    CHECK_EQ(edo_task_current_id(), edo_task_id(me));
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(me);
    CHECK_EQ(edo_yield(), -ECANCELED);
    CHECK_EQ(edo_sleep(edo_s(1)), -ECANCELED);
    edo_ready_future f;
    CHECK_EQ(edo_await(edo_ready_init(&f, 1)), -ECANCELED); // not even polled
    return 77;
}

static int abort_self_root(void *arg) {
    (void)arg;
    edo_task *t = NULL;
    t = edo_spawn(abort_self, &t);
    CHECK_EQ(edo_task_join(t), 77); // it returned something of its own
    return 0;
}

static void a_task_may_abort_itself(void **state) {
    (void)state;
    assert_int_equal(inside(abort_self_root, NULL), 0);
}

/* Aborted when the awaited future is ready too: polled once more, and ready wins. */
static int take_one(void *arg) {
    edo_mpsc_rx *rx = arg;
    int value = 0;
    int err = edo_mpsc_recv(rx, &value);
    return err < 0 ? err : value;
}

static int ready_wins(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    CHECK_EQ(edo_mpsc_new(&tx, &rx, sizeof(int), 4, NULL), 0);
    edo_task *t = edo_spawn(take_one, rx);
    CHECK_EQ(edo_yield(), 0);
    int value = 5;
    CHECK_EQ(edo_mpsc_try_send(tx, &value), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 5);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

static void ready_wins_over_a_cut(void **state) {
    (void)state;
    assert_int_equal(inside(ready_wins, NULL), 0);
}

/* ---- State machines as tasks ----------------------------------------------------------------- */

static int cleanups;

EDO_ASYNC(machine, int naps; int result; edo_sleep_future nap;) {
    EDO_BEGIN;
    while (self->naps-- > 0) EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(5)));
    EDO_RETURN(self->result);
    EDO_CLEANUP;
    cleanups++;
    EDO_END;
}

static int machines(void *arg) {
    (void)arg;
    machine m = { .naps = 3, .result = 12 };
    edo_instant start = edo_now();
    edo_task *t = edo_spawn_future(machine_init(&m));
    memset(&m, 0x5a, sizeof m); // moved away
    CHECK_EQ(edo_task_join(t), 12);
    CHECK_EQ(ms_since(start), 15);
    machine late = { .naps = 1, .result = 4 };
    CHECK_EQ(edo_spawn_future_detached(machine_init(&late)), 0);
    CHECK_EQ(edo_sleep(edo_ms(6)), 0);
    CHECK_EQ(cleanups, 2);
    edo_sleep_future nap;
    t = edo_spawn_future(edo_sleep_at_init(&nap, edo_instant_add(edo_now(), edo_ms(9))));
    start = edo_now();
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(ms_since(start), 9);
    return 0;
}

static void a_future_is_moved_into_its_task(void **state) {
    (void)state;
    cleanups = 0;
    assert_int_equal(inside(machines, NULL), 0);
}

static int abort_machines(void *arg) {
    (void)arg;
    for (int waits = 0; waits < 2; waits++) {
        machine m = { .naps = 3 };
        edo_task *t = edo_spawn_future(machine_init(&m));
        if (waits) CHECK_EQ(edo_sleep(edo_ms(7)), 0);
        cleanups = 0;
        edo_task_cancel(t);
        CHECK_EQ(cleanups, 0); // at its next turn, not here
        CHECK_EQ(edo_task_wait(t), -ECANCELED);
        CHECK_EQ(cleanups, 1); // dropped, unpolled
        CHECK_EQ(edo_task_get_outcome(t), EDO_OUTCOME_CANCELED);
        edo_task_detach(t);
    }
    return 0;
}

static void an_abort_drops_the_future_of_a_machine(void **state) {
    (void)state;
    assert_int_equal(inside(abort_machines, NULL), 0);
}

static int boxed_tasks(void *arg) {
    (void)arg;
    cleanups = 0;
    machine m = { .naps = 1, .result = 8 };
    edo_task *t = edo_spawn_future(edo_boxed_new(machine_init(&m)));
    CHECK_EQ(edo_task_join(t), 8);
    machine n = { .naps = 9 };
    t = edo_spawn_future(edo_boxed_new(machine_init(&n)));
    CHECK_EQ(edo_sleep(edo_ms(6)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(cleanups, 2);
    return 0;
}

static void a_box_may_be_a_task(void **state) {
    (void)state;
    assert_int_equal(inside(boxed_tasks, NULL), 0);
}

EDO_ASYNC(large, char bytes[5000]; edo_yield_future turn; int sum; int i;) {
    EDO_BEGIN;
    memset(self->bytes, 1, sizeof self->bytes);
    EDO_AWAIT(edo_yield_init(&self->turn));
    for (self->i = 0; self->i < 5000; self->i++) self->sum += self->bytes[self->i];
    EDO_RETURN(self->sum);
    EDO_END;
}

static int large_tasks(void *arg) {
    (void)arg;
    edo_task *t[20];
    for (int i = 0; i < 20; i++) {
        large m = { .sum = 0 };
        t[i] = edo_spawn_future(large_init(&m));
    }
    for (int i = 0; i < 20; i += 2) edo_task_detach(t[i]);
    for (int i = 1; i < 20; i += 2) CHECK_EQ(edo_task_join(t[i]), 5000);
    return 0;
}

static void a_large_future_has_room(void **state) {
    (void)state;
    assert_int_equal(inside(large_tasks, NULL), 0);
}

/* ---- Handles --------------------------------------------------------------------------------- */

static int detach_all(void *arg) {
    int *heard = arg;
    for (int i = 0; i < 4; i++) edo_task_detach(edo_spawn(note_awaits, arg));
    CHECK_EQ(edo_spawn_detached(note_awaits, arg), 0);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    (void)heard;
    return 0;
}

static void a_detached_task_goes_on(void **state) {
    (void)state;
    started s = { 0 };
    assert_int_equal(inside(detach_all, &s), 0);
    assert_int_equal(s.runs, 5);
    assert_int_equal(s.first, 0);
}

static int references(void *arg) {
    (void)arg;
    int heard = 0;
    edo_task *t = edo_spawn(forever, &heard), *other = edo_task_ref(t);
    CHECK(t == other);
    edo_task_unref(t); // one is left
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(other);
    CHECK_EQ(edo_task_wait(other), -ECANCELED);
    CHECK_EQ(edo_task_get_outcome(other), EDO_OUTCOME_CANCELED);
    edo_task_unref(other);
    return 0;
}

static void each_reference_may_abort_and_ask(void **state) {
    (void)state;
    assert_int_equal(inside(references, NULL), 0);
}

static int wait_for_it(void *arg) {
    return edo_task_wait(arg);
}

static int cancel_the_joiner(void *arg) {
    (void)arg;
    started s = { 0 };
    edo_task *t = edo_spawn(note_awaits, &s);
    edo_task *joiner = edo_spawn(wait_for_it, t);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(joiner);
    CHECK_EQ(edo_task_join(joiner), -ECANCELED);
    CHECK(!edo_task_is_finished(t));
    CHECK_EQ(edo_task_join(t), 0); // its place is free again
    CHECK_EQ(s.first, 0);
    return 0;
}

static void a_cancelled_joiner_leaves_the_task_running(void **state) {
    (void)state;
    assert_int_equal(inside(cancel_the_joiner, NULL), 0);
}

static int ids(void *arg) {
    (void)arg;
    int zero = 0;
    edo_task *t[50];
    for (int i = 0; i < 50; i++) t[i] = edo_spawn(answer, &zero);
    for (int i = 0; i < 50; i++) {
        CHECK(edo_task_id(t[i]) != 0);
        CHECK(edo_task_id(t[i]) != edo_task_current_id());
        for (int j = 0; j < i; j++) CHECK(edo_task_id(t[i]) != edo_task_id(t[j]));
    }
    for (int i = 0; i < 50; i++) CHECK_EQ(edo_task_join(t[i]), 0);
    CHECK(strstr(edo_task_current_name(), "fn at ") == edo_task_current_name());
    return 0;
}

static void ids_and_names_tell_tasks_apart(void **state) {
    (void)state;
    assert_int_equal(inside(ids, NULL), 0);
    assert_int_equal(edo_task_current_id(), 0);
    assert_null(edo_task_current_name());
}

static int two_joiners_inside(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(forever, NULL);
    edo_task *joiner = edo_spawn(wait_for_it, t);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_task_wait(t), -EDO_EMISUSE);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(joiner), -ECANCELED);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    return 0;
}

static void two_joiners(void) {
    if (inside(two_joiners_inside, NULL) != 0) _exit(1);
}

static void a_second_joiner_is_misuse(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(two_joiners));
#else
    assert_false(aborts(two_joiners));
#endif
}

static edo_runtime *second;

static int nest_runtimes(void *arg) {
    (void)arg;
    edo_ready_future f;
    CHECK_EQ(edo_block_on(second, edo_ready_init(&f, 1)), -EDO_EMISUSE);
    CHECK_EQ(edo_block_on(edo_runtime_current(), edo_ready_init(&f, 1)), -EDO_EMISUSE);
    CHECK_EQ(edo_runtime_enter(second), -EDO_EMISUSE);
    CHECK_EQ(edo_runtime_shutdown(edo_runtime_current(), edo_s(1)), -EDO_EMISUSE);
    return 0;
}

static void nest(void) {
    if (edo_runtime_new(&second, NULL) != 0 || inside(nest_runtimes, NULL) != 0) _exit(1);
    edo_runtime_free(second);
}

static void runtimes_do_not_nest(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(nest));
#else
    assert_false(aborts(nest));
#endif
}

int main(void) {
    // First those that fork: a fork beside fibers confuses the thread sanitizer.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_joiner_is_misuse),
        cmocka_unit_test(runtimes_do_not_nest),
        cmocka_unit_test(join_returns_the_result_of_the_task),
        cmocka_unit_test(outcome_shows_how_a_task_ended),
        cmocka_unit_test(join_of_null_returns_the_error_of_the_spawn),
        cmocka_unit_test(impossible_stack_is_refused_at_the_spawn),
        cmocka_unit_test(aborted_before_its_start_a_function_runs_once_and_its_awaits_fail),
        cmocka_unit_test(an_abort_cuts_the_await_short),
        cmocka_unit_test(a_task_may_abort_itself),
        cmocka_unit_test(ready_wins_over_a_cut),
        cmocka_unit_test(a_future_is_moved_into_its_task),
        cmocka_unit_test(an_abort_drops_the_future_of_a_machine),
        cmocka_unit_test(a_box_may_be_a_task),
        cmocka_unit_test(a_large_future_has_room),
        cmocka_unit_test(a_detached_task_goes_on),
        cmocka_unit_test(each_reference_may_abort_and_ask),
        cmocka_unit_test(a_cancelled_joiner_leaves_the_task_running),
        cmocka_unit_test(ids_and_names_tell_tasks_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
