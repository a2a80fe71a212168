/* SPDX-License-Identifier: MIT */
/* Goal: a rate layer lets through what GCRA, or Tower's window, lets through, whatever callers do;
 * gives a cell back that is not used; keeps the rules of layers.
 * Method: a paused clock; callers that give up at random, against the theoretical arrival time
 * computed anew, and Tower's state machine. */
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

static int notes_time(void *arg, void *request, void *response) {
    (void)request, (void)response;
    *(int64_t *)arg = edo_now().ns;
    return 0;
}

static edo_service *limited(const edo_rate_opts *opts, int64_t *last_ns) {
    edo_service *svc;
    edo_layer layer = edo_rate_layer(opts);
    CHECK_EQ(edo_service_from_fn(&svc, notes_time, last_ns, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    return svc;
}

static edo_str key_of(void *arg, const void *request) {
    (void)arg;
    return (edo_str){ request, 1 };
}

static int rules(void *arg) {
    static edo_limiter shared;
    edo_keyed_limiter *keyed;
    (void)arg;
    const edo_limiter_opts limit = { .num = 1000, .burst = 1 };
    CHECK_EQ(edo_limiter_init(&shared, &limit), 0);
    CHECK_EQ(edo_keyed_limiter_new(&keyed, &(edo_keyed_limiter_opts){ .limit = limit }), 0);
    const edo_layer layers[] = {
        edo_rate_layer(&(edo_rate_opts){ .limit = { .num = 1000000, .burst = 1000 } }),
        edo_rate_layer(&(edo_rate_opts){ .keyed = keyed, .key = key_of }),
        edo_rate_layer(
            &(edo_rate_opts){ .limit = { .num = 10000, .burst = 10000 }, .refuse = true }),
        edo_rate_layer(&(edo_rate_opts){ .limit = { .num = 3 }, .fixed_window = true }),
        edo_rate_layer(
            &(edo_rate_opts){ .limit = { .num = 10000 }, .fixed_window = true, .refuse = true }),
    };
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_test_layer_suite(&layers[i], NULL), 0);
    edo_keyed_limiter_free(keyed);
    return 0;
}

static void rate_layers_keep_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(rules, NULL), 0);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

EDO_TEST(calls_pass_at_the_rate_after_the_burst, .paused = true) {
    int64_t at_ns = 0, start_ns = edo_now().ns;
    edo_service *svc =
        limited(&(edo_rate_opts){ .limit = { .num = 100, .per = edo_s(1), .burst = 3 } }, &at_ns);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
        CHECK_EQ((at_ns - start_ns) / 1000000, i < 3 ? 0 : (i - 2) * 10);
    }
    edo_service_unref(svc);
}

EDO_TEST(a_permit_that_is_released_gives_its_cell_back, .paused = true) {
    int64_t at_ns = 0;
    edo_service *svc =
        limited(&(edo_rate_opts){ .limit = { .num = 1, .per = edo_s(10), .burst = 2 } }, &at_ns);
    edo_permit permit = EDO_PERMIT_INIT, other = EDO_PERMIT_INIT;
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(edo_service_try_ready(svc, &permit), 0);
        CHECK_EQ(edo_service_try_ready(svc, &other), 0);
        edo_permit_release(&other); // the last first: a cell on which others were built is lost
        edo_permit_release(&permit);
    }
    CHECK_EQ(edo_service_try_ready(svc, &permit), 0);
    CHECK_EQ(edo_service_try_ready(svc, &other), 0);
    edo_permit third = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &third), -EAGAIN);
    edo_permit_release(&permit);
    edo_permit_release(&other);
    edo_service_unref(svc);
}

EDO_TEST(a_ready_beyond_the_deadline_takes_no_cell, .paused = true) {
    int64_t at_ns = 0;
    edo_service *svc =
        limited(&(edo_rate_opts){ .limit = { .num = 1, .per = edo_s(1), .burst = 1 } }, &at_ns);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    edo_instant start = edo_now();
    for (int i = 0; i < 3; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(100));
        CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(svc, NULL, NULL)), -ETIMEDOUT);
    }
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    EDO_TEST_ELAPSED(start, edo_s(1));
    edo_service_unref(svc);
}

EDO_TEST(a_refusing_limit_never_waits, .paused = true) {
    int64_t at_ns = 0;
    edo_service *svc = limited(
        &(edo_rate_opts){ .limit = { .num = 1, .per = edo_s(1), .burst = 2 }, .refuse = true },
        &at_ns);
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EDO_ERATELIMITED);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &permit), 0); // to be refused
    edo_permit_release(&permit);
    EDO_TEST_ELAPSED(start, edo_ms(0));
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EDO_ERATELIMITED);
    edo_service_unref(svc);
}

EDO_TEST(one_limiter_limits_several_services_and_each_key_has_its_own_limit, .paused = true) {
    edo_limiter shared;
    edo_keyed_limiter *keyed;
    int64_t at_ns = 0;
    const edo_limiter_opts limit = { .num = 1, .per = edo_s(1) };
    CHECK_EQ(edo_limiter_init(&shared, &limit), 0);
    CHECK_EQ(edo_keyed_limiter_new(&keyed, &(edo_keyed_limiter_opts){ .limit = limit }), 0);
    edo_service *a = limited(&(edo_rate_opts){ .shared = &shared, .refuse = true }, &at_ns);
    edo_service *b = limited(&(edo_rate_opts){ .shared = &shared, .refuse = true }, &at_ns);
    edo_service *k =
        limited(&(edo_rate_opts){ .keyed = keyed, .key = key_of, .refuse = true }, &at_ns);
    CHECK_EQ(edo_service_oneshot(a, NULL, NULL), 0);
    CHECK_EQ(edo_service_oneshot(b, NULL, NULL), -EDO_ERATELIMITED);
    CHECK_EQ(edo_service_oneshot(k, &(char){ 'x' }, NULL), 0);
    CHECK_EQ(edo_service_oneshot(k, &(char){ 'y' }, NULL), 0);
    CHECK_EQ(edo_service_oneshot(k, &(char){ 'x' }, NULL), -EDO_ERATELIMITED);
    edo_service_unref(a);
    edo_service_unref(b);
    edo_service_unref(k);
    edo_keyed_limiter_free(keyed);
}

/* ---- Against the definition ------------------------------------------------------------------ */

#define INTERVAL_MS 10
#define BURST       4
#define VISITORS    12
#define VISITS      25

typedef struct crowd {
    edo_service *svc;
    uint32_t random;
    int64_t passed_ns[VISITORS * VISITS];
    size_t passed_n, gave_up_n, released_n;
} crowd;

static int counts(void *arg, void *request, void *response) {
    crowd *c = arg;
    (void)request, (void)response;
    c->passed_ns[c->passed_n++] = edo_now().ns;
    return 0;
}

static uint32_t next_random(crowd *c, uint32_t below) {
    c->random = c->random * 1664525u + 1013904223u;
    return (c->random >> 16) % below;
}

static int visitor(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < VISITS; i++) {
        edo_permit permit = EDO_PERMIT_INIT;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1 + (int64_t)next_random(c, 300)));
        int err = edo_service_ready(c->svc, &permit);
        err = edo_deadline_end(&d, err);
        CHECK(err == 0 || err == -ETIMEDOUT);
        if (err == 0 && next_random(c, 5)) {
            CHECK_EQ(edo_service_call(c->svc, &permit, NULL, NULL), 0);
        } else {
            *(err ? &c->gave_up_n : &c->released_n) += 1;
        }
        edo_permit_release(&permit);
        EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(c, 120))));
    }
    return 0;
}

EDO_TEST(no_sequence_of_callers_gets_more_through_than_the_definition_allows, .paused = true) {
    static crowd c;
    edo_scope s;
    c = (crowd){ .random = (uint32_t)test_seed(7) };
    CHECK_EQ(edo_service_from_fn(&c.svc, counts, &c, NULL), 0);
    edo_layer layer = edo_rate_layer(
        &(edo_rate_opts){ .limit = { .num = 1, .per = edo_ms(INTERVAL_MS), .burst = BURST } });
    CHECK_EQ(edo_layer_wrap(&c.svc, &layer, c.svc), 0);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < VISITORS; i++) edo_scope_spawn(&s, visitor, &c);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK(c.passed_n > 100 && c.released_n > 10);
    for (size_t i = 0; i < c.passed_n; i++) // over any time d: at most burst + d / T
        for (size_t k = i + 1; k < c.passed_n; k++) {
            int64_t d_ns = c.passed_ns[k] - c.passed_ns[i] + 1000000; // timers are up to 1 ms late
            CHECK((int64_t)(k - i + 1) <= BURST + d_ns / edo_ms(INTERVAL_MS).ns);
        }
    edo_service_unref(c.svc);
}

/* ---- Fixed windows --------------------------------------------------------------------------- */

/* Tower's state machine: calls left until an instant; when they are spent ready waits for it. */
typedef struct tower {
    int64_t until_ms, left;
} tower;

/* When a call that is ready to come at `now_ms` passes. */
static int64_t tower_passes(tower *t, int64_t now_ms, int64_t num, int64_t per_ms) {
    if (t->left == 0 && now_ms < t->until_ms) now_ms = t->until_ms;
    if (now_ms >= t->until_ms) *t = (tower){ now_ms + per_ms, num };
    t->left--;
    return now_ms;
}

EDO_TEST(a_fixed_window_passes_each_call_when_towers_does, .paused = true) {
    const int64_t nums[] = { 1, 2, 3, 7 };
    uint32_t random = (uint32_t)test_seed(17);
    for (size_t k = 0; k < EDO_COUNT(nums); k++) {
        int64_t at_ns = 0, start_ns = edo_now().ns;
        const edo_limiter_opts limit = { .num = (uint64_t)nums[k], .per = edo_ms(100) };
        edo_service *svc =
            limited(&(edo_rate_opts){ .limit = limit, .fixed_window = true }, &at_ns);
        tower t = { .left = 0 };
        for (int i = 0; i < 200; i++) {
            int64_t now_ms = (edo_now().ns - start_ns) / 1000000;
            CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
            CHECK_EQ((at_ns - start_ns) / 1000000, tower_passes(&t, now_ms, nums[k], 100));
            random = random * 1664525u + 1013904223u;
            int64_t pause_ms = random >> 30 ? (random >> 16) % 40 : (random >> 16) % 300;
            EDO_TEST_OK(edo_sleep(edo_ms(pause_ms)));
        }
        edo_service_unref(svc);
    }
}

typedef struct ticket {
    edo_service *svc;
    int wait_ms, number;
    int *passed_n, *passed;
} ticket;

static int waits_its_turn(void *arg) {
    ticket *t = arg;
    edo_permit permit = EDO_PERMIT_INIT;
    edo_deadline d;
    edo_deadline_begin(&d, t->wait_ms ? edo_ms(t->wait_ms) : edo_ns(-1));
    int err = edo_deadline_end(&d, edo_service_ready(t->svc, &permit));
    if (err < 0) return err;
    t->passed[(*t->passed_n)++] = t->number;
    return edo_service_call(t->svc, &permit, NULL, NULL);
}

EDO_TEST(callers_pass_a_window_in_order_of_arrival_and_those_that_give_up_lose_nothing,
         .paused = true) {
    int64_t at_ns = 0;
    int passed_n = 0, passed[8];
    edo_service *svc =
        limited(&(edo_rate_opts){ .limit = { .num = 2, .per = edo_ms(100) }, .fixed_window = true },
                &at_ns);
    ticket tickets[8];
    edo_task *tasks[8];
    for (int i = 0; i < 8; i++) {
        tickets[i] = (ticket){ svc, i == 3 || i == 5 ? 50 : 0, i, &passed_n, passed };
        tasks[i] = edo_spawn(waits_its_turn, &tickets[i]);
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
    }
    edo_permit late = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &late), -EAGAIN); // others wait
    for (int i = 0; i < 8; i++)
        CHECK_EQ(edo_task_join(tasks[i]), i == 3 || i == 5 ? -ETIMEDOUT : 0);
    const int want[] = { 0, 1, 2, 4, 6, 7 };
    CHECK_EQ(passed_n, 6);
    for (int i = 0; i < 6; i++) CHECK_EQ(passed[i], want[i]);
    edo_service_unref(svc);
}

EDO_TEST(a_place_that_is_given_back_goes_to_the_caller_that_waits, .paused = true) {
    int64_t at_ns = 0, start_ns = edo_now().ns;
    int passed_n = 0, passed[1];
    edo_service *svc = limited(
        &(edo_rate_opts){ .limit = { .num = 1, .per = edo_s(10) }, .fixed_window = true }, &at_ns);
    edo_permit permit = EDO_PERMIT_INIT, other = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_task *t = edo_spawn(waits_its_turn, &(ticket){ svc, 0, 0, &passed_n, passed });
    EDO_TEST_OK(edo_sleep(edo_ms(20)));
    edo_permit_release(&permit);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ((at_ns - start_ns) / 1000000, 20);
    CHECK_EQ(edo_service_try_ready(svc, &other), -EAGAIN);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(edo_service_ready(svc, &other), 0);
    edo_permit_release(&permit); // of a window that is over
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    edo_permit_release(&other);
    edo_service_unref(svc);
}

EDO_TEST(a_refusing_window_never_waits, .paused = true) {
    int64_t at_ns = 0;
    edo_service *svc = limited(&(edo_rate_opts){ .limit = { .num = 2, .per = edo_s(1) },
                                                 .fixed_window = true,
                                                 .refuse = true },
                               &at_ns);
    edo_instant start = edo_now();
    for (int i = 0; i < 5; i++)
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), i < 2 ? 0 : -EDO_ERATELIMITED);
    EDO_TEST_ELAPSED(start, edo_ms(0));
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    edo_service_unref(svc);
}

static int asks_a_window(void *arg) {
    for (int i = 0; i < 20; i++) {
        edo_permit permit = EDO_PERMIT_INIT;
        int err = edo_service_ready(arg, &permit);
        if (err == 0 && i % 4) err = edo_service_call(arg, &permit, NULL, NULL);
        edo_permit_release(&permit);
        if (err < 0) return err;
    }
    return 0;
}

static int nothing(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

static int crowd_at_a_window(void *arg) {
    edo_service *svc;
    edo_scope s;
    (void)arg;
    edo_layer layer = edo_rate_layer(
        &(edo_rate_opts){ .limit = { .num = 40, .per = edo_ms(2) }, .fixed_window = true });
    CHECK_EQ(edo_service_from_fn(&svc, nothing, NULL, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 16; i++) edo_scope_spawn(&s, asks_a_window, svc);
    int err = edo_scope_end(&s, 0);
    edo_service_unref(svc);
    return err;
}

static void every_caller_passes_a_window_on_every_kind_of_runtime(void **state) {
    (void)state;
    assert_int_equal(inside_each(crowd_at_a_window, NULL), 0);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int builds(const edo_rate_opts *opts) {
    edo_service *svc;
    edo_layer layer = edo_rate_layer(opts);
    assert_int_equal(edo_service_from_fn(&svc, notes_time, NULL, NULL), 0);
    return edo_layer_wrap(&svc, &layer, svc);
}

static void options_that_make_no_sense_are_refused(void **state) {
    edo_limiter limiter;
    (void)state;
    assert_int_equal(edo_limiter_init(&limiter, &(edo_limiter_opts){ .num = 1 }), 0);
    assert_int_equal(builds(&(edo_rate_opts){ .refuse = true }), -EINVAL);
    assert_int_equal(builds(&(edo_rate_opts){ .shared = &limiter, .limit.num = 1 }), -EINVAL);
    assert_int_equal(builds(&(edo_rate_opts){ .shared = &limiter, .key = key_of }), -EINVAL);
    assert_int_equal(builds(&(edo_rate_opts){ .shared = &limiter, .reserved = { 1 } }), -EINVAL);
    assert_int_equal(builds(&(edo_rate_opts){ .limit = { .num = 1, .per = edo_ns(-1) } }), -EINVAL);
    assert_int_equal(builds(&(edo_rate_opts){ .shared = &limiter, .fixed_window = true }), -EINVAL);
    const edo_rate_opts bad[] = {
        { .limit = { .num = 1, .burst = 1 }, .fixed_window = true },
        { .limit = { .num = 1, .per = edo_ns(-1) }, .fixed_window = true },
        { .limit = { .num = 1, .reserved = { 1 } }, .fixed_window = true },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) assert_int_equal(builds(&bad[i]), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_layers_keep_the_rules_of_layers),
        cmocka_unit_test(calls_pass_at_the_rate_after_the_burst),
        cmocka_unit_test(a_permit_that_is_released_gives_its_cell_back),
        cmocka_unit_test(a_ready_beyond_the_deadline_takes_no_cell),
        cmocka_unit_test(a_refusing_limit_never_waits),
        cmocka_unit_test(one_limiter_limits_several_services_and_each_key_has_its_own_limit),
        cmocka_unit_test(no_sequence_of_callers_gets_more_through_than_the_definition_allows),
        cmocka_unit_test(a_fixed_window_passes_each_call_when_towers_does),
        cmocka_unit_test(
            callers_pass_a_window_in_order_of_arrival_and_those_that_give_up_lose_nothing),
        cmocka_unit_test(a_place_that_is_given_back_goes_to_the_caller_that_waits),
        cmocka_unit_test(a_refusing_window_never_waits),
        cmocka_unit_test(every_caller_passes_a_window_on_every_kind_of_runtime),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
