/* SPDX-License-Identifier: MIT */
/* Goal: what a worker keeps to itself, what it shares, and when. Method: the worker of a runtime
 * whose sibling sleeps, seen from its own tasks. */
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

/* The worker of this fiber. However long the poll is, the sibling takes over nothing of it. */
static edoi_worker *undisturbed(void) {
    uint16_t outer;
    edoi_worker *w = edoi_worker_here();
    while (!edoi_places_enter(&w->places, w->id, &outer)) { // it has been long already
        edoi_places_leave(&w->places, outer);
        assert_int_equal(edo_yield(), 0);
    }
    return w;
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
    edoi_worker *w = undisturbed();
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
    edoi_worker *w = undisturbed();
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
    edoi_worker *w = undisturbed();
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
    edoi_worker *w = undisturbed();
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
    edoi_worker *w = undisturbed();
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_worth_a_wake_goes_to_the_ring),
        cmocka_unit_test(long_polls_keep_nothing),
        cmocka_unit_test(the_first_of_several_fresh_tasks_is_timed),
        cmocka_unit_test(they_are_timed_too_if_a_turn_comes_between),
        cmocka_unit_test(nothing_is_kept_while_tasks_wait_in_the_injection_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
