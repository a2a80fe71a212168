/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/mutex.h: one holder, in order of arrival, no barging, nothing is
 * lost.
 * Method: polls by hand; then threads that contend for it, some of which give up while they
 * wait. */
#include <edo/mutex.h>

#include "parker.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void waiters_are_served_in_order_of_arrival(void **state) {
    (void)state;
    edo_mutex m = EDO_MUTEX_INIT;
    edo_mutex_lock_future f[5];
    hand_waker w[5];
    assert_int_equal(edo_mutex_try_lock(&m), 0);
    for (size_t i = 0; i < EDO_COUNT(f); i++) {
        w[i] = (hand_waker)HAND_WAKER;
        assert_int_equal(hand_poll(edo_mutex_lock_init(&f[i], &m), &w[i]), EDO_PENDING);
    }
    for (size_t i = 0; i < EDO_COUNT(f); i++) {
        edo_mutex_unlock(&m);
        for (size_t j = 0; j < EDO_COUNT(f); j++) assert_int_equal(hand_woken(&w[j]), j <= i);
        assert_int_equal(hand_poll(&f[i].base, &w[i]), EDO_READY);
        assert_int_equal(edo_result(&f[i]), 0);
    }
    edo_mutex_unlock(&m);
    assert_int_equal(edo_mutex_try_lock(&m), 0);
}

static void no_task_takes_the_mutex_before_the_woken_one(void **state) {
    (void)state;
    edo_mutex m = EDO_MUTEX_INIT;
    edo_mutex_lock_future first, late;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_mutex_try_lock(&m), 0);
    assert_int_equal(hand_poll(edo_mutex_lock_init(&first, &m), &w), EDO_PENDING);
    edo_mutex_unlock(&m);
    assert_int_equal(edo_mutex_try_lock(&m), -EAGAIN);
    assert_int_equal(hand_poll(edo_mutex_lock_init(&late, &m), &w), EDO_PENDING);
    assert_int_equal(hand_poll(&first.base, &w), EDO_READY);
    edo_drop(&late.base);
    edo_mutex_unlock(&m);
}

static void lock_handed_to_a_dropped_waiter_goes_to_the_next(void **state) {
    (void)state;
    edo_mutex m = EDO_MUTEX_INIT;
    edo_mutex_lock_future first, second;
    hand_waker w1 = HAND_WAKER, w2 = HAND_WAKER;
    assert_int_equal(edo_mutex_try_lock(&m), 0);
    assert_int_equal(hand_poll(edo_mutex_lock_init(&first, &m), &w1), EDO_PENDING);
    assert_int_equal(hand_poll(edo_mutex_lock_init(&second, &m), &w2), EDO_PENDING);
    edo_mutex_unlock(&m);
    assert_int_equal(hand_woken(&w2), 0);
    edo_drop(&first.base);
    assert_int_equal(hand_woken(&w2), 1);
    assert_int_equal(hand_poll(&second.base, &w2), EDO_READY);
    edo_mutex_unlock(&m);
}

static void waiter_that_leaves_the_middle_of_the_line_is_skipped(void **state) {
    (void)state;
    edo_mutex m = EDO_MUTEX_INIT;
    edo_mutex_lock_future f[3];
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_mutex_try_lock(&m), 0);
    for (size_t i = 0; i < EDO_COUNT(f); i++)
        assert_int_equal(hand_poll(edo_mutex_lock_init(&f[i], &m), &w), EDO_PENDING);
    edo_drop(&f[1].base);
    edo_mutex_unlock(&m);
    assert_int_equal(hand_poll(&f[0].base, &w), EDO_READY);
    edo_mutex_unlock(&m);
    assert_int_equal(hand_poll(&f[2].base, &w), EDO_READY);
    edo_mutex_unlock(&m);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define ROUNDS    4000

typedef struct ring {
    edo_mutex mutex;
    uint64_t count; /* lock: mutex */
} ring;

typedef struct fighter {
    ring *ring;
    parker parker;
    pthread_t thread;
    uint32_t random, held;
} fighter;

static void *fight_on(void *arg) {
    fighter *self = arg;
    for (int i = 0; i < ROUNDS; i++) {
        self->random = self->random * 1664525u + 1013904223u;
        edo_mutex_lock_future f;
        (void)edo_mutex_lock_init(&f, &self->ring->mutex);
        if (self->random >> 30 == 0) { // polls once and gives up
            edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
            if (edo_poll(&f.base, &cx) == EDO_PENDING) {
                edo_drop(&f.base);
                continue;
            }
        } else {
            (void)parker_await(&self->parker, &f.base);
        }
        self->ring->count++;
        if (self->random >> 24 & 1) sched_yield(); // lets the others queue up
        self->held++;
        edo_mutex_unlock(&self->ring->mutex);
    }
    return NULL;
}

static void threads_never_hold_it_together_and_all_get_through(void **state) {
    (void)state;
    static ring the_ring = { EDO_MUTEX_INIT, 0 };
    static fighter fighters[THREADS_N];
    for (uint32_t i = 0; i < THREADS_N; i++) {
        fighters[i].ring = &the_ring;
        fighters[i].random = i;
        parker_init(&fighters[i].parker);
        assert_int_equal(pthread_create(&fighters[i].thread, NULL, fight_on, &fighters[i]), 0);
    }
    uint64_t held = 0;
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(fighters[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) {
        held += fighters[i].held;
        parker_deinit(&fighters[i].parker);
    }
    assert_int_equal(the_ring.count, held);
    assert_int_equal(edo_mutex_try_lock(&the_ring.mutex), 0);
}

/* Objects that are freed by their last user; under the object's own lock a user learns that it is
 * the last. */
#define THINGS 500

typedef struct thing {
    edo_mutex mutex;
    uint32_t users; /* lock: mutex */
} thing;

typedef struct user {
    thing **things;
    parker parker;
    pthread_t thread;
    uint32_t random;
} user;

static void *use_things(void *arg) {
    user *self = arg;
    for (size_t i = 0; i < THINGS; i++) {
        thing *t = self->things[i];
        edo_mutex_lock_future f, other;
        self->random = self->random * 1664525u + 1013904223u;
        (void)edo_mutex_lock_init(&other, &t->mutex);
        edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
        bool twice = self->random >> 31;
        if (twice && edo_poll(&other.base, &cx) == EDO_READY) {
            edo_mutex_unlock(&t->mutex);
            twice = false;
        }
        edo_polled polled = edo_poll(edo_mutex_lock_init(&f, &t->mutex), &cx);
        if (twice) edo_drop(&other.base); // just when a thread may unlock
        if (polled == EDO_PENDING) (void)parker_await(&self->parker, &f.base);
        bool last = --t->users == 0;
        edo_mutex_unlock(&t->mutex);
        if (last) free(t);
    }
    return NULL;
}

static void the_last_holder_may_free_it(void **state) {
    (void)state;
    static thing *things[THINGS];
    static user users[THREADS_N];
    for (size_t i = 0; i < THINGS; i++) {
        things[i] = calloc(1, sizeof *things[i]);
        assert_non_null(things[i]);
        things[i]->users = THREADS_N;
    }
    for (uint32_t i = 0; i < THREADS_N; i++) {
        users[i].things = things;
        users[i].random = i << 30;
        parker_init(&users[i].parker);
        assert_int_equal(pthread_create(&users[i].thread, NULL, use_things, &users[i]), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(users[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) parker_deinit(&users[i].parker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiters_are_served_in_order_of_arrival),
        cmocka_unit_test(no_task_takes_the_mutex_before_the_woken_one),
        cmocka_unit_test(lock_handed_to_a_dropped_waiter_goes_to_the_next),
        cmocka_unit_test(waiter_that_leaves_the_middle_of_the_line_is_skipped),
        cmocka_unit_test(threads_never_hold_it_together_and_all_get_through),
        cmocka_unit_test(the_last_holder_may_free_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
