/* SPDX-License-Identifier: MIT */
/* Goal: the end of a runtime: tasks are cancelled and awaited, the wait is bounded, a task that
 * does not end is abandoned by name and never resumed, spawns fail, late wakes and handles do no
 * harm.
 * Method: runtimes whose tasks obey, take their time, or never end; tests that leak by design run
 * in a child process. */
#include <edo/async.h>
#include <edo/edo.h>

#include "aborts.h"
#include "gate.h"
#include "inside.h"

#include <errno.h>
#include <string.h>

/* atomic: tasks on several workers count */
static int begun, ended, shutdown_causes, cleanups, resumed;

static void count(int *n) {
    (void)__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}

static int wait_and_note(void *arg) {
    (void)arg;
    int err = edo_sleep(edo_hours(1));
    if (err == -ECANCELED && edo_cancel_reason() == EDO_CANCEL_SHUTDOWN) count(&shutdown_causes);
    count(&ended);
    return err;
}

EDO_ASYNC(machine, edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_hours(1)));
    EDO_CLEANUP;
    count(&cleanups);
    EDO_END;
}

static int leave_tasks(void *arg) {
    (void)arg;
    for (int i = 0; i < 50; i++) {
        machine m;
        CHECK_EQ(edo_spawn_detached(wait_and_note, NULL), 0);
        CHECK_EQ(edo_spawn_future_detached(machine_init(&m)), 0);
        if (i == 25) CHECK_EQ(edo_yield(), 0); // some wait, some have not started
    }
    return 0;
}

static void shutdown_cancels_all_tasks_and_waits_for_them_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    ended = shutdown_causes = cleanups = 0;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, leave_tasks, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(20)), 0);
    assert_int_equal(ended, 50);
    assert_int_equal(shutdown_causes, 50);
    assert_int_equal(cleanups, 50);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(20)), 0); // again
    edo_runtime_free(rt);
}
ON_EACH_KIND(shutdown_cancels_all_tasks_and_waits_for_them)

static void a_bound_of_0_lets_tasks_end_that_obey_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    ended = cleanups = 0;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    edo_task *t = edo_spawn_on(rt, wait_and_note, NULL);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(0)), 0);
    assert_int_equal(ended, 1);
    assert_int_equal(edo_task_join(t), -ECANCELED);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_bound_of_0_lets_tasks_end_that_obey)

static int clean_slowly(void *arg) {
    int *done = arg;
    int err = edo_sleep(edo_hours(1));
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(2));
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    (void)edo_shield_end(&sh, 0);
    *done = 1;
    return err;
}

static void shutdown_waits_for_a_task_that_cleans_up(void **state) {
    (void)state;
    const edo_duration bounds[] = { edo_s(0), edo_s(5), EDO_OFF }; // 0: 5 s
    for (size_t i = 0; i < EDO_COUNT(bounds); i++) {
        edo_runtime *rt;
        int done = 0;
        const edo_runtime_opts opts = { .start_paused = true, .shutdown = bounds[i] };
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        edo_task *t = edo_spawn_on(rt, clean_slowly, &done);
        edo_yield_future turn;
        assert_int_equal(edo_block_on(rt, edo_yield_init(&turn)), 0);
        edo_runtime_free(rt);
        assert_int_equal(done, 1);
        assert_int_equal(edo_task_join(t), -ECANCELED);
    }
}

/* ---- Spawning at the end --------------------------------------------------------------------- */

static int spawn_late(void *arg) {
    int *kept = arg;
    int err = edo_sleep(edo_hours(1));
    edo_task *t = edo_spawn(wait_and_note, NULL);
    if (!t && edo_task_join(t) == -EDO_ECLOSED) ++*kept;
    if (edo_spawn_detached(wait_and_note, NULL) == -EDO_ECLOSED) ++*kept;
    machine m;
    if (edo_spawn_future_detached(machine_init(&m)) == -EDO_ECLOSED) ++*kept;
    edo_drop(&m.base); // it is still ours
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(30));
    edo_scope s;
    edo_scope_begin(&s, NULL);
    if (edo_scope_spawn(&s, wait_and_note, NULL) == -EDO_ECLOSED) ++*kept;
    if (edo_scope_end(&s, 0) == -EDO_ECLOSED) ++*kept;
    return edo_shield_end(&sh, err);
}

static void a_spawn_during_the_shutdown_fails_and_the_caller_keeps_its_argument_on(
    const edo_runtime_opts *kind) {
    edo_runtime *rt;
    int kept = 0;
    cleanups = ended = 0;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    edo_task *t = edo_spawn_on(rt, spawn_late, &kept);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(20)), 0);
    assert_int_equal(edo_task_join(t), -ECANCELED);
    assert_int_equal(kept, 5);
    assert_int_equal(cleanups, 1);
    assert_int_equal(ended, 0);
    assert_null(edo_spawn_on(rt, wait_and_note, NULL));
    assert_int_equal(edo_task_join(NULL), -EDO_ECLOSED);
    assert_int_equal(edo_run(rt, wait_and_note, NULL), -EDO_ECLOSED);
    edo_runtime_free(rt);
}
ON_EACH_KIND(a_spawn_during_the_shutdown_fails_and_the_caller_keeps_its_argument)

/* ---- Abandoned ------------------------------------------------------------------------------- */

static edo_notify never = EDO_NOTIFY_INIT;

/* Hides in a shield without limit. */
static int hide(void *arg) {
    (void)arg;
    edo_duration off = EDO_OFF;
    edo_shield sh;
    edo_shield_begin(&sh, off);
    count(&begun);
    int err = edo_notify_wait(&never);
    count(&resumed);
    return edo_shield_end(&sh, err);
}

static int ignore(void *arg) {
    int turns = 0;
    count(&begun);
    while (arg == NULL) turns += edo_yield();
    return turns;
}

static edo_runtime_opts abandons; /* of the runtime in the child */

/* A task that has not begun obeys. */
static void await_begun(edo_runtime *rt, int n) {
    edo_yield_future turn;
    const int64_t since_s = patience_now_s();
    while (__atomic_load_n(&begun, __ATOMIC_RELAXED) < n) {
        patience_check(since_s, "tasks begin", __FILE__, __LINE__);
        (void)edo_block_on(rt, edo_yield_init(&turn));
    }
}

/* In a child: abandoned tasks are left mapped, which the leak checker need not report. */
static void abandon(void) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &abandons) != 0) _exit(1);
    int said[2];
    if (pipe(said) != 0 || dup2(said[1], STDERR_FILENO) < 0) _exit(2);
    edo_task *hidden = edo_spawn_on(rt, hide, NULL), *busy = edo_spawn_on(rt, ignore, NULL);
    edo_yield_future turn;
    await_begun(rt, 2);
    if (edo_runtime_shutdown(rt, edo_ms(30)) != 2) _exit(3);
    (void)alarm(30); // its signal would be the child's status
    if (edo_runtime_shutdown(rt, edo_hours(1)) != 0) _exit(4); // they are not waited for again
    (void)alarm(0);
    if (edo_task_get_outcome(hidden) != EDO_OUTCOME_ABANDONED) _exit(5);
    if (edo_task_wait(busy) != -ECANCELED) _exit(6);
    edo_notify_all(&never); // a late wake
    edo_task_cancel(hidden);
    (void)edo_block_on(rt, edo_yield_init(&turn));
    edo_runtime_free(rt);
    edo_notify_all(&never);
    if (edo_task_join(hidden) != -ECANCELED || resumed != 0) _exit(7);
    edo_task_detach(busy);
    char text[2000];
    ssize_t n = read(said[0], text, sizeof text - 1);
    if (n < 0) _exit(8);
    text[n] = 0;
    if (!strstr(text, "hide at ") || !strstr(text, "ignore at ")) _exit(9); // named
    _exit(0);
}

static void task_that_does_not_end_is_abandoned_by_name(void **state) {
    (void)state;
    const edo_runtime_opts paused = { .start_paused = true };
    for (size_t i = 0; i <= KINDS_N; i++) {
        abandons = i < KINDS_N ? kinds[i] : paused; // whose clock stands still
        assert_false(aborts(abandon));
    }
}

static int await_a_job(void *arg) {
    return edo_blocking(gate_pass, arg);
}

static int leave_one_at_a_job(void *arg) {
    CHECK_EQ(edo_spawn_detached(await_a_job, arg), 0);
    return gate_yield_begun(arg, 1);
}

/* In a child, as above: the job never ends, and the clock stands for it. */
static void abandon_at_a_job(void) {
    static gate g = GATE;
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }) < 0) _exit(1);
    if (edo_run(rt, leave_one_at_a_job, &g) != 0) _exit(2);
    if (edo_runtime_shutdown(rt, edo_ms(5)) != 2) _exit(3); // the task and the job
    _exit(0);
}

static void bound_holds_while_the_clock_stands_for_a_job(void **state) {
    (void)state;
    assert_false(aborts(abandon_at_a_job));
}

static edo_sleep_future nap; // outlives the fiber that waits for it

static int oversleep(void *arg) {
    (void)arg;
    edo_duration off = EDO_OFF;
    edo_shield sh;
    edo_shield_begin(&sh, off);
    count(&begun);
    int err = edo_await(edo_sleep_init(&nap, edo_hours(1)));
    count(&resumed);
    return edo_shield_end(&sh, err);
}

/* In a child, as above: the last reference ends a runtime whose task ignores its cancellation. */
static void abandon_with_the_last_reference(void) {
    edo_runtime *rt;
    abandons.shutdown = edo_ms(20);
    if (edo_runtime_new(&rt, &abandons) != 0) _exit(1);
    edo_task *hidden = edo_spawn_on(rt, oversleep, NULL);
    await_begun(rt, 1);
    edo_runtime_unref(rt);
    if (edo_task_get_outcome(hidden) != EDO_OUTCOME_ABANDONED) _exit(2);
    edo_drop(&nap.base); // it hangs among the timers of that runtime
    if (edo_task_join(hidden) != -ECANCELED || resumed != 0) _exit(3);
    _exit(0);
}

static edo_scope waited_for; /* of the main thread */

static int linger(void *arg) {
    (void)arg;
    EDO_SHIELD(shield, edo_ns(EDO_FOREVER_NS));
    count(&begun);
    return edo_shield_end(&shield, edo_notify_wait(&never));
}

/* Stands in the line for a place. */
static int stand_as_a_guest(void *arg) {
    (void)arg;
    EDO_SHIELD(shield, edo_ns(EDO_FOREVER_NS));
    count(&begun);
    return edo_shield_end(&shield, edo_scope_spawn(&waited_for, linger, NULL));
}

/* Waits for a start that does not come. */
static int start_as_a_guest(void *arg) {
    (void)arg;
    EDO_SHIELD(shield, edo_ns(EDO_FOREVER_NS));
    count(&begun);
    return edo_shield_end(&shield, edo_scope_spawn_started(&waited_for, linger, NULL));
}

static int do_nothing(void *arg) {
    (void)arg;
    return 0;
}

/* In a child, as abandon(), with one worker. `n`: how many tasks begin, and do not end. */
static void abandon_guests(edo_task_fn *guest, size_t at_once, int n) {
    edo_runtime *rt;
    begun = 0;
    if (edo_runtime_new(&rt, &kinds[1]) != 0 || edo_runtime_enter(rt) != 0) _exit(1);
    edo_scope_begin(&waited_for, &(edo_scope_opts){ .at_once = at_once });
    if (edo_scope_spawn(&waited_for, linger, NULL) != 0) _exit(2);
    edo_task_detach(edo_spawn_on(rt, guest, NULL));
    edo_runtime_leave(rt);
    await_begun(rt, n);
    if (edo_run(rt, do_nothing, NULL) != 0) _exit(3); // the worker has left the last of them
    if (edo_runtime_shutdown(rt, edo_ms(30)) != n) _exit(3);
    (void)alarm(30); // its signal would be the child's status
    if (edo_scope_end(&waited_for, 0) != -ECANCELED) _exit(4);
    _exit(0);
}

static void abandon_one_in_line(void) {
    abandon_guests(stand_as_a_guest, 1, 2);
}

static void abandon_one_at_a_start(void) {
    abandon_guests(start_as_a_guest, 0, 3);
}

static void a_scope_does_not_wait_for_guests_that_were_abandoned(void **state) {
    (void)state;
    assert_false(aborts(abandon_one_in_line));
    assert_false(aborts(abandon_one_at_a_start));
}

static void tasks_abandoned_by_the_last_reference_stay_mapped_on(const edo_runtime_opts *kind) {
    abandons = *kind;
    assert_false(aborts(abandon_with_the_last_reference));
}
ON_EACH_KIND(tasks_abandoned_by_the_last_reference_stay_mapped)

/* ---- References ------------------------------------------------------------------------------ */

static void the_last_reference_ends_the_runtime_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    ended = 0;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    uint64_t id = edo_runtime_id(rt);
    assert_int_equal(edo_runtime_get_flavor(rt), kind->flavor);
    edo_runtime *more = edo_runtime_ref(rt);
    edo_task *t = edo_spawn_on(rt, wait_and_note, NULL);
    edo_runtime_unref(rt);
    assert_false(edo_task_is_finished(t));
    edo_runtime_unref(more);
    assert_true(edo_task_is_finished(t));
    assert_int_equal(edo_task_join(t), -ECANCELED);
    assert_int_equal(ended, 1);
    edo_runtime_free(NULL);
    edo_runtime_unref(NULL);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_true(edo_runtime_id(rt) != id);
    edo_runtime_free(rt);
}
ON_EACH_KIND(the_last_reference_ends_the_runtime)

static void the_default_is_all_cores_but_with_a_paused_clock_one_thread(void **state) {
    (void)state;
    const edo_runtime_opts paused = { .start_paused = true };
    const edo_runtime_opts *rows[] = { NULL, &(edo_runtime_opts){ 0 }, &paused };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, rows[i]), 0);
        assert_int_equal(edo_runtime_get_flavor(rt),
                         rows[i] == &paused ? EDO_RUNTIME_CURRENT : EDO_RUNTIME_MULTI);
        edo_runtime_free(rt);
    }
}

static void many_runtimes_come_and_go_on(const edo_runtime_opts *kind) {
    for (int i = 0; i < 100; i++) {
        edo_runtime *a, *b;
        int zero = 0;
        assert_int_equal(edo_runtime_new(&a, kind), 0);
        assert_int_equal(edo_runtime_new(&b, kind), 0);
        assert_int_equal(edo_run(a, leave_tasks, &zero), 0);
        edo_runtime_free(a);
        edo_runtime_free(b);
    }
}
ON_EACH_KIND(many_runtimes_come_and_go)

static void making_a_runtime_changes_no_disposition_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    struct sigaction before[65], after;
    for (int s = 1; s < 65; s++) memset(&before[s], 0, sizeof before[s]);
    for (int s = 1; s < 65; s++) (void)sigaction(s, NULL, &before[s]);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, leave_tasks, NULL), 0);
    for (int s = 1; s < 65; s++) {
        memset(&after, 0, sizeof after);
        (void)sigaction(s, NULL, &after);
        assert_true(after.sa_handler == before[s].sa_handler);
    }
    edo_runtime_free(rt);
}
ON_EACH_KIND(making_a_runtime_changes_no_disposition)

int main(void) {
    // First those that fork: a fork beside fibers confuses the thread sanitizer.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_that_does_not_end_is_abandoned_by_name),
        cmocka_unit_test(bound_holds_while_the_clock_stands_for_a_job),
        cmocka_unit_test(a_scope_does_not_wait_for_guests_that_were_abandoned),
        cmocka_unit_test(tasks_abandoned_by_the_last_reference_stay_mapped),
        cmocka_unit_test(shutdown_cancels_all_tasks_and_waits_for_them),
        cmocka_unit_test(a_bound_of_0_lets_tasks_end_that_obey),
        cmocka_unit_test(shutdown_waits_for_a_task_that_cleans_up),
        cmocka_unit_test(a_spawn_during_the_shutdown_fails_and_the_caller_keeps_its_argument),
        cmocka_unit_test(the_last_reference_ends_the_runtime),
        cmocka_unit_test(the_default_is_all_cores_but_with_a_paused_clock_one_thread),
        cmocka_unit_test(many_runtimes_come_and_go),
        cmocka_unit_test(making_a_runtime_changes_no_disposition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
