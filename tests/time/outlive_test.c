/* SPDX-License-Identifier: MIT */
/* Goal: a sleep that was polled in a runtime, or by a thread alone, may be dropped, reset and
 * awaited elsewhere when that has ended; it then still ends at its time, and not before.
 * Method: a select that keeps its branches, in every pair of places; a thread that ends while
 * another drops. */
#include <edo/edo.h>

#include "inside.h"
#include "leftovers.h"

#include <pthread.h>

/* Polls a future beside a shorter sleep, which ends first, or is looked at first where both have
 * ended before this thread ran again. */
static int poll_beside(void *arg) {
    edo_sleep_future brief;
    edo_future *both[] = { edo_sleep_init(&brief, edo_ms(2)), arg };
    edo_select_future sel;
    uint32_t flags = EDO_SELECT_KEEP | EDO_SELECT_BIASED;
    CHECK_EQ(edo_await(edo_select_init(&sel, both, 2, flags)), 0);
    return 0;
}

static int await_it(void *arg) {
    return edo_await(arg);
}

/* ---- Places ---------------------------------------------------------------------------------- */

typedef struct call {
    edo_task_fn *fn;
    void *arg;
    int result;
} call;

static void *run_call(void *arg) {
    call *c = arg;
    c->result = c->fn(c->arg);
    return NULL;
}

static int on_thread(edo_task_fn *fn, void *arg) {
    call c = { fn, arg, -1 };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_call, &c), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return c.result;
}

#define PLACES_N (KINDS_N + 1)

/* Calls `fn(arg)` in a runtime, or on a thread, that has ended when this returns. */
static int at_place(size_t place, edo_task_fn *fn, void *arg) {
    return place < KINDS_N ? inside_with(fn, arg, &kinds[place]) : on_thread(fn, arg);
}

/* ---- Afterwards ------------------------------------------------------------------------------ */

static void a_sleep_may_be_dropped_when_its_place_has_ended(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 4, "sleeps outlive their place: that is the case under test");
    for (size_t place = 0; place < PLACES_N; place++) {
        edo_sleep_future s;
        edo_future *f = edo_sleep_init(&s, edo_hours(1));
        assert_int_equal(at_place(place, poll_beside, f), 0);
        edo_drop(f);
    }
}

static void sleep_polled_elsewhere_may_be_reset(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 4, "sleeps outlive their place: that is the case under test");
    for (size_t place = 0; place < PLACES_N; place++) {
        edo_sleep_future s;
        edo_future *f = edo_sleep_init(&s, edo_hours(1));
        assert_int_equal(at_place(place, poll_beside, f), 0);
        edo_sleep_reset(&s, edo_now());
        assert_int_equal(on_thread(await_it, f), 0);
    }
}

static void sleep_polled_elsewhere_lasts_until_its_time(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 16, "sleeps outlive their place: that is the case under test");
    for (size_t from = 0; from < PLACES_N; from++)
        for (size_t to = 0; to < PLACES_N; to++) {
            edo_sleep_future s;
            edo_instant start = edo_now();
            edo_future *f = edo_sleep_init(&s, edo_ms(20));
            assert_int_equal(at_place(from, poll_beside, f), 0);
            assert_int_equal(at_place(to, await_it, f), 0);
            assert_true(edo_instant_since(edo_now(), start).ns >= 20000000);
        }
}

/* Whichever wheel the first of them hung in, the places that come later use it again. */
static void many_sleeps_move_through_many_places(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 32, "sleeps outlive their place: that is the case under test");
    edo_sleep_future sleeps[PLACES_N];
    for (size_t i = 0; i < PLACES_N; i++) (void)edo_sleep_init(&sleeps[i], edo_hours(1));
    for (size_t turn = 0; turn < 2 * PLACES_N; turn++)
        for (size_t i = 0; i < PLACES_N; i++)
            assert_int_equal(at_place((i + turn) % PLACES_N, poll_beside, &sleeps[i].base), 0);
    for (size_t i = 0; i < PLACES_N; i++) edo_drop(&sleeps[i].base);
}

/* ---- Meanwhile ------------------------------------------------------------------------------- */

#define ROUNDS 200

typedef struct handed {
    edo_future *f;
    edo_atomic_u32 polled;
} handed;

static void *poll_and_end(void *arg) {
    handed *h = arg;
    (void)poll_beside(h->f);
    EDOI_ATOMIC_STORE(&h->polled.edoi_value, 1, EDOI_RELEASE);
    return NULL;
}

static void a_thread_may_end_while_another_drops(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 200, "sleeps outlive their place: that is the case under test");
    for (int i = 0; i < ROUNDS; i++) {
        edo_sleep_future s;
        handed h = { .f = edo_sleep_init(&s, edo_hours(1)) };
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, poll_and_end, &h), 0);
        WAIT_FOR(EDOI_ATOMIC_LOAD(&h.polled.edoi_value, EDOI_ACQUIRE));
        edo_drop(h.f);
        assert_int_equal(pthread_join(thread, NULL), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sleep_may_be_dropped_when_its_place_has_ended),
        cmocka_unit_test(sleep_polled_elsewhere_may_be_reset),
        cmocka_unit_test(sleep_polled_elsewhere_lasts_until_its_time),
        cmocka_unit_test(many_sleeps_move_through_many_places),
        cmocka_unit_test(a_thread_may_end_while_another_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
