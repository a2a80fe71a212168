/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/mutex.h and edo/sem.h about order, where fibers of two workers want one
 * lock: it seldom crosses from worker to worker, and each fiber gets it soon.
 * Method: fibers that live on both; the holders' notes under the lock. The only measure is how
 * often each held it. */
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>

#define FIBERS 20
#define ROUNDS 400

static const edo_runtime_opts two_workers = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
static const edo_spawn_opts spread = { .spread = true };

/* Shared by the fibers of a test. lock: the one they contend for, unless another is named. */
typedef struct contest {
    edo_mutex mutex;
    edo_sem sem;
    bool by_sem;
    edo_sem begun; /* any; a permit for each fiber that runs */
    pthread_t last;
    uint32_t held, crossed;
    uint32_t order[FIBERS], order_n;
    pthread_t asker;      /* const, as the next */
    int64_t hold_us;      /* 0: over a yield */
    edo_atomic_u32 over;  /* atomic, relaxed */
    edo_atomic_u32 turns; /* atomic, relaxed: how often it was held */
} contest;

typedef struct fighter {
    contest *c;
    uint32_t at;
    uint32_t random;
    pthread_t thread; /* where it lives */
    edo_task *task;
} fighter;

static contest contest_of(bool by_sem, uint32_t permits) {
    return (contest){ .mutex = EDO_MUTEX_INIT,
                      .sem = EDO_SEM_INIT(permits),
                      .by_sem = by_sem,
                      .begun = EDO_SEM_INIT(0) };
}

static uint32_t load(edo_atomic_u32 *n) {
    return EDOI_ATOMIC_LOAD(&n->edoi_value, EDOI_RELAXED);
}

static void add(edo_atomic_u32 *n) {
    (void)EDOI_ATOMIC_FETCH_ADD(&n->edoi_value, 1u, EDOI_RELAXED);
}

static int lock(contest *c) {
    return c->by_sem ? edo_sem_acquire(&c->sem, 1) : edo_mutex_lock(&c->mutex);
}

static void unlock(contest *c) {
    if (c->by_sem) {
        edo_sem_release(&c->sem, 1);
    } else {
        edo_mutex_unlock(&c->mutex);
    }
}

static void lock_and_note(contest *c) {
    CHECK_EQ(lock(c), 0);
    if (c->held++ > 0 && !pthread_equal(c->last, pthread_self())) c->crossed++;
    c->last = pthread_self();
    add(&c->turns);
}

/* The first thing that a fiber does. */
static contest *begin(fighter *self) {
    self->thread = pthread_self();
    edo_sem_release(&self->c->begun, 1);
    return self->c;
}

/* Starts them one after another: those of one worker in this order. */
static void start(contest *c, fighter *f, uint32_t n, edo_task_fn *fn) {
    for (uint32_t i = 0; i < n; i++) {
        f[i] = (fighter){ .c = c, .at = i, .random = i * 2654435761u };
        f[i].task = edo_spawn_with(fn, &f[i], &spread);
        CHECK(f[i].task);
        CHECK_EQ(edo_sem_acquire(&c->begun, 1), 0);
    }
}

static void join(fighter *f, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) CHECK_EQ(edo_task_join(f[i].task), 0);
}

static void by_both(edo_task_fn *fn) {
    for (int by_sem = 0; by_sem < 2; by_sem++)
        assert_int_equal(inside_with(fn, &(bool){ by_sem }, &two_workers), 0);
}

/* ---- Crossings ------------------------------------------------------------------------------- */

static int fight(void *arg) {
    contest *c = begin(arg);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        lock_and_note(c);
        CHECK_EQ(edo_yield(), 0);
        unlock(c);
    }
    return 0;
}

static int few_cross(void *arg) {
    static contest c;
    static fighter f[FIBERS];
    c = contest_of(*(bool *)arg, 1);
    lock_and_note(&c); // so they stand in line, of either worker in turn
    start(&c, f, FIBERS, fight);
    unlock(&c);
    join(f, FIBERS);
    CHECK_EQ(c.held, FIBERS * ROUNDS + 1);
    CHECK(c.crossed < c.held / 4); // in order of arrival nearly each does
    return 0;
}

static void the_lock_seldom_goes_to_another_worker(void **state) {
    (void)state;
    by_both(few_cross);
}

/* ---- Order ----------------------------------------------------------------------------------- */

static int note_turn(void *arg) {
    contest *c = begin(arg);
    lock_and_note(c);
    c->order[c->order_n++] = ((fighter *)arg)->at;
    unlock(c);
    return 0;
}

static int in_order_of_arrival(void *arg) {
    static contest c;
    static fighter f[FIBERS];
    c = contest_of(*(bool *)arg, 1);
    lock_and_note(&c);
    start(&c, f, FIBERS, note_turn);
    unlock(&c);
    join(f, FIBERS);
    CHECK_EQ(c.order_n, FIBERS);
    for (uint32_t late = 0; late < FIBERS; late++)
        for (uint32_t early = 0; early < late; early++)
            CHECK(c.order[early] < c.order[late] ||
                  !pthread_equal(f[c.order[early]].thread, f[c.order[late]].thread));
    return 0;
}

static void waiters_of_one_of_two_workers_keep_their_order(void **state) {
    (void)state;
    by_both(in_order_of_arrival);
}

/* ---- Nobody starves -------------------------------------------------------------------------- */

#define TURNS_MAX 3000000u /* much more than it takes */
#define ASKS      20u

static void hold_for_us(int64_t us) {
    edo_instant from = edo_now();
    while (edo_instant_since(edo_now(), from).ns < us * 1000) continue;
}

/* It has the lock again and again, with others of its worker, unless that is the asker's. */
static int hog(void *arg) {
    contest *c = begin(arg);
    if (pthread_equal(c->asker, pthread_self())) return 0;
    while (!load(&c->over) && load(&c->turns) < TURNS_MAX) {
        lock_and_note(c);
        if (c->hold_us > 0) hold_for_us(c->hold_us);
        CHECK_EQ(edo_yield(), 0);
        unlock(c);
    }
    return 0;
}

/* Asks again and again for the lock, which hogs of the other worker have. Returns the fewest turns
 * of hogs that came later than the asker, and passed it. */
static uint32_t ask(contest *c) {
    static fighter f[FIBERS];
    uint32_t fewest = TURNS_MAX, hogs_n = 0;
    c->asker = pthread_self();
    start(c, f, FIBERS, hog);
    for (uint32_t i = 0; i < FIBERS; i++) hogs_n += !pthread_equal(f[i].thread, c->asker);
    CHECK(hogs_n >= 2);
    for (uint32_t i = 0; i < ASKS; i++) {
        uint32_t before = load(&c->turns);
        lock_and_note(c);
        CHECK(load(&c->turns) < TURNS_MAX); // else it got the lock only after the hogs
        uint32_t passed = load(&c->turns) - before - 1;
        passed -= passed < hogs_n ? passed : hogs_n; // each may have come before the asker
        if (passed < fewest) fewest = passed;
        unlock(c);
        CHECK_EQ(edo_yield(), 0);
    }
    EDOI_ATOMIC_STORE(&c->over.edoi_value, 1u, EDOI_RELAXED);
    join(f, FIBERS);
    return fewest;
}

static int ask_hogs(void *arg) {
    static contest c;
    c = contest_of(*(bool *)arg, 1);
    (void)ask(&c);
    return 0;
}

static void waiter_of_another_worker_is_not_starved(void **state) {
    (void)state;
    by_both(ask_hogs);
}

/* The asker may lose the processor before it stands in line, but not each time. */
static int ask_slow_hogs(void *arg) {
    static contest c;
    c = contest_of(*(bool *)arg, 1);
    c.hold_us = 2000;
    CHECK(ask(&c) <= 4);
    return 0;
}

static void long_holds_pass_a_waiter_four_times_at_most(void **state) {
    (void)state;
    by_both(ask_slow_hogs);
}

/* ---- Large requests, and leaving ------------------------------------------------------------- */

#define PERMITS 4u

static int take_small(void *arg) {
    contest *c = begin(arg);
    int err;
    while ((err = edo_sem_acquire(&c->sem, 1)) == 0 && load(&c->turns) < TURNS_MAX) {
        add(&c->turns);
        int yielded = edo_yield();
        edo_sem_release(&c->sem, 1);
        if (yielded < 0) return yielded;
    }
    CHECK_EQ(err, -EDO_ECLOSED);
    return 0;
}

static int take_all(void *arg) {
    (void)arg;
    static contest c;
    static fighter f[FIBERS];
    c = contest_of(true, PERMITS);
    start(&c, f, FIBERS, take_small);
    for (uint32_t i = 0; i < ASKS; i++) {
        CHECK_EQ(edo_sem_acquire(&c.sem, PERMITS), 0);
        CHECK(load(&c.turns) < TURNS_MAX);
        edo_sem_release(&c.sem, PERMITS);
    }
    edo_sem_close(&c.sem); // while a waiter may be passed
    join(f, FIBERS);
    CHECK_EQ(edo_sem_available(&c.sem), PERMITS);
    return 0;
}

static void large_requests_are_served_and_a_close_ends_all(void **state) {
    (void)state;
    assert_int_equal(inside_with(take_all, NULL, &two_workers), 0);
}

/* Waits a random short time for the lock; polls only, and leaves, now and then. */
static int come_and_go(void *arg) {
    fighter *self = arg;
    contest *c = begin(self);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        self->random = self->random * 1664525u + 1013904223u;
        edo_deadline limit;
        edo_deadline_begin(&limit, edo_us(self->random >> 26));
        int err = edo_deadline_end(&limit, lock(c));
        if (err < 0) {
            CHECK_EQ(err, -ETIMEDOUT);
            continue;
        }
        c->held++;
        if (self->random >> 24 & 1) CHECK_EQ(edo_yield(), 0);
        unlock(c);
        add(&c->turns);
    }
    return 0;
}

static int leave_at_any_time(void *arg) {
    static contest c;
    static fighter f[FIBERS];
    c = contest_of(*(bool *)arg, 1);
    start(&c, f, FIBERS, come_and_go);
    join(f, FIBERS);
    CHECK_EQ(c.held, load(&c.turns));
    CHECK_EQ(c.by_sem ? edo_sem_try_acquire(&c.sem, 1) : edo_mutex_try_lock(&c.mutex), 0);
    if (!c.by_sem) edo_mutex_unlock(&c.mutex);
    return 0;
}

static void leaving_loses_no_turn(void **state) {
    (void)state;
    by_both(leave_at_any_time);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_seldom_goes_to_another_worker),
        cmocka_unit_test(waiters_of_one_of_two_workers_keep_their_order),
        cmocka_unit_test(waiter_of_another_worker_is_not_starved),
        cmocka_unit_test(long_holds_pass_a_waiter_four_times_at_most),
        cmocka_unit_test(large_requests_are_served_and_a_close_ends_all),
        cmocka_unit_test(leaving_loses_no_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
