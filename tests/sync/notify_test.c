/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/notify.h about one, last, all, and from when on a wait counts.
 * Method: polls by hand; then threads that pass notifications around until all have arrived. */
#include <edo/notify.h>

#include "parker.h"
#include "poll_by_hand.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static edo_polled begin(edo_notify_wait_future *f, edo_notify *n, hand_waker *w) {
    return hand_poll(edo_notify_wait_init(f, n), w);
}

static void notify_one_without_waiters_is_stored_once(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future f;
    hand_waker w = HAND_WAKER;
    edo_notify_one(&n);
    edo_notify_one(&n);
    edo_notify_last(&n);
    assert_int_equal(begin(&f, &n, &w), EDO_READY);
    assert_int_equal(begin(&f, &n, &w), EDO_PENDING);
    edo_drop(&f.base);
}

static void notify_one_wakes_the_oldest_waiter_and_notify_last_the_newest(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future f[3];
    hand_waker w[3];
    for (size_t i = 0; i < 3; i++) {
        w[i] = (hand_waker)HAND_WAKER;
        assert_int_equal(begin(&f[i], &n, &w[i]), EDO_PENDING);
    }
    edo_notify_one(&n);
    assert_int_equal(hand_woken(&w[0]), 1);
    edo_notify_last(&n);
    assert_int_equal(hand_woken(&w[2]), 1);
    assert_int_equal(hand_woken(&w[1]), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hand_poll(&f[i].base, &w[i]), i == 1 ? EDO_PENDING : EDO_READY);
        edo_drop(&f[i].base);
    }
}

static void all_counts_from_the_making_of_the_future(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future f;
    hand_waker w = HAND_WAKER;
    (void)edo_notify_wait_init(&f, &n);
    edo_notify_all(&n);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(begin(&f, &n, &w), EDO_PENDING); // nothing is stored
    edo_drop(&f.base);
}

static void notify_one_counts_from_the_first_poll_or_from_enabling(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future made, enabled, late;
    hand_waker w = HAND_WAKER;
    (void)edo_notify_wait_init(&made, &n);
    (void)edo_notify_wait_init(&enabled, &n);
    assert_false(edo_notify_wait_enable(&enabled));
    edo_notify_one(&n);
    assert_int_equal(hand_poll(&made.base, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&enabled.base, &w), EDO_READY);
    edo_drop(&made.base);

    edo_notify_one(&n);
    (void)edo_notify_wait_init(&late, &n);
    assert_true(edo_notify_wait_enable(&late)); // takes the stored one
    assert_int_equal(begin(&made, &n, &w), EDO_PENDING);
    assert_int_equal(hand_poll(&late.base, &w), EDO_READY);
    edo_drop(&made.base);
}

/* A future that notify_all satisfied owes nothing to a stored notification: the permit is for a
 * task that waits for nothing else. Every way to look at the future, with the permit stored before
 * or after the call. */
static void all_satisfies_a_made_future_and_leaves_the_permit(void **state) {
    (void)state;
    for (int way = 0; way < 6; way++) {
        bool permit_first = way % 2 == 0;
        edo_notify n = EDO_NOTIFY_INIT;
        edo_notify_wait_future made, next;
        hand_waker w = HAND_WAKER;
        (void)edo_notify_wait_init(&made, &n);
        if (permit_first) edo_notify_one(&n);
        edo_notify_all(&n);
        if (!permit_first) edo_notify_one(&n);
        switch (way / 2) {
        case 0: assert_int_equal(hand_poll(&made.base, &w), EDO_READY); break;
        case 1:
            assert_true(edo_notify_wait_enable(&made));
            assert_int_equal(hand_poll(&made.base, &w), EDO_READY);
            break;
        default: assert_true(edo_notify_wait_enable(&made)); break; // and dropped
        }
        edo_drop(&made.base);
        assert_int_equal(begin(&next, &n, &w), EDO_READY); // the permit, once
        assert_int_equal(begin(&next, &n, &w), EDO_PENDING);
        edo_drop(&next.base);
    }
}

static void a_taken_notification_is_not_passed_on(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future f;
    hand_waker w = HAND_WAKER;
    edo_notify_one(&n);
    (void)edo_notify_wait_init(&f, &n);
    assert_true(edo_notify_wait_enable(&f));
    assert_true(edo_notify_wait_enable(&f));
    edo_drop(&f.base);
    assert_int_equal(begin(&f, &n, &w), EDO_PENDING);
    edo_drop(&f.base);
}

static void notification_of_a_waiter_that_leaves_goes_to_another(void **state) {
    (void)state;
    edo_notify n = EDO_NOTIFY_INIT;
    edo_notify_wait_future f[4];
    hand_waker w[4];
    for (size_t i = 0; i < 4; i++) {
        w[i] = (hand_waker)HAND_WAKER;
        assert_int_equal(begin(&f[i], &n, &w[i]), EDO_PENDING);
    }
    edo_notify_one(&n);
    edo_drop(&f[0].base);
    assert_int_equal(hand_woken(&w[1]), 1); // to the longest waiting
    edo_notify_last(&n);
    edo_drop(&f[3].base);
    assert_int_equal(hand_woken(&w[2]), 1); // to the newest
    edo_drop(&f[1].base);
    edo_drop(&f[2].base); // two cannot be passed on: one is stored
    assert_int_equal(begin(&f[0], &n, &w[0]), EDO_READY);
    assert_int_equal(begin(&f[0], &n, &w[0]), EDO_PENDING);
    edo_notify_all(&n);
    edo_drop(&f[0].base); // all is not passed on
    assert_int_equal(begin(&f[0], &n, &w[0]), EDO_PENDING);
    edo_drop(&f[0].base);
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define THREADS_N 4
#define TURNS     8000

/* Each waiter needs a notification for every turn that it takes; each taker passes one on. */
typedef struct relay {
    edo_notify baton, over;
    edo_atomic_u32 turns;
} relay;

typedef struct runner {
    relay *relay;
    parker parker;
    pthread_t thread;
    uint32_t random, taken;
} runner;

static void *runner_run(void *arg) {
    runner *self = arg;
    relay *r = self->relay;
    edo_notify_wait_future f;
    for (;;) {
        self->random = self->random * 1664525u + 1013904223u;
        (void)edo_notify_wait_init(&f, &r->baton);
        if (self->random >> 30 == 0) { // polls once and gives up: it must go to another
            edo_cx cx = { .waker = &self->parker.base, .budget = EDO_BUDGET };
            if (edo_poll(&f.base, &cx) == EDO_PENDING) {
                edo_drop(&f.base);
                (void)edo_notify_wait_init(&f, &r->baton);
                (void)parker_await(&self->parker, &f.base);
            }
        } else {
            (void)parker_await(&self->parker, &f.base);
        }
        if (EDOI_ATOMIC_FETCH_ADD(&r->turns.edoi_value, 1u, EDOI_RELAXED) >= TURNS) break;
        self->taken++;
        if (self->random >> 29 & 1) {
            edo_notify_one(&r->baton);
        } else {
            edo_notify_last(&r->baton);
        }
    }
    edo_notify_one(&r->baton); // the others end likewise
    return NULL;
}

static void threads_never_lose_the_baton(void **state) {
    (void)state;
    static relay the_relay = { .baton = EDO_NOTIFY_INIT };
    static runner runners[THREADS_N];
    for (uint32_t i = 0; i < THREADS_N; i++) {
        runners[i].relay = &the_relay;
        runners[i].random = i;
        parker_init(&runners[i].parker);
        assert_int_equal(pthread_create(&runners[i].thread, NULL, runner_run, &runners[i]), 0);
    }
    edo_notify_one(&the_relay.baton);
    uint32_t taken = 0;
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(runners[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) {
        taken += runners[i].taken;
        parker_deinit(&runners[i].parker);
    }
    assert_int_equal(taken, TURNS);
}

/* Rounds: each thread arrives, the last to arrive starts the next round for all. */
typedef struct circle {
    edo_notify turned;
    edo_atomic_u32 arrived;
} circle;

typedef struct dancer {
    circle *circle;
    parker parker;
    pthread_t thread;
} dancer;

#define ROUNDS 1000

static void *dancer_dance(void *arg) {
    dancer *self = arg;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        edo_notify_wait_future f;
        (void)edo_notify_wait_init(&f, &self->circle->turned); // before arriving: so it counts
        uint32_t *arrived = &self->circle->arrived.edoi_value;
        if (EDOI_ATOMIC_FETCH_ADD(arrived, 1u, EDOI_ACQ_REL) + 1 == round * THREADS_N)
            edo_notify_all(&self->circle->turned);
        (void)parker_await(&self->parker, &f.base);
    }
    return NULL;
}

static void threads_never_miss_a_call_for_all(void **state) {
    (void)state;
    static circle the_circle = { .turned = EDO_NOTIFY_INIT };
    static dancer dancers[THREADS_N];
    for (size_t i = 0; i < THREADS_N; i++) {
        dancers[i].circle = &the_circle;
        parker_init(&dancers[i].parker);
        assert_int_equal(pthread_create(&dancers[i].thread, NULL, dancer_dance, &dancers[i]), 0);
    }
    for (size_t i = 0; i < THREADS_N; i++) pthread_join(dancers[i].thread, NULL);
    for (size_t i = 0; i < THREADS_N; i++) parker_deinit(&dancers[i].parker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notify_one_without_waiters_is_stored_once),
        cmocka_unit_test(notify_one_wakes_the_oldest_waiter_and_notify_last_the_newest),
        cmocka_unit_test(all_counts_from_the_making_of_the_future),
        cmocka_unit_test(notify_one_counts_from_the_first_poll_or_from_enabling),
        cmocka_unit_test(all_satisfies_a_made_future_and_leaves_the_permit),
        cmocka_unit_test(a_taken_notification_is_not_passed_on),
        cmocka_unit_test(notification_of_a_waiter_that_leaves_goes_to_another),
        cmocka_unit_test(threads_never_lose_the_baton),
        cmocka_unit_test(threads_never_miss_a_call_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
