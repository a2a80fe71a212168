/* SPDX-License-Identifier: MIT */
/* Goal: blocking jobs are tasks of a set: their results come as they end; one that waits for a
 * thread is withdrawn when it is cancelled, one that has begun is waited for; nothing is left of
 * one that could not be started. Method: jobs that wait at a gate, on a pool of one thread and of
 * many; each allocation failing. */
#include <edo/task_set.h>

#include "gate.h"
#include "inside.h"
#include "leaf.h"
#include "leftovers.h"

#include <edo/compute.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <string.h>

static const edo_runtime_opts one_job = { .flavor = EDO_RUNTIME_CURRENT, .blocking_max = 1 };

static void next_job_is(edo_task_set *set, const void *arg, int result, edo_task_outcome outcome) {
    edo_task_ended done = { .arg = NULL };
    CHECK_EQ(edo_task_set_join_next(set, &done), 1);
    CHECK(done.arg == arg);
    CHECK_EQ(done.result, result);
    CHECK_EQ(done.outcome, outcome);
}

/* Starts a job in the set, and waits until it has begun. */
static void begin_job(edo_task_set *set, edo_task_fn *job, gate *g) {
    CHECK_EQ(edo_task_set_spawn_blocking(set, job, g), 0);
    CHECK_EQ(gate_yield_begun(g, 1), 0);
}

/* ---- Results --------------------------------------------------------------------------------- */

static int halve(void *arg) {
    int n = *(int *)arg;
    return n % 2 ? edo_fail(-EDOM, "%d is odd", n) : n / 2;
}

static int halve_all(void *arg) {
    int numbers[50], sum = 0, odd_n = 0;
    edo_task_set set;
    edo_task_ended done;
    char text[80];
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (int i = 0; i < 50; i++) {
        numbers[i] = i;
        CHECK_EQ(edo_task_set_spawn_blocking(&set, halve, &numbers[i]), 0);
    }
    CHECK_EQ(edo_task_set_len(&set), 50);
    while (edo_task_set_join_next(&set, &done) > 0) {
        int n = *(int *)done.arg;
        CHECK_EQ(done.result, n % 2 ? -EDOM : n / 2);
        CHECK_EQ(done.outcome, n % 2 ? EDO_OUTCOME_FAILED : EDO_OUTCOME_RETURNED);
        CHECK(done.id > 0 && done.key == 0);
        if (done.result >= 0) {
            sum += done.result;
            continue;
        }
        odd_n++;
        CHECK(edo_trail_print_text(text, sizeof text, done.result, EDO_TRAIL_LINE) > 0);
        CHECK(strstr(text, "is odd")); // the trail has come from the pool's thread
    }
    CHECK(sum == 300 && odd_n == 25);
    edo_task_set_deinit(&set);
    return 0;
}

static void results_of_jobs_come_as_they_end(void **state) {
    (void)state;
    assert_int_equal(inside_each(halve_all, NULL), 0);
}

static int quick(void *arg) {
    (void)arg;
    return 8;
}

/* The worker runs other tasks while the jobs of its set wait. */
static int job_and_function(void *arg) {
    gate g = GATE;
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass, &g);
    CHECK_EQ(edo_task_set_spawn(&set, quick, &set), 0);
    next_job_is(&set, &set, 8, EDO_OUTCOME_RETURNED);
    gate_open(&g);
    next_job_is(&set, &g, 7, EDO_OUTCOME_RETURNED);
    CHECK_EQ(g.told, 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void jobs_stand_beside_functions(void **state) {
    (void)state;
    assert_int_equal(inside_each(job_and_function, NULL), 0);
}

/* ---- Others, by a function that awaits them -------------------------------------------------- */

static int await_future(void *f) {
    return edo_await(f);
}

static int compute_half(void *arg) {
    return edo_compute(halve, arg);
}

static int others_by_functions(void *arg) {
    int number = 14;
    edo_sleep_future nap;
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    edo_future *f = edo_sleep_init(&nap, edo_ms(1));
    CHECK_EQ(edo_task_set_spawn(&set, await_future, f), 0);
    next_job_is(&set, f, 0, EDO_OUTCOME_RETURNED);
    CHECK_EQ(edo_task_set_spawn(&set, compute_half, &number), 0);
    next_job_is(&set, &number, 7, EDO_OUTCOME_RETURNED);
    edo_task_set_deinit(&set);
    return 0;
}

static void futures_and_computing_stand_in_functions(void **state) {
    (void)state;
    assert_int_equal(inside_each(others_by_functions, NULL), 0);
}

/* Of two runtimes, as the thread has entered them. */
static void set_has_tasks_of_several_runtimes(void **state) {
    (void)state;
    static const edo_runtime_opts two = { .workers = 2 };
    edo_runtime *rt[2];
    int numbers[] = { 2, 4 }, sum = 0;
    edo_task_set set;
    edo_task_ended done;
    edo_task_set_init(&set, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_runtime_new(&rt[i], &two), 0);
        assert_int_equal(edo_runtime_enter(rt[i]), 0);
        assert_int_equal(edo_task_set_spawn(&set, halve, &numbers[i]), 0);
        edo_runtime_leave(rt[i]);
    }
    while (edo_task_set_join_next(&set, &done) > 0) sum += done.result;
    assert_int_equal(sum, 3);
    edo_task_set_deinit(&set);
    for (int i = 0; i < 2; i++) edo_runtime_free(rt[i]);
}

/* ---- Cancelled ------------------------------------------------------------------------------- */

static int open_it(void *arg) {
    gate *g = arg;
    int err = gate_yield_told(g, 1);
    gate_open(g);
    return err;
}

/* One job has the only thread, the other waits for it. */
static int shut_down_two(void *arg) {
    gate first = GATE, second = GATE;
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass_cancelled, &first);
    CHECK_EQ(edo_task_set_spawn_blocking(&set, gate_pass, &second), 0);
    CHECK_EQ(edo_yield(), 0); // it is queued
    edo_task *opener = edo_spawn(open_it, &first);
    CHECK(opener);
    CHECK_EQ(edo_task_set_shutdown(&set), 0);
    CHECK_EQ(first.ended, 1);  // it was waited for
    CHECK_EQ(second.begun, 0); // it was withdrawn
    CHECK_EQ(edo_task_join(opener), 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void shutdown_withdraws_what_waits_and_waits_for_what_has_begun(void **state) {
    (void)state;
    assert_int_equal(inside_with(shut_down_two, NULL, &one_job), 0);
}

static int tell_of_cancelled(void *arg) {
    gate first = GATE, second = GATE;
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass_cancelled, &first);
    CHECK_EQ(edo_task_set_spawn_blocking(&set, gate_pass, &second), 0);
    edo_task_set_cancel_all(&set);
    next_job_is(&set, &second, -ECANCELED, EDO_OUTCOME_CANCELED);
    gate_open(&first);
    next_job_is(&set, &first, 7, EDO_OUTCOME_RETURNED);
    CHECK(first.told == 1 && second.begun == 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void cancelled_jobs_are_told_with_their_arguments(void **state) {
    (void)state;
    assert_int_equal(inside_with(tell_of_cancelled, NULL, &one_job), 0);
}

static int cut_short(void *arg) {
    gate g = GATE;
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass, &g);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(0));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_next(&set, &done)), -ETIMEDOUT);
    CHECK_EQ(edo_task_set_len(&set), 1);
    gate_open(&g);
    next_job_is(&set, &g, 7, EDO_OUTCOME_RETURNED);
    edo_task_set_deinit(&set);
    return 0;
}

static void wait_that_is_cut_short_loses_no_job(void **state) {
    (void)state;
    assert_int_equal(inside_each(cut_short, NULL), 0);
}

static int end_with_job(void *arg) {
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass, arg);
    edo_task_set_deinit(&set); // the job goes on with what it has borrowed
    gate_open(arg);
    return gate_yield_until(arg, &((gate *)arg)->ended, 1);
}

static void job_outlives_its_set(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        gate g = GATE;
        assert_int_equal(inside_with(end_with_job, &g, &kinds[i]), 0);
    }
}

/* ---- Not started ----------------------------------------------------------------------------- */

static int refuse_one(void *arg) {
    gate first = GATE, other = GATE;
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    begin_job(&set, gate_pass, &first);
    CHECK_EQ(edo_task_set_spawn_blocking(&set, gate_pass, &other), 0); // the queue is full
    CHECK_EQ(edo_task_set_spawn_blocking(&set, quick, &set), 0);
    next_job_is(&set, &set, -EAGAIN, EDO_OUTCOME_FAILED);
    gate_open(&first);
    gate_open(&other);
    CHECK_EQ(edo_task_set_join_all(&set), 0);
    CHECK(first.ended == 1 && other.ended == 1);
    edo_task_set_deinit(&set);
    return 0;
}

static void job_that_the_pool_refuses_is_told(void **state) {
    edo_runtime_opts opts = one_job;
    (void)state;
    opts.blocking_queue_max = 1;
    assert_int_equal(inside_with(refuse_one, NULL, &opts), 0);
}

static int spawn_with_failures(void *arg) {
    int failed_n = 0;
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (uint64_t k = 1;; k++) {
        edoi_alloc_fail_at(k);
        int err = edo_task_set_spawn_blocking(&set, quick, &set);
        if (err == 0) err = edo_task_set_join_next(&set, &done) != 1 ? -EBADF : done.result;
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK_EQ(err, fired ? -ENOMEM : 8); // of the spawn, or of the job
        CHECK_EQ(edo_task_set_len(&set), 0);
        if (!fired) break;
        failed_n++;
    }
    CHECK(failed_n > 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void job_without_memory_fails_and_leaves_nothing(void **state) {
    (void)state;
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    assert_int_equal(edo_task_set_spawn_blocking(&set, quick, NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_task_set_len(&set), 0);
    assert_int_equal(inside_with(spawn_with_failures, NULL, &one_thread), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_of_jobs_come_as_they_end),
        cmocka_unit_test(jobs_stand_beside_functions),
        cmocka_unit_test(futures_and_computing_stand_in_functions),
        cmocka_unit_test(set_has_tasks_of_several_runtimes),
        cmocka_unit_test(shutdown_withdraws_what_waits_and_waits_for_what_has_begun),
        cmocka_unit_test(cancelled_jobs_are_told_with_their_arguments),
        cmocka_unit_test(wait_that_is_cut_short_loses_no_job),
        cmocka_unit_test(job_outlives_its_set),
        cmocka_unit_test(job_that_the_pool_refuses_is_told),
        cmocka_unit_test(job_without_memory_fails_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
