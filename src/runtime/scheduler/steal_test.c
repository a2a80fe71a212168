/* SPDX-License-Identifier: MIT */
/* Goal: which tasks a worker keeps to itself, which it shares, and when. Method: the worker of a
 * runtime whose sibling sleeps, seen from its own tasks. */
#include "runtime/scheduler/steal.h"
#include "runtime/worker/core.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/worker.h"

#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inside.h"

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static void run_on_two(edo_task_fn *fn) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, fn, NULL), 0);
    edo_runtime_free(rt);
}

/* The worker of this fiber. However long the poll is, the sibling takes over nothing of it. */
static edoi_worker *undisturbed(void) {
    uint16_t outer;
    edoi_worker *w = edoi_worker_here();
    while (!edoi_places_enter(&w->places, w->id, &outer)) { // it has been long already
        edoi_places_leave(&w->places, outer);
        CHECK_EQ(edo_yield(), 0);
    }
    return w;
}

static uint32_t kept_n(const edoi_worker *w) {
    return w->run.batch_end - w->run.batch_at;
}

/* As if recent polls had taken `ns` each. */
static void polls_take(edoi_worker *w, int64_t ns) {
    w->cost.mean_poll_ns = ns;
    edoi_cost_learn(w, ns);
    w->run.keep_now = w->cost.keep_most;
}

static int spawns_more_than_it_keeps(void *arg) {
    (void)arg;
    edoi_worker *w = undisturbed();
    polls_take(w, 2000);
    CHECK_EQ(w->cost.keep_most, 10);
    uint64_t before = edoi_load_rlx_u64(&w->ring.tail); // what the sibling takes moves the head
    for (int i = 0; i < 15; i++)
        if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    CHECK_EQ(kept_n(w), 10);
    CHECK_EQ(w->run.keep_now, 0);
    CHECK_EQ(edoi_load_rlx_u64(&w->ring.tail) - before, 5);
    return 0;
}

static void tasks_beyond_the_kept_batch_go_to_the_ring(void **state) {
    (void)state;
    run_on_two(spawns_more_than_it_keeps);
}

static int spawns_long_ones(void *arg) {
    (void)arg;
    edoi_worker *w = undisturbed();
    polls_take(w, 50000);
    for (int i = 0; i < 5; i++)
        if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    CHECK_EQ(kept_n(w), 0);
    return 0;
}

static void long_polls_keep_nothing(void **state) {
    (void)state;
    run_on_two(spawns_long_ones);
}

static int is_offered(void *arg) {
    (void)arg;
    edoi_worker *w = undisturbed();
    polls_take(w, 2000);
    edoi_steal_offer(w);
    CHECK_EQ(w->run.keep_now, 10);
    (void)edoi_add_rlx_u32(&w->runtime->inject.n, 1);
    edoi_steal_offer(w);
    (void)edoi_sub_rlx_u32(&w->runtime->inject.n, 1);
    CHECK_EQ(w->run.keep_now, 0);
    return 0;
}

/* Otherwise tasks that yield would fill the batch again and again, and no worker would look behind
 * it. */
static void nothing_is_kept_while_tasks_wait_in_the_injection_list(void **state) {
    (void)state;
    run_on_two(is_offered);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_beyond_the_kept_batch_go_to_the_ring),
        cmocka_unit_test(long_polls_keep_nothing),
        cmocka_unit_test(nothing_is_kept_while_tasks_wait_in_the_injection_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
