/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/once.h: one load at a time, a failed or cancelled one is followed by
 * that of the next waiter, all get one value; a value that is set once wakes all that wait.
 * Method: fibers in virtual time, on every kind of runtime, cut short at each await; futures in a
 * select; threads that ask and give up at random. */
#include <edo/edo.h>

#include "inside.h"
#include "kinds.h"
#include "parker.h"
#include "patience.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static edo_once in_static_storage = EDO_ONCE_INIT;
static edo_once all_zero;
static edo_setonce set_in_static_storage = EDO_SETONCE_INIT;
static edo_setonce set_all_zero;
static int thing, other;

static void value_is_set_once(void **state) {
    (void)state;
    edo_once *onces[] = { &in_static_storage, &all_zero };
    for (size_t i = 0; i < EDO_COUNT(onces); i++) {
        assert_null(edo_once_get(onces[i]));
        assert_int_equal(edo_once_set(onces[i], &thing), 0);
        assert_int_equal(edo_once_set(onces[i], &other), -EALREADY);
        assert_ptr_equal(edo_once_get(onces[i]), &thing);
    }
    edo_setonce *sets[] = { &set_in_static_storage, &set_all_zero };
    for (size_t i = 0; i < EDO_COUNT(sets); i++) {
        assert_null(edo_setonce_get(sets[i]));
        assert_int_equal(edo_setonce_set(sets[i], &thing), 0);
        assert_int_equal(edo_setonce_set(sets[i], &other), -EALREADY);
        assert_ptr_equal(edo_setonce_get(sets[i]), &thing);
    }
}

/* ---- Fibers that load ------------------------------------------------------------------------ */

typedef struct job {
    edo_once *once;
    int result;   /* of its load */
    int load_ms;  /* how long its load takes */
    int limit_ms; /* of all; 0: long */
} job;

static int order[8], order_n; /* results of loads, in order of their begins */

static int load_slowly(void **value, void *arg) {
    job *self = arg;
    order[order_n++] = self->result;
    CHECK(!edo_once_get(self->once));
    CHECK_EQ(edo_once_set(self->once, &other), -EBUSY);
    int err = edo_sleep(edo_ms(self->load_ms));
    if (err < 0) return err;
    if (self->result == 0) *value = &thing;
    return self->result;
}

static int ask(void *arg) {
    job *self = arg;
    void *value = &other;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(self->limit_ms ? self->limit_ms : 100000));
    int err = edo_deadline_end(&d, edo_once_get_or_load(self->once, &value, load_slowly, self));
    CHECK(value == (err == 0 ? &thing : &other)); // written on success only
    return err;
}

/* Starts a task for each job, in order, and checks their results. */
static void run_jobs(job *jobs, size_t n, const int *results) {
    edo_task *tasks[8];
    order_n = 0;
    for (size_t i = 0; i < n; i++) {
        tasks[i] = edo_spawn(ask, &jobs[i]);
        CHECK(tasks[i]);
        CHECK_EQ(edo_yield(), 0);
    }
    for (size_t i = 0; i < n; i++) CHECK_EQ(edo_task_join(tasks[i]), results[i]);
}

static int fail_then_load(void *arg) {
    (void)arg;
    edo_once once = EDO_ONCE_INIT;
    job jobs[4];
    for (int i = 0; i < 4; i++) jobs[i] = (job){ .once = &once, .load_ms = 10 };
    jobs[0].result = -EIO;
    jobs[1].result = -ENOENT;
    edo_instant began = edo_now();
    run_jobs(jobs, 4, (int[]){ -EIO, -ENOENT, 0, 0 });
    CHECK_EQ(ms_since(began), 30);
    CHECK_EQ(order_n, 3); // the fourth did not load
    CHECK_EQ(order[0], -EIO);
    CHECK_EQ(order[1], -ENOENT);
    return 0;
}

/* The first is cut short in its load, the second in the line. */
static int cancel_then_load(void *arg) {
    (void)arg;
    edo_once once = EDO_ONCE_INIT;
    job jobs[4];
    for (int i = 0; i < 4; i++) jobs[i] = (job){ .once = &once, .load_ms = 100 };
    jobs[0].limit_ms = 20;
    jobs[1].limit_ms = 10;
    edo_instant began = edo_now();
    run_jobs(jobs, 4, (int[]){ -ETIMEDOUT, -ETIMEDOUT, 0, 0 });
    CHECK_EQ(ms_since(began), 120);
    CHECK_EQ(order_n, 2);
    CHECK(edo_once_get(&once) == &thing);
    return 0;
}

/* A task that is given the load when it has been cancelled hands it on: its load is told. */
static int cancel_as_it_is_given(void *arg) {
    (void)arg;
    edo_once once = EDO_ONCE_INIT;
    job jobs[3];
    for (int i = 0; i < 3; i++) jobs[i] = (job){ .once = &once, .load_ms = 20 };
    jobs[0].limit_ms = jobs[1].limit_ms = 10; // both end at one instant
    run_jobs(jobs, 3, (int[]){ -ETIMEDOUT, -ETIMEDOUT, 0 });
    CHECK(edo_once_get(&once) == &thing);
    return 0;
}

static void failed_load_is_followed_by_that_of_the_next(void **state) {
    (void)state;
    edo_task_fn *const cases[] = { fail_then_load, cancel_then_load, cancel_as_it_is_given };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
        assert_int_equal(edo_run(rt, cases[i], NULL), 0);
        edo_runtime_free(rt);
    }
}

/* ---- On every kind of runtime ---------------------------------------------------------------- */

#define ASKERS 16

typedef struct shared {
    edo_once once;
    edo_setonce loaded;
    edo_atomic_u32 loads_n;
} shared;

static int load_counted(void **value, void *arg) {
    shared *s = arg;
    uint32_t n = EDOI_ATOMIC_FETCH_ADD(&s->loads_n.edoi_value, 1u, EDOI_ACQ_REL);
    int err = edo_yield();
    if (err < 0) return err;
    if (n < 3) return -EAGAIN; // the first three tries fail
    int *made = malloc(sizeof *made);
    if (!made) return -ENOMEM;
    *made = 7;
    *value = made;
    return 0;
}

static int ask_until_loaded(void *arg) {
    shared *s = arg;
    void *value, *told;
    int err;
    do {
        err = edo_once_get_or_load(&s->once, &value, load_counted, s);
    } while (err == -EAGAIN);
    if (err < 0) return err;
    err = edo_setonce_set(&s->loaded, value);
    if (err < 0 && err != -EALREADY) return err;
    err = edo_setonce_wait(&s->loaded, &told);
    if (err < 0) return err;
    return told == value && *(int *)value == 7 && edo_once_get(&s->once) == value ? 0 : -EIO;
}

static int ask_by_many(void *arg) {
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < ASKERS; i++) edo_scope_spawn(&scope, ask_until_loaded, arg);
    return edo_scope_end(&scope, 0);
}

static void all_get_one_value_on(const edo_runtime_opts *kind) {
    for (int round = 0; round < 20; round++) {
        shared s = { .once = EDO_ONCE_INIT, .loaded = EDO_SETONCE_INIT };
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, kind), 0);
        assert_int_equal(edo_run(rt, ask_by_many, &s), 0);
        edo_runtime_free(rt);
        assert_int_equal(EDOI_ATOMIC_LOAD(&s.loads_n.edoi_value, EDOI_ACQUIRE), 4);
        free(edo_once_get(&s.once));
    }
}
ON_EACH_KIND(all_get_one_value)

/* ---- Futures --------------------------------------------------------------------------------- */

static edo_polled make_thing(void *arg, edo_cx *cx, int *result) {
    (void)cx;
    *(void **)arg = &thing;
    *result = 0;
    return EDO_READY;
}

/* A select drops the future while it loads; the next one's load makes the value. */
static int select_drops_a_load(void *arg) {
    (void)arg;
    edo_once once = EDO_ONCE_INIT;
    edo_once_get_or_load_future first, second;
    edo_pending_future never;
    edo_poll_fn_future makes;
    edo_sleep_future nap;
    void *value = NULL, *late = NULL;
    edo_future *f = edo_once_get_or_load_init(&second, &once, &late,
                                              edo_poll_fn_init(&makes, make_thing, &late));
    edo_future *loads = edo_once_get_or_load_init(&first, &once, &value, edo_pending_init(&never));
    CHECK_EQ(edo_poll_once(loads), EDO_PENDING);
    CHECK_EQ(edo_poll_once(f), EDO_PENDING);
    CHECK_EQ(edo_select(loads, edo_sleep_init(&nap, edo_ms(10))), 1);
    CHECK(edo_future_is_over(&never.base));
    CHECK_EQ(edo_await(f), 0);
    CHECK(late == &thing);
    CHECK(edo_once_get(&once) == &thing);
    return 0;
}

static void future_that_loads_may_be_dropped(void **state) {
    (void)state;
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    assert_int_equal(edo_run(rt, select_drops_a_load, NULL), 0);
    edo_runtime_free(rt);
}

static void load_that_is_not_needed_is_dropped_unpolled(void **state) {
    (void)state;
    edo_once once = EDO_ONCE_INIT;
    edo_once_get_or_load_future f;
    edo_pending_future never;
    hand_waker w = HAND_WAKER;
    void *value = NULL;
    assert_int_equal(edo_once_set(&once, &thing), 0);
    edo_future *get = edo_once_get_or_load_init(&f, &once, &value, edo_pending_init(&never));
    assert_int_equal(hand_poll(get, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_ptr_equal(value, &thing);
    assert_true(edo_future_is_over(&never.base));
}

static void one_set_wakes_more_than_are_woken_at_once(void **state) {
    (void)state;
    enum { CROWD = 100 };
    edo_setonce setonce = EDO_SETONCE_INIT;
    edo_setonce_wait_future f[CROWD];
    void *values[CROWD];
    hand_waker w = HAND_WAKER;
    for (size_t i = 0; i < CROWD; i++) {
        void **value = i % 2 ? &values[i] : NULL;
        assert_int_equal(hand_poll(edo_setonce_wait_init(&f[i], &setonce, value), &w), EDO_PENDING);
    }
    edo_drop(&f[50].base);
    assert_int_equal(edo_setonce_set(&setonce, &thing), 0);
    assert_int_equal(hand_woken(&w), CROWD - 1);
    for (size_t i = 0; i < CROWD; i++) {
        if (i == 50) continue;
        assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
        if (i % 2) assert_ptr_equal(values[i], &thing);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define ONCES     1000

typedef struct asker {
    edo_once *onces;
    parker parker;
    pthread_t thread;
    uint32_t random;
} asker;

static void *ask_all(void *arg) {
    asker *self = arg;
    for (size_t i = 0; i < ONCES; i++) {
        edo_once_get_or_load_future f;
        edo_poll_fn_future makes;
        edo_pending_future never;
        void *value = NULL;
        self->random = self->random * 1664525u + 1013904223u;
        edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
        if (self->random >> 31) { // perhaps begins to load, and gives up
            edo_future *half =
                edo_once_get_or_load_init(&f, &self->onces[i], &value, edo_pending_init(&never));
            if (edo_poll(half, &cx) == EDO_PENDING) edo_drop(half);
        }
        edo_future *load = edo_poll_fn_init(&makes, make_thing, &value);
        edo_future *get = edo_once_get_or_load_init(&f, &self->onces[i], &value, load);
        if (parker_await(&self->parker, get) != 0 || value != &thing) abort();
    }
    return NULL;
}

static void threads_that_give_up_leave_the_load_to_others(void **state) {
    (void)state;
    static edo_once onces[ONCES];
    static asker askers[THREADS_N];
    for (uint32_t i = 0; i < THREADS_N; i++) {
        askers[i].onces = onces;
        askers[i].random = i << 30;
        parker_init(&askers[i].parker);
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(askers[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) parker_deinit(&askers[i].parker);
    for (size_t i = 0; i < ONCES; i++) assert_ptr_equal(edo_once_get(&onces[i]), &thing);
}

/* ---- The end of a setonce -------------------------------------------------------------------- */

static void *set_it(void *arg) {
    assert_int_equal(edo_setonce_set(arg, &thing), 0);
    return NULL;
}

/* The thread sanitizer sees whether the thread that sets is ordered before the end. */
static void setonce_may_end_once_a_wait_has_returned(void **state) {
    (void)state;
    for (int i = 0; i < 100; i++) {
        edo_setonce *s = calloc(1, sizeof *s);
        pthread_t setter;
        void *value = NULL;
        assert_non_null(s);
        assert_int_equal(pthread_create(&setter, NULL, set_it, s), 0);
        if (i % 2 == 0) WAIT_FOR(edo_setonce_get(s));
        assert_int_equal(edo_setonce_wait(s, &value), 0);
        free(s);
        assert_ptr_equal(value, &thing);
        pthread_join(setter, NULL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(value_is_set_once),
        cmocka_unit_test(failed_load_is_followed_by_that_of_the_next),
        cmocka_unit_test(all_get_one_value),
        cmocka_unit_test(future_that_loads_may_be_dropped),
        cmocka_unit_test(load_that_is_not_needed_is_dropped_unpolled),
        cmocka_unit_test(one_set_wakes_more_than_are_woken_at_once),
        cmocka_unit_test(threads_that_give_up_leave_the_load_to_others),
        cmocka_unit_test(setonce_may_end_once_a_wait_has_returned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
