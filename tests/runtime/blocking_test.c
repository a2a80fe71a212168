/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/blocking.h: which thread runs a job, when, how often, and who gets its
 * result.
 * Method: jobs that stand at a gate, so that "queued" and "has begun" are facts and not guesses;
 * current-thread and multi-thread runtime. */
#include <edo/compute.h>
#include <edo/edo.h>
#include <edo/stats.h>

#include "gate.h"
#include "inside.h"
#include "leftovers.h"

#include <errno.h>

static edo_runtime *make(edo_runtime_flavor flavor, uint32_t threads) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = flavor, .workers = 2, .blocking_max = threads };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    return rt;
}

static const edo_runtime_flavor flavors[] = { EDO_RUNTIME_CURRENT, EDO_RUNTIME_MULTI };

static int thread_differs(void *arg) {
    return pthread_equal(*(pthread_t *)arg, pthread_self()) ? 0 : 5;
}

static int from_a_fiber(void *arg) {
    (void)arg;
    pthread_t self = pthread_self();
    return edo_blocking(thread_differs, &self);
}

EDO_ASYNC(from_a_machine, pthread_t self; edo_blocking_future f;) {
    EDO_BEGIN;
    self->self = pthread_self();
    EDO_AWAIT(edo_blocking_init(&self->f, thread_differs, &self->self, NULL));
    EDO_RETURN(edo_result(&self->f));
    EDO_END;
}

static void result_of_another_thread_reaches_every_kind_of_waiter(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        edo_runtime *rt = make(flavors[i], 0);
        assert_int_equal(edo_run(rt, from_a_fiber, NULL), 5);
        from_a_machine machine;
        assert_int_equal(edo_block_on(rt, from_a_machine_init(&machine)), 5);
        assert_int_equal(edo_runtime_enter(rt), 0);
        assert_int_equal(from_a_fiber(NULL), 5);
        edo_runtime_leave(rt);
        edo_runtime_free(rt);
    }
}

/* ---- Why a job failed ------------------------------------------------------------------------ */

static int fails_in_words(void *arg) {
    return edo_fail(-ENOENT, "reading %s", (const char *)arg);
}

EDO_ASYNC(fails_in_a_machine, edo_blocking_future f;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_blocking_init(&self->f, fails_in_words, (void *)(uintptr_t) "c", NULL));
    EDO_RETURN(edo_result(&self->f));
    EDO_END;
}

static void check_told(int err, const char *wanted) {
    char told[256];
    (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    if (strncmp(told, wanted, strlen(wanted)) != 0) edo_test_fail("%s", told);
}

/* One thread runs all the jobs: none continues the story of another. */
static int is_told(void *arg) {
    (void)arg;
    char text[8] = "a";
    fails_in_a_machine machine;
    for (int i = 0; i < 2; i++)
        check_told(edo_blocking(fails_in_words, text), "reading a: No such");
    int err = edo_blocking(fails_in_words, text);
    check_told(edo_fail(err, "loading"), "loading: reading a: No such");
    check_told(edo_compute(fails_in_words, text), "reading a: No such");
    check_told(edo_await(fails_in_a_machine_init(&machine)), "reading c: No such");
    int started = -EAGAIN; // the thread may be on its way back from the last job
    WAIT_FOR((started = edo_blocking_start(fails_in_words, text)) != -EAGAIN);
    CHECK_EQ(started, 0); // nobody is told
    CHECK_EQ(edo_blocking(fails_in_words, text), -ENOENT);
    return 0;
}

static void trail_of_a_job_goes_to_who_waits_for_it(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        edo_runtime *rt = make(flavors[i], 1);
        assert_int_equal(edo_run(rt, is_told, NULL), 0);
        edo_runtime_free(rt);
    }
}

/* ---- In place -------------------------------------------------------------------------------- */

static int here(void *arg) {
    return pthread_equal(*(pthread_t *)arg, pthread_self()) ? 1 : 0;
}

static int nests(void *arg) {
    (void)arg;
    pthread_t self = pthread_self();
    return edo_blocking(here, &self);
}

static int nested(void *arg) {
    return edo_blocking(nests, arg);
}

static void runs_in_place_where_blocking_harms_nobody(void **state) {
    (void)state;
    pthread_t self = pthread_self();
    assert_int_equal(edo_blocking(here, &self), 1);
    edo_runtime *rt =
        make(EDO_RUNTIME_CURRENT, 1); // one thread: a nested job that queued would hang
    assert_int_equal(edo_run(rt, nested, NULL), 1);
    edo_runtime_free(rt);
}

static int waits_at(void *arg) {
    return edo_blocking(gate_pass, arg);
}

static int opens(void *arg) {
    gate *g = arg;
    edo_task *t = edo_spawn(waits_at, g);
    CHECK_EQ(edo_yield(), 0);
    gate_open(g); // we run although the other one blocks
    return edo_task_join(t);
}

static void other_tasks_run_during_a_job(void **state) {
    (void)state;
    gate g = GATE;
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(edo_run(rt, opens, &g), 7);
    edo_runtime_free(rt);
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

typedef struct two {
    gate busy, behind;
    bool abandon;
    edo_runtime *rt;
} two;

#define TWO                                                                                        \
    { .busy = GATE, .behind = GATE }

static int waits_behind(void *arg) {
    two *t = arg;
    const edo_blocking_opts opts = { .abandon = t->abandon, .drop = gate_drop };
    return edo_blocking_with(gate_pass, &t->behind, &opts);
}

/* One thread, which is busy: the next job is queued. */
static int withdraws(void *arg) {
    two *t = arg;
    edo_task *first = edo_spawn(waits_at, &t->busy);
    CHECK_EQ(gate_yield_begun(&t->busy, 1), 0);
    edo_task *second = edo_spawn(waits_behind, t);
    CHECK_EQ(edo_yield(), 0);
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    CHECK_EQ(s.queue, 1);
    edo_task_cancel(second);
    CHECK_EQ(edo_task_join(second), -ECANCELED);
    CHECK_EQ(t->behind.dropped, 1);
    edo_blocking_future f;
    CHECK_EQ(edo_poll_once(edo_blocking_init(&f, gate_pass, &t->behind,
                                             &(edo_blocking_opts){ .drop = gate_drop })),
             EDO_PENDING);
    edo_drop(&f.base);
    CHECK_EQ(t->behind.dropped, 2);
    edo_drop(
        edo_blocking_init(&f, gate_pass, &t->behind, &(edo_blocking_opts){ .drop = gate_drop }));
    CHECK_EQ(t->behind.dropped, 3);
    gate_open(&t->busy);
    return edo_task_join(first);
}

static void a_queued_job_is_withdrawn_and_its_argument_dropped(void **state) {
    (void)state;
    for (int abandon = 0; abandon < 2; abandon++) {
        two t = TWO;
        t.abandon = abandon;
        edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 1);
        assert_int_equal(edo_run(rt, withdraws, &t), 7);
        edo_runtime_free(rt);
        assert_int_equal(t.behind.begun, 0);
    }
}

static int cancels_begun(void *arg) {
    two *t = arg;
    edo_task *task = edo_spawn(waits_behind, t);
    CHECK_EQ(gate_yield_begun(&t->behind, 1), 0);
    edo_task_cancel(task);
    CHECK_EQ(edo_yield(), 0);
    CHECK(edo_task_is_finished(task) == t->abandon);
    gate_open(&t->behind);
    return edo_task_join(task);
}

static void begun_job_is_awaited_and_sees_its_cancellation(void **state) {
    (void)state;
    two t = TWO;
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(edo_run(rt, cancels_begun, &t), 7);
    edo_runtime_free(rt);
    assert_int_equal(t.behind.told, 1);
    assert_int_equal(t.behind.dropped, 0);
}

static void an_abandoned_job_runs_on_alone(void **state) {
    (void)state;
    two t = TWO;
    t.abandon = true;
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(edo_run(rt, cancels_begun, &t), -ECANCELED);
    edo_runtime_free(rt); // waits for it
    assert_int_equal(t.behind.ended, 1);
    assert_int_equal(t.behind.told, 1);
    assert_int_equal(t.behind.dropped, 0);
}

static int has_deadline(void *arg) {
    two *t = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    int result = waits_behind(t);
    int over = edo_deadline_end(&d, result);
    return over;
}

static void a_deadline_cuts_the_wait_of_an_abandoned_job(void **state) {
    (void)state;
    two t = TWO;
    t.abandon = true;
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(edo_run(rt, has_deadline, &t), -ETIMEDOUT);
    gate_open(&t.behind);
    edo_runtime_free(rt);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static int fills(void *arg) {
    gate *g = arg;
    edo_task *tasks[8];
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) tasks[i] = edo_spawn(waits_at, g);
    CHECK_EQ(gate_yield_begun(g, 4), 0);
    edo_blocking_stats s = { 0 };
    while (s.running + s.queue + s.refused < 8) { // until each has asked
        CHECK_EQ(edo_yield(), 0);
        edo_blocking_get_stats(edo_runtime_current(), &s);
    }
    CHECK_EQ(s.threads, 4);
    CHECK_EQ(s.running, 4);
    CHECK_EQ(s.idle, 0);
    CHECK_EQ(s.queue, 2);
    CHECK_EQ(s.refused, 2);
    CHECK_EQ(edo_blocking_start(gate_pass, g), -EAGAIN);
    gate_open(g);
    int sum = 0, refused_n = 0;
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        int result = edo_task_join(tasks[i]);
        if (result == -EAGAIN) refused_n++;
        if (result > 0) sum += result;
    }
    CHECK_EQ(refused_n, 2);
    return sum;
}

static void grows_to_its_bound_and_queues_to_its_bound(void **state) {
    (void)state;
    gate g = GATE;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .blocking_max = 4, .blocking_queue_max = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, fills, &g), 6 * 7);
    edo_blocking_stats s = gate_quiet(rt);
    assert_int_equal(s.started, 6);
    assert_int_equal(s.refused, 3);
    assert_true(s.queue_time_max.ns > 0);
    assert_true(s.queue_time.ns >= s.queue_time_max.ns);
    edo_runtime_free(rt);
}

static int tries(void *arg) {
    CHECK_EQ(edo_blocking_start(gate_pass, arg), 0);
    gate_wait_begun(arg, 1);
    CHECK_EQ(edo_blocking_start(gate_pass, arg), -EAGAIN);
    gate_open(arg);
    return 0;
}

static void try_starts_and_does_not_wait(void **state) {
    (void)state;
    gate g = GATE;
    assert_int_equal(edo_blocking_start(gate_pass, &g), -EDO_ENORUNTIME);
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 1);
    assert_int_equal(edo_run(rt, tries, &g), 0);
    gate_wait_ended(&g, 1);
    (void)gate_quiet(rt);
    edo_runtime_free(rt);
    assert_int_equal(g.begun, 1);
}

static void idle_threads_end(void **state) {
    (void)state;
    edo_runtime *rt;
    const edo_runtime_opts opts = { .blocking_keep_alive = edo_ms(1) };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, from_a_fiber, NULL), 5);
    edo_blocking_stats s;
    WAIT_FOR((edo_blocking_get_stats(rt, &s), s.threads == 0));
    assert_int_equal(s.idle, 0);
    assert_int_equal(edo_run(rt, from_a_fiber, NULL), 5);
    edo_runtime_free(rt);
}

static int three_in_turn(void *arg) {
    for (int i = 0; i < 3; i++) {
        (void)gate_quiet(edo_runtime_current());
        CHECK_EQ(from_a_fiber(arg), 5);
    }
    return 0;
}

static void an_idle_thread_is_used_again(void **state) {
    (void)state;
    edo_runtime *rt = make(EDO_RUNTIME_CURRENT, 0);
    assert_int_equal(edo_run(rt, three_in_turn, NULL), 0);
    // At most one more: a thread is idle a moment after its job has ended.
    assert_true(gate_quiet(rt).threads <= 2);
    edo_runtime_free(rt);
}

/* ---- The runtime ----------------------------------------------------------------------------- */

static int add_one(void *arg) {
    (*(int *)arg)++;
    return 0;
}

static int uses_the_runtime(void *arg) {
    edo_task *t = edo_spawn(add_one, arg);
    int err = edo_task_join(t);
    return err == 0 ? edo_sleep(edo_ms(1)) : err;
}

static int job_of_the_runtime(void *arg) {
    return edo_blocking(uses_the_runtime, arg);
}

static void a_job_may_spawn_and_join(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        int n = 0;
        edo_runtime *rt = make(flavors[i], 0);
        int err = edo_run(rt, job_of_the_runtime, &n);
        assert_int_equal(err, 0);
        edo_runtime_free(rt);
        assert_int_equal(n, 1);
    }
}

static int tick(void *arg) {
    gate *g = arg;
    CHECK_EQ(edo_sleep(edo_minutes(1)), 0);
    CHECK_EQ(g->ended, 1); // no minute passes while the job runs
    return 0;
}

static int lets_go_later(void *arg) {
    gate *g = arg;
    gate_wait_begun(g, 1);
    gate_open(g);
    return 0;
}

static int clock_stands(void *arg) {
    edo_task *sleeper = edo_spawn(tick, arg);
    CHECK_EQ(edo_blocking_start(lets_go_later, arg), 0);
    CHECK_EQ(edo_blocking(gate_pass, arg), 7);
    return edo_task_join(sleeper);
}

static void a_paused_clock_stands_while_a_job_is_awaited(void **state) {
    (void)state;
    gate g = GATE;
    assert_int_equal(inside_with(clock_stands, &g, &(edo_runtime_opts){ .start_paused = true }), 0);
}

static void *waits_outside(void *arg) {
    two *t = arg;
    CHECK_EQ(edo_runtime_enter(t->rt), 0);
    CHECK_EQ(waits_at(&t->busy), 7);
    edo_runtime_leave(t->rt);
    return NULL;
}

static int clock_runs(void *arg) {
    two *t = arg;
    pthread_t thread;
    t->rt = edo_runtime_current();
    CHECK_EQ(pthread_create(&thread, NULL, waits_outside, t), 0);
    CHECK_EQ(gate_yield_begun(&t->busy, 1), 0);
    CHECK_EQ(edo_sleep(edo_hours(1)), 0);
    gate_open(&t->busy);
    return pthread_join(thread, NULL);
}

/* The end of its job would wake that thread, and not the one that drives. */
static void clock_does_not_stand_for_a_thread_that_does_not_drive(void **state) {
    (void)state;
    two t = TWO;
    assert_int_equal(inside_with(clock_runs, &t, &(edo_runtime_opts){ .start_paused = true }), 0);
}

/* How many polls it takes to wait for a job after the time limit; one that had not begun by then is
 * withdrawn, and another tried. */
static int hears_once(void *arg) {
    two *t = arg;
    edo_runtime_stats before = { 0 }, after = { 0 };
    int result;
    do {
        edo_runtime_get_stats(t->rt, &before);
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        result = edo_blocking(gate_pass, &t->busy);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
    } while (result == -ECANCELED);
    CHECK_EQ(result, 7);
    edo_runtime_get_stats(t->rt, &after);
    return (int)(after.all.polls - before.all.polls);
}

static void *opens_much_later(void *arg) {
    two *t = arg;
    gate_wait_begun(&t->busy, 1);
    (void)nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
    gate_open(&t->busy);
    return NULL;
}

static void awaiter_that_is_cut_short_and_waits_on_sleeps(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        two t = TWO;
        t.rt = make(flavors[i], 0);
        pthread_t opener;
        assert_int_equal(pthread_create(&opener, NULL, opens_much_later, &t), 0);
        assert_in_range(edo_run(t.rt, hears_once, &t), 0, 20);
        pthread_join(opener, NULL);
        edo_runtime_free(t.rt);
    }
}

static int leaves_both(void *arg) {
    two *t = arg;
    CHECK(edo_spawn_detached(waits_at, &t->busy) == 0);
    CHECK_EQ(gate_yield_begun(&t->busy, 1), 0);
    CHECK(edo_spawn_detached(waits_behind, t) == 0);
    CHECK_EQ(edo_yield(), 0);
    return 0;
}

static void *opens_when_told(void *arg) {
    two *t = arg;
    edo_blocking_stats s;
    // refused: the shutdown is at work
    WAIT_FOR((edo_blocking_get_stats(t->rt, &s), s.queue == 0));
    gate_open(&t->busy);
    return NULL;
}

static void shutdown_waits_for_begun_jobs_and_drops_the_rest(void **state) {
    (void)state;
    two t = TWO;
    t.rt = make(EDO_RUNTIME_CURRENT, 1);
    assert_int_equal(edo_run(t.rt, leaves_both, &t), 0);
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, opens_when_told, &t), 0);
    assert_int_equal(edo_runtime_shutdown(t.rt, edo_s(30)), 0);
    pthread_join(opener, NULL);
    assert_int_equal(t.busy.ended, 1);
    assert_int_equal(t.busy.told, 1);
    assert_int_equal(t.behind.begun, 0);
    assert_int_equal(t.behind.dropped, 1);
    assert_int_equal(edo_runtime_enter(t.rt), 0);
    assert_int_equal(edo_blocking_start(gate_pass, &t.behind), -EDO_ECLOSED);
    assert_int_equal(edo_blocking(gate_pass, &t.behind), -EDO_ECLOSED);
    edo_runtime_leave(t.rt);
    edo_runtime_free(t.rt);
}

static int leaves_one(void *arg) {
    CHECK_EQ(edo_blocking_start(gate_pass, arg), 0);
    gate_wait_begun(arg, 1);
    return 0;
}

static void shutdown_is_bounded(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 6, "runtimes whose job did not end stay");
    may_leave(LEFT_MAPPINGS, 3 * PAGES_OF_RUNTIME, "theirs");
    static gate g = GATE; // outlives the test with its job
    for (size_t i = 0; i < EDO_COUNT(flavors); i++) {
        g.open = false;
        g.begun = g.ended = 0;
        edo_runtime *rt = make(flavors[i], 0);
        assert_int_equal(edo_run(rt, leaves_one, &g), 0);
        assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
        gate_open(&g);
        gate_wait_ended(&g, 1);
        (void)gate_quiet(rt);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
        edo_runtime_free(rt);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_of_another_thread_reaches_every_kind_of_waiter),
        cmocka_unit_test(trail_of_a_job_goes_to_who_waits_for_it),
        cmocka_unit_test(runs_in_place_where_blocking_harms_nobody),
        cmocka_unit_test(other_tasks_run_during_a_job),
        cmocka_unit_test(a_queued_job_is_withdrawn_and_its_argument_dropped),
        cmocka_unit_test(begun_job_is_awaited_and_sees_its_cancellation),
        cmocka_unit_test(an_abandoned_job_runs_on_alone),
        cmocka_unit_test(a_deadline_cuts_the_wait_of_an_abandoned_job),
        cmocka_unit_test(grows_to_its_bound_and_queues_to_its_bound),
        cmocka_unit_test(try_starts_and_does_not_wait),
        cmocka_unit_test(idle_threads_end),
        cmocka_unit_test(an_idle_thread_is_used_again),
        cmocka_unit_test(a_job_may_spawn_and_join),
        cmocka_unit_test(a_paused_clock_stands_while_a_job_is_awaited),
        cmocka_unit_test(clock_does_not_stand_for_a_thread_that_does_not_drive),
        cmocka_unit_test(awaiter_that_is_cut_short_and_waits_on_sleeps),
        cmocka_unit_test(shutdown_waits_for_begun_jobs_and_drops_the_rest),
        cmocka_unit_test(shutdown_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
