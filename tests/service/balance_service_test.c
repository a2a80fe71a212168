/* SPDX-License-Identifier: MIT */
/* Goal: a balance as a service keeps the rules of services: its ready waits and never fails for an
 * endpoint, what it reserves is given back, and layers around it see one service.
 * Method: services that are made for hosts that may be down, under a paused clock. */
#include <edo/balance.h>
#include <edo/layers.h>
#include <edo/retry_layer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

/* What services are made for; its address is its place. */
typedef struct shop {
    bool is_down;
    int code; /* of ready, unless it is 0 */
    int made, alive, calls, nap_ms;
    int ready_ms;    /* until it is ready */
    uint32_t levels; /* further layers around what is made */
} shop;

typedef struct till {
    edo_service base;
    shop *of;
} till;

static shop shops[4];
static bool was_dropped;

static shop *shop_of(edo_service *base) {
    return ((till *)(void *)base)->of;
}

static int till_ready(edo_service *base, edo_permit *permit) {
    const shop *s = shop_of(base);
    (void)permit;
    int err = s->ready_ms ? edo_sleep(edo_ms(s->ready_ms)) : 0;
    return err < 0 ? err : s->code;
}

static int till_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    shop *s = shop_of(base);
    (void)permit, (void)request;
    s->calls++;
    if (response) *(int *)response = (int)(s - shops);
    return s->nap_ms ? edo_sleep(edo_ms(s->nap_ms)) : 0;
}

static void till_deinit(edo_service *base) {
    shop_of(base)->alive--;
}

static int opens(void *arg, edo_service **svc, const void *target) {
    static const edo_service_ops ops = {
        .name = "till", .ready = till_ready, .call = till_call, .deinit = till_deinit
    };
    const edo_endpoint *to = target;
    shop *s = &shops[to->address[0] - '0'];
    CHECK(arg == shops);
    if (s->is_down) return -EHOSTUNREACH;
    int err = edo_service_new(svc, sizeof(till), &ops, NULL);
    if (err < 0) return err;
    ((till *)(void *)*svc)->of = s;
    s->made++;
    s->alive++;
    edo_layer one = edo_concurrency_layer(1);
    err = edo_layer_wrap(svc, &one, *svc);
    for (uint32_t i = 0; err == 0 && i < s->levels; i++) err = edo_layer_wrap(svc, &one, *svc);
    return err;
}

static void drops(void *arg) {
    CHECK(arg == shops);
    was_dropped = true;
}

static edo_service *spread(size_t n, const edo_balance_opts *opts) {
    edo_endpoint all[4];
    edo_service *svc;
    for (size_t i = 0; i < n; i++)
        CHECK_EQ(edo_endpoint_init(&all[i], (char[]){ (char)('0' + i), 0 }, NULL, 1), 0);
    was_dropped = false;
    edo_seq *source = edo_discover_list(all, n);
    CHECK_EQ(edo_balance_service_new(&svc, source, opens, shops, drops, opts), 0);
    return svc;
}

static void ends(edo_service *svc) {
    edo_service_unref(svc);
    EDO_TEST_OK(edo_test_settle());
    CHECK(was_dropped);
    for (size_t i = 0; i < 4; i++) CHECK_EQ(shops[i].alive, 0);
    memset(shops, 0, sizeof shops);
}

static uint64_t in_flight(edo_service *svc) {
    edo_balance_endpoint all[4];
    uint64_t sum = 0;
    size_t n = edo_balance_list(edo_balance_of(svc), all, 4);
    for (size_t i = 0; i < n; i++) sum += all[i].in_flight;
    return sum;
}

EDO_TEST(calls_are_spread_and_counted_while_they_run, .paused = true) {
    edo_service *svc = spread(2, NULL);
    edo_permit permits[2] = { EDO_PERMIT_INIT, EDO_PERMIT_INIT };
    int at[2];
    EDO_TEST_OK(edo_sleep(edo_ms(1))); // both are ready
    for (size_t i = 0; i < 2; i++) CHECK_EQ(edo_service_ready(svc, &permits[i]), 0);
    CHECK_EQ(in_flight(svc), 2);
    for (size_t i = 0; i < 2; i++) CHECK_EQ(edo_service_call(svc, &permits[i], NULL, &at[i]), 0);
    CHECK(at[0] != at[1]); // the second choice saw the first
    CHECK_EQ(in_flight(svc), 0);
    ends(svc);
}

EDO_TEST(a_permit_that_is_given_back_leaves_nothing_reserved, .paused = true) {
    edo_service *svc = spread(1, NULL);
    edo_permit permit = EDO_PERMIT_INIT, other = EDO_PERMIT_INIT;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_service_ready(svc, &permit), 0);
        CHECK_EQ(edo_service_try_ready(svc, &other), -EAGAIN); // its limit is 1
        CHECK_EQ(in_flight(svc), 1);
        edo_permit_release(&permit);
        CHECK_EQ(in_flight(svc), 0);
    }
    ends(svc);
}

EDO_TEST(a_ready_that_is_cancelled_gives_back_what_it_has, .paused = true) {
    edo_service *svc = spread(1, NULL);
    edo_permit permit = EDO_PERMIT_INIT, other = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_service_ready(svc, &other)), -ETIMEDOUT);
    CHECK_EQ(in_flight(svc), 1);
    CHECK_EQ(edo_service_call(svc, &permit, NULL, NULL), 0);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    ends(svc);
}

EDO_TEST(a_service_that_will_not_recover_is_left_for_another, .paused = true) {
    edo_service *svc = spread(2, NULL);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    shops[0].code = -ECONNRESET;
    edo_instant start = edo_now();
    for (int i = 0; i < 20; i++) {
        int at;
        CHECK_EQ(edo_service_oneshot(svc, NULL, &at), 0);
        CHECK_EQ(at, 1);
    }
    EDO_TEST_ELAPSED(start, edo_ms(0));
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    CHECK_EQ(shops[0].made, 2);
    CHECK_EQ(in_flight(svc), 0);
    ends(svc);
}

EDO_TEST(ready_waits_for_an_endpoint_or_the_call_tells_why, .paused = true) {
    const edo_balance_opts fast = { .fail_fast = true };
    edo_permit permit = EDO_PERMIT_INIT;
    shops[0].is_down = true;
    edo_service *svc = spread(1, &fast);
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN); // the first attempt is to come
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EHOSTUNREACH);
    CHECK_EQ(edo_service_try_ready(svc, &permit), 0);
    CHECK_EQ(edo_service_call(svc, &permit, NULL, NULL), -EHOSTUNREACH);
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_permit_release(&permit);
    ends(svc);

    shops[0].is_down = true;
    svc = spread(1, NULL);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(500));
    CHECK_EQ(edo_deadline_end(&d, edo_service_ready(svc, &permit)), -ETIMEDOUT);
    shops[0].is_down = false;
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    ends(svc);
}

EDO_TEST(a_timeout_outside_ends_the_call_inside, .paused = true) {
    shops[0].nap_ms = 1000;
    edo_service *svc = spread(1, NULL);
    edo_balance *b = edo_balance_ref(edo_balance_of(svc));
    edo_layer limit = edo_timeout_layer(edo_ms(50));
    edo_service *limited;
    CHECK_EQ(edo_layer_wrap(&limited, &limit, svc), 0);
    CHECK_EQ(edo_service_oneshot(limited, NULL, NULL), -ETIMEDOUT);
    edo_balance_endpoint at;
    CHECK_EQ(edo_balance_list(b, &at, 1), 1);
    CHECK_EQ(at.in_flight, 0);
    edo_balance_unref(b);
    ends(limited);
}

/* ---- What hangs ------------------------------------------------------------------------------ */

static bool is_ejected(edo_service *svc, size_t i) {
    edo_balance_endpoint all[4];
    CHECK(edo_balance_list(edo_balance_of(svc), all, 4) > i);
    return all[i].is_ejected;
}

static edo_str same_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return EDO_STR("one");
}

/* Three calls with a limit, to an endpoint which says nothing. */
static void limits_pass(edo_service *svc) {
    for (int i = 0; i < 3; i++) {
        CHECK(!is_ejected(svc, 0));
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(50));
        CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(svc, NULL, NULL)), -ETIMEDOUT);
    }
    CHECK(is_ejected(svc, 0));
}

/* Whether it is the wait to be ready that hangs, as that for a connection does, or the call. */
EDO_TEST(an_endpoint_that_hangs_is_ejected_by_the_limits_of_its_callers, .paused = true) {
    const edo_balance_opts opts[] = {
        { .outlier = { .failures = 3 }, .panic_below = -1, .fail_fast = true },
        { .outlier = { .failures = 3 },
          .panic_below = -1,
          .fail_fast = true,
          .kind = EDO_BALANCE_HASH,
          .key = same_key },
    };
    for (size_t i = 0; i < 2 * EDO_COUNT(opts); i++) {
        shops[0].ready_ms = i % 2 ? 1000 : 0;
        shops[0].nap_ms = i % 2 ? 0 : 1000;
        edo_service *svc = spread(1, &opts[i / 2]);
        EDO_TEST_OK(edo_test_settle()); // the endpoint is known
        limits_pass(svc);
        CHECK_EQ(in_flight(svc), 0);
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -ETIMEDOUT); // as the last one: at once
        ends(svc);
    }
}

static int asks(void *svc) {
    return edo_service_oneshot(svc, NULL, NULL);
}

EDO_TEST(callers_that_give_up_eject_nobody, .paused = true) {
    const edo_balance_opts opts = { .outlier = { .failures = 3 } };
    for (int i = 0; i < 2; i++) {
        shops[0].ready_ms = i ? 1000 : 0;
        shops[0].nap_ms = i ? 0 : 1000;
        edo_service *svc = spread(1, &opts);
        for (int k = 0; k < 10; k++) {
            edo_deadline d;
            edo_deadline_begin(&d, edo_s(5)); // a limit that has not passed
            edo_task *t = edo_spawn(asks, svc);
            EDO_TEST_OK(edo_test_settle());
            edo_task_cancel(t);
            CHECK_EQ(edo_deadline_end(&d, edo_task_join(t)), -ECANCELED);
        }
        CHECK(!is_ejected(svc, 0));
        CHECK_EQ(in_flight(svc), 0);
        ends(svc);
    }
}

EDO_TEST(what_is_made_lies_no_deeper_than_was_said, .paused = true) {
    const edo_balance_opts two = { .levels = 2, .fail_fast = true };
    const edo_balance_opts bad[] = { { .levels = EDO_SERVICE_LEVELS }, { .reserved = { 1 } } };
    edo_service *svc = spread(1, &two);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    ends(svc);
    shops[0].levels = 1;
    svc = spread(1, &two);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EINVAL);
    ends(svc);
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(
            edo_balance_service_new(&svc, edo_discover_list(NULL, 0), opens, shops, drops, &bad[i]),
            -EINVAL);
}

static edo_held held;

static bool holds(void *arg, void *request, void *response, edo_held h) {
    (void)request;
    if (!*(bool *)arg) return false;
    CHECK(*(int *)response == 0); // the response is there
    held = h;
    return true;
}

EDO_TEST(a_call_counts_until_its_body_is_done, .paused = true) {
    bool has_body = true;
    const edo_balance_opts opts = { .load = EDO_LOAD_PEAK_EWMA,
                                    .hold = holds,
                                    .hold_arg = &has_body };
    edo_balance_endpoint at;
    int response = -1;
    edo_service *svc = spread(1, &opts);
    EDO_TEST_OK(edo_sleep(edo_s(80)));
    CHECK_EQ(edo_service_oneshot(svc, NULL, &response), 0);
    CHECK_EQ(in_flight(svc), 1);
    EDO_TEST_OK(edo_sleep(edo_s(3)));
    held.fn(held.arg);
    CHECK_EQ(edo_balance_list(edo_balance_of(svc), &at, 1), 1);
    CHECK_EQ(at.in_flight, 0);
    CHECK_EQ(at.latency.ns / 1000000000, 3);
    has_body = false;
    CHECK_EQ(edo_service_oneshot(svc, NULL, &response), 0);
    CHECK_EQ(in_flight(svc), 0);
    has_body = true;
    CHECK_EQ(edo_service_oneshot(svc, NULL, &response), 0);
    edo_service_unref(svc); // the body goes on
    EDO_TEST_OK(edo_test_settle());
    CHECK_EQ(shops[0].alive, 1);
    held.fn(held.arg);
    CHECK_EQ(shops[0].alive, 0);
    memset(shops, 0, sizeof shops);
}

/* ---- What the program says ------------------------------------------------------------------- */

static edo_call_outcome judges(void *arg, const void *request, const void *response, int result) {
    (void)request;
    CHECK(result == 0 && *(const int *)response == 0);
    return *(const edo_call_outcome *)arg;
}

EDO_TEST(the_program_says_which_calls_have_failed, .paused = true) {
    static const struct {
        edo_call_outcome outcomes[3];
        bool is_out;
    } rows[] = {
        { { EDO_CALL_FAILED, EDO_CALL_FAILED, EDO_CALL_IGNORED }, true },
        { { EDO_CALL_FAILED, EDO_CALL_IGNORED, EDO_CALL_FAILED }, true },
        { { EDO_CALL_FAILED, EDO_CALL_SUCCEEDED, EDO_CALL_FAILED }, false },
        { { EDO_CALL_IGNORED, EDO_CALL_IGNORED, EDO_CALL_IGNORED }, false },
    };
    edo_call_outcome outcome;
    const edo_balance_opts opts = { .outcome = judges,
                                    .outcome_arg = &outcome,
                                    .outlier = { .failures = 2 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_service *svc = spread(1, &opts);
        for (size_t k = 0; k < 3; k++) {
            int response;
            outcome = rows[i].outcomes[k];
            CHECK_EQ(edo_service_oneshot(svc, NULL, &response), 0);
        }
        CHECK_EQ(is_ejected(svc, 0), rows[i].is_out);
        ends(svc);
    }
}

typedef struct checked {
    int n, result;
} checked;

static int checks(void *arg, edo_service *svc) {
    checked *c = arg;
    CHECK(svc != NULL);
    c->n++;
    return c->result;
}

EDO_TEST(services_are_asked_and_one_that_will_not_recover_is_made_anew, .paused = true) {
    checked c = { .n = 0 };
    edo_balance_endpoint at;
    const edo_balance_opts opts = { .check = checks, .check_arg = &c, .check_every = edo_s(1) };
    edo_service *svc = spread(1, &opts);
    EDO_TEST_OK(edo_sleep(edo_ms(3500)));
    CHECK_EQ(c.n, 4);
    c.result = -EIO;
    EDO_TEST_OK(edo_sleep(edo_ms(3200)));
    CHECK_EQ(edo_balance_list(edo_balance_of(svc), &at, 1), 1);
    CHECK(at.is_ill && at.state == EDO_BALANCE_READY);
    CHECK_EQ(shops[0].made, 1); // it is ready still
    shops[0].code = -EPIPE;
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK(shops[0].made > 1); // though nobody has called it
    shops[0].code = c.result = 0;
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    CHECK_EQ(edo_balance_list(edo_balance_of(svc), &at, 1), 1);
    CHECK(!at.is_ill && at.state == EDO_BALANCE_READY);
    ends(svc);
}

static int nothing(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

EDO_TEST(a_balance_is_found_within_layers, .paused = true) {
    edo_service *svc = spread(1, NULL), *other;
    const edo_balance *b = edo_balance_of(svc);
    edo_layer layers[] = { edo_timeout_layer(edo_s(1)), edo_concurrency_layer(1) };
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_layer_wrap(&svc, &layers[i], svc), 0);
    CHECK(b && edo_balance_of(svc) == b);
    CHECK_EQ(edo_service_from_fn(&other, nothing, NULL, NULL), 0);
    CHECK(!edo_balance_of(other));
    edo_service_unref(other);
    ends(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_spread_and_counted_while_they_run),
        cmocka_unit_test(a_permit_that_is_given_back_leaves_nothing_reserved),
        cmocka_unit_test(a_ready_that_is_cancelled_gives_back_what_it_has),
        cmocka_unit_test(a_service_that_will_not_recover_is_left_for_another),
        cmocka_unit_test(ready_waits_for_an_endpoint_or_the_call_tells_why),
        cmocka_unit_test(a_timeout_outside_ends_the_call_inside),
        cmocka_unit_test(an_endpoint_that_hangs_is_ejected_by_the_limits_of_its_callers),
        cmocka_unit_test(callers_that_give_up_eject_nobody),
        cmocka_unit_test(a_call_counts_until_its_body_is_done),
        cmocka_unit_test(what_is_made_lies_no_deeper_than_was_said),
        cmocka_unit_test(the_program_says_which_calls_have_failed),
        cmocka_unit_test(services_are_asked_and_one_that_will_not_recover_is_made_anew),
        cmocka_unit_test(a_balance_is_found_within_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
