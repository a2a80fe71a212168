/* SPDX-License-Identifier: MIT */
/* Goal: a connection that ends is made anew: at once if it was of use, else with pauses that grow
 * while picks that fail fast are told why.
 * Method: hosts whose connections end as the test says, under a paused clock. */
#include "balance_world.h"

EDO_TEST(a_connection_that_said_goodbye_is_made_anew_at_once, .paused = true) {
    world w = { .hosts = { { .connect_ms = 5 } } };
    edo_balance_lease lease;
    world_begin(&w, "a", NULL);
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    edo_instant start = edo_now();
    edo_notify_all(&w.hosts[0].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(w.hosts[0].closed, 0); // a call is under way
    CHECK_EQ(picked(&w), 'a');
    EDO_TEST_ELAPSED(start, edo_ms(5));
    CHECK_EQ(w.hosts[0].alive, 2);
    edo_balance_done(&lease, 0);
    CHECK_EQ(w.hosts[0].closed, 1);
    world_end(&w);
}

/* A pick and its result, to the `n`th connection of a host. */
static void uses(world *w, int n, int result) {
    edo_balance_lease lease;
    while (w->hosts[0].asked < n) EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_balance_pick(w->b, &lease, EDO_PICK_WAIT), 0);
    edo_balance_done(&lease, result);
}

static void ends_conn(world *w, int why) {
    w->hosts[0].why = why;
    edo_notify_all(&w->hosts[0].goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
}

static const edo_balance_kind all_kinds[] = { EDO_BALANCE_P2C, EDO_BALANCE_ROUND_ROBIN,
                                              EDO_BALANCE_PICK_FIRST, EDO_BALANCE_HASH };

EDO_TEST(connections_that_have_served_are_made_anew_without_a_pause, .paused = true) {
    for (size_t k = 0; k < EDO_COUNT(all_kinds); k++) {
        world w = { .is_dropped = false };
        edo_instant start = edo_now();
        world_begin(&w, "a", &(edo_balance_opts){ .kind = all_kinds[k] });
        for (int i = 0; i < 40; i++) { // whatever they end by
            CHECK_EQ(picked(&w), 'a');
            CHECK_EQ(w.hosts[0].asked, i + 1);
            ends_conn(&w, i % 2 ? -ECONNRESET : 0);
        }
        CHECK(edo_instant_since(edo_now(), start).ns < edo_ms(200).ns);
        world_end(&w);
    }
}

EDO_TEST(a_goodbye_while_calls_are_under_way_costs_no_pause, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease leases[20];
    edo_instant start = edo_now();
    world_begin(&w, "a", NULL);
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
        ends_conn(&w, 0);
    }
    CHECK_EQ(w.hosts[0].alive, 21);
    CHECK(edo_instant_since(edo_now(), start).ns < edo_ms(100).ns);
    for (int i = 0; i < 20; i++) edo_balance_done(&leases[i], 0);
    world_end(&w);
}

/* A connection that goes while it is idle says nothing; one after the other is a server that
 * accepts and hangs up. */
EDO_TEST(connections_of_no_use_are_made_with_growing_pauses_and_picks_fail_fast, .paused = true) {
    for (int k = 0; k < 2; k++) {
        world w = { .is_dropped = false };
        const int why = -EPIPE, result = -EIO;
        const edo_balance_kind kind = k ? EDO_BALANCE_PICK_FIRST : EDO_BALANCE_P2C;
        world_begin(&w, "a", &(edo_balance_opts){ .kind = kind });
        for (int i = 0; i < 6; i++) {
            edo_balance_connect(w.b);
            uses(&w, i + 1, result);
            ends_conn(&w, why);
            if (i == 0) continue;
            CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_FAILED);
            CHECK_EQ(listed(&w, 'a').err, why);
            edo_instant now = edo_now();
            CHECK_EQ(fails_fast(&w), why);
            EDO_TEST_ELAPSED(now, edo_ms(0));
        }
        const int64_t *at = w.hosts[0].asked_ns;
        CHECK(at[1] - at[0] < edo_ms(10).ns);
        for (int i = 2; i < 6; i++) CHECK(at[i] - at[i - 1] >= edo_ms(1279).ns); // 1.6 s, less
        CHECK(at[5] - at[4] > edo_ms(5200).ns);                                  // 6.6 s, less
        CHECK_EQ(picked(&w), 'a'); // it serves: all is well
        ends_conn(&w, why);
        edo_instant now = edo_now();
        CHECK_EQ(picked(&w), 'a');
        EDO_TEST_ELAPSED(now, edo_ms(0));
        world_end(&w);
    }
}

/* Its server is well: a call finds a connection within the first pause, however often it was so. */
EDO_TEST(idle_connections_that_are_ended_in_order_make_no_call_fail, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease lease;
    world_begin(&w, "a", NULL);
    for (int i = 0; i < 10; i++) {
        while (w.hosts[0].asked <= i) EDO_TEST_OK(edo_sleep(edo_ms(1)));
        EDO_TEST_OK(edo_sleep(edo_ms(500)));
        ends_conn(&w, 0);
    }
    edo_instant start = edo_now();
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_FAIL_FAST), 0);
    CHECK(edo_instant_since(edo_now(), start).ns < edo_ms(1200).ns);
    edo_balance_done(&lease, 0);
    world_end(&w);
}

EDO_TEST(a_result_that_says_so_takes_the_connection_out, .paused = true) {
    static const int harmless[] = { 0, 7, -EIO, -ETIMEDOUT, -ECANCELED };
    static const int fatal[] = { -ECONNRESET,   -EPIPE,       -ENOTCONN,
                                 -ECONNABORTED, -EDO_ECLOSED, -EDO_EEOF };
    world w = { .is_dropped = false };
    edo_balance_lease lease, other;
    world_begin(&w, "a", NULL);
    for (size_t i = 0; i < 5; i++) {
        CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
        edo_balance_done(&lease, harmless[i]);
    }
    CHECK_EQ(w.hosts[0].asked, 1);
    for (size_t i = 0; i < EDO_COUNT(fatal); i++) {
        EDO_TEST_OK(edo_sleep(edo_s(10)));
        CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
        CHECK_EQ(edo_balance_pick(w.b, &other, EDO_PICK_WAIT), 0);
        edo_balance_done(&lease, fatal[i]);
        CHECK_EQ(edo_balance_try_pick(w.b, &lease), -EAGAIN);
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
        edo_balance_done(&other, fatal[i]); // the new connection is none of its business
        CHECK_EQ(w.hosts[0].closed, (int)i + 1);
        CHECK_EQ(picked(&w), 'a');
        CHECK_EQ(w.hosts[0].asked, (int)i + 2);
    }
    world_end(&w);
}

static bool only_seven(void *arg, void *conn, int result) {
    (void)arg, (void)conn;
    return result == 7;
}

EDO_TEST(the_program_says_which_results_are_fatal_and_may_watch_nothing, .paused = true) {
    static const edo_balance_ops ops = {
        .connect = world_connect, .is_lost = only_seven, .close = world_close, .drop = world_drop
    };
    world w = { .is_dropped = false };
    const edo_endpoint a = endpoint_at('a');
    CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(&a, 1), &ops, &w, NULL), 0);
    for (int i = 0; i < 3; i++) {
        edo_balance_lease lease;
        EDO_TEST_OK(edo_sleep(edo_s(5)));
        CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
        edo_balance_done(&lease, i == 1 ? 7 : -ECONNRESET);
    }
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(w.hosts[0].asked, 2);
    world_end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_that_said_goodbye_is_made_anew_at_once),
        cmocka_unit_test(connections_that_have_served_are_made_anew_without_a_pause),
        cmocka_unit_test(a_goodbye_while_calls_are_under_way_costs_no_pause),
        cmocka_unit_test(connections_of_no_use_are_made_with_growing_pauses_and_picks_fail_fast),
        cmocka_unit_test(idle_connections_that_are_ended_in_order_make_no_call_fail),
        cmocka_unit_test(a_result_that_says_so_takes_the_connection_out),
        cmocka_unit_test(the_program_says_which_results_are_fatal_and_may_watch_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
