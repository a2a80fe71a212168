/* SPDX-License-Identifier: MIT */
/* Goal: nothing starves while every worker always has work of its own: neither tasks spawned or
 * woken from outside, nor a timer. Method: each worker keeps a fiber and two state machines that
 * yield for ever and count their polls, by worker. A task becomes ready, then its run must come
 * before every worker has polled its own POLLS_MAX times: polls and no times, as a worker may lose
 * its core for a long time. */
#include <edo/async.h>
#include <edo/edo.h>

#include <stdlib.h>
#include <time.h>

#include "multi.h"

#define WORKERS_MAX 2
#define POLLS_MAX   20000
#define MACHINES    2 /* for each worker */
#define ROUNDS      60

static uint64_t polls[WORKERS_MAX];                  /* atomic: of those that yield */
static uint32_t seen_n, stop, arrived_n, departed_n; /* atomic */

static uint32_t load(const uint32_t *n) {
    return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static void add(uint32_t *n) {
    (void)__atomic_fetch_add(n, 1, __ATOMIC_ACQ_REL);
}

/* Not a spin: that would take their cores, and a runtime whose polls take long keeps less to
 * itself. */
static void look_later(void) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

/* ---- Those that yield ------------------------------------------------------------------------ */

static void count_poll(void) {
    static _Thread_local uint32_t self = WORKERS_MAX; // the number of this worker
    if (self == WORKERS_MAX) self = __atomic_fetch_add(&seen_n, 1, __ATOMIC_ACQ_REL);
    if (self >= WORKERS_MAX) abort(); // more threads than workers
    (void)__atomic_fetch_add(&polls[self], 1, __ATOMIC_RELAXED);
}

EDO_ASYNC(machine, edo_yield_future yield;) {
    EDO_BEGIN;
    while (!load(&stop)) {
        count_poll();
        EDO_AWAIT(edo_yield_init(&self->yield));
    }
    EDO_END;
}

static int yields(void *arg) {
    (void)arg;
    for (int i = 0; i < MACHINES; i++) {
        machine beside;
        if (edo_spawn_future_detached(machine_init(&beside)) < 0) return -1;
    }
    while (!load(&stop)) {
        count_poll();
        if (edo_yield() < 0) return -1;
    }
    return 0;
}

/* ---- Those that come between ----------------------------------------------------------------- */

static edo_notify bell[WORKERS_MAX];

static int arrives(void *arg) {
    (void)arg;
    add(&arrived_n);
    return 0;
}

EDO_ASYNC(arriving, ) {
    EDO_BEGIN;
    add(&arrived_n);
    EDO_END;
}

/* Fibers, each of which belongs to its worker for good. */
static int arrives_at_the_bell(void *arg) {
    for (;;) {
        add(&departed_n);
        if (edo_notify_wait(arg) < 0 || load(&stop)) return 0;
        add(&arrived_n);
    }
}

EDO_ASYNC(idle_machine, edo_notify *bell; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    while (!load(&stop)) {
        add(&departed_n);
        EDO_AWAIT(edo_notify_wait_init(&self->wait, self->bell));
        add(&arrived_n);
    }
    EDO_END;
}

static int arrives_after_a_nap(void *arg) {
    (void)arg;
    add(&departed_n);
    if (edo_sleep(edo_ms(1)) < 0) return -1;
    add(&arrived_n);
    return 0;
}

/* Waits until `n` have arrived, from the moment on at which nothing but polls keeps them. */
static void assert_soon(uint32_t n, uint32_t workers) {
    uint64_t from[WORKERS_MAX];
    for (uint32_t i = 0; i < workers; i++) from[i] = __atomic_load_n(&polls[i], __ATOMIC_RELAXED);
    bool late = false;
    while (!late && load(&arrived_n) < n) {
        look_later();
        late = true; // if every worker has had its turns
        for (uint32_t i = 0; i < workers; i++)
            if (__atomic_load_n(&polls[i], __ATOMIC_RELAXED) - from[i] <= POLLS_MAX) late = false;
    }
    assert_int_equal(load(&arrived_n), n);
}

static void wait_departed(uint32_t n) {
    while (load(&departed_n) < n) look_later();
}

/* ---- The rounds ------------------------------------------------------------------------------ */

static void spawn_rounds(uint32_t workers) {
    for (uint32_t i = 0; i < ROUNDS; i++) {
        arriving one;
        uint32_t n = load(&arrived_n);
        if (i % 2 == 0) {
            assert_int_equal(edo_spawn_detached(arrives, NULL), 0);
        } else {
            assert_int_equal(edo_spawn_future_detached(arriving_init(&one)), 0);
        }
        assert_soon(n + 1, workers);
    }
}

static void bell_rounds(uint32_t workers, uint32_t bells_n) {
    wait_departed(bells_n);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t n = load(&arrived_n);
        edo_notify_one(&bell[i % bells_n]);
        assert_soon(n + 1, workers);
    }
}

static void inbox_rounds(uint32_t workers) {
    const edo_spawn_opts spread = { .spread = true };
    for (uint32_t i = 0; i < workers; i++)
        assert_int_equal(edo_spawn_detached_with(arrives_at_the_bell, &bell[i], &spread), 0);
    bell_rounds(workers, workers);
}

static void machine_rounds(uint32_t workers) {
    for (uint32_t i = 0; i < workers; i++) {
        idle_machine one;
        one.bell = &bell[i];
        assert_int_equal(edo_spawn_future_detached(idle_machine_init(&one)), 0);
    }
    bell_rounds(workers, workers);
}

static void timer_rounds(uint32_t workers) {
    const edo_spawn_opts spread = { .spread = true };
    for (uint32_t i = 0; i < ROUNDS / 10; i++) {
        uint32_t n = load(&arrived_n), departed = load(&departed_n);
        for (uint32_t j = 0; j < workers; j++)
            assert_int_equal(edo_spawn_detached_with(arrives_after_a_nap, NULL, &spread), 0);
        wait_departed(departed + workers);
        // Every worker sets its timer, then all of these are due.
        uint64_t from[WORKERS_MAX];
        for (uint32_t j = 0; j < workers; j++)
            from[j] = __atomic_load_n(&polls[j], __ATOMIC_RELAXED);
        for (uint32_t j = 0; j < workers; j++)
            while (__atomic_load_n(&polls[j], __ATOMIC_RELAXED) - from[j] < 10) look_later();
        int64_t due_ns = edo_now().ns + 3000000;
        while (edo_now().ns < due_ns) look_later();
        assert_soon(n + workers, workers);
    }
}

static void with_busy_workers(void (*rounds)(uint32_t workers)) {
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        for (uint32_t i = 0; i < WORKERS_MAX; i++) polls[i] = 0;
        seen_n = stop = arrived_n = departed_n = 0;
        for (size_t i = 0; i < EDO_COUNT(bell); i++) bell[i] = (edo_notify)EDO_NOTIFY_INIT;
        edo_runtime *rt = multi(workers);
        const edo_spawn_opts spread = { .spread = true };
        edo_task *busy[WORKERS_MAX];
        assert_int_equal(edo_runtime_enter(rt), 0);
        for (uint32_t i = 0; i < workers; i++) busy[i] = edo_spawn_with(yields, NULL, &spread);
        while (load(&seen_n) < workers) look_later(); // each has its own
        rounds(workers);
        __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
        for (uint32_t i = 0; i < workers; i++) assert_int_equal(edo_task_join(busy[i]), 0);
        edo_runtime_leave(rt);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(60)), 0);
        edo_runtime_free(rt);
    }
}

static void task_spawned_from_outside_gets_its_turn(void **state) {
    (void)state;
    with_busy_workers(spawn_rounds);
}

static void a_fiber_woken_from_outside_gets_its_turn(void **state) {
    (void)state;
    with_busy_workers(inbox_rounds);
}

static void an_idle_machine_woken_from_outside_gets_its_turn(void **state) {
    (void)state;
    with_busy_workers(machine_rounds);
}

static void timers_of_every_worker_get_their_turn(void **state) {
    (void)state;
    with_busy_workers(timer_rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(task_spawned_from_outside_gets_its_turn),
        cmocka_unit_test(a_fiber_woken_from_outside_gets_its_turn),
        cmocka_unit_test(an_idle_machine_woken_from_outside_gets_its_turn),
        cmocka_unit_test(timers_of_every_worker_get_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
