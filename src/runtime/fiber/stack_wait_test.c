/* SPDX-License-Identifier: MIT */
/* Goal: a fiber for whose stack there is no memory runs exactly once, as soon as there is;
 * meanwhile the thread does not spin and runs its other tasks; the wait is reported.
 * Method: from some request on every allocation fails, until the test ends that. */
#include "driver/clock.h"
#include "runtime/fiber/stack_wait.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/worker.h"

#include "base/memory/alloc.h"
#include "fiber/stack_os.h"

#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include "inside.h"
#include "leftovers.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HUNGRY 100

static int runs; /* calls of hungry() */

static int hungry(void *arg) {
    (void)arg;
    runs++;
    return edo_yield();
}

static edoi_stack_wait *starved_here(void) {
    return &edoi_worker_here()->stack_wait;
}

/* Returns when the worker has set the fiber aside. */
static edo_task *spawn_hungry(void) {
    edo_task *t = edo_spawn(hungry, NULL);
    CHECK(t);
    runs = 0;
    edoi_alloc_fail_from(1);
    YIELD_FOR(starved_here()->listed_n);
    return t;
}

static int64_t cpu_ns(void) {
    struct timespec ts;
    CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts), 0);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int sleep_beside(void *arg) {
    (void)arg;
    edo_instant begun = edo_now(); // before the first try, since the thread may be stopped after it
    edo_task *t = spawn_hungry();
    int64_t cpu = cpu_ns();
    CHECK_EQ(edo_sleep(edo_ms(100)), 0); // other tasks run
    CHECK(cpu_ns() - cpu < 50000000);
    CHECK(edoi_alloc_refused_n() > 0);
    int64_t pauses_n = edo_instant_since(edo_now(), begun).ns / 10000000;
    // at first, in line, told of a stack that the worker itself had kept; then one in each pause
    CHECK(edoi_alloc_refused_n() <= pauses_n + 3);
    CHECK_EQ(runs, 0);
    edoi_alloc_fail_at(0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(runs, 1);
    return 0;
}

static void starved_fiber_waits_without_keeping_the_thread_busy(void **state) {
    (void)state;
    assert_int_equal(inside_with(sleep_beside, NULL, &one_thread), 0);
}

static int settle_beside(void *arg) {
    (void)arg;
    edo_task *t = spawn_hungry();
    edoi_alloc_fail_at(0); // from now on there is memory, which the worker has yet to see
    CHECK_EQ(edo_test_settle(), 0);
    CHECK_EQ(runs, 1);
    return edo_task_join(t);
}

static void a_runtime_with_a_starved_fiber_is_not_quiet(void **state) {
    (void)state;
    assert_int_equal(inside_with(settle_beside, NULL, &one_thread), 0);
}

static int wait_for_word(void *arg) {
    return edo_notify_wait((edo_notify *)arg);
}

static int end_another(void *arg) {
    (void)arg;
    static edo_notify word;
    edo_task *other = edo_spawn(wait_for_word, &word);
    CHECK_EQ(edo_yield(), 0);
    edo_task *t = spawn_hungry();
    edoi_alloc_fail_at(0);
    starved_here()->until_ns = INT64_MAX; // no pause ends
    edo_notify_one(&word);
    CHECK_EQ(edo_task_join(other), 0);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(runs, 1);
    return 0;
}

static void starved_fiber_is_tried_when_another_gives_its_stack_back(void **state) {
    (void)state;
    assert_int_equal(inside_with(end_another, NULL, &one_thread), 0);
}

static int abort_it(void *arg) {
    (void)arg;
    edo_task *t = spawn_hungry();
    edo_task_cancel(t);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(runs, 0);
    edoi_alloc_fail_at(0);
    CHECK_EQ(edo_task_join(t),
             -ECANCELED); // what its yield returns: the function runs nevertheless
    CHECK_EQ(runs, 1);
    return 0;
}

static void aborted_starved_fiber_runs_nevertheless(void **state) {
    (void)state;
    assert_int_equal(inside_with(abort_it, NULL, &one_thread), 0);
    assert_int_equal(inside(abort_it, NULL), 0); // the pause is real although the clock is paused
}

static int leave_it(void *arg) {
    (void)arg;
    edo_task_detach(spawn_hungry());
    edoi_alloc_fail_at(0);
    return 0;
}

static void shutdown_waits_for_a_starved_fiber(void **state) {
    (void)state;
    assert_int_equal(inside_with(leave_it, NULL, &one_thread), 0); // abandons no task
    assert_int_equal(runs, 1);
}

static int spawn_many(void *arg) {
    (void)arg;
    edo_task *tasks[HUNGRY];
    runs = 0;
    for (size_t i = 0; i < HUNGRY; i++) CHECK((tasks[i] = edo_spawn(hungry, NULL)) != NULL);
    edoi_alloc_fail_from(HUNGRY / 4); // some fibers get their stack
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK(runs > 0 && runs < HUNGRY);
    edoi_alloc_fail_at(0);
    for (size_t i = 0; i < HUNGRY; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(runs, HUNGRY);
    return 0;
}

static void each_of_many_runs_once(void **state) {
    (void)state;
    assert_int_equal(inside_with(spawn_many, NULL, &one_thread), 0);
}

static int count_it(void *arg) {
    edo_task_monitor_stats s;
    edo_task *t = edo_spawn_with(hungry, NULL, &(edo_spawn_opts){ .monitor = arg });
    CHECK(t);
    edoi_alloc_fail_from(1);
    WAIT_FOR(edoi_alloc_refused_n() >= 3);
    edo_task_monitor_get_stats(arg, &s);
    CHECK_EQ(s.spawned, 1);
    CHECK_EQ(s.first_polls + s.polls + s.scheduled, 0);
    edoi_alloc_fail_at(0);
    CHECK_EQ(edo_task_join(t), 0);
    return edo_yield();
}

static void a_monitor_counts_only_turns_in_which_it_runs(void **state) {
    (void)state;
    edo_task_monitor *m;
    edo_task_monitor_stats s;
    edo_runtime_opts opts = one_thread;
    opts.task_monitors = true;
    assert_int_equal(edo_task_monitor_new(&m, NULL), 0);
    assert_int_equal(inside_with(count_it, m, &opts), 0);
    edo_task_monitor_get_stats(m, &s);
    edo_task_monitor_unref(m);
    assert_int_equal(s.first_polls, 1);
    assert_true(s.first_poll_delay_ns >= 1000000); // includes the wait
    assert_int_equal(s.polls, 2);
    assert_int_equal(s.scheduled, 1);
}

/* ---- Reports --------------------------------------------------------------------------------- */

#define TOLD "edo: no memory for the stack of hungry at "

static char text[4096];
static int usual_stderr;

/* Redirects standard error to a file. */
static FILE *hear(void) {
    FILE *out = tmpfile();
    assert_non_null(out);
    (void)fflush(stderr);
    usual_stderr = dup(STDERR_FILENO);
    assert_true(usual_stderr >= 0 && dup2(fileno(out), STDERR_FILENO) >= 0);
    return out;
}

/* Restores standard error; `text` is what was written. */
static void heard(FILE *out) {
    (void)fflush(stderr);
    assert_true(dup2(usual_stderr, STDERR_FILENO) >= 0);
    (void)close(usual_stderr);
    rewind(out);
    text[fread(text, 1, sizeof text - 1, out)] = '\0';
    (void)fclose(out);
}

static int count(const char *part) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at++) n++;
    return n;
}

/* Three fibers that are refused again and again, and get their stacks at last. */
static void starve_three(void) {
    edo_task *tasks[3];
    for (size_t i = 0; i < EDO_COUNT(tasks); i++)
        CHECK((tasks[i] = edo_spawn(hungry, NULL)) != NULL);
    edoi_alloc_fail_from(1);
    WAIT_FOR(edoi_alloc_refused_n() >= 9);
    edoi_alloc_fail_at(0);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
}

static int tell_stories(void *arg) {
    (void)arg;
    starved_here()->told_ns = 0; // as if it were long ago
    starve_three();
    CHECK(!starved_here()->is_told);
    CHECK(starved_here()->told_ns > 0);
    starved_here()->told_ns = 0;
    starve_three();
    CHECK(starved_here()->told_ns > 0);
    starved_here()->told_ns = INT64_MAX / 2; // as if it were a moment ago
    starve_three();
    CHECK_EQ(starved_here()->told_ns, INT64_MAX / 2);
    return 0;
}

static void starvation_is_reported_once_and_at_a_limited_rate(void **state) {
    (void)state;
    FILE *out = hear();
    // By a clock that stands polls take no time: all three are refused before the first look.
    int err = inside(tell_stories, NULL);
    heard(out);
    assert_int_equal(err, 0);
    assert_int_equal(count(TOLD), 2);
    assert_int_equal(
        count("with 2 others so far, at worker 0 of runtime edo; fibers with a stack there: 1\n"),
        2);
}

static void *dump(void *arg) {
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out);
    edo_dump_tasks(out);
    CHECK_EQ(fclose(out), 0);
    return arg;
}

static int dump_it(void *arg) {
    pthread_t thread;
    edo_task *t = edo_spawn(wait_for_word, arg);
    CHECK(t);
    edoi_alloc_fail_from(1);
    YIELD_FOR(starved_here()->listed_n);
    (void)dump(NULL);
    CHECK_EQ(count(": waits for memory for its stack at worker 0 (fiber that has not begun)"), 1);
    CHECK_EQ(pthread_create(&thread, NULL, dump, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(count(": waits for memory for its stack at worker 0\n"), 1);
    edoi_alloc_fail_at(0);
    WAIT_FOR(starved_here()->n == 0);
    (void)dump(NULL);
    CHECK_EQ(count(": waits for memory"), 0);
    edo_notify_one(arg);
    return edo_task_join(t);
}

static void dump_shows_that_a_starved_fiber_waits_for_a_stack(void **state) {
    (void)state;
    edo_notify word = EDO_NOTIFY_INIT;
    assert_int_equal(inside_with(dump_it, &word, &one_thread), 0);
}

/* ---- Free stacks elsewhere ------------------------------------------------------------------- */

#define ELSEWHERE 8
#define SIZE      ((size_t)4 * 1024 * 1024) /* of stacks that only these tests use */

static edo_atomic_u32 begun_n;
static edo_notify go_on;

static int begin_and_wait(void *arg) {
    (void)edoi_add_rlx_u32(&begun_n, 1);
    return edo_notify_wait(arg);
}

/* ELSEWHERE fibers that have their stacks at one time. */
static int begin_all(void *arg) {
    (void)arg;
    edo_task *tasks[ELSEWHERE];
    edoi_store_rlx_u32(&begun_n, 0);
    for (int i = 0; i < ELSEWHERE; i++) {
        tasks[i] = edo_spawn_with(begin_and_wait, &go_on, &(edo_spawn_opts){ .stack = SIZE });
        CHECK(tasks[i]);
    }
    WAIT_FOR(edoi_load_rlx_u32(&begun_n) == ELSEWHERE);
    edo_notify_all(&go_on);
    for (int i = 0; i < ELSEWHERE; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static edo_atomic_u32 over;

static int yield_until_over(void *arg) {
    (void)arg;
    while (!edoi_load_rlx_u32(&over)) CHECK_EQ(edo_yield(), 0);
    return 0;
}

/* Fibers of another runtime get the stacks that are free in `rt`, and leave them there for it. */
static void stacks_go_to_and_fro(edo_runtime *rt) {
    edoi_stack_os_force_full(true);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(inside_with(begin_all, NULL, &one_thread), 0);
        assert_int_equal(edo_run(rt, begin_all, NULL), 0);
    }
    edoi_stack_os_force_full(false);
}

static void free_stacks_of_any_runtime_are_found(void **state) {
    (void)state;
    static const edo_runtime_opts others[] = { { .flavor = EDO_RUNTIME_CURRENT },
                                               { .flavor = EDO_RUNTIME_MULTI, .workers = 1 },
                                               { .flavor = EDO_RUNTIME_MULTI, .workers = 2 } };
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &others[i]), 0);
        assert_int_equal(edo_run(rt, begin_all, NULL), 0);
        stacks_go_to_and_fro(rt);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
        edo_runtime_free(rt);
    }
}

static void free_stacks_of_a_busy_worker_are_found(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 2 }), 0);
    assert_int_equal(edo_run(rt, begin_all, NULL), 0);
    edoi_store_rlx_u32(&over, 0);
    edo_task *busy = edo_spawn_on(rt, yield_until_over, NULL);
    assert_non_null(busy);
    stacks_go_to_and_fro(rt);
    edoi_store_rlx_u32(&over, 1);
    assert_int_equal(edo_task_join(busy), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}

#define LARGE ((size_t)128 * 1024 * 1024) /* a mapping for each stack */

static int once_begun(void *arg) {
    (void)edoi_add_rlx_u32(arg, 1);
    return edo_yield();
}

/* One fiber after the other takes the only stack. */
static int take_again_and_again(void *arg) {
    (void)arg;
    static edo_atomic_u32 here_n;
    while (!edoi_load_rlx_u32(&over)) {
        edo_task *t = edo_spawn_with(once_begun, &here_n, &(edo_spawn_opts){ .stack = LARGE });
        CHECK(t);
        CHECK_EQ(edo_task_join(t), 0);
    }
    return 0;
}

static int take_in_turn(void *arg) {
    for (uint32_t i = 0; i < 20; i++) {
        edo_task *t = edo_spawn_with(once_begun, arg, &(edo_spawn_opts){ .stack = LARGE });
        CHECK(t);
        WAIT_FOR(edoi_load_rlx_u32(arg) > i);
        CHECK_EQ(edo_task_join(t), 0);
    }
    return 0;
}

static void the_only_stack_goes_to_the_one_that_waits_for_longest(void **state) {
    (void)state;
    static edo_atomic_u32 n;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }), 0);
    assert_int_equal(inside_with(take_in_turn, &n, &one_thread), 0); // there is a stack
    edoi_stack_os_force_full(true);
    edoi_store_rlx_u32(&over, 0);
    edo_task *greedy = edo_spawn_on(rt, take_again_and_again, NULL);
    assert_non_null(greedy);
    edoi_store_rlx_u32(&n, 0);
    assert_int_equal(inside_with(take_in_turn, &n, &one_thread), 0);
    edoi_store_rlx_u32(&over, 1);
    assert_int_equal(edo_task_join(greedy), 0);
    edoi_stack_os_force_full(false);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}

/* ---- The order of those that wait at one worker ---------------------------------------------- */

#define FRESH 8

static uint32_t began_at[FRESH + 1], order_n; /* when each fiber began */

static int begin_in_order(void *arg) {
    *(uint32_t *)arg = ++order_n;
    return edo_yield();
}

static edo_task *spawn_large(edo_task_fn *fn, void *arg, size_t stack) {
    edo_task *t = edo_spawn_with(fn, arg, &(edo_spawn_opts){ .stack = stack });
    CHECK(t);
    return t;
}

/* The stack comes back while fresh fibers stand before the next look in the queue. */
static int begin_behind_one_that_waits(void *arg) {
    edo_notify *word = arg;
    edo_task *tasks[FRESH + 1], *has = spawn_large(wait_for_word, word, LARGE);
    CHECK_EQ(edo_yield(), 0);
    order_n = 0;
    tasks[0] = spawn_large(begin_in_order, &began_at[0], LARGE);
    YIELD_FOR(starved_here()->listed_n > 0);
    edo_notify_one(word);
    for (int i = 1; i <= FRESH; i++) tasks[i] = spawn_large(begin_in_order, &began_at[i], LARGE);
    CHECK_EQ(edo_task_join(has), 0);
    for (int i = 0; i <= FRESH; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(began_at[0], 1);
    CHECK_EQ(order_n, FRESH + 1); // those that are fresh may change places when 10 ms have passed
    return 0;
}

static void a_fresh_fiber_does_not_take_the_stack_of_one_that_waits(void **state) {
    (void)state;
    static edo_atomic_u32 n;
    static edo_notify word;
    assert_int_equal(inside_with(take_in_turn, &n, &one_thread), 0); // there is a stack
    edoi_stack_os_force_full(true);
    assert_int_equal(inside_with(begin_behind_one_that_waits, &word, &one_thread), 0);
    edoi_stack_os_force_full(false);
}

/* A stack of one size comes back while the fiber that waits for longest wants another. */
static int wait_for_two_sizes(void *arg) {
    edo_notify *words = arg;
    edo_task *has[2] = { spawn_large(wait_for_word, &words[0], LARGE),
                         spawn_large(wait_for_word, &words[1], LARGE / 2) };
    CHECK_EQ(edo_yield(), 0);
    order_n = 0;
    edo_task *tasks[2] = { spawn_large(begin_in_order, &began_at[0], LARGE),
                           spawn_large(begin_in_order, &began_at[1], LARGE / 2) };
    YIELD_FOR(starved_here()->listed_n >= 2 && starved_here()->until_ns != 0);
    starved_here()->until_ns = INT64_MAX; // no pause ends
    edo_notify_one(&words[1]);
    int64_t start_ns = edoi_clock_monotonic();
    for (int i = 0; i < 100 && order_n == 0; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(order_n == 1 || edoi_clock_monotonic() - start_ns > 9000000);
    CHECK_EQ(edo_task_join(has[1]), 0);
    CHECK_EQ(edo_task_join(tasks[1]), 0);
    CHECK_EQ(order_n, 1);
    edo_notify_one(&words[0]);
    CHECK_EQ(edo_task_join(has[0]), 0);
    return edo_task_join(tasks[0]);
}

static int have_both(void *arg) {
    return edo_task_join(spawn_large(begin_in_order, arg, LARGE / 2));
}

static void a_stack_wakes_the_one_that_waits_for_its_size(void **state) {
    (void)state;
    static edo_notify words[2];
    static edo_atomic_u32 n;
    assert_int_equal(inside_with(take_in_turn, &n, &one_thread), 0);
    assert_int_equal(inside_with(have_both, began_at, &one_thread), 0);
    edoi_stack_os_force_full(true);
    assert_int_equal(inside_with(wait_for_two_sizes, words, &one_thread), 0);
    edoi_stack_os_force_full(false);
}

/* What came back before the pool was in line is told to nobody. */
static int be_refused_once(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(hungry, NULL);
    CHECK(t);
    runs = 0;
    edoi_alloc_fail_at(1);
    int64_t start_ns = edoi_clock_monotonic();
    for (int i = 0; i < 100 && runs == 0; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(edoi_alloc_fail_fired());
    edoi_alloc_fail_at(0);
    CHECK(runs == 1 || edoi_clock_monotonic() - start_ns > 9000000);
    CHECK_EQ(edo_task_join(t), 0);
    return 0;
}

static void a_refusal_that_is_over_at_once_costs_no_pause(void **state) {
    (void)state;
    assert_int_equal(inside_with(be_refused_once, NULL, &one_thread), 0);
}

static int starve_one(void *arg) {
    (void)arg;
    edo_task_detach(spawn_hungry());
    return 0;
}

/* The worker's turns are as long as without it. */
static void a_starved_fiber_that_was_abandoned_is_not_waited_for(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 4, "the runtime whose task did not end stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    static edo_runtime *rt; // stays behind; the leak checker is to find it
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, starve_one, NULL), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edoi_alloc_fail_at(0);
    assert_int_equal(edoi_stack_wait_left_ns(&rt->worker->stack_wait, -1), -1);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starved_fiber_waits_without_keeping_the_thread_busy),
        cmocka_unit_test(a_runtime_with_a_starved_fiber_is_not_quiet),
        cmocka_unit_test(starved_fiber_is_tried_when_another_gives_its_stack_back),
        cmocka_unit_test(aborted_starved_fiber_runs_nevertheless),
        cmocka_unit_test(shutdown_waits_for_a_starved_fiber),
        cmocka_unit_test(each_of_many_runs_once),
        cmocka_unit_test(a_monitor_counts_only_turns_in_which_it_runs),
        cmocka_unit_test(starvation_is_reported_once_and_at_a_limited_rate),
        cmocka_unit_test(dump_shows_that_a_starved_fiber_waits_for_a_stack),
        cmocka_unit_test(free_stacks_of_any_runtime_are_found),
        cmocka_unit_test(free_stacks_of_a_busy_worker_are_found),
        cmocka_unit_test(the_only_stack_goes_to_the_one_that_waits_for_longest),
        cmocka_unit_test(a_fresh_fiber_does_not_take_the_stack_of_one_that_waits),
        cmocka_unit_test(a_stack_wakes_the_one_that_waits_for_its_size),
        cmocka_unit_test(a_refusal_that_is_over_at_once_costs_no_pause),
        cmocka_unit_test(a_starved_fiber_that_was_abandoned_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
