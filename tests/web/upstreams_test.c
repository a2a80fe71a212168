/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/http_upstreams.h over a day of ordinary life: servers are restarted one
 * by one, hang, fail, come and go by hundreds, and nobody's request is lost for that.
 * Method: servers of edo in memory, under a clock that jumps; customers who ask all the time. */
#include "town.h"

#include "seed.h"

#include <edo/layers.h>

#define CHECKED .check = "/healthz"

/* ---- A restart of all ------------------------------------------------------------------------ */

/* Each is closed in order, is away, listens, and is ready a moment later. */
static void restart(size_t i) {
    upstream *u = &town[i];
    town_close(i);
    EDO_TEST_OK(edo_sleep(edo_ms(120)));
    u->health = EDO_STATUS_SERVICE_UNAVAILABLE;
    const int asked = u->asked, checks = u->checks;
    town_open(i);
    WAIT_FOR(u->checks > checks);
    EDO_TEST_OK(edo_sleep(edo_ms(20)));
    CHECK_EQ(u->asked, asked); // it is not ready
    u->health = EDO_STATUS_OK;
    WAIT_FOR(u->asked > asked);
}

static const edo_http_upstreams_opts restart_opts = {
    CHECKED,
    .balance = { .pause_min = { 40000000 },
                 .pause_max = { 80000000 },
                 .check_every = { 50000000 } },
};

EDO_TEST(a_restart_of_all_loses_no_request, .paused = true) {
    town_begin();
    customers c = { .svc = town_service(3, &restart_opts), .posts = true };
    for (size_t i = 0; i < 3; i++) town[i].nap_ms = 3;
    customers_begin(&c, 6);
    EDO_TEST_OK(edo_sleep(edo_ms(20)));
    for (size_t i = 0; i < 3; i++) restart(i);
    customers_end(&c);
    town_end(c.svc);
}

/* ---- One that hangs -------------------------------------------------------------------------- */

EDO_TEST(one_that_hangs_rests_after_five_requests_and_is_found_again, .paused = true) {
    town_begin();
    edo_service *svc = town_service(3, NULL);
    edo_http_request req = { .target = EDO_STR("/"), .timeout = edo_s(1) };
    int late = 0;
    town[1].hangs = true;
    for (int i = 0; i < 60; i++) late += town_ask_with(svc, &req) == -ETIMEDOUT;
    CHECK_EQ(late, 5);
    CHECK(town_look(svc, 1).is_ejected);
    town[1].hangs = false;
    EDO_TEST_OK(edo_sleep(edo_s(31)));
    for (int i = 0; i < 60; i++) CHECK_EQ(town_ask(svc), 200);
    CHECK(town[1].asked > 5);
    town_end(svc);
}

static int asks(void *svc) {
    return town_ask(svc);
}

/* The one connection that the client may have is lent, to a request that takes long; so all others
 * wait for it until their limits pass. */
EDO_TEST(a_line_of_the_clients_own_is_no_fault_of_a_server, .paused = true) {
    town_begin_with((edo_http_client_opts){ .host_conns_max = 1 });
    edo_service *svc = town_service(1, NULL);
    edo_http_request req = { .target = EDO_STR("/"), .timeout = edo_s(1) };
    town[0].hangs = true;
    edo_task *task = edo_spawn(asks, svc);
    WAIT_FOR(town[0].asked == 1);
    for (int i = 0; i < 15; i++) CHECK_EQ(town_ask_with(svc, &req), -ETIMEDOUT);
    CHECK_EQ(town[0].asked, 1);
    CHECK(!town_look(svc, 0).is_ejected);
    town[0].hangs = false;
    CHECK_EQ(edo_task_join(task), 200);
    CHECK_EQ(town_ask_with(svc, &req), 200);
    town_end(svc);
}

EDO_TEST(one_that_hangs_while_nobody_asks_is_left_by_its_checks, .paused = true) {
    town_begin();
    edo_service *svc = town_service(3, &(edo_http_upstreams_opts){ CHECKED });
    town[1].hangs = true;
    EDO_TEST_OK(edo_sleep(edo_s(40)));
    CHECK(town_look(svc, 1).is_ill);
    for (int i = 0; i < 30; i++) CHECK_EQ(town_ask(svc), 200);
    CHECK_EQ(town[1].asked, 0);
    town[1].hangs = false;
    EDO_TEST_OK(edo_sleep(edo_s(40)));
    for (int i = 0; i < 30; i++) CHECK_EQ(town_ask(svc), 200);
    CHECK(town[1].asked > 0);
    town_end(svc);
}

/* Of PICK_FIRST the others have no connection, so that none of them is better by the state of the
 * balance. */
EDO_TEST(one_that_stands_by_takes_over_from_one_that_is_ill, .paused = true) {
    for (int n = 1; n <= 2; n++) {
        town_begin();
        edo_service *svc = town_service(
            (size_t)n,
            &(edo_http_upstreams_opts){ CHECKED, .balance = { .kind = EDO_BALANCE_PICK_FIRST } });
        CHECK_EQ(town_ask(svc), 200);
        town[0].health = EDO_STATUS_SERVICE_UNAVAILABLE;
        EDO_TEST_OK(edo_sleep(edo_s(15)));
        CHECK_EQ(town_ask(svc), 200);
        CHECK_EQ(town[0].asked, 2); // two checks have failed, of three
        EDO_TEST_OK(edo_sleep(edo_s(10)));
        CHECK_EQ(town_ask(svc), 200); // there is no other one: as in a panic
        CHECK_EQ(town[n - 1].asked, n == 1 ? 3 : 1);
        town_close((size_t)n - 1);
        EDO_TEST_OK(edo_sleep(edo_s(1)));
        town[0].health = EDO_STATUS_OK;
        if (n == 1) town_open(0);
        EDO_TEST_OK(edo_sleep(edo_s(10)));
        CHECK_EQ(town_ask(svc), 200); // and back
        town_end(svc);
    }
}

/* ---- One that fails -------------------------------------------------------------------------- */

static int ask_many(edo_service *svc, int status, int n) {
    int seen = 0;
    for (int i = 0; i < n; i++) seen += town_ask(svc) == status;
    return seen;
}

EDO_TEST(one_that_answers_500_rests_after_five, .paused = true) {
    town_begin();
    edo_service *svc = town_service(3, NULL);
    town[2].status = EDO_STATUS_INTERNAL_SERVER_ERROR;
    CHECK_EQ(ask_many(svc, 500, 100), 5);
    town[2].status = EDO_STATUS_OK;
    EDO_TEST_OK(edo_sleep(edo_s(31)));
    CHECK_EQ(ask_many(svc, 200, 60), 60);
    CHECK(town[2].asked > 5);
    town_end(svc);
}

EDO_TEST(what_requests_bring_about_is_no_failure_of_a_server, .paused = true) {
    static const edo_status rows[] = { 404, 408, 429, 501, 505, 508 };
    town_begin();
    edo_service *svc = town_service(2, NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        town[0].status = rows[i];
        CHECK(ask_many(svc, (int)rows[i], 60) > 10);
        CHECK(!town_look(svc, 0).is_ejected);
    }
    edo_http_response res = { .status = EDO_STATUS_BAD_GATEWAY }, *at = &res;
    CHECK_EQ(edo_http_upstreams_outcome(NULL, NULL, &at, 0), EDO_CALL_FAILED);
    CHECK_EQ(edo_http_upstreams_outcome(NULL, NULL, NULL, -ECONNRESET), EDO_CALL_FAILED);
    CHECK_EQ(edo_http_upstreams_outcome(NULL, NULL, NULL, -EINVAL), EDO_CALL_IGNORED);
    town_end(svc);
}

/* ---- Comes and goes -------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

typedef struct list {
    edo_mpsc_tx *tx;
    bool has[TOWN_MAX];
} list;

static void list_change(list *l, size_t i, bool is_in) {
    const edo_endpoint_change change = { .what = is_in ? EDO_ENDPOINT_ADDED : EDO_ENDPOINT_REMOVED,
                                         .endpoint = town_endpoint(i) };
    l->has[i] = is_in;
    EDO_TEST_OK(edo_mpsc_send(l->tx, &change));
}

/* One is listed or left out, closed or opened: in any order. The first stays. */
static void list_turn(list *l, uint64_t *random) {
    const size_t i = 1 + next_random(random) % (TOWN_MAX - 1);
    switch (next_random(random) % 4) {
    case 0: town_close(i); break;
    case 1:
        if (!town[i].is_up) town_open(i);
        break;
    default: list_change(l, i, !l->has[i]); break;
    }
}

EDO_TEST(servers_come_and_go_by_hundreds, .paused = true) {
    static list l;
    edo_mpsc_rx *rx;
    uint64_t random = test_seed(52);
    memset(&l, 0, sizeof l);
    town_begin();
    EDO_TEST_OK(edo_mpsc_new(&l.tx, &rx, sizeof(edo_endpoint_change), 64, NULL));
    customers c = { .svc = town_service_of(edo_seq_from_mpsc(rx),
                                           &(edo_http_upstreams_opts){ CHECKED }) };
    town_open(0);
    list_change(&l, 0, true);
    customers_begin(&c, 4);
    for (int i = 0; i < 1000; i++) {
        list_turn(&l, &random);
        if (i % 4 == 0) EDO_TEST_OK(edo_sleep(edo_ms(1)));
    }
    customers_end(&c);
    edo_mpsc_tx_unref(l.tx);
    town_end(c.svc);
}

/* A server that has gone, and was missed by checks alone: nobody asks it, so no call finds out. */
EDO_TEST(one_that_has_gone_while_nobody_asks_comes_back, .paused = true) {
    town_begin();
    edo_service *svc = town_service(3, &(edo_http_upstreams_opts){ CHECKED });
    town_close(0);
    EDO_TEST_OK(edo_sleep(edo_minutes(2)));
    CHECK_EQ(town_look(svc, 0).state, EDO_BALANCE_FAILED);
    CHECK_EQ(town_look(svc, 0).err, -ECONNREFUSED);
    town_open(0);
    EDO_TEST_OK(edo_sleep(edo_s(7))); // the pause is 5 s, and up to a fifth
    for (int i = 0; i < 40; i++) CHECK_EQ(town_ask(svc), 200);
    CHECK(town[0].asked > 0);
    town_end(svc);
}

EDO_TEST(a_response_goes_on_when_its_server_is_left_out, .paused = true) {
    edo_notify go = EDO_NOTIFY_INIT;
    edo_http_response *res = NULL;
    edo_buf body = { .len = 0 };
    edo_http_request req = { .target = EDO_STR("/long") };
    static list l;
    edo_mpsc_rx *rx;
    memset(&l, 0, sizeof l);
    town_begin();
    EDO_TEST_OK(edo_mpsc_new(&l.tx, &rx, sizeof(edo_endpoint_change), 64, NULL));
    edo_service *svc = town_service_of(edo_seq_from_mpsc(rx), NULL);
    for (size_t i = 0; i < 2; i++) town_open(i);
    list_change(&l, 0, true);
    town[0].half = &go;
    EDO_TEST_OK(edo_service_oneshot(svc, &req, &res));
    CHECK_EQ(town_look(svc, 0).in_flight, 1); // until the body has ended
    list_change(&l, 1, true);
    list_change(&l, 0, false);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    for (int i = 0; i < 10; i++) CHECK_EQ(town_ask(svc), 200);
    CHECK_EQ(town[0].asked, 1);
    edo_notify_all(&go);
    EDO_TEST_OK(edo_http_response_collect(res, &body, 10));
    CHECK_EQ(body.len, 4);
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    edo_mpsc_tx_unref(l.tx);
    town_end(svc);
}

/* ---- Nobody is there ------------------------------------------------------------------------- */

EDO_TEST(a_request_to_nobody_fails_with_the_reason_or_waits, .paused = true) {
    town_begin();
    edo_service *svc = town_service(1, &(edo_http_upstreams_opts){ CHECKED });
    town_close(0);
    CHECK_EQ(town_ask(svc), -ECONNREFUSED);
    edo_service_unref(svc);
    town[0].health = EDO_STATUS_SERVICE_UNAVAILABLE;
    svc = town_service(1, &(edo_http_upstreams_opts){ CHECKED });
    CHECK_EQ(town_ask(svc), -EDO_ESTATUS);
    edo_service_unref(svc);
    town_close(0);
    svc = town_service(1, &(edo_http_upstreams_opts){ CHECKED, .waits = true });
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_s(20));
    CHECK_EQ(edo_deadline_end(&limit, town_ask(svc)), -ETIMEDOUT);
    edo_trail_clear();
    town[0].health = EDO_STATUS_OK;
    CHECK_EQ(town_ask(svc), 200);
    town_end(svc);
}

/* The limit of a request is for its waits, too: at first, and after a server that has gone. */
EDO_TEST(a_request_waits_for_a_server_within_its_limit, .paused = true) {
    static const edo_duration limits[] = { { 2000000000 }, { 0 } }; // 0: the client's, 30 s
    town_begin();
    edo_service *svc = town_service(1, &(edo_http_upstreams_opts){ .waits = true });
    town_close(0);
    for (size_t i = 0; i < 4; i++) {
        edo_http_request req = { .target = EDO_STR("/"), .timeout = limits[i / 2] };
        const edo_instant start = edo_now();
        edo_deadline far;
        edo_deadline_begin(&far, edo_minutes(5));
        CHECK_EQ(edo_deadline_end(&far, town_ask_with(svc, &req)), -ETIMEDOUT);
        EDO_TEST_ELAPSED(start, i < 2 ? edo_s(2) : edo_s(30));
    }
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN); // which never waits
    town_end(svc);
}

EDO_TEST(a_request_waits_for_a_list_within_its_limit, .paused = true) {
    edo_http_request req = { .target = EDO_STR("/"), .timeout = edo_s(2) };
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    town_begin();
    EDO_TEST_OK(edo_mpsc_new(&tx, &rx, sizeof(edo_endpoint_change), 1, NULL));
    edo_service *svc = town_service_of(edo_seq_from_mpsc(rx), NULL);
    const edo_instant start = edo_now();
    CHECK_EQ(town_ask_with(svc, &req), -ETIMEDOUT); // it has told nothing so far
    EDO_TEST_ELAPSED(start, edo_s(2));
    edo_mpsc_tx_unref(tx);
    town_end(svc);
}

/* ---- Limits that change ---------------------------------------------------------------------- */

EDO_TEST(limits_may_change_while_requests_wait, .paused = true) {
    edo_sem places;
    edo_service *svc;
    town_begin();
    edo_sem_init(&places, 2);
    edo_layer limit = edo_concurrency_layer_with(
        &(edo_concurrency_opts){ .shared = &places, .hold = edo_http_hold });
    EDO_TEST_OK(edo_layer_wrap(&svc, &limit, town_service(1, NULL)));
    CHECK(edo_balance_of(svc) != NULL); // of the innermost
    town[0].nap_ms = 10;
    customers c = { .svc = svc };
    customers_begin(&c, 8);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(town[0].most, 2);
    edo_sem_release(&places, 4); // more
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(town[0].most, 6);
    EDO_TEST_OK(edo_sem_acquire(&places, 5)); // and less, behind those that wait
    EDO_TEST_OK(edo_sleep(edo_ms(20)));
    town[0].most = 0;
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(town[0].most, 1);
    edo_sem_release(&places, 5);
    customers_end(&c);
    CHECK_EQ(edo_sem_available(&places), 6);
    town_end(svc);
}

EDO_TEST(a_place_is_kept_until_the_response_has_ended, .paused = true) {
    edo_sem places;
    edo_service *svc;
    edo_http_response *res = NULL;
    edo_http_request req = { .target = EDO_STR("/") };
    town_begin();
    edo_sem_init(&places, 2);
    edo_layer limit = edo_concurrency_layer_with(
        &(edo_concurrency_opts){ .shared = &places, .hold = edo_http_hold });
    EDO_TEST_OK(edo_layer_wrap(&svc, &limit, town_service(1, NULL)));
    EDO_TEST_OK(edo_service_oneshot(svc, &req, &res));
    CHECK_EQ(edo_sem_available(&places), 1);
    CHECK_EQ(town_look(svc, 0).in_flight, 1); // both are kept by one response
    edo_http_response_free(res);
    CHECK_EQ(edo_sem_available(&places), 2);
    CHECK_EQ(town_look(svc, 0).in_flight, 0);
    town_end(svc);
}

/* ---- Options --------------------------------------------------------------------------------- */

EDO_TEST(bad_options_are_refused, .paused = true) {
    static const edo_http_upstreams_opts rows[] = {
        { .check = "healthz" },
        { .check = "" },
        { .check = "/a b" },
        { .check = "/a\r\nx: y" },
        { .check = "/\xc3\xbc" },
        { .check = "/a#b" },
        { .check = "//%" },
        { .reserved = { 1 } },
        { .balance = { .pause_min = { -1 } } },
        { .balance = { .kind = EDO_BALANCE_PICK_FIRST, .outlier = { .failures = 1 } } },
        { .balance = { .outlier = { .rest_share = 2 } } },
    };
    static const char *const good[] = { "/", "//x", "/a?b=c", "/%C3%BC" };
    edo_service *svc;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        CHECK_EQ(edo_http_upstreams_new(&svc, edo_discover_list(NULL, 0), &rows[i]), -EINVAL);
    CHECK_EQ(edo_http_upstreams_new(&svc, NULL, NULL), -ENOMEM);
    CHECK_EQ(edo_http_upstreams_new(
                 &svc, edo_discover_list(NULL, 0),
                 &(edo_http_upstreams_opts){ .balance = { .kind = EDO_BALANCE_PICK_FIRST } }),
             0);
    CHECK_EQ(town_ask(svc), -ENOENT); // the list is empty
    edo_service_unref(svc);
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        const edo_http_upstreams_opts opts = { .check = good[i] };
        EDO_TEST_OK(edo_http_upstreams_new(&svc, edo_discover_list(NULL, 0), &opts));
        edo_service_unref(svc);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restart_of_all_loses_no_request),
        cmocka_unit_test(one_that_hangs_rests_after_five_requests_and_is_found_again),
        cmocka_unit_test(a_line_of_the_clients_own_is_no_fault_of_a_server),
        cmocka_unit_test(one_that_hangs_while_nobody_asks_is_left_by_its_checks),
        cmocka_unit_test(one_that_stands_by_takes_over_from_one_that_is_ill),
        cmocka_unit_test(one_that_answers_500_rests_after_five),
        cmocka_unit_test(what_requests_bring_about_is_no_failure_of_a_server),
        cmocka_unit_test(servers_come_and_go_by_hundreds),
        cmocka_unit_test(one_that_has_gone_while_nobody_asks_comes_back),
        cmocka_unit_test(a_response_goes_on_when_its_server_is_left_out),
        cmocka_unit_test(a_request_to_nobody_fails_with_the_reason_or_waits),
        cmocka_unit_test(a_request_waits_for_a_server_within_its_limit),
        cmocka_unit_test(a_request_waits_for_a_list_within_its_limit),
        cmocka_unit_test(limits_may_change_while_requests_wait),
        cmocka_unit_test(a_place_is_kept_until_the_response_has_ended),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
