/* SPDX-License-Identifier: MIT */
/* Goal: what a worker keeps to itself, what it shares, and when. Method: the worker of a runtime whose
 * sibling sleeps, seen from its own tasks. */
#include "runtime/steal.h"

#include "runtime/scheduler.h"

#include <edo/edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

static uint32_t kept_n(const edoi_worker *w) {
    return w->batch_end - w->batch_at;
}

/* As if polls took so long of late. */
static void polls_take(edoi_worker *w, int64_t ns) {
    w->mean_poll_ns = ns;
    edoi_steal_learn(w, ns);
    w->keep_now = w->keep_most;
}

static int spawns_more_than_it_keeps(void *arg) {
    (void)arg;
    edoi_worker *w = edoi_worker_here();
    polls_take(w, 2000);
    assert_int_equal(w->keep_most, 10);
    for (int i = 0; i < 15; i++)
        if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(kept_n(w), 10);
    assert_int_equal(w->keep_now, 0);
    assert_true(edoi_ring_len(&w->ring) <= 5); // the sibling may have come
    return 0;
}

static void what_is_worth_a_wake_goes_to_the_ring(void **state) {
    (void)state;
    run_on_two(spawns_more_than_it_keeps);
}

static int spawns_long_ones(void *arg) {
    (void)arg;
    edoi_worker *w = edoi_worker_here();
    polls_take(w, 50000);
    for (int i = 0; i < 5; i++)
        if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(kept_n(w), 0);
    return 0;
}

static void long_polls_keep_nothing(void **state) {
    (void)state;
    run_on_two(spawns_long_ones);
}

static int looks_at_fresh_ones(void *arg) {
    (void)arg;
    edoi_worker *w = edoi_worker_here();
    w->sampled = false;
    edoi_worker_count_polls(w);
    edoi_worker_look_after(w, 20);
    w->keep_now = w->keep_most = 20;
    if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(edoi_load_rlx_u32(&w->look_in), 20);
    if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(edoi_load_rlx_u32(&w->look_in), 2);
    edoi_worker_count_polls(w);
    edoi_worker_look_after(w, 20);
    if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(edoi_load_rlx_u32(&w->look_in), 20); // one of their kind was seen
    edoi_store_rlx_u64(&w->polls_n, edoi_load_rlx_u64(&w->polls_n) + 8); // as if 8 had run since
    w->measured_at += 8;
    if (edo_spawn_detached(nothing, NULL) < 0) return -1;
    assert_int_equal(edoi_load_rlx_u32(&w->look_in), 2); // long ago, though the last look was not
    edoi_store_rlx_u64(&w->polls_n, edoi_load_rlx_u64(&w->polls_n) - 8);
    w->measured_at -= 8;
    return 0;
}

static void the_first_of_several_fresh_tasks_is_timed(void **state) {
    (void)state;
    run_on_two(looks_at_fresh_ones);
}

static edo_polled tells_when_it_looks(void *arg, edo_cx *cx, int *result) {
    uint32_t *looks_in = arg; // NULL: may run elsewhere
    (void)cx;
    if (looks_in) *looks_in = edoi_load_rlx_u32(&edoi_worker_here()->look_in);
    *result = 0;
    return EDO_READY;
}

static int spawns_at_the_end_of_a_run(void *arg) {
    (void)arg;
    edoi_worker *w = edoi_worker_here();
    uint32_t looks_in = 0;
    polls_take(w, 2000);
    w->sampled = false;
    edoi_worker_count_polls(w);
    w->run_left = 1; // this poll
    edo_poll_fn_future f;
    edo_task *tasks[3];
    for (int i = 0; i < 3; i++)
        tasks[i] =
            edo_spawn_future(edo_poll_fn_init(&f, tells_when_it_looks, i ? NULL : &looks_in));
    assert_true(w->sample_due);
    for (int i = 0; i < 3; i++) assert_int_equal(edo_task_join(tasks[i]), 0);
    assert_int_equal(looks_in, 1);
    return 0;
}

static void they_are_timed_too_if_a_turn_comes_between(void **state) {
    (void)state;
    run_on_two(spawns_at_the_end_of_a_run);
}

static int is_offered(void *arg) {
    (void)arg;
    edoi_worker *w = edoi_worker_here();
    polls_take(w, 2000);
    edoi_steal_offer(w);
    assert_int_equal(w->keep_now, 10);
    (void)edoi_add_rlx_u32(&w->runtime->injected_n, 1);
    edoi_steal_offer(w);
    (void)edoi_sub_rlx_u32(&w->runtime->injected_n, 1);
    assert_int_equal(w->keep_now, 0);
    return 0;
}

/* Else tasks that yield would fill the batch again and again, and nobody looked behind it. */
static void nothing_is_kept_while_tasks_wait_in_the_injection_list(void **state) {
    (void)state;
    run_on_two(is_offered);
}

/* ---- Who yields ------------------------------------------------------------------------------ */

#define YIELDERS 20
#define FRESH    40

static edo_atomic_u32 polled, over;

/* Yields until it is over. */
static edo_polled yields(void *arg, edo_cx *cx, int *result) {
    edo_yield_future *again = arg;
    (void)edoi_add_rlx_u32(&polled, 1);
    *result = 0;
    if (edoi_load_rlx_u32(&over)) return EDO_READY;
    return edo_poll(edo_yield_init(again), cx);
}

static int keeps_who_yields(void *arg) {
    edoi_worker *w = edoi_worker_here();
    edo_yield_future again[YIELDERS];
    edo_task *tasks[YIELDERS];
    polled = over = (edo_atomic_u32){ 0 };
    polls_take(w, *(const int64_t *)arg);
    for (int i = 0; i < YIELDERS; i++) {
        edo_poll_fn_future f;
        tasks[i] = edo_spawn_future(edo_poll_fn_init(&f, yields, &again[i]));
        if (!tasks[i]) return -1;
    }
    uint32_t kept_most = 0;
    while (edoi_load_rlx_u32(&polled) < 20 * YIELDERS) {
        int err = edo_yield();
        if (err < 0) return err;
        w = edoi_worker_here();
        if (w->yielded_n > kept_most) kept_most = w->yielded_n;
        for (int i = 0; i < FRESH; i++)
            if (edo_spawn_detached(nothing, NULL) < 0) return -1;
        assert_true(kept_n(w) + w->yielded_n <= EDOI_RING_BATCH);
        bool offers = edoi_idle_any(&w->runtime->idle);
        if (offers) polls_take(w, 50000); // they are worth a wake now
        if (offers) edoi_steal_offer(w);
        assert_true(!offers || w->yielded_n == 0);
        polls_take(w, *(const int64_t *)arg);
    }
    edoi_store_rlx_u32(&over, 1);
    for (int i = 0; i < YIELDERS; i++)
        if (edo_task_join(tasks[i]) < 0) return -1;
    return (int)kept_most;
}

static int kept_of_those_who_yield(int64_t poll_ns) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    int most = edo_run(rt, keeps_who_yields, &poll_ns);
    edo_runtime_free(rt);
    return most;
}

static void who_yields_stays_only_beside_a_short_batch_and_is_offered(void **state) {
    (void)state;
    assert_int_equal(kept_of_those_who_yield(50000), 0); // each is worth a wake
    int most = 0;
    for (int i = 0; i < 100 && most < 1; i++) { // unless the sibling takes them
        int n = kept_of_those_who_yield(500);
        if (n > most) most = n;
    }
    assert_in_range(most, 1, EDOI_RING_BATCH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_worth_a_wake_goes_to_the_ring),
        cmocka_unit_test(long_polls_keep_nothing),
        cmocka_unit_test(the_first_of_several_fresh_tasks_is_timed),
        cmocka_unit_test(they_are_timed_too_if_a_turn_comes_between),
        cmocka_unit_test(nothing_is_kept_while_tasks_wait_in_the_injection_list),
        cmocka_unit_test(who_yields_stays_only_beside_a_short_batch_and_is_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
