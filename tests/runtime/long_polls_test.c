/* SPDX-License-Identifier: MIT */
/* Goal: what a timer wakes waits for few polls of tasks that are always ready, however long these
 * polls are; and such tasks are shared out among workers that are always busy. Method: real time,
 * since polls take it; counted are polls, not time, so that a loaded machine makes no
 * difference. */
#include <edo/async.h>
#include <edo/edo.h>

#include "inside.h"
#include "patience.h"

#define BUSY    100 /* tasks; more than 61 polls */
#define POLL_MS 1
#define WAKES   8
#define MOST    12 /* polls after the instant, of 61 that the driver may be late otherwise */

typedef struct busy {
    edo_instant begun[4096]; /* when each poll began */
    int polls_n;
    bool over;
} busy;

static int poll_long(void *arg) {
    busy *b = arg;
    while (!b->over && b->polls_n < (int)EDO_COUNT(b->begun)) {
        edo_instant start = edo_now();
        b->begun[b->polls_n++] = start;
        while (ms_since(start) < POLL_MS) {
        }
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int polls_since(const busy *b, edo_instant at) {
    int n = 0;
    while (n < b->polls_n && edo_instant_since(b->begun[b->polls_n - 1 - n], at).ns > 0) n++;
    return n;
}

static int wake_beside(void *arg) {
    static busy b;
    edo_task *tasks[BUSY];
    (void)arg;
    b = (busy){ .polls_n = 0 };
    for (int i = 0; i < BUSY; i++) CHECK((tasks[i] = edo_spawn(poll_long, &b)) != NULL);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // from now on it is known how long polls take
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (int i = 0; i < WAKES; i++) {
        edo_instant due = edo_instant_add(edo_now(), edo_ms(3));
        CHECK_EQ(edo_sleep(edo_ms(3)), 0);
        CHECK(polls_since(&b, due) <= MOST);
    }
    b.over = true;
    for (int i = 0; i < BUSY; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    return 0;
}

static void a_timer_is_not_61_long_polls_late(void **state) {
    (void)state;
    assert_int_equal(inside_with(wake_beside, NULL, &one_thread), 0);
    const edo_runtime_opts one_worker = { .workers = 1 };
    assert_int_equal(inside_with(wake_beside, NULL, &one_worker), 0);
}

#define ROUNDS 40

/* Tasks that are always ready: the one, and the many that another worker spawns. */
typedef struct crowd {
    uint32_t many, poll_us;
    uint32_t one_n, many_n; /* atomic: polls */
    uint32_t ended_n;       /* atomic: of the many */
    uint32_t go, over;      /* atomic */
} crowd;

static uint32_t load(const uint32_t *n) {
    return __atomic_load_n(n, __ATOMIC_ACQUIRE);
}

static void add_poll(const crowd *c, uint32_t *n) {
    edo_instant start = edo_now();
    while (edo_instant_since(edo_now(), start).ns < c->poll_us * INT64_C(1000)) {
    }
    (void)__atomic_fetch_add(n, 1, __ATOMIC_ACQ_REL);
}

/* Without leaving its worker at first, so that the many are spawned on the other one. */
EDO_ASYNC(one, crowd *c; edo_yield_future turn;) {
    EDO_BEGIN;
    do {
        add_poll(self->c, &self->c->one_n);
    } while (!load(&self->c->go));
    while (!load(&self->c->over)) {
        EDO_AWAIT(edo_yield_init(&self->turn));
        add_poll(self->c, &self->c->one_n);
    }
    EDO_CLEANUP;
    EDO_END;
}

EDO_ASYNC(one_of_many, crowd *c; edo_yield_future turn;) {
    EDO_BEGIN;
    while (!load(&self->c->over)) {
        add_poll(self->c, &self->c->many_n);
        EDO_AWAIT(edo_yield_init(&self->turn));
    }
    (void)__atomic_fetch_add(&self->c->ended_n, 1, __ATOMIC_ACQ_REL);
    EDO_CLEANUP;
    EDO_END;
}

static int spawn_many(void *arg) {
    crowd *c = arg;
    for (uint32_t i = 0; i < c->many; i++) {
        one_of_many m;
        m.c = c;
        CHECK_EQ(edo_spawn_future_detached(one_of_many_init(&m)), 0);
    }
    return 0;
}

static void wait_for(const uint32_t *n, uint32_t at_least) {
    WAIT_FOR(load(n) >= at_least);
}

/* Returns how often the one is polled in ROUNDS rounds of the many, each of which then ends. */
static uint32_t polls_of_the_one(uint32_t many, uint32_t poll_us) {
    edo_runtime *rt;
    crowd c = { .many = many, .poll_us = poll_us };
    one first;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    first.c = &c;
    edo_task *t = edo_spawn_future_on(rt, one_init(&first));
    wait_for(&c.one_n, 1);
    assert_int_equal(edo_task_join(edo_spawn_on(rt, spawn_many, &c)), 0);
    wait_for(&c.many_n, many);
    uint32_t one_n = load(&c.one_n), many_n = load(&c.many_n);
    __atomic_store_n(&c.go, 1, __ATOMIC_RELEASE);
    wait_for(&c.many_n, many_n + many * ROUNDS);
    one_n = load(&c.one_n) - one_n;
    __atomic_store_n(&c.over, 1, __ATOMIC_RELEASE);
    assert_int_equal(edo_task_join(t), 0);
    wait_for(&c.ended_n, many);
    assert_int_equal(load(&c.ended_n), many);
    edo_runtime_free(rt);
    return one_n;
}

static void workers_that_are_always_busy_share_tasks_of_long_polls(void **state) {
    (void)state;
    // 64 * ROUNDS, if it had a worker for itself
    assert_in_range(polls_of_the_one(64, 300), 1, 4 * ROUNDS);
}

/* More tasks are too many, and more polls fit into a turn, than are taken at once. A task that is
 * taken without room for it never ends, or overwrites what the worker's invariants are about. */
static void no_more_tasks_are_taken_than_there_is_room_for(void **state) {
    (void)state;
    for (uint32_t poll_us = 16; poll_us <= 24; poll_us += 4) (void)polls_of_the_one(240, poll_us);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timer_is_not_61_long_polls_late),
        cmocka_unit_test(workers_that_are_always_busy_share_tasks_of_long_polls),
        cmocka_unit_test(no_more_tasks_are_taken_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
