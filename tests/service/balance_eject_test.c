/* SPDX-License-Identifier: MIT */
/* Goal: endpoints whose calls fail rest by the rules, for as long as the rules say, never too many
 * at once; if too few are left all are picked; it is told.
 * Method: hosts whose calls end as the test says, under a paused clock. */
#include "balance_world.h"

#include <stdlib.h>

/* Makes one call to each of `letters`, which ends with `result`. */
static void ask_each(world *w, const char *letters, int result) {
    edo_balance_lease leases[256];
    for (; *letters; letters++) {
        size_t n = 0;
        do CHECK_EQ(edo_balance_pick(w->b, &leases[n], EDO_PICK_WAIT), 0);
        while (leases[n++].to->address[0] != *letters && n < 256);
        CHECK_EQ(leases[n - 1].to->address[0], *letters);
        edo_balance_done(&leases[--n], result);
        while (n > 0) edo_balance_done(&leases[--n], -ECANCELED); // the caller's
    }
}

static void fails(world *w, char letter, int times) {
    for (int i = 0; i < times; i++) ask_each(w, (char[]){ letter, 0 }, -ETIMEDOUT);
}

/* Which are picked, as bits. */
static unsigned picked_bits(world *w) {
    unsigned bits = 0;
    for (int i = 0; i < 200; i++) {
        edo_balance_lease lease;
        CHECK_EQ(edo_balance_pick(w->b, &lease, EDO_PICK_WAIT), 0);
        bits |= 1u << (lease.to->address[0] - 'a');
        edo_balance_done(&lease, -ECANCELED);
    }
    return bits;
}

static void begins(world *w, const char *letters, const edo_balance_opts *opts) {
    world_begin(w, letters, opts);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
}

/* ---- In a row -------------------------------------------------------------------------------- */

static const edo_balance_opts five = { .outlier = { .failures = 5 } };

EDO_TEST(an_endpoint_that_fails_five_times_in_a_row_rests, .paused = true) {
    world w = { .is_dropped = false };
    begins(&w, "abc", &five);
    fails(&w, 'b', 4);
    ask_each(&w, "b", 0); // a success begins anew
    fails(&w, 'b', 4);
    CHECK_EQ(picked_bits(&w), 7);
    CHECK(!listed(&w, 'b').is_ejected);
    fails(&w, 'b', 1);
    CHECK_EQ(picked_bits(&w), 5);
    CHECK(listed(&w, 'b').is_ejected);
    CHECK_EQ(listed(&w, 'b').state, EDO_BALANCE_READY); // keeps its connection
    CHECK_EQ(listed(&w, 'b').ejected_for.ns, edo_s(30).ns);
    CHECK_EQ(w.hosts[1].alive, 1);
    EDO_TEST_OK(edo_sleep(edo_ms(29998)));
    CHECK_EQ(picked_bits(&w), 5);
    EDO_TEST_OK(edo_sleep(edo_ms(3)));
    CHECK_EQ(picked_bits(&w), 7);
    CHECK_EQ(listed(&w, 'b').ejected_for.ns, 0);
    world_end(&w);
}

/* What a caller does wrong is no failure of an endpoint, and no success. */
EDO_TEST(what_is_the_callers_doing_says_nothing_of_an_endpoint, .paused = true) {
    static const int callers[] = { -EINVAL, -EMSGSIZE, -ENOMEM, -EDO_EMISUSE, -ECANCELED };
    world w = { .is_dropped = false };
    begins(&w, "ab", &five);
    for (int i = 0; i < 20; i++) ask_each(&w, "b", callers[i % (int)EDO_COUNT(callers)]);
    CHECK(!listed(&w, 'b').is_ejected);
    fails(&w, 'b', 4);
    for (size_t i = 0; i < EDO_COUNT(callers); i++) ask_each(&w, "b", callers[i]);
    CHECK(!listed(&w, 'b').is_ejected);
    fails(&w, 'b', 1);
    CHECK(listed(&w, 'b').is_ejected);
    world_end(&w);
}

EDO_TEST(each_ejection_is_longer_and_intervals_without_one_shorten_the_next, .paused = true) {
    world w = { .is_dropped = false };
    const edo_balance_opts opts = { .outlier = { .failures = 1, .rest_max = EDO_S(100) } };
    const int64_t want_s[] = { 30, 60, 90, 100, 100 };
    begins(&w, "ab", &opts);
    for (size_t i = 0; i < EDO_COUNT(want_s); i++) {
        fails(&w, 'a', 1);
        CHECK_EQ(listed(&w, 'a').ejected_for.ns, edo_s(want_s[i]).ns);
        CHECK_EQ(listed(&w, 'a').ejections, i + 1);
        EDO_TEST_OK(edo_sleep(edo_ms(want_s[i] * 1000 + 1)));
        CHECK(!listed(&w, 'a').is_ejected);
    }
    EDO_TEST_OK(edo_sleep(edo_s(41))); // the first interval has seen it out
    CHECK(listed(&w, 'a').ejections >= 1 && listed(&w, 'a').ejections <= 2);
    EDO_TEST_OK(edo_sleep(edo_s(60)));
    CHECK_EQ(listed(&w, 'a').ejections, 0);
    fails(&w, 'a', 1);
    CHECK_EQ(listed(&w, 'a').ejected_for.ns, edo_s(30).ns);
    world_end(&w);
}

EDO_TEST(never_more_rest_than_the_share_but_one_always_may, .paused = true) {
    world w = { .is_dropped = false };
    const edo_balance_opts half = { .outlier = { .failures = 1, .rest_share = 0.5 } };
    begins(&w, "abcde", &five); // a tenth of five
    fails(&w, 'a', 5);
    fails(&w, 'b', 50);
    CHECK_EQ(picked_bits(&w), 30);
    CHECK(!listed(&w, 'b').is_ejected);
    world_end(&w);
    w = (world){ .is_dropped = false };
    begins(&w, "abcde", &half);
    for (int c = 'a'; c < 'e'; c++) fails(&w, (char)c, 1);
    CHECK_EQ(picked_bits(&w), 28);
    tells(&w, EDO_ENDPOINT_REMOVED, endpoint_at('a')); // it rests no more
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    fails(&w, 'c', 1); // b of four, and now one more
    CHECK_EQ(picked_bits(&w), 24);
    world_end(&w);
}

EDO_TEST(an_endpoint_rests_though_its_connection_is_made_anew, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease lease;
    begins(&w, "ab", &(edo_balance_opts){ .outlier = { .failures = 1 } });
    do CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    while (lease.to->address[0] != 'a' && (edo_balance_done(&lease, 0), true));
    edo_balance_done(&lease, -ECONNRESET);
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    CHECK_EQ(w.hosts[0].asked, 2);
    CHECK_EQ(listed(&w, 'a').state, EDO_BALANCE_READY);
    CHECK_EQ(picked_bits(&w), 2);
    EDO_TEST_OK(edo_sleep(edo_s(26)));
    CHECK_EQ(picked_bits(&w), 3);
    world_end(&w);
}

EDO_TEST(calls_that_were_there_when_it_was_ejected_count_no_more, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease leases[20];
    begins(&w, "ab", &(edo_balance_opts){ .outlier = { .failures = 1 } });
    for (size_t i = 0; i < 20; i++) CHECK_EQ(edo_balance_pick(w.b, &leases[i], EDO_PICK_WAIT), 0);
    for (size_t i = 0; i < 20; i++)
        edo_balance_done(&leases[i], leases[i].to->address[0] == 'a' ? -EIO : 0);
    CHECK_EQ(listed(&w, 'a').ejections, 1);
    CHECK_EQ(listed(&w, 'a').ejected_for.ns, edo_s(30).ns);
    world_end(&w);
}

/* ---- Compared with the others ---------------------------------------------------------------- */

/* Of 100 calls to each `failures` fail. */
static void ask_all(world *w, const char *letters, const int *failures) {
    for (int i = 0; letters[i]; i++)
        for (int call = 0; call < 100; call++)
            ask_each(w, (char[]){ letters[i], 0 }, call < failures[i] ? -EIO : 0);
}

EDO_TEST(a_share_of_successes_far_below_the_mean_is_an_outlier, .paused = true) {
    world w = { .is_dropped = false };
    const edo_balance_opts opts = { .outlier = { .deviations = 1.9 } };
    begins(&w, "abcdef", &opts);
    // mean 10, deviation 14.5: the limit is 37.5
    ask_all(&w, "abcdef", (int[]){ 2, 4, 42, 4, 4, 4 });
    CHECK_EQ(picked_bits(&w), 63);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(picked_bits(&w), 59);
    EDO_TEST_OK(edo_sleep(edo_s(31)));
    CHECK_EQ(picked_bits(&w), 63);
    ask_all(&w, "abcdef", (int[]){ 40, 50, 60, 50, 40, 60 }); // all alike
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(picked_bits(&w), 63);
    ask_all(&w, "abcd", (int[]){ 0, 0, 0, 100 }); // too few of them
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(picked_bits(&w), 63);
    world_end(&w);
}

EDO_TEST(a_share_of_failures_is_a_limit_of_its_own, .paused = true) {
    world w = { .is_dropped = false };
    const edo_balance_opts opts = { .outlier = { .failure_share = 0.85, .rest_share = 1 } };
    begins(&w, "abcdef", &opts);
    ask_all(&w, "abcdef", (int[]){ 84, 85, 0, 86, 84, 0 });
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(picked_bits(&w), 53);
    world_end(&w);
    w = (world){ .is_dropped = false };
    begins(&w, "abcdef", &opts);
    for (int i = 0; i < 49; i++) ask_each(&w, "abcdef", -EIO); // fewer than fifty
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(picked_bits(&w), 63);
    world_end(&w);
}

/* ---- A panic --------------------------------------------------------------------------------- */

EDO_TEST(if_less_than_half_are_healthy_all_are_picked, .paused = true) {
    world w = { .hosts = { [3] = { .is_down = true } } };
    const edo_balance_opts opts = { .outlier = { .failures = 1, .rest_share = 1 } };
    begins(&w, "abcd", &opts);
    fails(&w, 'a', 1);
    CHECK_EQ(picked_bits(&w), 6); // two of four
    fails(&w, 'b', 1);
    CHECK_EQ(picked_bits(&w), 7);
    CHECK(listed(&w, 'a').is_ejected && listed(&w, 'b').is_ejected);
    fails(&w, 'c', 1);
    fails(&w, 'a', 3);
    CHECK_EQ(listed(&w, 'a').ejections, 1);
    CHECK_EQ(picked_bits(&w), 7);
    w.hosts[3].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    CHECK_EQ(picked_bits(&w), 15);
    EDO_TEST_OK(edo_sleep(edo_s(26)));
    CHECK_EQ(picked_bits(&w), 15); // all have rested
    CHECK(!listed(&w, 'a').is_ejected);
    world_end(&w);
}

EDO_TEST(the_threshold_is_an_option, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_opts opts = { .outlier = { .failures = 1, .rest_share = 1 }, .panic_below = 0.8 };
    edo_balance_lease lease;
    begins(&w, "abcd", &opts);
    fails(&w, 'a', 1); // three of four are too few
    CHECK_EQ(picked_bits(&w), 15);
    world_end(&w);
    w = (world){ .is_dropped = false };
    opts.panic_below = -1;
    begins(&w, "ab", &opts);
    fails(&w, 'a', 1);
    CHECK_EQ(picked_bits(&w), 2);
    fails(&w, 'b', 1);
    CHECK_EQ(edo_balance_get_state(w.b), EDO_BALANCE_FAILED);
    CHECK_EQ(edo_balance_try_pick(w.b, &lease), -EAGAIN);
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_FAIL_FAST), -ETIMEDOUT);
    edo_instant start = edo_now();
    CHECK_EQ(edo_balance_pick(w.b, &lease, EDO_PICK_WAIT), 0);
    EDO_TEST_ELAPSED(start, edo_s(30));
    edo_balance_done(&lease, 0);
    world_end(&w);
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static int checks_n[HOSTS_N];
static int check_result[HOSTS_N]; /* 1: it hangs */

static int checks(void *arg, void *conn) {
    const size_t i = (size_t)((host *)conn - ((world *)arg)->hosts);
    checks_n[i]++;
    return check_result[i] == 1 ? edo_sleep(edo_hours(1)) : check_result[i];
}

static const edo_balance_ops checked_ops = { .connect = world_connect,
                                             .watch = world_watch,
                                             .check = checks,
                                             .close = world_close,
                                             .drop = world_drop };

static void begins_checked(world *w, const edo_balance_opts *opts) {
    const edo_endpoint all[] = { endpoint_at('a'), endpoint_at('b'), endpoint_at('c') };
    for (size_t i = 0; i < HOSTS_N; i++) {
        w->hosts[i].goodbye = (edo_notify)EDO_NOTIFY_INIT;
        checks_n[i] = check_result[i] = 0;
    }
    EDO_TEST_OK(edo_balance_new(&w->b, edo_discover_list(all, 3), &checked_ops, w, opts));
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
}

EDO_TEST(an_endpoint_whose_checks_fail_is_left_until_they_succeed, .paused = true) {
    world w = { .is_dropped = false };
    begins_checked(&w, NULL);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(checks_n[i], 1); // at once
    check_result[0] = -EIO;
    check_result[1] = 1; // 2 s, then it has failed
    EDO_TEST_OK(edo_sleep(edo_ms(20010)));
    CHECK_EQ(checks_n[0], 3);
    CHECK_EQ(picked_bits(&w), 7); // two in a row
    CHECK(!listed(&w, 'a').is_ill);
    EDO_TEST_OK(edo_sleep(edo_ms(10010)));
    CHECK_EQ(picked_bits(&w), 6);
    CHECK(listed(&w, 'a').is_ill);
    CHECK_EQ(listed(&w, 'a').state, EDO_BALANCE_READY);
    EDO_TEST_OK(edo_sleep(edo_ms(6010)));
    CHECK(listed(&w, 'b').is_ill);
    CHECK_EQ(picked_bits(&w), 7); // one of three: a panic
    check_result[0] = check_result[1] = 0;
    EDO_TEST_OK(edo_sleep(edo_ms(10010)));
    CHECK(listed(&w, 'a').is_ill); // one success
    EDO_TEST_OK(edo_sleep(edo_ms(10010)));
    CHECK(!listed(&w, 'a').is_ill && !listed(&w, 'b').is_ill);
    world_end(&w);
}

EDO_TEST(a_check_that_succeeds_readmits, .paused = true) {
    world w = { .is_dropped = false };
    begins_checked(&w, &(edo_balance_opts){ .outlier = { .failures = 2 } });
    fails(&w, 'b', 2);
    CHECK_EQ(picked_bits(&w), 5);
    EDO_TEST_OK(edo_sleep(edo_ms(10010)));
    CHECK_EQ(picked_bits(&w), 7);
    CHECK_EQ(listed(&w, 'b').ejections, 1); // it counts for the next time
    world_end(&w);
}

/* Picks, and returns the letter of the endpoint; the lease stays in `*lease`. */
static char picks(world *w, edo_balance_lease *lease) {
    EDO_TEST_OK(edo_balance_pick(w->b, lease, EDO_PICK_WAIT));
    return lease->to->address[0];
}

/* PICK_FIRST has one connection, whose endpoint is left for the next one when it is ill; a call
 * that is under way goes on. */
EDO_TEST(the_only_connection_is_left_when_its_endpoint_is_ill, .paused = true) {
    world w = { .is_dropped = false };
    edo_balance_lease first, lease;
    begins_checked(&w, &(edo_balance_opts){ .kind = EDO_BALANCE_PICK_FIRST });
    CHECK_EQ(picks(&w, &first), 'a');
    WAIT_FOR(checks_n[0] == 1);
    check_result[0] = -EIO;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(picks(&w, &lease), 'a');
        edo_balance_done(&lease, 0);
        EDO_TEST_OK(edo_sleep(edo_ms(10010)));
    }
    CHECK_EQ(listed(&w, 'a').err, -EIO);
    CHECK_EQ(w.hosts[0].alive, 1);
    edo_balance_done(&first, 0);
    CHECK_EQ(w.hosts[0].alive, 0);
    CHECK_EQ(picks(&w, &lease), 'b');
    edo_balance_done(&lease, 0);
    check_result[1] = 1; // it hangs
    EDO_TEST_OK(edo_sleep(edo_s(40)));
    // In the order of the source: of those that were ill one check is enough, and pauses grow.
    for (int tries = 0; picks(&w, &lease) != 'c'; tries++) {
        CHECK(tries < 20);
        edo_balance_done(&lease, 0);
        EDO_TEST_OK(edo_sleep(edo_s(1)));
    }
    edo_balance_done(&lease, 0);
    EDO_TEST_OK(edo_sleep(edo_minutes(5)));
    CHECK_EQ(picks(&w, &lease), 'c');
    edo_balance_done(&lease, 0);
    world_end(&w);
}

EDO_TEST(checks_end_with_the_connection, .paused = true) {
    world w = { .is_dropped = false };
    begins_checked(&w, NULL);
    check_result[0] = 1;
    EDO_TEST_OK(edo_sleep(edo_ms(11000))); // amid a check
    w.hosts[0].is_down = true;
    edo_notify_all(&w.hosts[0].goodbye);
    EDO_TEST_OK(edo_sleep(edo_minutes(2)));
    CHECK_EQ(checks_n[0], 2);
    check_result[0] = 0;
    w.hosts[0].is_down = false;
    EDO_TEST_OK(edo_sleep(edo_minutes(4)));
    CHECK(checks_n[0] > 10);
    CHECK_EQ(picked_bits(&w), 7);
    world_end(&w);
}

/* ---- Told ------------------------------------------------------------------------------------ */

static bool has(const char *text, const char *want) {
    if (strstr(text, want)) return true;
    edo_test_fail("no \"%s\" in\n%s", want, text);
    return false;
}

EDO_TEST(ejections_are_counted_and_dumped, .paused = true) {
    world w = { .hosts = { [2] = { .is_down = true } } };
    edo_metrics *m;
    edo_buf text = { .len = 0 };
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    const edo_balance_opts opts = { .name = "shops", .metrics = m, .outlier = { .failures = 1 } };
    begins(&w, "abc", &opts);
    fails(&w, 'a', 1);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    const char *t = (const char *)text.ptr;
    CHECK(has(t, "edo_balance_endpoints{balance=\"shops\",state=\"ready\"} 1\n"));
    CHECK(has(t, "edo_balance_endpoints{balance=\"shops\",state=\"ejected\"} 1\n"));
    CHECK(has(t, "edo_balance_endpoints{balance=\"shops\",state=\"away\"} 1\n"));
    CHECK(has(t, "edo_balance_ejections_total{balance=\"shops\",reason=\"failures\"} 1\n"));
    edo_buf_deinit(&text);
    char *dump = NULL;
    size_t bytes;
    FILE *out = open_memstream(&dump, &bytes);
    edo_balance_dump(w.b, out);
    CHECK_EQ(fclose(out), 0);
    CHECK(has(dump, "balance shops: ready, endpoints: 3\n"));
    CHECK(has(dump, "  a: ready, weight 1, 0 in flight, ejected for 30.0 s, ejections 1\n"));
    CHECK(has(dump, "  b: ready, weight 1, 0 in flight\n"));
    CHECK(has(dump, "  c: failed, weight 1, 0 in flight, ECONNREFUSED\n"));
    free(dump);
    world_end(&w);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    t = (const char *)text.ptr;
    CHECK(has(t, "edo_balance_endpoints{balance=\"shops\",state=\"ejected\"} 0\n"));
    CHECK(has(t, "edo_balance_endpoints{balance=\"shops\",state=\"away\"} 0\n"));
    edo_buf_deinit(&text);
    edo_metrics_free(m);
}

EDO_TEST(rules_that_cannot_be_are_refused, .paused = true) {
    const edo_balance_opts bad[] = {
        { .kind = EDO_BALANCE_PICK_FIRST, .outlier = { .failures = 1 } },
        { .outlier = { .deviations = -1 } },
        { .outlier = { .failure_share = 1.01 } },
        { .outlier = { .failure_share = -0.1 } },
        { .outlier = { .rest_share = 2 } },
        { .outlier = { .rest = EDO_S(-1) } },
        { .outlier = { .rest = EDO_S(20), .rest_max = EDO_S(10) } },
        { .outlier = { .interval = EDO_S(-1) } },
        { .outlier = { .reserved = { 1 } } },
        { .panic_below = 1.5 },
        { .check_every = EDO_S(-1) },
        { .check_timeout = EDO_S(-1) },
    };
    world w = { .is_dropped = false };
    const edo_endpoint a = endpoint_at('a');
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_balance_new(&w.b, edo_discover_list(&a, 1), &world_ops, &w, &bad[i]), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_that_fails_five_times_in_a_row_rests),
        cmocka_unit_test(what_is_the_callers_doing_says_nothing_of_an_endpoint),
        cmocka_unit_test(each_ejection_is_longer_and_intervals_without_one_shorten_the_next),
        cmocka_unit_test(never_more_rest_than_the_share_but_one_always_may),
        cmocka_unit_test(an_endpoint_rests_though_its_connection_is_made_anew),
        cmocka_unit_test(calls_that_were_there_when_it_was_ejected_count_no_more),
        cmocka_unit_test(a_share_of_successes_far_below_the_mean_is_an_outlier),
        cmocka_unit_test(a_share_of_failures_is_a_limit_of_its_own),
        cmocka_unit_test(if_less_than_half_are_healthy_all_are_picked),
        cmocka_unit_test(the_threshold_is_an_option),
        cmocka_unit_test(an_endpoint_whose_checks_fail_is_left_until_they_succeed),
        cmocka_unit_test(a_check_that_succeeds_readmits),
        cmocka_unit_test(the_only_connection_is_left_when_its_endpoint_is_ill),
        cmocka_unit_test(checks_end_with_the_connection),
        cmocka_unit_test(ejections_are_counted_and_dumped),
        cmocka_unit_test(rules_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
