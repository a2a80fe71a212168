/* SPDX-License-Identifier: MIT */
/* Goal: jobs of one key run one after the other on one thread, keep no other job waiting, and lose
 * nothing when one of them is cancelled.
 * Method: jobs that wait at a gate, and the numbers of the pool meanwhile; a pool of one thread,
 * and the order in which its jobs ran. */
#include "gate.h"
#include "inside.h"
#include "runtime/blocking/blocking.h"

#include <errno.h>

#define JOBS 8

typedef struct turn {
    gate *g;
    uint64_t key;
} turn;

static int waits_at_gate(void *arg) {
    const turn *t = arg;
    return edoi_blocking_in_turn(gate_pass, t->g, t->key);
}

static edo_blocking_stats stats_now(void) {
    edo_blocking_stats s;
    edo_blocking_get_stats(edo_runtime_current(), &s);
    return s;
}

/* Lets the others run until `n` jobs run or are queued. */
static edo_blocking_stats await_jobs(uint32_t n) {
    edo_blocking_stats s;
    YIELD_FOR((s = stats_now(), s.queue + s.running >= n));
    return s;
}

static int share_a_thread(void *arg) {
    turn t = { .g = arg, .key = 7 };
    edo_task *tasks[JOBS];
    for (int i = 0; i < JOBS; i++) tasks[i] = edo_spawn(waits_at_gate, &t);
    (void)await_jobs(JOBS);
    CHECK_EQ(gate_yield_begun(t.g, 1), 0);
    edo_blocking_stats s = stats_now();
    CHECK_EQ(s.threads, 1);
    CHECK_EQ(s.running, 1);
    CHECK_EQ(s.queue, JOBS - 1);
    gate_open(t.g);
    for (int i = 0; i < JOBS; i++) CHECK_EQ(edo_task_join(tasks[i]), 7);
    CHECK_EQ(stats_now().threads, 1);
    CHECK_EQ(stats_now().queue, 0);
    return 0;
}

static void jobs_of_one_key_share_a_thread_on(const edo_runtime_opts *kind) {
    gate g = GATE;
    assert_int_equal(inside_with(share_a_thread, &g, kind), 0);
    assert_int_equal(g.ended, JOBS);
}
ON_EACH_KIND(jobs_of_one_key_share_a_thread)

/* More keys than the pool keeps apart, too. */
static int have_threads(void *arg) {
    turn turns[JOBS];
    edo_task *tasks[JOBS];
    for (uint64_t i = 0; i < JOBS; i++) {
        turns[i] = (turn){ .g = arg, .key = i + 1 };
        tasks[i] = edo_spawn(waits_at_gate, &turns[i]);
    }
    CHECK_EQ(gate_yield_begun(arg, JOBS), 0); // the gate is closed: none has ended
    CHECK_EQ(stats_now().threads, JOBS);
    gate_open(arg);
    for (int i = 0; i < JOBS; i++) CHECK_EQ(edo_task_join(tasks[i]), 7);
    return 0;
}

static void each_key_has_a_thread_on(const edo_runtime_opts *kind) {
    gate g = GATE;
    assert_int_equal(inside_with(have_threads, &g, kind), 0);
}
ON_EACH_KIND(each_key_has_a_thread)

static int one_is_cancelled(void *arg) {
    turn t = { .g = arg, .key = 7 };
    edo_task *tasks[JOBS];
    for (int i = 0; i < JOBS; i++) {
        tasks[i] = edo_spawn(waits_at_gate, &t);
        (void)await_jobs((uint32_t)i + 1);
    }
    edo_task_cancel(tasks[3]);
    CHECK_EQ(edo_task_join(tasks[3]), -ECANCELED);
    edo_blocking_stats s = stats_now(); // of one moment: a job may go from one number to the other
    CHECK_EQ(s.queue + s.running, JOBS - 1);
    gate_open(t.g);
    for (int i = 0; i < JOBS; i++)
        if (i != 3) CHECK_EQ(edo_task_join(tasks[i]), 7);
    return 0;
}

static void a_cancelled_job_leaves_its_place_on(const edo_runtime_opts *kind) {
    gate g = GATE;
    assert_int_equal(inside_with(one_is_cancelled, &g, kind), 0);
    assert_int_equal(g.begun, JOBS - 1);
}
ON_EACH_KIND(a_cancelled_job_leaves_its_place)

/* ---- One thread for all ---------------------------------------------------------------------- */

static char order[8];
static size_t order_n;

/* All on the pool's only thread. */
static int notes(void *arg) {
    order[order_n++] = *(const char *)arg;
    return 0;
}

typedef struct noted {
    const char *name;
    uint64_t key;
} noted;

static int runs_noted(void *arg) {
    const noted *n = arg;
    void *name = (void *)(uintptr_t)n->name;
    return n->key ? edoi_blocking_in_turn(notes, name, n->key) : edo_blocking(notes, name);
}

static int queue_behind(void *arg) {
    static const noted jobs[] = { { "a", 7 }, { "b", 7 }, { "C", 0 }, { "d", 7 }, { "E", 0 } };
    edo_task *tasks[EDO_COUNT(jobs)];
    turn first = { .g = arg, .key = 7 };
    edo_task *holds = edo_spawn(waits_at_gate, &first);
    CHECK_EQ(gate_yield_begun(arg, 1), 0);
    for (size_t i = 0; i < EDO_COUNT(jobs); i++) {
        tasks[i] = edo_spawn(runs_noted, (void *)(uintptr_t)&jobs[i]);
        (void)await_jobs((uint32_t)i + 2);
    }
    gate_open(arg);
    CHECK_EQ(edo_task_join(holds), 7);
    for (size_t i = 0; i < EDO_COUNT(jobs); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static void other_jobs_do_not_wait_for_the_last_of_a_key(void **state) {
    (void)state;
    gate g = GATE;
    assert_int_equal(inside_with(queue_behind, &g, &(edo_runtime_opts){ .blocking_max = 1 }), 0);
    assert_string_equal(order, "CaEbd"); // alternately, while both have jobs
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_of_one_key_share_a_thread),
        cmocka_unit_test(each_key_has_a_thread),
        cmocka_unit_test(a_cancelled_job_leaves_its_place),
        cmocka_unit_test(other_jobs_do_not_wait_for_the_last_of_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
