/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/limiter.h: what passes and when, for one limit and for one a key; the
 * order of those that wait; nothing is lost by a refusal or a wait that was given up. Method:
 * decisions at given instants against a bucket of tokens, kept in whole numbers; waits in virtual
 * time; threads that count what passes. */
#include <edo/edo.h>
#include <edo/limiter.h>

#include "inside.h"
#include "seed.h"
#include "stress.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static edo_instant at_ns(int64_t ns) {
    return (edo_instant){ ns };
}

/* ---- Decisions ------------------------------------------------------------------------------- */

static void bad_options_are_refused(void **state) {
    (void)state;
    static const edo_limiter_opts rows[] = {
        { .num = 0 },
        { .num = 1, .per = EDO_MS(-1) },
        { .num = 1, .per = EDO_HOURS(1000000), .burst = 1000 },
        { .num = 1, .reserved = { 0, 0, 0, 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_limiter l;
        edo_keyed_limiter *k = NULL;
        assert_int_equal(edo_limiter_init(&l, &rows[i]), -EINVAL);
        const edo_keyed_limiter_opts keyed = { .limit = rows[i] };
        assert_int_equal(edo_keyed_limiter_new(&k, &keyed), -EINVAL);
        assert_null(k);
    }
}

static void burst_passes_then_one_at_each_interval(void **state) {
    (void)state;
    edo_limiter l;
    const edo_limiter_opts opts = { .num = 10, .per = EDO_S(1), .burst = 3 };
    assert_int_equal(edo_limiter_init(&l, &opts), 0);
    const int64_t start = edo_s(1000).ns, t = edo_ms(100).ns;
    edo_instant next = at_ns(-1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(edo_limiter_check_at(&l, &next, 1, at_ns(start)), 0);
    assert_int_equal(next.ns, -1); // not written
    assert_int_equal(edo_limiter_check_at(&l, &next, 1, at_ns(start)), -EDO_ERATELIMITED);
    assert_int_equal(next.ns, start + t);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 1, at_ns(start + t - 1)), -EDO_ERATELIMITED);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 1, at_ns(start + t)), 0);
    assert_int_equal(edo_limiter_check_at(&l, &next, 2, at_ns(start + t)), -EDO_ERATELIMITED);
    assert_int_equal(next.ns, start + 3 * t);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 3, at_ns(start + 4 * t)), 0); // full again
}

static void more_than_the_burst_never_passes(void **state) {
    (void)state;
    edo_limiter l;
    edo_instant next = at_ns(-1);
    edo_limiter_turn turn;
    assert_int_equal(edo_limiter_init(&l, &(edo_limiter_opts){ .num = 5 }), 0);
    assert_int_equal(edo_limiter_check(&l, &next, 6), -E2BIG);
    assert_int_equal(edo_limiter_check(&l, &next, UINT64_MAX), -E2BIG);
    assert_int_equal(edo_limiter_reserve(&l, &turn, 6, (edo_duration)EDO_OFF), -E2BIG);
    assert_int_equal(edo_limiter_wait(&l, 6, NULL), -E2BIG);
    assert_int_equal(next.ns, -1);
    assert_int_equal(edo_limiter_check(&l, NULL, 5), 0); // nothing was taken; the burst is `num`
    assert_int_equal(edo_limiter_check(&l, NULL, 0), 0);
}

/* A bucket of tokens in units of 1 / T: it gains one unit a ns, and a cell costs T. */
typedef struct bucket {
    int64_t units, full, cell, looked_ns;
} bucket;

static bool bucket_lets(bucket *b, int64_t n, int64_t now_ns) {
    b->units += now_ns - b->looked_ns;
    b->looked_ns = now_ns;
    if (b->units > b->full) b->units = b->full;
    if (b->units < n * b->cell) return false;
    b->units -= n * b->cell;
    return true;
}

static void decisions_are_those_of_a_bucket_of_tokens(void **state) {
    (void)state;
    uint64_t seed = test_seed(0x51f15eed);
    for (int run = 0; run < 200; run++) {
        int64_t burst = 1 + (int64_t)(stress_random(&seed) % 20);
        int64_t cell = 1 + (int64_t)(stress_random(&seed) % 1000);
        const edo_limiter_opts opts = { .num = 1, .per = { cell }, .burst = (uint64_t)burst };
        int64_t now_ns = 1 + (int64_t)(stress_random(&seed) % 1000000);
        bucket b = { burst * cell, burst * cell, cell, now_ns };
        edo_limiter l;
        assert_int_equal(edo_limiter_init(&l, &opts), 0);
        for (int i = 0; i < 500; i++) {
            now_ns += (int64_t)(stress_random(&seed) % (uint64_t)(2 * cell));
            int64_t n = (int64_t)(stress_random(&seed) % (uint64_t)(burst + 1));
            edo_instant next = at_ns(0);
            bucket before = b;
            int wanted = bucket_lets(&b, n, now_ns) ? 0 : -EDO_ERATELIMITED;
            assert_int_equal(edo_limiter_check_at(&l, &next, (uint64_t)n, at_ns(now_ns)), wanted);
            if (wanted == 0) continue;
            assert_false(bucket_lets(&before, n, next.ns - 1)); // `next` is exact
            assert_true(bucket_lets(&before, n, next.ns));
        }
    }
}

/* edo_rate_layer() decides by a clock that lags, and by the exact one in turn. */
static void a_clock_that_lags_lets_through_no_more_than_the_lag_adds(void **state) {
    (void)state;
    static int64_t passed_ns[1000];
    uint64_t seed = test_seed(0x1a65);
    for (int run = 0; run < 40; run++) {
        int64_t burst = 1 + (int64_t)(stress_random(&seed) % 20);
        int64_t cell = 1 + (int64_t)(stress_random(&seed) % 1000);
        int64_t lag = (int64_t)(stress_random(&seed) % 5000), now_ns = 1000000;
        const edo_limiter_opts opts = { .num = 1, .per = { cell }, .burst = (uint64_t)burst };
        size_t passed_n = 0;
        edo_limiter l;
        assert_int_equal(edo_limiter_init(&l, &opts), 0);
        for (int i = 0; i < 1000; i++) {
            now_ns += (int64_t)(stress_random(&seed) % (uint64_t)cell);
            int64_t seen_ns = now_ns - (int64_t)(stress_random(&seed) % (uint64_t)(lag + 1));
            bool passes = edo_limiter_check_at(&l, NULL, 1, at_ns(seen_ns)) == 0;
            if (passes) passed_ns[passed_n++] = now_ns;
        }
        for (size_t i = 0; i < passed_n; i++)
            for (size_t k = i; k < passed_n; k++)
                assert_true((int64_t)(k - i + 1) <=
                            burst + (passed_ns[k] - passed_ns[i] + lag) / cell);
    }
}

/* More cells than ns: T is 1 ns, and not 0. */
static void interval_is_at_least_a_nanosecond(void **state) {
    (void)state;
    edo_limiter l;
    const edo_limiter_opts opts = { .num = 1000, .per = { 10 }, .burst = 2 };
    assert_int_equal(edo_limiter_init(&l, &opts), 0);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 2, at_ns(5)), 0);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 1, at_ns(5)), -EDO_ERATELIMITED);
    assert_int_equal(edo_limiter_check_at(&l, NULL, 1, at_ns(6)), 0);
}

/* ---- Turns and waits ------------------------------------------------------------------------- */

static edo_limiter ten_a_second(uint64_t burst) {
    edo_limiter l;
    CHECK_EQ(edo_limiter_init(&l, &(edo_limiter_opts){ .num = 10, .burst = burst }), 0);
    return l;
}

static int turns(void *arg) {
    (void)arg;
    edo_limiter l = ten_a_second(1);
    const edo_duration any = EDO_OFF;
    edo_instant start = edo_now();
    edo_limiter_turn one, two, three;
    CHECK_EQ(edo_limiter_reserve(&l, &one, 1, any), 0);
    CHECK(one.at.ns <= start.ns);
    CHECK_EQ(edo_limiter_reserve(&l, &two, 1, any), 0);
    CHECK_EQ(two.at.ns - start.ns, edo_ms(100).ns);
    CHECK_EQ(edo_limiter_reserve(&l, &three, 1, edo_ms(199)), -EDO_ERATELIMITED);
    CHECK_EQ(three.at.ns - start.ns, edo_ms(200).ns);
    CHECK_EQ(edo_limiter_reserve(&l, &three, 1, edo_ms(200)), 0);
    CHECK(!edo_limiter_unreserve(&l, &two)); // the third keeps its turn
    CHECK(edo_limiter_unreserve(&l, &three));
    CHECK_EQ(edo_limiter_reserve(&l, &three, 1, any), 0);
    CHECK_EQ(three.at.ns - start.ns, edo_ms(200).ns);
    return 0;
}

static void turns_follow_each_other_and_the_last_can_be_given_back(void **state) {
    (void)state;
    assert_int_equal(inside(turns, NULL), 0);
}

typedef struct waiter {
    edo_limiter *l;
    edo_keyed_limiter *k;
    const char *key;
    const edo_limiter_wait_opts *opts;
    edo_instant start;
    int64_t passed_ms;
} waiter;

static int wait_for_turn(void *arg) {
    waiter *w = arg;
    int err = w->k ? edo_keyed_limiter_wait(w->k, edo_str_of(w->key), 1, w->opts)
                   : edo_limiter_wait(w->l, 1, w->opts);
    w->passed_ms = ms_since(w->start);
    return err;
}

static int in_order(void *arg) {
    (void)arg;
    edo_limiter l = ten_a_second(2);
    waiter w[5];
    edo_task *t[5];
    for (int i = 0; i < 5; i++) {
        w[i] = (waiter){ .l = &l, .start = edo_now() };
        t[i] = edo_spawn(wait_for_turn, &w[i]);
    }
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(edo_task_join(t[i]), 0);
        CHECK_EQ(w[i].passed_ms, i < 2 ? 0 : 100 * (i - 1));
    }
    return 0;
}

static void waiters_pass_in_order(void **state) {
    (void)state;
    assert_int_equal(inside(in_order, NULL), 0);
}

static int given_up(void *arg) {
    (void)arg;
    edo_limiter l = ten_a_second(1);
    waiter w[2] = { { .l = &l, .start = edo_now() }, { .l = &l, .start = edo_now() } };
    CHECK_EQ(edo_limiter_wait(&l, 1, NULL), 0);
    edo_task *t = edo_spawn(wait_for_turn, &w[0]); // at 100 ms
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(wait_for_turn(&w[1]), 0);
    CHECK_EQ(w[1].passed_ms, 100); // the turn that was given back
    return 0;
}

static void wait_that_is_cancelled_gives_its_turn_back(void **state) {
    (void)state;
    assert_int_equal(inside(given_up, NULL), 0);
}

static int refused_at_once(void *arg) {
    (void)arg;
    edo_limiter l = ten_a_second(1);
    edo_instant start = edo_now();
    CHECK_EQ(edo_limiter_wait(&l, 1, NULL), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(99));
    CHECK_EQ(edo_deadline_end(&d, edo_limiter_wait(&l, 1, NULL)), -EDO_ERATELIMITED);
    const edo_limiter_wait_opts short_wait = { .wait_max = EDO_MS(99) };
    CHECK_EQ(edo_limiter_wait(&l, 1, &short_wait), -EDO_ERATELIMITED);
    CHECK_EQ(edo_limiter_wait(&l, 1, &(edo_limiter_wait_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(ms_since(start), 0);
    CHECK_EQ(edo_limiter_wait(&l, 1, NULL), 0); // nothing was taken
    CHECK_EQ(ms_since(start), 100);
    return 0;
}

static void wait_beyond_the_limit_is_refused_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(refused_at_once, NULL), 0);
}

static int with_jitter(void *arg) {
    (void)arg;
    const edo_limiter_wait_opts jitter = { .jitter = EDO_MS(50) };
    int64_t least = INT64_MAX, most = 0;
    for (int i = 0; i < 100; i++) {
        edo_limiter l = ten_a_second(1);
        waiter w = { .l = &l, .opts = &jitter, .start = edo_now() };
        CHECK_EQ(wait_for_turn(&w), 0);
        CHECK_EQ(w.passed_ms, 0); // what need not wait is not delayed
        CHECK_EQ(wait_for_turn(&w), 0);
        if (w.passed_ms < least) least = w.passed_ms;
        if (w.passed_ms > most) most = w.passed_ms;
    }
    CHECK(least >= 100 && least < 110 && most > 140 && most <= 151);
    return 0;
}

static void jitter_lengthens_waits_at_random(void **state) {
    (void)state;
    assert_int_equal(inside(with_jitter, NULL), 0);
}

static int with_long_jitter(void *arg) {
    (void)arg;
    const edo_limiter_wait_opts jitter = { .jitter = EDO_S(1) };
    for (int i = 0; i < 100; i++) {
        edo_limiter l = ten_a_second(1);
        CHECK_EQ(edo_limiter_check(&l, NULL, 1), 0);
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(120));
        CHECK_EQ(edo_deadline_end(&d, edo_limiter_wait(&l, 1, &jitter)), 0);
    }
    return 0;
}

static void jitter_lasts_no_longer_than_the_deadline(void **state) {
    (void)state;
    assert_int_equal(inside(with_long_jitter, NULL), 0);
}

/* ---- Threads --------------------------------------------------------------------------------- */

enum { THREADS = 4, TRIES = 20000, BURST = 5000 };

typedef struct contender {
    edo_limiter *l;
    edo_keyed_limiter *k;
    int passed;
} contender;

/* All at one instant: what passes is the burst. */
static void *contend(void *arg) {
    contender *c = arg;
    for (int i = 0; i < TRIES; i++) {
        if (c->l) {
            if (edo_limiter_check_at(c->l, NULL, 1, at_ns(1)) == 0) c->passed++;
        } else {
            char key[16];
            (void)snprintf(key, sizeof key, "key %d", i % 100);
            if (edo_keyed_limiter_check(c->k, NULL, edo_str_of(key), 1) == 0) c->passed++;
        }
    }
    return NULL;
}

static int passed_by_threads(edo_limiter *l, edo_keyed_limiter *k) {
    pthread_t threads[THREADS];
    contender c[THREADS];
    int passed = 0;
    for (int i = 0; i < THREADS; i++) {
        c[i] = (contender){ .l = l, .k = k };
        assert_int_equal(pthread_create(&threads[i], NULL, contend, &c[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        passed += c[i].passed;
    }
    return passed;
}

static void threads_together_pass_the_burst(void **state) {
    (void)state;
    edo_limiter l;
    const edo_limiter_opts opts = { .num = 1, .burst = BURST };
    assert_int_equal(edo_limiter_init(&l, &opts), 0);
    assert_int_equal(passed_by_threads(&l, NULL), BURST);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

static edo_keyed_limiter *keyed(const edo_keyed_limiter_opts *opts) {
    edo_keyed_limiter *k;
    EDO_TEST_EQ(edo_keyed_limiter_new(&k, opts), 0);
    return k;
}

static int check_key(edo_keyed_limiter *k, int i) {
    char key[24];
    int len = snprintf(key, sizeof key, "client %d", i);
    return edo_keyed_limiter_check(k, NULL, (edo_str){ key, (size_t)len }, 1);
}

static void threads_together_pass_the_burst_of_each_key(void **state) {
    (void)state;
    // T is a day, so that nothing comes back during the test
    edo_keyed_limiter *k =
        keyed(&(edo_keyed_limiter_opts){ .limit = { .num = 1, .per = EDO_HOURS(24), .burst = 7 } });
    assert_int_equal(passed_by_threads(NULL, k), 700);
    assert_int_equal(edo_keyed_limiter_len(k), 100);
    edo_keyed_limiter_free(k);
}

static int keys_apart(void *arg) {
    (void)arg;
    edo_keyed_limiter *k = keyed(&(edo_keyed_limiter_opts){ .limit = { .num = 10, .burst = 1 } });
    edo_instant start = edo_now(), next = start;
    for (int i = 0; i < 5000; i++) CHECK_EQ(check_key(k, i), 0);
    for (int i = 0; i < 5000; i++) CHECK_EQ(check_key(k, i), -EDO_ERATELIMITED);
    CHECK_EQ(edo_keyed_limiter_len(k), 5000);
    CHECK_EQ(edo_keyed_limiter_check(k, &next, EDO_STR("client 7"), 1), -EDO_ERATELIMITED);
    CHECK_EQ(edo_instant_since(next, start).ns, edo_ms(100).ns);
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, EDO_STR("client 7"), 2), -E2BIG);
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, EDO_STR("nobody"), 2), -E2BIG);
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, EDO_STR("nobody"), 0), 0);
    const edo_str empty = { NULL, 0 }; // a key, too
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, empty, 1), 0);
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, empty, 1), -EDO_ERATELIMITED);
    CHECK_EQ(edo_keyed_limiter_len(k), 5001);
    CHECK_EQ(edo_time_advance(edo_ms(99)), 0);
    CHECK_EQ(edo_keyed_limiter_retain_recent(k), 0);
    CHECK_EQ(edo_time_advance(edo_ms(1)), 0);
    CHECK_EQ(check_key(k, 3), 0); // taken again: so it stays
    CHECK_EQ(edo_keyed_limiter_retain_recent(k), 5000);
    CHECK_EQ(edo_keyed_limiter_len(k), 1);
    CHECK_EQ(check_key(k, 3), -EDO_ERATELIMITED);
    edo_keyed_limiter_free(k);
    return 0;
}

static void keys_have_limits_of_their_own_and_old_ones_are_forgotten(void **state) {
    (void)state;
    assert_int_equal(inside(keys_apart, NULL), 0);
}

/* As many cells pass as were said to be left, and no more. */
static int left(void *arg) {
    edo_limiter l;
    (void)arg;
    const edo_limiter_opts limit = { .num = 10, .burst = 3 };
    edo_keyed_limiter *k = keyed(&(edo_keyed_limiter_opts){ .limit = limit });
    EDO_TEST_OK(edo_limiter_init(&l, &limit));
    for (int step = 0; step < 40; step++) {
        uint64_t n = edo_limiter_left(&l);
        CHECK(n <= 3);
        CHECK_EQ(edo_keyed_limiter_left(k, EDO_STR("a")), n);
        CHECK_EQ(edo_keyed_limiter_left(k, EDO_STR("")), 3); // not kept
        if (n < 3) CHECK_EQ(edo_limiter_check(&l, NULL, n + 1), -EDO_ERATELIMITED);
        uint64_t taken = step % 3 == 0 ? n : n > 0;
        EDO_TEST_OK(edo_limiter_check(&l, NULL, taken));
        EDO_TEST_OK(edo_keyed_limiter_check(k, NULL, EDO_STR("a"), taken));
        CHECK_EQ(edo_limiter_left(&l), n - taken);
        CHECK_EQ(edo_time_advance(edo_ms(step * 37 % 150)), 0);
    }
    CHECK_EQ(edo_time_advance(edo_s(1)), 0);
    CHECK_EQ(edo_limiter_left(&l), 3);
    edo_limiter_turn turn;
    for (int i = 0; i < 6; i++) EDO_TEST_OK(edo_limiter_reserve(&l, &turn, 1, edo_s(1)));
    CHECK_EQ(edo_limiter_left(&l), 0); // reserved ahead of time
    edo_keyed_limiter_free(k);
    return 0;
}

static void cells_that_are_left_pass_and_no_more(void **state) {
    (void)state;
    assert_int_equal(inside(left, NULL), 0);
}

static int full_once(void) {
    edo_keyed_limiter *k = keyed(&(edo_keyed_limiter_opts){
        .limit = { .num = 10, .burst = 1 }, .keys_max = 10, .key_bytes_max = 12 });
    for (int i = 0; i < 10; i++) CHECK_EQ(check_key(k, i), 0);
    CHECK_EQ(check_key(k, 10), -ENOSPC);
    CHECK_EQ(check_key(k, 3), -EDO_ERATELIMITED); // known ones are still decided
    CHECK_EQ(edo_keyed_limiter_check(k, NULL, EDO_STR("of 13 bytes.."), 1), -EDO_ETOOLONG);
    CHECK_EQ(edo_time_advance(edo_ms(100)), 0);
    for (int i = 10; i < 20; i++) CHECK_EQ(check_key(k, i), 0); // old ones make room
    CHECK(edo_keyed_limiter_len(k) <= 10);
    edo_keyed_limiter_free(k);
    return 0;
}

/* Where keys lie is another thing each time. */
static int full(void *arg) {
    (void)arg;
    for (int i = 0; i < 5000; i++) CHECK_EQ(full_once(), 0);
    return 0;
}

static void number_of_keys_is_bounded_and_old_keys_make_room(void **state) {
    (void)state;
    assert_int_equal(inside(full, NULL), 0);
}

static int keyed_waits(void *arg) {
    (void)arg;
    edo_keyed_limiter *k = keyed(&(edo_keyed_limiter_opts){ .limit = { .num = 10, .burst = 1 } });
    waiter w[3];
    edo_task *t[3];
    for (int i = 0; i < 3; i++) {
        w[i] = (waiter){ .k = k, .key = i < 2 ? "one" : "other", .start = edo_now() };
        t[i] = edo_spawn(wait_for_turn, &w[i]);
    }
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    edo_task_cancel(t[1]);
    CHECK_EQ(edo_task_join(t[0]), 0);
    CHECK_EQ(edo_task_join(t[1]), -ECANCELED);
    CHECK_EQ(edo_task_join(t[2]), 0);
    CHECK_EQ(w[0].passed_ms, 0);
    CHECK_EQ(w[2].passed_ms, 0);
    CHECK_EQ(wait_for_turn(&w[0]), 0);
    CHECK_EQ(w[0].passed_ms, 100); // the turn of the one that was cancelled
    edo_keyed_limiter_free(k);
    return 0;
}

static void keys_are_waited_for_apart(void **state) {
    (void)state;
    assert_int_equal(inside(keyed_waits, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(burst_passes_then_one_at_each_interval),
        cmocka_unit_test(more_than_the_burst_never_passes),
        cmocka_unit_test(decisions_are_those_of_a_bucket_of_tokens),
        cmocka_unit_test(a_clock_that_lags_lets_through_no_more_than_the_lag_adds),
        cmocka_unit_test(interval_is_at_least_a_nanosecond),
        cmocka_unit_test(turns_follow_each_other_and_the_last_can_be_given_back),
        cmocka_unit_test(waiters_pass_in_order),
        cmocka_unit_test(wait_that_is_cancelled_gives_its_turn_back),
        cmocka_unit_test(wait_beyond_the_limit_is_refused_at_once),
        cmocka_unit_test(jitter_lengthens_waits_at_random),
        cmocka_unit_test(jitter_lasts_no_longer_than_the_deadline),
        cmocka_unit_test(threads_together_pass_the_burst),
        cmocka_unit_test(threads_together_pass_the_burst_of_each_key),
        cmocka_unit_test(keys_have_limits_of_their_own_and_old_ones_are_forgotten),
        cmocka_unit_test(cells_that_are_left_pass_and_no_more),
        cmocka_unit_test(number_of_keys_is_bounded_and_old_keys_make_room),
        cmocka_unit_test(keys_are_waited_for_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
