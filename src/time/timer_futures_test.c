/* SPDX-License-Identifier: MIT */
/* Goal: the timer leaves and the join of a task, alone and inside select, join and timeout, pass
 * the generic leaf tests. Method: support/leaf.h; the clock is virtual, and the test advances the
 * wheel and runs the scheduler. */
#include "driver/wheel.h"
#include "runtime/task/task.h"
#include "runtime/thread/by_hand_test.h"

#include <edo/edo.h>

#include "leaf.h"

#include <string.h>

/* One environment for all: a runtime, waitable objects in it, and nested futures. */
typedef struct env {
    edo_runtime *rt;
    edo_notify notify;
    edo_notify_wait_future wait;
    edo_pending_future never;
    edo_sleep_future nap;
    edo_interval every;
    edo_interval_tick_future tick;
    edo_task *task;
    edo_task_join_future join_task;
    edo_timeout_future timeout;
    edo_select_future select;
    edo_join_future join;
    edo_future *branches[3];
} env;

/* The runtime of the current case: polls get its worker. */
static edo_runtime *current;

static edo_polled poll_inside(edo_future *f, edo_cx *cx) {
    cx->worker = edoi_by_hand_worker(current);
    return edo_poll(f, cx);
}

static edo_runtime *runtime_of(void *arg) {
    return ((env *)arg)->rt;
}

static int env_init(env *e) {
    int err = edo_runtime_new(&e->rt, &(edo_runtime_opts){ .start_paused = true });
    current = e->rt;
    return err;
}

static void env_deinit(void *arg) {
    env *e = arg;
    edo_task_detach(e->task);
    edo_runtime_free(e->rt);
}

static void advance(void *arg) {
    edo_runtime *rt = ((env *)arg)->rt;
    edoi_by_hand_advance(rt, 20);
    edoi_wheel_check(edoi_by_hand_wheel(rt));
}

/* A future that begins at its first poll, after the poke, still gets its full time. */
static edo_polled poll_after_the_poke(edo_future *f, edo_cx *cx) {
    if (edoi_by_hand_wheel(current)->elapsed > 0) edoi_by_hand_advance(current, 20);
    return poll_inside(f, cx);
}

/* No timer without a waiter is armed. */
static void wheel_is_empty(void *arg) {
    edoi_wheel *wheel = edoi_by_hand_wheel(((env *)arg)->rt);
    edoi_wheel_check(wheel);
    assert_int_equal(edoi_wheel_armed_n(wheel), 0);
}

static edo_instant in_10_ms(const env *e) {
    edo_instant at = { edoi_by_hand_now_ns(e->rt) + 10 * EDOI_WHEEL_TICK_NS };
    return at;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int make_sleep(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    *f = edo_sleep_at_init(&e->nap, in_10_ms(e));
    return 0;
}

static int make_sleep_for(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    *f = edo_sleep_init(&e->nap, edo_ms(10));
    return 0;
}

static int make_tick(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    assert_int_equal(edo_interval_init(&e->every, edo_ms(50), EDO_TICK_BURST), 0);
    edo_interval_reset(&e->every, in_10_ms(e));
    *f = edo_interval_tick_init(&e->tick, &e->every, NULL);
    return 0;
}

/* A distant limit around a notified future. */
static int make_timeout(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    edo_future *inner = edo_notify_wait_init(&e->wait, &e->notify);
    *f = edo_timeout_init(&e->timeout, inner, edo_s(100));
    return 0;
}

/* Not edo_notify_all(), which wakes only present waiters. */
static void notify_one(void *arg) {
    edo_notify_one(&((env *)arg)->notify);
}

/* ---- Around other leaves --------------------------------------------------------------------- */

static int make_select(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    e->branches[0] = edo_sleep_at_init(&e->nap, (edo_instant){ INT64_MAX });
    e->branches[1] = edo_notify_wait_init(&e->wait, &e->notify);
    e->branches[2] = edo_pending_init(&e->never);
    *f = edo_select_init(&e->select, e->branches, 3, 0);
    return 0;
}

static int make_join(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    e->branches[0] = edo_sleep_at_init(&e->nap, in_10_ms(e));
    e->branches[1] = NULL;
    *f = edo_join_init(&e->join, e->branches, 2, 0);
    return 0;
}

/* join(timeout(select(sleep, never))) */
static int make_nested(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    e->branches[0] = edo_sleep_at_init(&e->nap, in_10_ms(e));
    e->branches[1] = edo_pending_init(&e->never);
    (void)edo_select_init(&e->select, e->branches, 2, 0);
    e->branches[2] = edo_timeout_init(&e->timeout, &e->select.base, edo_s(100));
    *f = edo_join_init(&e->join, &e->branches[2], 1, EDO_JOIN_FAIL_FAST);
    return 0;
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* Ends when told to. */
static int seven(void *arg) {
    edo_notify_wait_future f;
    int err = edo_await(edo_notify_wait_init(&f, &((env *)arg)->notify));
    return err < 0 ? err : 7;
}

static int make_join_task(void *arg, edo_future **f) {
    env *e = arg;
    int err = env_init(e);
    if (err < 0) return err;
    edo_task *t = edo_spawn_on(e->rt, seven, e);
    if (!t) {
        edo_runtime_free(e->rt);
        return edo_task_join(NULL);
    }
    e->task = edo_task_ref(t);
    *f = edo_task_join_init(&e->join_task, t);
    return 0;
}

static int make_wait_task(void *arg, edo_future **f) {
    env *e = arg;
    int err = make_join_task(arg, f);
    if (err < 0) return err;
    edo_task_detach(e->join_task.task);
    *f = edo_task_wait_init(&e->join_task, e->task);
    return 0;
}

static void run_task(void *arg) {
    env *e = arg;
    edo_yield_future turn;
    edo_notify_one(&e->notify);
    while (!edo_task_is_finished(e->task))
        assert_int_equal(edo_block_on(e->rt, edo_yield_init(&turn)), 0);
}

static void the_task_has_its_result(void *arg) {
    env *e = arg;
    assert_int_equal(edo_task_get_outcome(e->task), EDO_OUTCOME_RETURNED);
    assert_int_equal(TASK_REFS(edoi_load_rlx_u32(&e->task->word)), 1); // the environment's
    const void *joiner = edoi_load_rlx_ptr(&e->task->joiner);
    bool in_use = edoi_task_is_joined(joiner, edoi_load_rlx_u32(&e->task->word));
    assert_true(!in_use || !joiner); // the finisher has finished
}

static const leaf leaves[] = {
    { .name = "edo_sleep_at", .make = make_sleep, .poke = advance, .intact = wheel_is_empty },
    { .name = "edo_sleep",
      .make = make_sleep_for,
      .poke = advance,
      .intact = wheel_is_empty,
      .poll = poll_after_the_poke,
      .late = true },
    { .name = "edo_interval_tick", .make = make_tick, .poke = advance, .intact = wheel_is_empty },
    { .name = "edo_timeout", .make = make_timeout, .poke = notify_one, .intact = wheel_is_empty },
    { .name = "edo_select",
      .make = make_select,
      .poke = notify_one,
      .intact = wheel_is_empty,
      .result = 1,
      .no_budget = true },
    { .name = "edo_join", .make = make_join, .poke = advance, .intact = wheel_is_empty },
    { .name = "nested",
      .make = make_nested,
      .poke = advance,
      .intact = wheel_is_empty,
      .no_budget = true },
    { .name = "edo_task_join",
      .make = make_join_task,
      .poke = run_task,
      .result = 7,
      .intact = the_task_has_its_result },
    { .name = "edo_task_wait",
      .make = make_wait_task,
      .poke = run_task,
      .result = 7,
      .intact = the_task_has_its_result },
};

static void every_leaf_passes_the_generic_tests(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(env);
        if (!l.poll) l.poll = poll_inside;
        l.runtime = runtime_of;
        l.cleanup = env_deinit;
        leaf_run(&l);
    }
}

/* ---- Elsewhere ------------------------------------------------------------------------------- */

static void a_sleep_that_ends_where_no_wheel_is_hangs_in_none(void **state) {
    (void)state;
    env e = { 0 };
    edo_cx in_runtime = { .waker = edo_waker_noop(), .budget = EDO_BUDGET };
    edo_cx nowhere = in_runtime;
    assert_int_equal(env_init(&e), 0);
    edo_future *nap = edo_sleep_init(&e.nap, edo_ms(10));
    assert_int_equal(poll_inside(nap, &in_runtime), EDO_PENDING);
    assert_int_equal(edoi_wheel_armed_n(edoi_by_hand_wheel(e.rt)), 1);
    assert_int_equal(edo_poll(nap, &nowhere), EDO_READY);
    assert_int_equal(nap->result, -EDO_ENORUNTIME);
    wheel_is_empty(&e);
    edo_runtime_free(e.rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_passes_the_generic_tests),
        cmocka_unit_test(a_sleep_that_ends_where_no_wheel_is_hangs_in_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
