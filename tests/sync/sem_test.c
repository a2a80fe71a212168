/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/sem.h: order of arrival, large requests are not starved, try takes only
 * permits that are not set aside, closing ends every wait.
 * Method: polls by hand; then threads that take and give random numbers, and sometimes give up. */
#include <edo/sem.h>

#include "parker.h"
#include "poll_by_hand.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_large_request_is_not_starved_by_small_ones(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(3);
    edo_sem_acquire_future large, small;
    hand_waker w1 = HAND_WAKER, w2 = HAND_WAKER;
    assert_int_equal(edo_sem_try_acquire(&sem, 2), 0);
    assert_int_equal(hand_poll(edo_sem_acquire_init(&large, &sem, 3), &w1), EDO_PENDING);
    assert_int_equal(hand_poll(edo_sem_acquire_init(&small, &sem, 1), &w2), EDO_PENDING);
    assert_int_equal(edo_sem_available(&sem), 0);
    assert_int_equal(edo_sem_try_acquire(&sem, 1), -EAGAIN);
    edo_sem_release(&sem, 1);
    assert_int_equal(hand_woken(&w1) + hand_woken(&w2), 0);
    edo_sem_release(&sem, 1);
    assert_int_equal(hand_woken(&w1), 1);
    assert_int_equal(hand_woken(&w2), 0);
    assert_int_equal(hand_poll(&large.base, &w1), EDO_READY);
    edo_sem_release(&sem, 3);
    assert_int_equal(hand_poll(&small.base, &w2), EDO_READY);
    assert_int_equal(edo_sem_available(&sem), 2);
}

static void permits_of_a_dropped_waiter_go_to_the_next(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(2);
    edo_sem_acquire_future large, small[2];
    hand_waker w = HAND_WAKER;
    assert_int_equal(hand_poll(edo_sem_acquire_init(&large, &sem, 9), &w), EDO_PENDING);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(hand_poll(edo_sem_acquire_init(&small[i], &sem, 1), &w), EDO_PENDING);
    edo_drop(&large.base);
    assert_int_equal(hand_woken(&w), 2);
    for (size_t i = 0; i < 2; i++) assert_int_equal(hand_poll(&small[i].base, &w), EDO_READY);
}

static void closing_ends_present_and_later_waits(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(1);
    edo_sem_acquire_future f[40], late;
    hand_waker w = HAND_WAKER;
    for (size_t i = 0; i < EDO_COUNT(f); i++)
        assert_int_equal(hand_poll(edo_sem_acquire_init(&f[i], &sem, 2), &w), EDO_PENDING);
    assert_false(edo_sem_is_closed(&sem));
    edo_sem_close(&sem);
    edo_sem_close(&sem);
    assert_true(edo_sem_is_closed(&sem));
    assert_int_equal(hand_woken(&w), EDO_COUNT(f));
    edo_drop(&f[0].base);
    for (size_t i = 1; i < EDO_COUNT(f); i++) {
        assert_int_equal(hand_poll(&f[i].base, &w), EDO_READY);
        assert_int_equal(edo_result(&f[i]), -EDO_ECLOSED);
    }
    assert_int_equal(hand_poll(edo_sem_acquire_init(&late, &sem, 1), &w), EDO_READY);
    assert_int_equal(edo_result(&late), -EDO_ECLOSED);
    assert_int_equal(edo_sem_try_acquire(&sem, 1), -EDO_ECLOSED);
    assert_int_equal(edo_sem_available(&sem), 1);
    edo_sem_release(&sem, 1);
    assert_int_equal(edo_sem_available(&sem), 2);
}

static void forgetting_takes_free_permits_and_returns_their_number(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(EDO_SEM_PERMITS_MAX);
    assert_int_equal(edo_sem_forget(&sem, EDO_SEM_PERMITS_MAX - 5), EDO_SEM_PERMITS_MAX - 5);
    assert_int_equal(edo_sem_try_acquire(&sem, 2), 0);
    assert_int_equal(edo_sem_forget(&sem, UINT64_MAX), 3);
    assert_int_equal(edo_sem_forget(&sem, 1), 0);
    edo_sem_release(&sem, 2);
    assert_int_equal(edo_sem_available(&sem), 2);
}

static void acquiring_none_is_ready_at_once(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(0);
    edo_sem_acquire_future f;
    hand_waker w = HAND_WAKER;
    assert_int_equal(hand_poll(edo_sem_acquire_init(&f, &sem, 0), &w), EDO_READY);
    assert_int_equal(edo_sem_try_acquire(&sem, 0), 0);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define ROUNDS    4000
#define PERMITS   3

typedef struct pond {
    edo_sem sem;
    edo_atomic_u32 used; /* permits that threads hold */
} pond;

typedef struct frog {
    pond *pond;
    parker parker;
    pthread_t thread;
    uint32_t random;
    bool crowded; /* saw more permits in use than there are */
} frog;

static void *frog_live(void *arg) {
    frog *self = arg;
    for (int i = 0; i < ROUNDS; i++) {
        self->random = self->random * 1664525u + 1013904223u;
        uint32_t n = 1 + (self->random >> 28) % PERMITS;
        edo_sem_acquire_future f;
        (void)edo_sem_acquire_init(&f, &self->pond->sem, n);
        if (self->random >> 20 & 1) { // polls once and gives up
            edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
            if (edo_poll(&f.base, &cx) == EDO_PENDING) {
                edo_drop(&f.base);
                continue;
            }
        } else {
            (void)parker_await(&self->parker, &f.base);
        }
        uint32_t *used = &self->pond->used.edoi_value;
        if (EDOI_ATOMIC_FETCH_ADD(used, n, EDOI_RELAXED) + n > PERMITS) self->crowded = true;
        if (self->random >> 24 & 1) sched_yield();
        (void)EDOI_ATOMIC_FETCH_SUB(used, n, EDOI_RELAXED);
        edo_sem_release(&self->pond->sem, n);
    }
    return NULL;
}

static void threads_never_have_more_permits_than_there_are(void **state) {
    (void)state;
    static pond the_pond = { EDO_SEM_INIT(PERMITS), EDOI_ATOMIC_INIT(0) };
    static frog frogs[THREADS_N];
    for (uint32_t i = 0; i < THREADS_N; i++) {
        frogs[i].pond = &the_pond;
        frogs[i].random = i;
        parker_init(&frogs[i].parker);
        assert_int_equal(pthread_create(&frogs[i].thread, NULL, frog_live, &frogs[i]), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(frogs[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) {
        assert_false(frogs[i].crowded);
        parker_deinit(&frogs[i].parker);
    }
    assert_int_equal(edo_sem_available(&the_pond.sem), PERMITS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_request_is_not_starved_by_small_ones),
        cmocka_unit_test(permits_of_a_dropped_waiter_go_to_the_next),
        cmocka_unit_test(closing_ends_present_and_later_waits),
        cmocka_unit_test(forgetting_takes_free_permits_and_returns_their_number),
        cmocka_unit_test(acquiring_none_is_ready_at_once),
        cmocka_unit_test(threads_never_have_more_permits_than_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
