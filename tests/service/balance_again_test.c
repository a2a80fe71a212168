/* SPDX-License-Identifier: MIT */
/* Goal: each attempt of a call gets an endpoint that no attempt before it had, as long as there is
 * one, whoever makes the attempts and however the balance is used; then any.
 * Method: endpoints that fail each call, or answer late, and a list of those that a call has
 * asked; under a paused clock. */
#include <edo/cache.h>
#include <edo/hedge_layer.h>
#include <edo/reconnect.h>
#include <edo/retry.h>
#include <edo/retry_layer.h>

#include "balance_world.h"

#include <string.h>

/* What one call has asked, in order. */
typedef struct trace {
    world *w;
    edo_service *svc; /* of nested attempts */
    char asked[32];
    int n;
    int late_ms; /* of each answer */
    int result;
} trace;

/* Are the first `n` all others? */
static bool are_others(const trace *t, int n) {
    if (t->n < n) return false;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            if (t->asked[i] == t->asked[j]) return false;
    return true;
}

static int asks_one(void *arg, void *request, void *response) {
    trace *t = request;
    edo_balance_lease lease;
    (void)arg, (void)response;
    int err = edo_balance_pick_for(t->w->b, &lease, EDO_STR("the key"), EDO_PICK_FAIL_FAST);
    if (err < 0) return err;
    t->asked[t->n++ % 32] = lease.to->address[0];
    err = t->late_ms > 0 ? edo_sleep(edo_ms(t->late_ms)) : 0;
    if (err == 0) err = t->result;
    edo_balance_done(&lease, err);
    return err;
}

static edo_service *layered(edo_layer layer) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, asks_one, NULL, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    return svc;
}

static edo_layer retries(uint32_t n) {
    return edo_retry_layer(&(edo_retry_layer_opts){ .attempts = n });
}

static const edo_balance_kind kinds_of_many[] = { EDO_BALANCE_P2C, EDO_BALANCE_ROUND_ROBIN,
                                                  EDO_BALANCE_HASH };

static void begins(world *w, const char *letters, edo_balance_kind kind) {
    *w = (world){ .is_dropped = false };
    world_begin(w, letters, &(edo_balance_opts){ .kind = kind });
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
}

/* ---- Attempts one after the other ------------------------------------------------------------ */

EDO_TEST(a_retry_asks_each_endpoint_once_before_it_repeats_one, .paused = true) {
    for (size_t k = 0; k < EDO_COUNT(kinds_of_many); k++) {
        world w;
        begins(&w, "abcd", kinds_of_many[k]);
        edo_service *svc = layered(retries(6));
        for (int i = 0; i < 50; i++) {
            trace t = { .w = &w, .result = -EIO };
            CHECK_EQ(edo_service_oneshot(svc, &t, NULL), -EIO);
            CHECK_EQ(t.n, 6);
            CHECK(are_others(&t, 4));
        }
        edo_service_unref(svc);
        world_end(&w);
    }
}

EDO_TEST(of_many_endpoints_the_last_eight_are_not_asked, .paused = true) {
    for (size_t k = 0; k < EDO_COUNT(kinds_of_many); k++) {
        world w;
        begins(&w, "abcdefghijkl", kinds_of_many[k]);
        edo_service *svc = layered(retries(30));
        trace t = { .w = &w, .result = -EIO };
        CHECK_EQ(edo_service_oneshot(svc, &t, NULL), -EIO);
        CHECK_EQ(t.n, 30);
        for (int i = 0; i < 30; i++)
            for (int j = i > 8 ? i - 8 : 0; j < i; j++) CHECK(t.asked[i] != t.asked[j]);
        edo_service_unref(svc);
        world_end(&w);
    }
}

EDO_TEST(one_endpoint_alone_is_asked_again, .paused = true) {
    world w;
    begins(&w, "a", EDO_BALANCE_P2C);
    edo_service *svc = layered(retries(3));
    trace t = { .w = &w, .result = -EIO };
    CHECK_EQ(edo_service_oneshot(svc, &t, NULL), -EIO);
    CHECK_EQ(t.n, 3);
    edo_service_unref(svc);
    world_end(&w);
}

static int asks_nested(void *arg) {
    trace *t = arg;
    return t->svc ? edo_service_oneshot(t->svc, t, NULL) : asks_one(NULL, t, NULL);
}

EDO_TEST(attempts_in_attempts_know_of_each_other, .paused = true) {
    const edo_retry_opts twice = { .attempts = 2 }, four = { .attempts = 4 };
    world w;
    begins(&w, "abcd", EDO_BALANCE_P2C);
    edo_service *svc = layered(retries(2));
    for (int i = 0; i < 50; i++) {
        trace t = { .w = &w, .result = -EIO };
        CHECK_EQ(edo_retry(asks_nested, &t, &four), -EIO);
        CHECK(are_others(&t, 4));
        t = (trace){ .w = &w, .svc = svc, .result = -EIO };
        CHECK_EQ(edo_retry(asks_nested, &t, &twice), -EIO);
        CHECK_EQ(t.n, 4);
        CHECK(are_others(&t, 4));
    }
    edo_trail_clear();
    edo_service_unref(svc);
    world_end(&w);
}

static int asks_thrice(void *arg, void *request, void *response) {
    const trace *t = request;
    for (int i = 0; i < 3; i++)
        if (asks_one(arg, request, response) != t->result) return -EPROTO;
    return t->n < 6 ? -EIO : 0;
}

/* What one attempt does is its own matter: equal keys have the same endpoint there. */
EDO_TEST(calls_of_one_attempt_keep_their_endpoint, .paused = true) {
    world w;
    edo_service *svc;
    edo_layer layer = retries(2);
    begins(&w, "abcd", EDO_BALANCE_HASH);
    CHECK_EQ(edo_service_from_fn(&svc, asks_thrice, NULL, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    trace t = { .w = &w };
    CHECK_EQ(edo_service_oneshot(svc, &t, NULL), 0);
    CHECK(t.asked[0] == t.asked[1] && t.asked[0] == t.asked[2]);
    CHECK(t.asked[0] != t.asked[3]);
    CHECK(t.asked[3] == t.asked[4] && t.asked[3] == t.asked[5]);
    edo_service_unref(svc);
    world_end(&w);
}

/* The first attempt has ten calls, of which the last one fails; the second begins after that. */
static int fails_late(void *arg) {
    trace *t = arg;
    const int calls = t->n == 0 ? 10 : 1;
    for (int i = 1; i <= calls; i++) {
        t->result = calls > 1 && i == calls ? -EIO : 0;
        int err = t->svc ? edo_service_oneshot(t->svc, t, NULL) : asks_one(NULL, t, NULL);
        if (err < 0) return err;
    }
    return 0;
}

EDO_TEST(what_has_served_before_a_failure_may_be_asked_again, .paused = true) {
    world w;
    begins(&w, "abc", EDO_BALANCE_P2C);
    edo_service *svc = layered(retries(1));
    for (int i = 0; i < 50; i++) {
        trace t = { .w = &w, .svc = i % 2 ? svc : NULL };
        EDO_TEST_OK(edo_retry(fails_late, &t, NULL));
        CHECK_EQ(t.n, 11);
        CHECK(t.asked[10] != t.asked[9]); // though all three were had
    }
    edo_service_unref(svc);
    world_end(&w);
}

/* Fails at first; then it is a loop without an end. */
static int goes_on_for_long(void *arg) {
    trace *t = arg;
    t->result = t->n == 0 ? -EIO : 0;
    for (int i = 1; i < 16; i++) {
        if (i == 8) EDO_TEST_OK(edo_sleep(edo_s(10)));
        int err = asks_one(NULL, t, NULL);
        if (err < 0) return err;
    }
    return 0;
}

EDO_TEST(a_long_attempt_asks_all_again, .paused = true) {
    world w;
    trace t = { .w = &w };
    begins(&w, "abc", EDO_BALANCE_ROUND_ROBIN);
    EDO_TEST_OK(edo_retry(goes_on_for_long, &t, NULL));
    CHECK_EQ(t.n, 16);
    CHECK(memchr(t.asked + 1, t.asked[0], 7) == NULL);
    CHECK(memchr(t.asked + 8, t.asked[0], 8) != NULL);
    world_end(&w);
}

/* ---- Beside each other ----------------------------------------------------------------------- */

EDO_TEST(the_second_attempt_of_a_hedge_goes_elsewhere, .paused = true) {
    world w;
    const edo_hedge_opts opts = { .response_bytes = 1, .points_min = 2 };
    char response = 0;
    begins(&w, "ab", EDO_BALANCE_P2C);
    edo_service *svc = layered(edo_hedge_layer(&opts));
    for (int i = 0; i < 9; i++) { // it learns that calls take no time
        trace t = { .w = &w };
        CHECK_EQ(edo_service_oneshot(svc, &t, &response), 0);
    }
    EDO_TEST_OK(edo_sleep(edo_s(11)));
    for (int i = 0; i < 50; i++) {
        trace t = { .w = &w, .late_ms = 50, .result = -EIO }; // which is not learnt from
        CHECK_EQ(edo_service_oneshot(svc, &t, &response), -EIO);
        CHECK_EQ(t.n, 2);
        CHECK(are_others(&t, 2));
    }
    edo_service_unref(svc);
    world_end(&w);
}

/* ---- In another task ------------------------------------------------------------------------- */

typedef struct shared_trace {
    trace t;
    edo_flight *flight;
} shared_trace;

static int asks_for_flight(void **value, void *arg) {
    *value = NULL;
    return asks_one(NULL, arg, NULL);
}

static int flies(void *arg) {
    shared_trace *s = arg;
    void *value = NULL;
    return edo_flight_run(s->flight, &value, EDO_STR("k"), asks_for_flight, &s->t);
}

EDO_TEST(a_run_in_a_task_of_its_own_is_no_other, .paused = true) {
    const edo_retry_opts four = { .attempts = 4 };
    world w;
    shared_trace s = { .t = { .w = &w, .result = -EIO } };
    begins(&w, "abcd", EDO_BALANCE_HASH);
    EDO_TEST_OK(edo_flight_new(&s.flight, &(edo_flight_opts){ .detached = true }));
    CHECK_EQ(edo_retry(flies, &s, &four), -EIO);
    CHECK_EQ(s.t.n, 4);
    CHECK(are_others(&s.t, 4));
    edo_trail_clear();
    edo_flight_unref(s.flight);
    world_end(&w);
}

static int flies_twice(void *arg) {
    return edo_retry(flies, arg, &(edo_retry_opts){ .attempts = 2 });
}

/* One leads the first run and has no second attempt; the other one leads the next. */
EDO_TEST(callers_that_share_a_run_share_its_endpoints, .paused = true) {
    world w;
    shared_trace s = { .t = { .w = &w, .late_ms = 5, .result = -EIO } };
    begins(&w, "ab", EDO_BALANCE_HASH);
    EDO_TEST_OK(edo_flight_new(&s.flight, NULL));
    edo_task *first = edo_spawn(flies, &s);
    EDO_TEST_OK(edo_yield());
    edo_task *second = edo_spawn(flies_twice, &s);
    CHECK_EQ(edo_task_join(first), -EIO);
    CHECK_EQ(edo_task_join(second), -EIO);
    CHECK_EQ(s.t.n, 2);
    CHECK(are_others(&s.t, 2));
    edo_trail_clear();
    edo_flight_unref(s.flight);
    world_end(&w);
}

static int asks_to_connect(void *arg, edo_service **svc, const void *target) {
    (void)svc, (void)target;
    return asks_one(NULL, arg, NULL);
}

EDO_TEST(attempts_to_reconnect_go_elsewhere, .paused = true) {
    world w;
    trace t = { .w = &w, .result = -EIO };
    edo_service *svc;
    begins(&w, "abcd", EDO_BALANCE_HASH);
    EDO_TEST_OK(edo_reconnect_new(&svc, asks_to_connect, &t, NULL, NULL));
    for (int i = 0; i < 4; i++) CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EIO);
    CHECK_EQ(t.n, 4);
    CHECK(are_others(&t, 4));
    edo_service_unref(svc);
    world_end(&w);
}

/* ---- As a service ---------------------------------------------------------------------------- */

static trace *now;

static int is_asked(void *address, void *request, void *response) {
    (void)request, (void)response;
    now->asked[now->n++ % 32] = *(const char *)address;
    return -EIO;
}

static int opens(void *arg, edo_service **svc, const void *target) {
    static const char letters[] = "abcd";
    const edo_endpoint *to = target;
    (void)arg;
    return edo_service_from_fn(svc, is_asked, (void *)(uintptr_t)strchr(letters, to->address[0]),
                               NULL);
}

static edo_str one_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return EDO_STR("k");
}

EDO_TEST(a_balance_of_services_is_no_other, .paused = true) {
    for (size_t k = 0; k < 2 * EDO_COUNT(kinds_of_many); k++) {
        const edo_endpoint all[] = { endpoint_at('a'), endpoint_at('b'), endpoint_at('c') };
        edo_balance_opts opts = { .kind = kinds_of_many[k / 2] };
        edo_layer layer = retries(3);
        edo_service *svc;
        if (k % 2 && opts.kind == EDO_BALANCE_HASH) opts.key = one_key;
        CHECK_EQ(edo_balance_service_new(&svc, edo_discover_list(all, 3), opens, NULL, NULL, &opts),
                 0);
        CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
        EDO_TEST_OK(edo_sleep(edo_ms(10)));
        for (int i = 0; i < 50; i++) {
            trace t = { .n = 0 };
            now = &t;
            CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EIO);
            CHECK(t.n == 3 && are_others(&t, 3));
        }
        edo_service_unref(svc);
        EDO_TEST_OK(edo_test_settle());
    }
}

/* A loop of many calls, of which one fails and is made up for. */
static int asks_many(void *arg) {
    trace *t = arg;
    for (int i = 0; i < 8; i++) {
        t->result = i == 0 ? -EIO : 0;
        (void)asks_one(NULL, t, NULL);
    }
    return 0;
}

EDO_TEST(a_call_that_succeeds_ends_what_was_barred, .paused = true) {
    world w = { .is_dropped = false };
    trace t = { .w = &w };
    begins(&w, "abc", EDO_BALANCE_ROUND_ROBIN);
    EDO_TEST_OK(edo_retry(asks_many, &t, NULL));
    CHECK_EQ(t.n, 8);
    CHECK(t.asked[1] != t.asked[0]);
    CHECK(memchr(t.asked + 2, t.asked[0], 6) != NULL);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_asks_each_endpoint_once_before_it_repeats_one),
        cmocka_unit_test(of_many_endpoints_the_last_eight_are_not_asked),
        cmocka_unit_test(one_endpoint_alone_is_asked_again),
        cmocka_unit_test(attempts_in_attempts_know_of_each_other),
        cmocka_unit_test(calls_of_one_attempt_keep_their_endpoint),
        cmocka_unit_test(a_call_that_succeeds_ends_what_was_barred),
        cmocka_unit_test(what_has_served_before_a_failure_may_be_asked_again),
        cmocka_unit_test(a_long_attempt_asks_all_again),
        cmocka_unit_test(the_second_attempt_of_a_hedge_goes_elsewhere),
        cmocka_unit_test(a_run_in_a_task_of_its_own_is_no_other),
        cmocka_unit_test(callers_that_share_a_run_share_its_endpoints),
        cmocka_unit_test(attempts_to_reconnect_go_elsewhere),
        cmocka_unit_test(a_balance_of_services_is_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
