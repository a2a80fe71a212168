/* SPDX-License-Identifier: MIT */
/* Goal: long tasks of one spawner use the other cores, also when these sleep and polls were short
 * before; and a task from outside runs beside short ones that never wait. Method: tasks that last
 * until two of them have run at once, until the task from outside has run, or very long. */
#include <edo/edo.h>

#include "multi.h"

#define TASKS   8
#define SHORT_N 1000
#define LONG_MS 20
#define ROUNDS  5

static edo_atomic_u32 running, together;

static int64_t now_ms(void) {
    return edo_now().ns / 1000000;
}

/* Keeps its worker busy; no await. */
static int long_one(void *arg) {
    (void)arg;
    (void)__atomic_fetch_add(&running.edoi_value, 1, __ATOMIC_ACQ_REL);
    for (int64_t end_ms = now_ms() + LONG_MS; now_ms() < end_ms;)
        if (__atomic_load_n(&running.edoi_value, __ATOMIC_ACQUIRE) > 1)
            __atomic_store_n(&together.edoi_value, 1, __ATOMIC_RELEASE);
    (void)__atomic_fetch_sub(&running.edoi_value, 1, __ATOMIC_ACQ_REL);
    return 0;
}

static int short_one(void *arg) {
    (void)arg;
    return edo_yield();
}

static int spawn_all(edo_task_fn *fn, int n) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < n; i++)
        if (edo_scope_spawn(&s, fn, NULL) < 0) break;
    return edo_scope_end(&s, 0);
}

static int short_ones_then_long_ones(void *arg) {
    (void)arg;
    for (int i = 0; i < SHORT_N / TASKS; i++) {
        int err = spawn_all(short_one, TASKS);
        if (err < 0) return err;
    }
    return spawn_all(long_one, TASKS);
}

static void long_tasks_run_beside_each_other(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    for (int round = 0; round < ROUNDS && !__atomic_load_n(&together.edoi_value, __ATOMIC_ACQUIRE);
         round++)
        assert_int_equal(edo_run(rt, short_ones_then_long_ones, NULL), 0);
    assert_int_equal(together.edoi_value, 1);
    edo_runtime_free(rt);
}

/* ---- From outside ---------------------------------------------------------------------------- */

#define YIELDS_MAX 20000000 /* then it is lost */

static edo_atomic_u32 came, placed;

static int comes(void *arg) {
    (void)arg;
    __atomic_store_n(&came.edoi_value, 1, __ATOMIC_RELEASE);
    return 0;
}

EDO_ASYNC(yielder, uint32_t left; edo_yield_future yield;) {
    EDO_BEGIN;
    while (self->left-- > 0 && !__atomic_load_n(&came.edoi_value, __ATOMIC_ACQUIRE))
        EDO_AWAIT(edo_yield_init(&self->yield));
    EDO_END;
}

/* On the worker where it runs: two that always have work. */
static int keeps_a_worker_busy(void *arg) {
    (void)arg;
    edo_task *tasks[2];
    for (int i = 0; i < 2; i++) {
        yielder one;
        one.left = YIELDS_MAX;
        tasks[i] = edo_spawn_future(yielder_init(&one));
    }
    (void)__atomic_fetch_add(&placed.edoi_value, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < 2; i++)
        if (edo_task_join(tasks[i]) < 0) return -1;
    return 0;
}

static void task_from_outside_runs_beside_tasks_that_yield(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    assert_int_equal(edo_runtime_enter(rt), 0);
    edo_task *busy[2];
    const edo_spawn_opts spread = { .spread = true };
    for (int i = 0; i < 2; i++) busy[i] = edo_spawn_with(keeps_a_worker_busy, NULL, &spread);
    while (__atomic_load_n(&placed.edoi_value, __ATOMIC_ACQUIRE) < 2)
        assert_int_equal(edo_yield(), 0);
    edo_task *outside = edo_spawn(comes, NULL);
    for (int i = 0; i < 2; i++) assert_int_equal(edo_task_join(busy[i]), 0);
    uint32_t in_time = __atomic_load_n(&came.edoi_value, __ATOMIC_ACQUIRE);
    assert_int_equal(edo_task_join(outside), 0);
    assert_int_equal(in_time, 1);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_tasks_run_beside_each_other),
        cmocka_unit_test(task_from_outside_runs_beside_tasks_that_yield),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
