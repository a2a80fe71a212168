/* SPDX-License-Identifier: MIT */
/* Goal: calls go to endpoints that are ready, shared as the kind says; one that cannot be reached
 * is out until it can, with growing pauses; what comes and goes disturbs no call; states are as
 * told.
 * Method: hosts that are up or down, under a paused clock. */
#include "balance_world.h"

#include <edo/test_seq.h>

/* ---- Endpoints that cannot be reached -------------------------------------------------------- */

EDO_TEST(a_pick_waits_for_the_first_connect, .paused = true) {
    world w = { .hosts = { { .connect_ms = 5 }, { .connect_ms = 20 } } };
    edo_balance_lease lease;
    edo_instant start = edo_now();
    world_begin(&w, "ab", NULL);
    CHECK_EQ(edo_balance_try_pick(w.b, &lease), -EAGAIN);
    CHECK_EQ(picked(&w), 'a');
    EDO_TEST_ELAPSED(start, edo_ms(5));
    CHECK_EQ(edo_balance_try_pick(w.b, &lease), 0);
    edo_balance_done(&lease, 0);
    world_end(&w);
}

EDO_TEST(an_endpoint_that_cannot_be_reached_is_out_until_it_can, .paused = true) {
    world w = { .hosts = { { .is_down = true } } };
    int of_a = 0;
    world_begin(&w, "ab", NULL);
    for (int i = 0; i < 100; i++) CHECK_EQ(picked(&w), 'b');
    CHECK_EQ(listed(&w, 'a').state, EDO_BALANCE_FAILED);
    CHECK_EQ(listed(&w, 'a').err, -ECONNREFUSED);
    w.hosts[0].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_ms(1300)));
    CHECK_EQ(listed(&w, 'a').state, EDO_BALANCE_READY);
    CHECK_EQ(listed(&w, 'a').err, 0);
    for (int i = 0; i < 100; i++) of_a += picked(&w) == 'a';
    CHECK(of_a > 10 && of_a < 90);
    world_end(&w);
}

EDO_TEST(pauses_grow_by_a_factor_up_to_two_minutes_and_vary_by_a_fifth, .paused = true) {
    world w = { .hosts = { { .is_down = true } } };
    double base_ms = 1000;
    bool varies = false;
    world_begin(&w, "a", NULL);
    EDO_TEST_OK(edo_sleep(edo_minutes(40)));
    CHECK(w.hosts[0].asked > 20);
    for (int i = 1; i < 20; i++) {
        double ms = (double)(w.hosts[0].asked_ns[i] - w.hosts[0].asked_ns[i - 1]) / 1e6;
        CHECK(ms >= 0.8 * base_ms - 2 && ms <= 1.2 * base_ms + 2);
        varies |= ms < 0.95 * base_ms || ms > 1.05 * base_ms;
        base_ms = base_ms * 1.6 < 120000 ? base_ms * 1.6 : 120000;
    }
    CHECK(varies);
    world_end(&w);
}

EDO_TEST(a_connect_that_hangs_is_given_up, .paused = true) {
    world w = { .hosts = { { .connect_ms = 3600000 } } };
    edo_instant start = edo_now();
    world_begin(&w, "a", NULL);
    CHECK_EQ(fails_fast(&w), -ETIMEDOUT);
    EDO_TEST_ELAPSED(start, edo_s(20));
    world_end(&w);
}

EDO_TEST(who_fails_fast_waits_for_the_first_attempts_and_then_gets_the_reason, .paused = true) {
    world w = { .hosts = { { .is_down = true, .connect_ms = 5 },
                           { .is_down = true, .connect_ms = 9 } } };
    edo_instant start = edo_now();
    world_begin(&w, "ab", NULL);
    CHECK_EQ(fails_fast(&w), -ECONNREFUSED);
    EDO_TEST_ELAPSED(start, edo_ms(9));
    w.hosts[0].connect_ms = w.hosts[1].connect_ms = 500;
    while (w.hosts[0].asked + w.hosts[1].asked < 4) EDO_TEST_OK(edo_sleep(edo_ms(1)));
    start = edo_now(); // attempts that follow keep nobody waiting
    CHECK_EQ(fails_fast(&w), -ECONNREFUSED);
    EDO_TEST_ELAPSED(start, edo_ms(0));
    w.hosts[1].is_down = false;
    CHECK_EQ(picked(&w), 'b'); // waits
    world_end(&w);
}

static int waits_for_one(void *w) {
    return picked(w);
}

EDO_TEST(all_picks_that_wait_go_on_when_one_is_ready, .paused = true) {
    world w = { .hosts = { { .connect_ms = 50 } } };
    edo_task *tasks[5];
    edo_instant start = edo_now();
    world_begin(&w, "a", NULL);
    for (size_t i = 0; i < 5; i++) tasks[i] = edo_spawn(waits_for_one, &w);
    for (size_t i = 0; i < 5; i++) CHECK_EQ(edo_task_join(tasks[i]), 'a');
    EDO_TEST_ELAPSED(start, edo_ms(50));
    world_end(&w);
}

EDO_TEST(a_pick_that_waits_can_be_cancelled, .paused = true) {
    world w = { .hosts = { { .is_down = true } } };
    edo_balance_lease lease;
    world_begin(&w, "a", NULL);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(10));
    CHECK_EQ(edo_deadline_end(&d, edo_balance_pick(w.b, &lease, EDO_PICK_WAIT)), -ETIMEDOUT);
    world_end(&w);
}

/* ---- The choice ------------------------------------------------------------------------------ */

EDO_TEST(p2c_takes_the_one_with_fewer_calls_in_flight, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease leases[40];
    world_begin(&w, "ab", NULL);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (size_t i = 0; i < 40; i++) {
        CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
        uint64_t a = listed(&w, 'a').in_flight, b = listed(&w, 'b').in_flight;
        CHECK_EQ(a + b, i + 1);
        CHECK(a <= b + 1 && b <= a + 1);
    }
    for (size_t i = 0; i < 40; i++) edo_balance_done(&leases[i], 0);
    CHECK_EQ(listed(&w, 'a').in_flight, 0);
    world_end(&w);
}

EDO_TEST(p2c_shares_by_weight_idle_or_loaded, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease leases[40];
    int of_b = 0;
    world_begin(&w, "a", NULL);
    edo_endpoint b = endpoint_at('b');
    b.weight = 3;
    tells(&w, EDO_ENDPOINT_ADDED, b);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 4000; i++) of_b += picked(&w) == 'b';
    CHECK(of_b > 2750 && of_b < 3250); // 3000, and nine deviations
    for (size_t i = 0; i < 40; i++) CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
    CHECK(listed(&w, 'b').in_flight >= 29 && listed(&w, 'b').in_flight <= 31);
    for (size_t i = 0; i < 40; i++) edo_balance_done(&leases[i], 0);
    b.weight = 1; // another weight is no new endpoint
    tells(&w, EDO_ENDPOINT_ADDED, b);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(w.hosts[1].asked, 1);
    CHECK_EQ(listed(&w, 'b').endpoint.weight, 1);
    world_end(&w);
}

/* ---- Latency as load ------------------------------------------------------------------------- */

static const edo_balance_opts by_latency = { .load = EDO_LOAD_PEAK_EWMA };

/* A call of `ms`, which ends with `result`. */
static char asks(world *w, const int *ms, int result_of_b) {
    edo_balance_lease lease;
    CHECK_EQ(edo_balance_pick(w->b, &lease, EDO_PICK_WAIT), 0);
    const char letter = lease.to->address[0];
    if (ms[letter - 'a'] > 0) EDO_TEST_OK(edo_sleep(edo_ms(ms[letter - 'a'])));
    edo_balance_done(&lease, letter == 'b' ? result_of_b : 0);
    return letter;
}

static int64_t latency_ms(world *w, char letter) {
    return listed(w, letter).latency.ns / 1000000;
}

EDO_TEST(p2c_leaves_the_slower_one_until_it_is_forgotten, .paused = true) {
    world w = { .is_dropped = false };
    const int ms[HOSTS_N] = { 10, 400 };
    int of_b = 0;
    world_begin(&w, "ab", &by_latency);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK(latency_ms(&w, 'a') >= 999 && latency_ms(&w, 'b') <= 1000); // to be earned
    EDO_TEST_OK(edo_sleep(edo_s(60)));                                // is 2 ms
    for (int i = 0; i < 100; i++) of_b += asks(&w, ms, 0) == 'b';
    CHECK_EQ(of_b, 1);
    CHECK(latency_ms(&w, 'a') >= 9 && latency_ms(&w, 'a') <= 10);
    CHECK(latency_ms(&w, 'b') >= 360 && latency_ms(&w, 'b') <= 400); // after a second
    EDO_TEST_OK(edo_sleep(edo_s(50)));
    CHECK_EQ(latency_ms(&w, 'b'), 2);
    CHECK_EQ(latency_ms(&w, 'a'), 0);
    world_end(&w);
}

EDO_TEST(calls_in_flight_multiply_the_latency, .paused = true) {
    world w = { .is_dropped = false };
    const int ms[HOSTS_N] = { 10, 35 };
    edo_balance_lease leases[7];
    world_begin(&w, "ab", &by_latency);
    EDO_TEST_OK(edo_sleep(edo_s(80)));
    CHECK(asks(&w, ms, 0) != asks(&w, ms, 0));
    for (size_t i = 0; i < 7; i++) { // 10, 20, 30, 35, 40, 50, 60
        CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
        CHECK_EQ(leases[i].to->address[0], "aaabaaa"[i]);
    }
    for (size_t i = 0; i < 7; i++) edo_balance_done(&leases[i], 0);
    world_end(&w);
}

EDO_TEST(an_endpoint_that_fails_at_once_draws_no_calls, .paused = true) {
    world w = { .is_dropped = false };
    const int ms[HOSTS_N] = { 10, 0 };
    int of_b = 0;
    world_begin(&w, "ab", &by_latency);
    EDO_TEST_OK(edo_sleep(edo_s(80)));
    for (int i = 0; i < 200; i++) of_b += asks(&w, ms, -EIO) == 'b';
    CHECK_EQ(of_b, 1);
    CHECK(latency_ms(&w, 'b') > 700);
    edo_balance_lease lease; // its program says what a failure is
    world_end(&w);
    w = (world){ .is_dropped = false };
    world_begin(&w, "b", &by_latency);
    EDO_TEST_OK(edo_sleep(edo_s(80)));
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    edo_balance_done(&lease, -ECANCELED); // is the caller's
    CHECK_EQ(latency_ms(&w, 'b'), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    int err = edo_sleep(edo_s(9));
    edo_balance_done(&lease, err); // has hung
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(latency_ms(&w, 'b'), 1000);
    world_end(&w);
}

/* That is no failure of the endpoint; but the next call had better go elsewhere. */
EDO_TEST(an_endpoint_whose_own_layers_refuse_draws_no_calls, .paused = true) {
    static const int refusals[] = { -EDO_EOVERLOADED, -EDO_ECIRCUITOPEN, -EDO_ERATELIMITED };
    const int ms[HOSTS_N] = { 10, 0 };
    for (size_t k = 0; k < EDO_COUNT(refusals); k++) {
        world w = { .is_dropped = false };
        int of_b = 0;
        world_begin(&w, "ab", &by_latency);
        EDO_TEST_OK(edo_sleep(edo_s(80)));
        for (int i = 0; i < 200; i++) of_b += asks(&w, ms, refusals[k]) == 'b';
        CHECK_EQ(of_b, 1);
        world_end(&w);
    }
}

static bool only_nine(void *arg, void *conn, int result) {
    (void)arg, (void)conn;
    return result == 9;
}

EDO_TEST(the_program_says_which_results_are_failures, .paused = true) {
    static const edo_balance_ops ops = {
        .connect = world_connect, .has_failed = only_nine, .close = world_close, .drop = world_drop
    };
    world w = { .is_dropped = false };
    const edo_endpoint a = endpoint_at('a');
    edo_balance_lease lease;
    CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(&a, 1), &ops, &w, &by_latency), 0);
    EDO_TEST_OK(edo_sleep(edo_s(80)));
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    edo_balance_done(&lease, -EIO);
    CHECK_EQ(latency_ms(&w, 'a'), 0);
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    edo_balance_done(&lease, 9);
    CHECK_EQ(latency_ms(&w, 'a'), 1000);
    world_end(&w);
}

EDO_TEST(round_robin_takes_one_after_the_other, .paused = true) {
    world w = { .is_dropped = false };
    const edo_balance_opts opts = { .kind = EDO_BALANCE_ROUND_ROBIN };
    int of[HOSTS_N] = { 0 };
    world_begin(&w, "abcde", &opts);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 50; i++) {
        of[picked(&w) - 'a']++;
        for (int j = 0; j < 5; j++) CHECK(of[j] <= i / 5 + 1);
    }
    for (int j = 0; j < 5; j++) CHECK_EQ(of[j], 10);
    world_end(&w);
}

/* ---- PICK_FIRST ------------------------------------------------------------------------------ */

static const edo_balance_opts first = { .kind = EDO_BALANCE_PICK_FIRST };

EDO_TEST(pick_first_connects_to_one_when_it_is_asked_for, .paused = true) {
    world w = { .is_dropped = false };
    world_begin(&w, "abc", &first);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_IDLE);
    CHECK_EQ(w.hosts[0].asked, 0);
    for (int i = 0; i < 20; i++) CHECK_EQ(picked(&w), 'a');
    CHECK_EQ(w.hosts[0].asked, 1);
    CHECK_EQ(w.hosts[1].asked + w.hosts[2].asked, 0);
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    edo_notify_all(&w.hosts[0].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_IDLE);
    CHECK_EQ(w.hosts[0].asked, 1);
    edo_balance_connect(w.b);
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_CONNECTING);
    CHECK_EQ(picked(&w), 'a');
    world_end(&w);
}

EDO_TEST(pick_first_takes_the_first_that_can_be_reached, .paused = true) {
    world w = { .hosts = { { .is_down = true, .connect_ms = 2 },
                           { .is_down = true, .connect_ms = 3 },
                           { .connect_ms = 4 } } };
    edo_instant start = edo_now();
    world_begin(&w, "abcd", &first);
    CHECK_EQ(fails_fast(&w), 0); // one after the other, so the state is CONNECTING
    EDO_TEST_ELAPSED(start, edo_ms(9));
    CHECK_EQ(picked(&w), 'c');
    CHECK_EQ(w.hosts[3].asked, 0);
    w.hosts[0].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_minutes(5))); // nobody needs the others
    CHECK_EQ(w.hosts[0].asked, 1);
    CHECK_EQ(listed(&w, 'a').state, EDO_BALANCE_IDLE);
    CHECK_EQ(picked(&w), 'c');
    edo_notify_all(&w.hosts[2].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(picked(&w), 'a'); // from the first on
    world_end(&w);
}

EDO_TEST(pick_first_tries_all_again_after_their_pauses, .paused = true) {
    world w = { .hosts = { { .is_down = true }, { .is_down = true } } };
    world_begin(&w, "ab", &first);
    CHECK_EQ(fails_fast(&w), -ECONNREFUSED);
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_FAILED);
    w.hosts[1].is_down = false;
    CHECK_EQ(picked(&w), 'b');
    world_end(&w);
}

EDO_TEST(pick_first_uses_an_attempt_that_is_under_way_again, .paused = true) {
    world w = { .hosts = { { .is_down = true }, { .is_down = true } } };
    world_begin(&w, "ab", &first);
    CHECK_EQ(fails_fast(&w), -ECONNREFUSED);
    w.hosts[0] = (host){ .connect_ms = 5000, .goodbye = EDO_NOTIFY_INIT };
    w.hosts[1].is_down = false;
    w.hosts[1].connect_ms = 1000;
    CHECK_EQ(picked(&w), 'b'); // so the attempt of a, which has begun by now, is not needed
    CHECK_EQ(w.hosts[0].asked, 1);
    w.hosts[1].is_down = true;
    edo_notify_all(&w.hosts[1].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(picked(&w), 'a');
    CHECK_EQ(w.hosts[0].asked, 1);
    world_end(&w);
}

EDO_TEST(pick_first_goes_on_when_the_one_it_tries_is_removed, .paused = true) {
    world w = { .hosts = { { .connect_ms = 3600000 } } };
    world_begin(&w, "ab", &first);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    edo_balance_connect(w.b);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('a'));
    CHECK_EQ(picked(&w), 'b');
    world_end(&w);
}

EDO_TEST(pick_first_tries_the_next_beside_one_that_is_slow, .paused = true) {
    world w = { .hosts = {
                    { .connect_ms = 10000 }, { .connect_ms = 400 }, { .connect_ms = 300 } } };
    edo_instant start = edo_now();
    world_begin(&w, "abcd", &first);
    CHECK_EQ(picked(&w), 'b'); // after 250 ms and 400
    EDO_TEST_ELAPSED(start, edo_ms(650));
    CHECK_EQ(w.hosts[2].asked, 1); // since 500 ms
    CHECK_EQ(w.hosts[3].asked, 0);
    EDO_TEST_OK(edo_sleep(edo_s(20)));
    CHECK_EQ(w.hosts[3].asked, 0);
    CHECK(w.hosts[0].closed == 1 && w.hosts[2].closed == 1); // they came second
    CHECK_EQ(picked(&w), 'b');
    world_end(&w);
}

EDO_TEST(pick_first_waits_for_a_slow_one_by_option, .paused = true) {
    world w = { .hosts = { { .connect_ms = 10000 } } };
    const edo_balance_opts opts = { .kind = EDO_BALANCE_PICK_FIRST, .stagger = edo_ns(-1) };
    edo_instant start = edo_now();
    world_begin(&w, "ab", &opts);
    CHECK_EQ(picked(&w), 'a');
    EDO_TEST_ELAPSED(start, edo_s(10));
    CHECK_EQ(w.hosts[1].asked, 0);
    world_end(&w);
}

EDO_TEST(pick_first_goes_on_when_the_one_that_stands_by_is_removed, .paused = true) {
    world w = { .hosts = { { .connect_ms = 3600000 } } };
    world_begin(&w, "abc", &first);
    edo_balance_connect(w.b);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_balance_connect(w.b);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_instant start = edo_now();
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('b'));
    CHECK_EQ(picked(&w), 'c');
    EDO_TEST_ELAPSED(start, edo_ms(250));
    world_end(&w);
}

EDO_TEST(pick_first_shuffles_by_option, .paused = true) {
    int chosen[HOSTS_N] = { 0 }, chosen_n = 0;
    const edo_balance_opts opts = { .kind = EDO_BALANCE_PICK_FIRST, .shuffles = true };
    for (int i = 0; i < 100; i++) {
        world w = { .is_dropped = false };
        world_begin(&w, "abcd", &opts);
        EDO_TEST_OK(edo_sleep(edo_ms(1))); // all have come
        chosen[picked(&w) - 'a']++;
        world_end(&w);
    }
    for (int i = 0; i < 4; i++) chosen_n += chosen[i] > 0;
    CHECK_EQ(chosen_n, 4); // one of them would be missing once in 10^12 runs
}

/* ---- Endpoints come and go ------------------------------------------------------------------- */

EDO_TEST(a_removed_endpoint_keeps_its_connection_for_the_calls_under_way, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease lease;
    world_begin(&w, "a", NULL);
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    tells(&w, EDO_ENDPOINT_ADDED, endpoint_at('b'));
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('a'));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 20; i++) CHECK_EQ(picked(&w), 'b');
    CHECK_EQ(w.hosts[0].alive, 1);
    CHECK_EQ(strcmp(lease.to->address, "a"), 0);
    edo_balance_done(&lease, -ECONNRESET);
    CHECK_EQ(w.hosts[0].alive, 0);
    CHECK_EQ(edo_balance_list(w.b, NULL, 0), 1);
    world_end(&w);
}

EDO_TEST(an_endpoint_that_is_removed_while_it_connects_or_pauses_ends, .paused = true) {
    world w = { .hosts = { { .connect_ms = 1000 }, { .is_down = true } } };
    world_begin(&w, "abc", NULL);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('a'));
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('b'));
    EDO_TEST_OK(edo_sleep(edo_minutes(10)));
    CHECK_EQ(w.hosts[0].closed, 0);
    CHECK_EQ(w.hosts[1].asked, 1);
    CHECK_EQ(edo_balance_list(w.b, NULL, 0), 1);
    world_end(&w);
}

static edo_endpoint keyed(char letter, const char *key) {
    edo_endpoint e = endpoint_at(letter);
    memcpy(e.key, key, strlen(key) + 1);
    return e;
}

EDO_TEST(an_endpoint_with_a_known_key_replaces_the_other_when_it_is_ready, .paused = true) {
    world w = { .hosts = { { 0 }, { .connect_ms = 500 } } };
    world_begin(&w, "", NULL);
    tells(&w, EDO_ENDPOINT_ADDED, keyed('a', "shop"));
    CHECK_EQ(picked(&w), 'a');
    tells(&w, EDO_ENDPOINT_ADDED, keyed('b', "shop"));
    EDO_TEST_OK(edo_sleep(edo_ms(499)));
    CHECK_EQ(picked(&w), 'a');
    EDO_TEST_OK(edo_sleep(edo_ms(2)));
    CHECK_EQ(picked(&w), 'b');
    CHECK_EQ(edo_balance_list(w.b, NULL, 0), 1);
    CHECK_EQ(w.hosts[0].alive, 0);
    tells(&w, EDO_ENDPOINT_ADDED, keyed('c', "shop"));
    tells(&w, EDO_ENDPOINT_REMOVED, keyed('x', "shop")); // the key matters
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_balance_list(w.b, NULL, 0), 0);
    world_end(&w);
}

EDO_TEST(without_endpoints_the_reason_is_the_sources, .paused = true) {
    world w = { .is_dropped = false };
    CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(NULL, 0), &world_ops, &w, NULL), 0);
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_CONNECTING); // nothing was told yet
    CHECK_EQ(fails_fast(&w), -ENOENT);
    world_end(&w);
    w = (world){ .is_dropped = false };
    world_begin(&w, "a", NULL);
    CHECK_EQ(picked(&w), 'a');
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('a'));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(fails_fast(&w), -ENOENT);
    tells(&w, EDO_ENDPOINT_ADDED, endpoint_at('b'));
    CHECK_EQ(picked(&w), 'b');
    world_end(&w);
}

EDO_TEST(a_source_that_fails_is_read_on_and_its_endpoints_stay, .paused = true) {
    world w = { .is_dropped = false };
    edo_test_seq *script;
    edo_seq *source;
    EDO_TEST_OK(edo_test_seq_new(&script, &source, sizeof(edo_endpoint_change), "source"));
    edo_test_seq_error(script, -EAGAIN);
    edo_test_seq_item(script, &(edo_endpoint_change){ .endpoint = endpoint_at('a') });
    edo_test_seq_error(script, -EAGAIN);
    edo_test_seq_close(script);
    CHECK_EQ(edo_balance_new(&w.b, source, &world_ops, &w, NULL), 0);
    CHECK_EQ(fails_fast(&w), -EAGAIN);
    CHECK_EQ(picked(&w), 'a');
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK_EQ(picked(&w), 'a');
    world_end(&w);
}

/* ---- States ---------------------------------------------------------------------------------- */

EDO_TEST(the_state_of_the_balance_can_be_awaited, .paused = true) {
    world w = { .hosts = { { .connect_ms = 5 }, { .is_down = true, .connect_ms = 2 } } };
    world_begin(&w, "ab", NULL);
    CHECK_EQ(edo_balance_wait_state(w.b, EDO_BALANCE_CONNECTING), EDO_BALANCE_READY);
    CHECK_EQ(edo_balance_wait_state(w.b, EDO_BALANCE_IDLE), EDO_BALANCE_READY);
    w.hosts[0].is_down = true;
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    edo_notify_all(&w.hosts[0].goodbye);
    CHECK_EQ(edo_balance_wait_state(w.b, EDO_BALANCE_READY), EDO_BALANCE_IDLE);
    CHECK_EQ(edo_balance_wait_state(w.b, EDO_BALANCE_IDLE), EDO_BALANCE_CONNECTING);
    CHECK_EQ(edo_balance_wait_state(w.b, EDO_BALANCE_CONNECTING), EDO_BALANCE_FAILED);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(100));
    CHECK_EQ(edo_deadline_end(&d, edo_balance_wait_state(w.b, EDO_BALANCE_FAILED)), -ETIMEDOUT);
    world_end(&w);
}

/* ---- The end --------------------------------------------------------------------------------- */

EDO_TEST(a_lease_outlives_the_balance, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease lease;
    world_begin(&w, "a", NULL);
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    edo_balance_unref(edo_balance_ref(w.b));
    edo_balance_unref(w.b);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK(!w.is_dropped);
    CHECK_EQ(w.hosts[0].alive, 1);
    edo_balance_done(&lease, 0);
    edo_balance_done(&lease, 0); // nothing
    CHECK(w.is_dropped);
    CHECK_EQ(w.hosts[0].alive, 0);
    edo_mpsc_tx_unref(w.tx);
}

static edo_task *waiting;

static int picks_and_waits(void *arg) {
    edo_balance_lease lease;
    return edo_balance_pick(((world *)arg)->b, &lease, EDO_PICK_WAIT);
}

static int waits_for_it(void *arg) {
    waiting = edo_spawn(picks_and_waits, arg);
    return edo_yield();
}

static int joins(void *arg) {
    (void)arg;
    return edo_task_join(waiting);
}

static void a_pick_elsewhere_ends_with_the_runtime_of_the_balance(void **state) {
    world w = { .hosts = { { .connect_ms = 3600000 } } };
    edo_balance_lease lease;
    edo_runtime *one, *other;
    (void)state;
    assert_int_equal(edo_runtime_new(&one, &kinds[0]), 0);
    assert_int_equal(edo_runtime_new(&other, &kinds[0]), 0);
    assert_int_equal(edo_runtime_enter(one), 0);
    world_begin(&w, "a", NULL);
    edo_runtime_leave(one);
    assert_int_equal(edo_run(other, waits_for_it, &w), 0);
    assert_int_equal(edo_runtime_shutdown(one, edo_s(30)), 0);
    assert_int_equal(edo_run(other, joins, NULL), -ECONNABORTED);
    assert_int_equal(edo_balance_try_pick(w.b, &lease), -ECONNABORTED);
    assert_int_equal(edo_balance_wait_state(w.b, EDO_BALANCE_READY), -ECONNABORTED);
    assert_int_equal(edo_balance_get_state(w.b), EDO_BALANCE_FAILED);
    assert_int_equal(edo_runtime_shutdown(other, edo_s(30)), 0);
    edo_runtime_free(other);
    edo_runtime_free(one);
    assert_false(w.is_dropped);
    edo_balance_unref(w.b);
    assert_true(w.is_dropped);
    edo_mpsc_tx_unref(w.tx);
}

static edo_str no_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return EDO_STR("");
}

EDO_TEST(bad_options_are_refused_and_the_source_is_taken, .paused = true) {
    static const edo_balance_ops bad_ops[] = { { .close = world_close },
                                               { .connect = world_connect } };
    const edo_balance_opts bad[] = {
        { .kind = EDO_BALANCE_HASH + 1 },   { .key = no_key },
        { .load = EDO_LOAD_PEAK_EWMA + 1 }, { .load_start = EDO_MS(-1) },
        { .load_decay = EDO_US(999) },      { .load_penalty = EDO_MS(-1) },
        { .connect_timeout = EDO_MS(-1) },  { .pause_min = EDO_MS(-1) },
        { .pause_max = EDO_MS(10) },        { .reserved = { 1 } }
    };
    world w = { .is_dropped = false };
    const edo_endpoint a = endpoint_at('a');
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(&a, 1), &world_ops, &w, &bad[i]), -EINVAL);
    for (size_t i = 0; i < EDO_COUNT(bad_ops); i++)
        CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(&a, 1), &bad_ops[i], &w, NULL), -EINVAL);
    CHECK_EQ(edo_balance_new(&w.b, edo_seq_empty(4), &world_ops, &w, NULL), -EINVAL);
    CHECK_EQ(edo_balance_new(&w.b, NULL, &world_ops, &w, NULL), -ENOMEM);
    CHECK(!w.is_dropped);
}

static void outside_of_a_runtime_none_is_made(void **state) {
    world w = { .is_dropped = false };
    const edo_endpoint a = endpoint_at('a');
    (void)state;
    assert_int_equal(edo_balance_new(&w.b, edo_discover_list(&a, 1), &world_ops, &w, NULL),
                     -EDO_ENORUNTIME);
    assert_false(w.is_dropped);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_of_a_runtime_none_is_made),
        cmocka_unit_test(a_pick_waits_for_the_first_connect),
        cmocka_unit_test(an_endpoint_that_cannot_be_reached_is_out_until_it_can),
        cmocka_unit_test(pauses_grow_by_a_factor_up_to_two_minutes_and_vary_by_a_fifth),
        cmocka_unit_test(a_connect_that_hangs_is_given_up),
        cmocka_unit_test(who_fails_fast_waits_for_the_first_attempts_and_then_gets_the_reason),
        cmocka_unit_test(all_picks_that_wait_go_on_when_one_is_ready),
        cmocka_unit_test(a_pick_that_waits_can_be_cancelled),
        cmocka_unit_test(p2c_takes_the_one_with_fewer_calls_in_flight),
        cmocka_unit_test(p2c_shares_by_weight_idle_or_loaded),
        cmocka_unit_test(p2c_leaves_the_slower_one_until_it_is_forgotten),
        cmocka_unit_test(calls_in_flight_multiply_the_latency),
        cmocka_unit_test(an_endpoint_that_fails_at_once_draws_no_calls),
        cmocka_unit_test(an_endpoint_whose_own_layers_refuse_draws_no_calls),
        cmocka_unit_test(the_program_says_which_results_are_failures),
        cmocka_unit_test(round_robin_takes_one_after_the_other),
        cmocka_unit_test(pick_first_connects_to_one_when_it_is_asked_for),
        cmocka_unit_test(pick_first_takes_the_first_that_can_be_reached),
        cmocka_unit_test(pick_first_tries_all_again_after_their_pauses),
        cmocka_unit_test(pick_first_uses_an_attempt_that_is_under_way_again),
        cmocka_unit_test(pick_first_goes_on_when_the_one_it_tries_is_removed),
        cmocka_unit_test(pick_first_tries_the_next_beside_one_that_is_slow),
        cmocka_unit_test(pick_first_waits_for_a_slow_one_by_option),
        cmocka_unit_test(pick_first_goes_on_when_the_one_that_stands_by_is_removed),
        cmocka_unit_test(pick_first_shuffles_by_option),
        cmocka_unit_test(a_removed_endpoint_keeps_its_connection_for_the_calls_under_way),
        cmocka_unit_test(an_endpoint_that_is_removed_while_it_connects_or_pauses_ends),
        cmocka_unit_test(an_endpoint_with_a_known_key_replaces_the_other_when_it_is_ready),
        cmocka_unit_test(without_endpoints_the_reason_is_the_sources),
        cmocka_unit_test(a_source_that_fails_is_read_on_and_its_endpoints_stay),
        cmocka_unit_test(the_state_of_the_balance_can_be_awaited),
        cmocka_unit_test(a_lease_outlives_the_balance),
        cmocka_unit_test(a_pick_elsewhere_ends_with_the_runtime_of_the_balance),
        cmocka_unit_test(bad_options_are_refused_and_the_source_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
