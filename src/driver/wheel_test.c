/* SPDX-License-Identifier: MIT */
/* driver/wheel_test.c: compares the wheel with a naive reference, at every slot border, and under a
 * race. */
#include "driver/wheel.h"

#include "broken.h"
#include "leftovers.h"
#include "seed.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS EDOI_WHEEL_TICK_NS

/* Counts marks and deliveries. */
typedef struct counter {
    edo_waker base;
    edo_atomic_u32 marked, delivered;
    edoi_wheel *wheel;
} counter;

static edo_waker *counter_mark(edo_waker *self) {
    counter *c = (counter *)self;
    if (c->wheel) assert_false(edoi_lock_try(&c->wheel->mu)); // marked under the lock
    edoi_add_rlx_u32(&c->marked, 1);
    return self;
}

static void counter_deliver(edo_waker *self) {
    counter *c = (counter *)self;
    if (c->wheel) {
        assert_true(edoi_lock_try(&c->wheel->mu)); // delivered without it
        edoi_lock_release(&c->wheel->mu);
    }
    edoi_add_rlx_u32(&c->delivered, 1);
}

static const edo_waker_ops counter_ops = { .mark = counter_mark, .deliver = counter_deliver };

static counter counter_make(edoi_wheel *wheel) {
    return (counter){ .base = { &counter_ops }, .wheel = wheel };
}

static uint32_t fired_n(const counter *c) {
    assert_int_equal(edoi_load_rlx_u32(&c->marked), edoi_load_rlx_u32(&c->delivered));
    return edoi_load_rlx_u32(&c->marked);
}

static edoi_wheel wheel;

static void an_empty_wheel_never_expires(void **state) {
    (void)state;
    edoi_wheel_init(&wheel, 5);
    assert_int_equal(edoi_wheel_next_expiry(&wheel), EDOI_WHEEL_NEVER_NS);
    assert_int_equal(edoi_wheel_advance(&wheel, 1000 * MS), 0);
    assert_int_equal(edoi_wheel_advance(&wheel, 0), 0); // back in time: nothing fires
    assert_int_equal(edoi_wheel_armed_n(&wheel), 0);
    edoi_wheel_check(&wheel);
}

static void past_instant_is_due_at_once(void **state) {
    (void)state;
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 7 * MS);
    assert_false(edoi_wheel_insert(&wheel, &timer, INT64_MIN, &c.base));
    assert_false(edoi_wheel_insert(&wheel, &timer, 0, &c.base));
    assert_false(edoi_wheel_insert(&wheel, &timer, 7 * MS, &c.base));
    assert_false(edoi_wheel_cancel(&timer));
    assert_false(edoi_wheel_renew(&timer, &c.base));
    assert_int_equal(edoi_wheel_advance(&wheel, 9 * MS), 0);
    assert_false(edoi_wheel_insert(&wheel, &timer, 9 * MS, &c.base));
    assert_true(edoi_wheel_insert(&wheel, &timer, 9 * MS + 1, &c.base));
    assert_true(edoi_wheel_cancel(&timer));
    assert_int_equal(fired_n(&c), 0);
}

static void a_part_of_a_tick_is_rounded_up(void **state) {
    (void)state;
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 123);
    assert_true(edoi_wheel_insert(&wheel, &timer, 124, &c.base));
    assert_int_equal(edoi_wheel_next_expiry(&wheel), 123 + MS);
    assert_int_equal(edoi_wheel_advance(&wheel, 123 + MS - 1), 0);
    assert_int_equal(edoi_wheel_advance(&wheel, 123 + MS), 1);
    assert_int_equal(fired_n(&c), 1);
}

static void the_end_of_time_can_be_armed_and_cancelled(void **state) {
    (void)state;
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 12345);
    assert_true(edoi_wheel_insert(&wheel, &timer, INT64_MAX, &c.base));
    assert_true(edoi_wheel_next_expiry(&wheel) > 0);
    edoi_wheel_check(&wheel);
    assert_int_equal(edoi_wheel_advance(&wheel, INT64_MAX - MS), 0);
    edoi_wheel_check(&wheel);
    assert_int_equal(edoi_wheel_next_expiry(&wheel), INT64_MAX);
    assert_true(edoi_wheel_cancel(&timer));
    assert_int_equal(fired_n(&c), 0);
}

static const uint64_t borders[] = { 1,
                                    2,
                                    UINT64_C(1) << 6,
                                    UINT64_C(1) << 12,
                                    UINT64_C(1) << 18,
                                    UINT64_C(1) << 24,
                                    UINT64_C(1) << 30,
                                    UINT64_C(63) << 30,
                                    UINT64_C(1) << 36,
                                    UINT64_C(1) << 37,
                                    (UINT64_C(1) << 40) + 12345 };

/* One timer, `after` ticks from `base`: not fired one tick before, fired at its own tick. */
static void check_alone(uint64_t base, uint64_t after, bool by_steps) {
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    const int64_t at_ns = (int64_t)(base + after) * MS;
    edoi_wheel_init(&wheel, 0);
    edoi_wheel_advance(&wheel, (int64_t)base * MS);
    assert_true(edoi_wheel_insert(&wheel, &timer, at_ns, &c.base));
    edoi_wheel_check(&wheel);
    if (by_steps) {
        int64_t before_ns = (int64_t)base * MS;
        for (int steps = 0; fired_n(&c) == 0; steps++) {
            int64_t next_ns = edoi_wheel_next_expiry(&wheel);
            assert_true(next_ns > before_ns && next_ns <= at_ns);
            if (after < UINT64_C(1) << 35) assert_int_equal(next_ns, at_ns); // exact
            assert_true(steps < 64);
            edoi_wheel_advance(&wheel, next_ns);
            before_ns = next_ns;
        }
        assert_int_equal(before_ns, at_ns);
    } else {
        edoi_wheel_advance(&wheel, at_ns - 1);
        edoi_wheel_check(&wheel);
        assert_int_equal(fired_n(&c), 0);
        assert_int_equal(edoi_wheel_advance(&wheel, at_ns), 1);
    }
    assert_int_equal(fired_n(&c), 1);
    assert_false(edoi_wheel_cancel(&timer));
    assert_int_equal(edoi_wheel_armed_n(&wheel), 0);
}

static void every_border_fires_at_its_tick_and_not_before(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(borders); i++) {
        for (uint64_t base = borders[i] - 1; base <= borders[i] + 1; base++) {
            for (size_t j = 0; j < EDO_COUNT(borders); j++) {
                for (uint64_t after = borders[j] - 1; after <= borders[j] + 1; after++) {
                    if (after == 0) continue;
                    check_alone(base, after, false);
                    check_alone(base, after, true);
                }
            }
        }
    }
}

static void equal_deadlines_fire_together_in_batches(void **state) {
    (void)state;
    enum { N = 1000 };
    static edoi_timer timers[N];
    counter c = counter_make(&wheel);
    memset(timers, 0, sizeof timers);
    edoi_wheel_init(&wheel, 0);
    for (size_t i = 0; i < N; i++) {
        assert_true(edoi_wheel_insert(&wheel, &timers[i], 5000 * MS, &c.base));
    }
    assert_int_equal(edoi_wheel_armed_n(&wheel), N);
    assert_int_equal(edoi_wheel_advance(&wheel, 4999 * MS), 0);
    edoi_wheel_check(&wheel);
    assert_int_equal(edoi_wheel_next_expiry(&wheel), 5000 * MS);
    assert_int_equal(edoi_wheel_advance(&wheel, 5000 * MS), N);
    assert_int_equal(fired_n(&c), N);
    assert_int_equal(edoi_wheel_next_expiry(&wheel), EDOI_WHEEL_NEVER_NS);
}

static void reset_moves_a_timer_and_revives_a_fired_one(void **state) {
    (void)state;
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 0);
    assert_true(edoi_wheel_reset(&wheel, &timer, 10 * MS, &c.base)); // fresh
    assert_true(edoi_wheel_reset(&wheel, &timer, 500 * MS, &c.base));
    assert_int_equal(edoi_wheel_advance(&wheel, 499 * MS), 0);
    assert_true(edoi_wheel_reset(&wheel, &timer, 500 * MS + 1, &c.base));
    assert_int_equal(edoi_wheel_advance(&wheel, 501 * MS), 1);
    assert_true(edoi_wheel_reset(&wheel, &timer, 502 * MS, &c.base)); // fired
    assert_false(edoi_wheel_reset(&wheel, &timer, 400 * MS, &c.base));
    assert_int_equal(edoi_wheel_advance(&wheel, 9999 * MS), 0);
    assert_int_equal(fired_n(&c), 1);
    assert_int_equal(edoi_wheel_armed_n(&wheel), 0);
}

static void the_newest_waker_is_woken(void **state) {
    (void)state;
    counter old = counter_make(&wheel), young = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 0);
    assert_true(edoi_wheel_insert(&wheel, &timer, 3 * MS, &old.base));
    assert_true(edoi_wheel_renew(&timer, &young.base));
    edoi_wheel_advance(&wheel, 3 * MS);
    assert_int_equal(fired_n(&old), 0);
    assert_int_equal(fired_n(&young), 1);
    assert_false(edoi_wheel_renew(&timer, &old.base));
}

static void a_renewal_by_the_same_waker_takes_no_lock(void **state) {
    (void)state;
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 0);
    assert_true(edoi_wheel_insert(&wheel, &timer, 3 * MS, &c.base));
    assert_true(edoi_lock_try(&wheel.mu));
    assert_true(edoi_wheel_renew(&timer, &c.base)); // would wait for ever
    edoi_lock_release(&wheel.mu);
    edoi_wheel_advance(&wheel, 3 * MS);
    assert_int_equal(fired_n(&c), 1);
    assert_false(edoi_wheel_renew(&timer, &c.base));
}

static edoi_timer seen;
static bool was_armed;

/* A poll that the mark has caused, on another thread, may be under way already. */
static edo_waker *looking_mark(edo_waker *self) {
    was_armed = EDOI_ATOMIC_LOAD(&seen.waker, EDOI_RELAXED) == self;
    return NULL;
}

static void a_timer_that_marks_its_waker_is_not_armed_any_more(void **state) {
    (void)state;
    static const edo_waker_ops ops = { .mark = looking_mark };
    edo_waker looking = { &ops };
    seen = (edoi_timer){ 0 };
    was_armed = true;
    edoi_wheel_init(&wheel, 0);
    assert_true(edoi_wheel_insert(&wheel, &seen, 3 * MS, &looking));
    assert_int_equal(edoi_wheel_advance(&wheel, 3 * MS), 1);
    assert_false(was_armed);
}

static void a_crowd_in_a_far_slot_moves_down_and_fires_in_time(void **state) {
    (void)state;
    enum { N = 3000 };
    static edoi_timer timers[N];
    counter c = counter_make(&wheel);
    memset(timers, 0, sizeof timers);
    edoi_wheel_init(&wheel, 0);
    for (int64_t i = 0; i < N; i++) { // all in the slot of level 2 that begins at 8192
        assert_true(edoi_wheel_insert(&wheel, &timers[i], (8192 + i) * MS, &c.base));
    }
    assert_int_equal(edoi_wheel_next_expiry(&wheel), 8192 * MS); // a bound: many share the slot
    uint32_t want = 0;
    for (int64_t now = 8192 - 50; now < 8192 + N + 50; now += 7) {
        edoi_wheel_advance(&wheel, now * MS);
        want = now < 8192 ? 0 : now - 8192 + 1 > N ? N : (uint32_t)(now - 8192 + 1);
        assert_int_equal(fired_n(&c), want);
    }
    edoi_wheel_check(&wheel);
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define PLAYERS 200
#define STEPS   20000

typedef struct player {
    edoi_timer timer;
    counter c;
    int64_t at_ns;
    uint32_t want;
    bool is_armed;
} player;

static player players[PLAYERS];

static uint64_t next_random(uint64_t *seed) { // xorshift64*
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

/* Mostly near; one time in `far` anywhere in 2^41 ms; not only whole ticks. */
static int64_t random_after(uint64_t *seed, uint64_t far) {
    uint64_t bits = next_random(seed) % (next_random(seed) % far ? 16 : 42);
    uint64_t ticks = next_random(seed) & ((UINT64_C(1) << bits) - 1);
    return (int64_t)(ticks * (uint64_t)MS + next_random(seed) % (uint64_t)MS);
}

static int64_t up_to_tick(int64_t ns) {
    return (ns + MS - 1) / MS * MS;
}

static int64_t advance_reference(int64_t now_ns) {
    int64_t first_ns = EDOI_WHEEL_NEVER_NS;
    for (size_t i = 0; i < PLAYERS; i++) {
        player *p = &players[i];
        if (p->is_armed && up_to_tick(p->at_ns) <= now_ns) {
            p->is_armed = false;
            p->want++;
        }
        assert_int_equal(fired_n(&p->c), p->want);
        if (p->is_armed && up_to_tick(p->at_ns) < first_ns) first_ns = up_to_tick(p->at_ns);
    }
    return first_ns;
}

static void play(uint64_t seed) {
    int64_t now_ns = 0;
    edoi_wheel_init(&wheel, 0);
    memset(players, 0, sizeof players);
    for (size_t i = 0; i < PLAYERS; i++) players[i].c = counter_make(&wheel);
    for (int step = 0; step < STEPS && now_ns < INT64_MAX / 4; step++) {
        player *p = &players[next_random(&seed) % PLAYERS];
        uint64_t die = next_random(&seed) % 16;
        if (die < 8) {
            p->at_ns = now_ns + random_after(&seed, 8);
            bool want = up_to_tick(p->at_ns) / MS > now_ns / MS;
            assert_int_equal(edoi_wheel_reset(&wheel, &p->timer, p->at_ns, &p->c.base), want);
            p->is_armed = want;
        } else if (die < 12) {
            assert_int_equal(edoi_wheel_cancel(&p->timer), p->is_armed);
            p->is_armed = false;
        } else {
            int64_t next_ns = edoi_wheel_next_expiry(&wheel);
            bool jump = die == 15 && next_ns != EDOI_WHEEL_NEVER_NS;
            now_ns = jump ? next_ns : now_ns + random_after(&seed, 500);
            edoi_wheel_advance(&wheel, now_ns);
            int64_t first_ns = advance_reference(now_ns);
            next_ns = edoi_wheel_next_expiry(&wheel);
            assert_true(next_ns <= first_ns && next_ns > now_ns);
            if (first_ns == EDOI_WHEEL_NEVER_NS) assert_int_equal(next_ns, first_ns);
        }
        if (step % 64 == 0) edoi_wheel_check(&wheel);
    }
}

static void random_operations_agree_with_a_naive_reference(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) play(test_seed(seed * UINT64_C(0x9e3779b97f4a7c15)));
}

/* ---- Cancel against firing ------------------------------------------------------------------- */

#define RACES 30000

static edo_atomic_u64 race_now;  /* ms; the arming thread moves it */
static edo_atomic_u32 race_over; /* tells the firing thread to end */

/* Once each time that the clock has moved: a thread that takes the lock without a pause keeps the
 * other one out. */
static void *fire_all_the_time(void *arg) {
    uint64_t fired_at = UINT64_MAX;
    (void)arg;
    while (edoi_load_rlx_u32(&race_over) == 0) {
        uint64_t now = edoi_load_rlx_u64(&race_now);
        if (now == fired_at) {
            EDOI_CPU_RELAX();
            continue;
        }
        edoi_wheel_advance(&wheel, (int64_t)now * MS);
        (void)edoi_wheel_next_expiry(&wheel);
        fired_at = now;
    }
    return NULL;
}

static void a_cancelled_timer_never_fires_and_a_fired_one_is_not_cancelled(void **state) {
    (void)state;
    pthread_t other;
    static counter c;
    c = counter_make(NULL); // outlives every delivery
    uint32_t lost_n = 0;
    edoi_wheel_init(&wheel, 0);
    edoi_store_rlx_u32(&race_over, 0);
    edoi_store_rlx_u64(&race_now, 0);
    assert_int_equal(pthread_create(&other, NULL, fire_all_the_time, NULL), 0);
    for (uint64_t i = 1; i <= RACES; i++) {
        edoi_timer *timer = calloc(1, sizeof *timer); // so that a late access is seen
        assert_non_null(timer);
        uint64_t at = edoi_load_rlx_u64(&race_now) + (i % 3 ? 1 : 70);
        bool is_armed = edoi_wheel_insert(&wheel, timer, (int64_t)at * MS, &c.base);
        assert_true(is_armed);
        edoi_store_rlx_u64(&race_now, at);
        for (uint64_t spin = i % 64; spin > 0; spin--) EDOI_CPU_RELAX();
        if (!edoi_wheel_cancel(timer)) lost_n++;
        free(timer);
    }
    edoi_store_rlx_u32(&race_over, 1);
    pthread_join(other, NULL);
    assert_int_equal(fired_n(&c), lost_n);
    assert_int_equal(edoi_wheel_armed_n(&wheel), 0);
    edoi_wheel_check(&wheel);
}

/* ---- The pool -------------------------------------------------------------------------------- */

static void timers_of_a_wheel_that_is_gone_hang_nowhere(void **state) {
    (void)state;
    may_leave(LEFT_TIMERS, 15, "their wheel is gone: that is the case under test");
    static const int64_t at_ms[] = {
        1, 2, 2, 64, 5000, 300000, 20000000, 2000000000, 500000000000
    };
    edoi_timer timers[EDO_COUNT(at_ms)], fired;
    counter c = counter_make(NULL);
    edoi_wheel *first = edoi_wheel_get(5 * MS);
    assert_non_null(first);
    assert_true(edoi_wheel_insert(first, &fired, 6 * MS, &c.base));
    assert_int_equal(edoi_wheel_advance(first, 6 * MS), 1);
    for (size_t i = 0; i < EDO_COUNT(at_ms); i++)
        assert_true(edoi_wheel_insert(first, &timers[i], (6 + at_ms[i]) * MS, &c.base));
    edoi_wheel_put(first);
    edoi_wheel *second = edoi_wheel_get(0); // the same memory
    assert_ptr_equal(first, second);
    edoi_wheel_check(second);
    assert_int_equal(edoi_wheel_armed_n(second), 0);
    assert_int_equal(edoi_wheel_next_expiry(second), EDOI_WHEEL_NEVER_NS);
    assert_false(edoi_wheel_cancel(&fired) || edoi_wheel_has_lost(&fired));
    for (size_t i = 0; i < EDO_COUNT(at_ms); i++) {
        assert_false(edoi_wheel_renew(&timers[i], &c.base));
        assert_false(edoi_wheel_cancel(&timers[i]));
        assert_true(edoi_wheel_has_lost(&timers[i]));
        assert_true(edoi_wheel_insert(second, &timers[i], at_ms[i] * MS, &c.base));
    }
    assert_int_equal(edoi_wheel_advance(second, 2 * MS), 3);
    assert_int_equal(fired_n(&c), 4);
    assert_false(edoi_wheel_cancel(&timers[0]) || edoi_wheel_has_lost(&timers[0]));
    edoi_wheel_put(second);
}

static int of_one_timer(void (*harm)(edoi_timer *timer)) {
    counter c = counter_make(&wheel);
    edoi_timer timer = { 0 };
    edoi_wheel_init(&wheel, 0);
    bool armed = edoi_wheel_insert(&wheel, &timer, 70 * MS, &c.base);
    edoi_wheel_check(&wheel);
    harm(&timer);
    edoi_wheel_check(&wheel);
    return armed;
}

static void lose_bit(edoi_timer *timer) {
    (void)timer;
    wheel.occupied[1] = 0;
}

static void lose_waker(edoi_timer *timer) {
    timer->waker = NULL;
}

static void pass_it(edoi_timer *timer) {
    (void)timer;
    wheel.elapsed = 80;
}

static void lose_count(edoi_timer *timer) {
    (void)timer;
    edoi_store_rlx_u32(&wheel.armed_n, 0);
}

static int harmed(void *arg) {
    return of_one_timer(*(void (**)(edoi_timer *))arg);
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*harm)(edoi_timer *timer);
    } rows[] = {
        { "wheel inv. 2: ", pass_it },
        { "wheel inv. 3: ", lose_bit },
        { "wheel inv. 4: ", lose_waker },
        { "wheel inv. 4: ", lose_count },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        void (*harm)(edoi_timer *) = rows[i].harm;
        assert_broken(rows[i].name, harmed, &harm);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(an_empty_wheel_never_expires),
        cmocka_unit_test(past_instant_is_due_at_once),
        cmocka_unit_test(a_part_of_a_tick_is_rounded_up),
        cmocka_unit_test(the_end_of_time_can_be_armed_and_cancelled),
        cmocka_unit_test(every_border_fires_at_its_tick_and_not_before),
        cmocka_unit_test(equal_deadlines_fire_together_in_batches),
        cmocka_unit_test(reset_moves_a_timer_and_revives_a_fired_one),
        cmocka_unit_test(the_newest_waker_is_woken),
        cmocka_unit_test(a_renewal_by_the_same_waker_takes_no_lock),
        cmocka_unit_test(a_timer_that_marks_its_waker_is_not_armed_any_more),
        cmocka_unit_test(a_crowd_in_a_far_slot_moves_down_and_fires_in_time),
        cmocka_unit_test(random_operations_agree_with_a_naive_reference),
        cmocka_unit_test(a_cancelled_timer_never_fires_and_a_fired_one_is_not_cancelled),
        cmocka_unit_test(timers_of_a_wheel_that_is_gone_hang_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
