/* SPDX-License-Identifier: MIT */
/* Goal: the retry layer makes the attempts that its row of rules says, clones and frees requests as
 * often as needed, and each kind of budget counts as defined.
 * Method: services that fail as told, under a paused clock; budgets with random operations against
 * a list of events that is summed up anew each time. */
#include <edo/hedge_layer.h>
#include <edo/retry_layer.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A service that fails `failures` times, and counts. */
typedef struct flaky {
    int failures, code;
    int calls, clones, drops, resets, ends;
    int clones_max; /* that are made */
    int64_t times_ns[16];
} flaky;

static int fails(void *arg, void *request, void *response) {
    flaky *f = arg;
    if (f->calls < 16) f->times_ns[f->calls] = edo_now().ns;
    f->calls++;
    *(int *)response += 1; // what reset has to undo
    *(int *)request = -1;  // the request is consumed
    return f->calls <= f->failures ? f->code : 7;
}

static int clones(void *ctx, void **copy, const void *request) {
    flaky *f = ctx;
    if (f->clones >= f->clones_max) return 0; // not repeatable
    int *mine = edo_rc_new(sizeof *mine, NULL);
    if (!mine) return -ENOMEM;
    f->clones++;
    CHECK_EQ(*(const int *)request, 42); // never one that was consumed
    *mine = *(const int *)request;
    *copy = mine;
    return 0;
}

static void drops(void *ctx, void *copy) {
    ((flaky *)ctx)->drops++;
    edo_rc_unref(copy);
}

static void resets(void *ctx, void *response) {
    ((flaky *)ctx)->resets++;
    *(int *)response = 0;
}

static void ends(void *ctx, void *state) {
    ((flaky *)ctx)->ends++;
    edo_rc_unref(state);
}

static bool decides(void *ctx, edo_retry_attempt *a) {
    (void)ctx;
    if (!a->state) a->state = edo_rc_new(1, NULL);
    if (a->result == -EBUSY) a->pause = edo_s(3); // told by the server
    if (a->result == -EACCES) a->result = -EPERM;
    return a->result < 0 && a->result != -EPERM;
}

static const edo_retry_policy_ops full = {
    .clone = clones, .drop = drops, .decide = decides, .reset = resets, .end = ends
};

static int runs(flaky *f, const edo_retry_layer_opts *opts, int *response) {
    edo_service *svc;
    edo_layer layer = edo_retry_layer(opts);
    int request = 42, result;
    CHECK_EQ(edo_service_from_fn(&svc, fails, f, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    result = edo_service_oneshot(svc, &request, response);
    edo_service_unref(svc);
    CHECK_EQ(f->drops, f->clones);
    return result;
}

static const edo_backoff_opts tens = { .kind = EDO_BACKOFF_FIXED, .pause_min = EDO_MS(10) };

/* ---- Attempts -------------------------------------------------------------------------------- */

typedef struct attempts_case {
    const char *name;
    int failures, code, clones_max;
    uint32_t attempts;
    int want, calls, clones;
} attempts_case;

static const attempts_case attempts_cases[] = {
    { "success at once", 0, -EIO, 99, 4, 7, 1, 1 },
    { "two failures", 2, -EIO, 99, 4, 7, 3, 3 },
    { "the last attempt makes no copy", 9, -EIO, 99, 4, -EIO, 4, 3 },
    { "three by default", 9, -EIO, 99, 0, -EIO, 3, 2 },
    { "one attempt makes no copy", 9, -EIO, 99, 1, -EIO, 1, 0 },
    { "not repeatable", 9, -EIO, 0, 4, -EIO, 1, 0 },
    { "repeatable once", 9, -EIO, 1, 4, -EIO, 2, 1 },
    { "the policy rewrites the result and stops", 9, -EACCES, 99, 4, -EPERM, 1, 1 },
    { "a cancelled call is not repeated", 9, -ECANCELED, 99, 4, -ECANCELED, 1, 1 },
};

EDO_TEST(attempts_and_copies_are_made_as_the_rules_say, .paused = true) {
    for (size_t i = 0; i < EDO_COUNT(attempts_cases); i++) {
        const attempts_case *c = &attempts_cases[i];
        flaky f = { .failures = c->failures, .code = c->code, .clones_max = c->clones_max };
        int response = 0;
        int result =
            runs(&f,
                 &(edo_retry_layer_opts){
                     .policy = &full, .ctx = &f, .attempts = c->attempts, .backoff = tens },
                 &response);
        if (result != c->want || f.calls != c->calls || f.clones != c->clones)
            edo_test_fail("%s: result %d, calls %d, clones %d", c->name, result, f.calls, f.clones);
        CHECK_EQ(f.ends, 1);
        CHECK_EQ(f.resets, f.calls - 1);
        CHECK_EQ(response, 1); // that of the last attempt alone
    }
}

static int fails_twice(void *arg, void *request, void *response) {
    CHECK(!request && !response);
    return ++*(int *)arg > 2 ? 7 : -EIO;
}

EDO_TEST(a_request_that_is_null_is_sent_again, .paused = true) {
    edo_service *svc;
    edo_layer layer = edo_retry_layer(&(edo_retry_layer_opts){ .backoff = tens });
    int calls = 0;
    CHECK_EQ(edo_service_from_fn(&svc, fails_twice, &calls, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 7);
    CHECK_EQ(calls, 3);
    edo_service_unref(svc);
}

EDO_TEST(attempts_are_a_pause_apart_which_the_policy_may_replace, .paused = true) {
    flaky f = { .failures = 3, .code = -EIO, .clones_max = 9 };
    const edo_retry_layer_opts opts = {
        .policy = &full, .ctx = &f, .attempts = 9, .backoff = tens
    };
    int response = 0;
    CHECK_EQ(runs(&f, &opts, &response), 7);
    for (int i = 1; i <= 3; i++) CHECK_EQ((f.times_ns[i] - f.times_ns[i - 1]) / 1000000, 10);
    f = (flaky){ .failures = 1, .code = -EBUSY, .clones_max = 9 };
    CHECK_EQ(runs(&f, &opts, &response), 7);
    CHECK_EQ((f.times_ns[1] - f.times_ns[0]) / 1000000, 3000);
}

EDO_TEST(no_pause_is_begun_that_the_deadline_would_cut, .paused = true) {
    flaky f = { .failures = 9, .code = -EIO, .clones_max = 9 };
    int response = 0;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(25));
    edo_instant start = edo_now();
    int err = runs(
        &f, &(edo_retry_layer_opts){ .policy = &full, .ctx = &f, .attempts = 9, .backoff = tens },
        &response);
    CHECK_EQ(edo_deadline_end(&d, err), -EIO);
    CHECK_EQ(f.calls, 3);
    EDO_TEST_ELAPSED(start, edo_ms(20));
}

/* ---- Rules of layers, and cancellation ------------------------------------------------------- */

static int rules(void *arg) {
    flaky f = { .clones_max = 1000000 };
    int request = 42;
    edo_retry_budget *budget;
    (void)arg;
    CHECK_EQ(edo_retry_budget_new(&budget,
                                  &(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT }),
             0);
    const edo_retry_layer_opts opts[] = {
        { .backoff = tens },
        { .backoff = tens, .budget = budget, .policy = &full, .ctx = &f },
    };
    for (size_t i = 0; i < EDO_COUNT(opts); i++) {
        edo_layer layer = edo_retry_layer(&opts[i]);
        CHECK_EQ(edo_test_layer_suite(&layer, &(edo_test_layer_opts){ .calls_again = true,
                                                                      .request = &request,
                                                                      .request_bytes = 4 }),
                 0);
    }
    CHECK_EQ(f.drops, f.clones);
    for (int i = 0; i < 3; i++) CHECK(edo_retry_budget_withdraw(budget)); // none is left in flight
    CHECK(!edo_retry_budget_withdraw(budget));
    edo_retry_budget_unref(budget);
    return 0;
}

static void a_retry_layer_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(rules, NULL), 0);
}

typedef struct caller {
    edo_service *svc;
    int result;
} caller;

static int calls(void *arg) {
    caller *c = arg;
    int request = 42, response = 0;
    return edo_service_oneshot(c->svc, &request, &response);
}

EDO_TEST(a_call_cancelled_in_a_pause_frees_its_copies, .paused = true) {
    flaky f = { .failures = 9, .code = -EIO, .clones_max = 9 };
    caller c;
    edo_layer layer = edo_retry_layer(&(edo_retry_layer_opts){
        .policy = &full, .ctx = &f, .attempts = 9, .backoff = { .pause_min = EDO_S(5) } });
    CHECK_EQ(edo_service_from_fn(&c.svc, fails, &f, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&c.svc, &layer, c.svc), 0);
    edo_task *t = edo_spawn(calls, &c);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    CHECK_EQ(f.calls, 1);
    CHECK_EQ(f.clones, 1);
    CHECK_EQ(f.drops, 1);
    CHECK_EQ(f.ends, 1);
    edo_service_unref(c.svc);
}

/* ---- Budgets --------------------------------------------------------------------------------- */

static edo_retry_budget *budget_of(const edo_retry_budget_opts *opts) {
    edo_retry_budget *b;
    CHECK_EQ(edo_retry_budget_new(&b, opts), 0);
    return b;
}

#define EVENTS 600

/* The window as defined: what happened in which slot, summed up anew. */
typedef struct naive {
    int64_t slot[EVENTS], amount[EVENTS];
    size_t n;
} naive;

static int64_t naive_sum(const naive *w, int64_t now_slot) {
    int64_t sum = 0;
    for (size_t i = 0; i < w->n; i++)
        if (w->slot[i] > now_slot - 10) sum += w->amount[i];
    return sum;
}

static void compare_with_naive(uint64_t seed, double share, uint32_t min, edo_duration ttl) {
    static naive w;
    uint32_t random = (uint32_t)seed;
    const edo_retry_budget_opts opts = {
        .ttl = ttl, .share = share, .retries_min = min, .no_min = min == 0
    };
    edo_retry_budget *b = budget_of(&opts);
    int64_t start_ns = edo_now().ns, withdraw = llround(1000 / share);
    int64_t reserve = min * (ttl.ns / edo_s(1).ns) * withdraw;
    w.n = 0;
    while (w.n < EVENTS) {
        random = random * 1664525u + 1013904223u;
        int64_t slot = (edo_now().ns - start_ns) / (ttl.ns / 10);
        int64_t amount = 0;
        if (random >> 30 < 2) {
            edo_retry_budget_deposit(b);
            amount = 1000;
        } else {
            bool allowed = naive_sum(&w, slot) + reserve >= withdraw;
            CHECK_EQ(edo_retry_budget_withdraw(b), allowed);
            if (allowed) amount = -withdraw;
        }
        w.slot[w.n] = slot;
        w.amount[w.n++] = amount;
        int64_t ms = random >> 20 & 7 ? (random >> 8) % 200 : (random >> 8) % 3000;
        EDO_TEST_OK(edo_time_advance(edo_ms(ms)));
    }
    edo_retry_budget_unref(b);
}

EDO_TEST(a_window_allows_what_its_definition_allows, .paused = true) {
    const double shares[] = { 0.2, 0.6, 1, 3, 1000 };
    for (size_t i = 0; i < EDO_COUNT(shares); i++)
        for (uint32_t min = 0; min < 3; min++)
            compare_with_naive(test_seed(i + 1), shares[i], min, edo_s(min ? 10 : 2));
}

EDO_TEST(six_tenths_allow_six_retries_of_ten_calls_and_not_ten, .paused = true) {
    edo_retry_budget *b = budget_of(&(edo_retry_budget_opts){ .share = 0.6, .no_min = true });
    int allowed = 0;
    for (int i = 0; i < 1000; i++) {
        edo_retry_budget_deposit(b);
        allowed += edo_retry_budget_withdraw(b);
    }
    CHECK(allowed == 599 || allowed == 600); // 1,667 each, rounded up from 1,666.67
    edo_retry_budget_unref(b);
    b = budget_of(&(edo_retry_budget_opts){ .no_share = true, .retries_min = 2, .ttl = EDO_S(1) });
    for (int i = 0; i < 9; i++) edo_retry_budget_deposit(b);
    CHECK(edo_retry_budget_withdraw(b) && edo_retry_budget_withdraw(b));
    CHECK(!edo_retry_budget_withdraw(b));
    EDO_TEST_OK(edo_time_advance(edo_s(1))); // the slot is over: the reserve is back
    CHECK(edo_retry_budget_withdraw(b));
    edo_retry_budget_unref(b);
}

EDO_TEST(a_concurrent_budget_allows_a_share_of_what_is_under_way, .paused = true) {
    edo_retry_budget *b =
        budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT, .share = 0.2 });
    uint32_t active = 0, retrying = 0, random = (uint32_t)test_seed(3);
    for (int i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        uint32_t what = random >> 16 & 3;
        if (what < 2) {
            edo_retry_budget_deposit(b);
            active++;
        } else if (what == 2) {
            bool allowed = retrying < 3 || retrying < 0.2 * active;
            CHECK_EQ(edo_retry_budget_withdraw(b), allowed);
            active += allowed;
            retrying += allowed;
        } else if (active > 0) {
            bool is_retry = retrying > 0 && (active == retrying || random >> 20 & 1);
            edo_retry_budget_done(b, is_retry, EDO_ATTEMPT_SUCCEEDED);
            active--;
            retrying -= is_retry;
        }
    }
    CHECK(active > 100 && retrying > 3);
    edo_retry_budget_unref(b);
}

EDO_TEST(a_throttle_stops_retries_while_half_of_its_tokens_are_gone, .paused = true) {
    edo_retry_budget *b = budget_of(&(edo_retry_budget_opts){
        .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 10, .token_ratio = 0.1234 });
    int64_t tokens = 10000; // thousandths; of the ratio 3 decimals count: 0.123
    uint32_t random = (uint32_t)test_seed(5);
    for (int i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        edo_attempt_outcome outcome = (random >> 16) % 9 == 0   ? EDO_ATTEMPT_FAILED
                                      : (random >> 16) % 9 == 1 ? EDO_ATTEMPT_REFUSED
                                                                : EDO_ATTEMPT_SUCCEEDED;
        edo_retry_budget_done(b, false, outcome);
        if (outcome == EDO_ATTEMPT_FAILED) tokens -= tokens < 1000 ? tokens : 1000;
        if (outcome == EDO_ATTEMPT_SUCCEEDED) tokens += tokens + 123 > 10000 ? 10000 - tokens : 123;
        CHECK_EQ(edo_retry_budget_withdraw(b), tokens > 5000);
    }
    edo_retry_budget_unref(b);
}

EDO_TEST(a_layer_keeps_within_its_budget, .paused = true) {
    edo_retry_budget *b =
        budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 4 });
    flaky f = { .failures = 99, .code = -EIO, .clones_max = 99 };
    const edo_retry_layer_opts opts = {
        .policy = &full, .ctx = &f, .attempts = 5, .backoff = tens, .budget = b
    };
    int response = 0;
    CHECK_EQ(runs(&f, &opts, &response), -EIO);
    CHECK_EQ(f.calls, 2); // 4 tokens, 3: a retry; 2: none
    CHECK_EQ(runs(&f, &opts, &response), -EIO);
    CHECK_EQ(f.calls, 3);
    edo_retry_budget_unref(b);
}

static void options_out_of_range_are_refused(void **state) {
    const edo_retry_budget_opts bad[] = {
        { .kind = (edo_retry_budget_kind)3 },
        { .ttl = EDO_MS(999) },
        { .ttl = EDO_MS(60001) },
        { .share = 1000.1 },
        { .share = -0.1 },
        { .share = (double)NAN },
        { .kind = EDO_RETRY_BUDGET_CONCURRENT, .share = 1.01 },
        { .retries_min = 1000001 },
        { .tokens_max = 1001 },
        { .token_ratio = -1 },
        { .reserved = { 0, 0, 0, 1 } },
    };
    edo_retry_budget *b;
    edo_service *svc;
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edo_retry_budget_new(&b, &bad[i]), -EINVAL);
    edo_layer layer =
        edo_retry_layer(&(edo_retry_layer_opts){ .backoff = { .pause_min = EDO_MS(-1) } });
    assert_int_equal(edo_service_from_fn(&svc, fails, NULL, NULL), 0);
    assert_int_equal(edo_layer_wrap(&svc, &layer, svc), -EINVAL);
    layer = edo_retry_layer(&(edo_retry_layer_opts){ .reserved = { 0, 1 } });
    assert_int_equal(edo_service_from_fn(&svc, fails, NULL, NULL), 0);
    assert_int_equal(edo_layer_wrap(&svc, &layer, svc), -EINVAL);
}

/* ---- Layers in one another that share a budget ----------------------------------------------- */

static int succeeds(void *arg, void *request, void *response) {
    (void)request, (void)response;
    return *(int *)arg;
}

/* Calls a service that has three layers of the budget, `n` times. */
static void calls_through_three(edo_retry_budget *b, int result, int n) {
    edo_service *svc;
    const edo_retry_layer_opts once = { .budget = b, .attempts = 2, .backoff = tens };
    const edo_hedge_opts hedge = { .budget = b, .response_bytes = sizeof(int) };
    const edo_layer layers[] = { edo_retry_layer(&once), edo_hedge_layer(&hedge),
                                 edo_retry_layer(&once) };
    CHECK_EQ(edo_service_from_fn(&svc, succeeds, &result, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_layer_wrap(&svc, &layers[i], svc), 0);
    for (int i = 0; i < n; i++) {
        int response = 0;
        CHECK_EQ(edo_service_oneshot(svc, NULL, &response), result);
        edo_trail_clear();
    }
    edo_service_unref(svc);
}

EDO_TEST(a_call_through_layers_that_share_a_budget_is_one_call, .paused = true) {
    edo_retry_budget *b = budget_of(&(edo_retry_budget_opts){ .share = 0.5, .no_min = true });
    calls_through_three(b, 7, 20);
    CHECK_EQ(edo_retry_budget_get_stats(b).left, 10); // half of the calls
    edo_retry_budget_unref(b);

    b = budget_of(&(edo_retry_budget_opts){ .share = 0.5, .no_min = true });
    calls_through_three(b, -EIO, 20);
    CHECK_EQ(edo_retry_budget_get_stats(b).allowed, 10); // whichever layer makes them
    edo_retry_budget_unref(b);

    b = budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_CONCURRENT });
    calls_through_three(b, -EIO, 3);
    CHECK_EQ(edo_retry_budget_get_stats(b).left, 3); // none is left in flight
    edo_retry_budget_unref(b);

    b = budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE });
    calls_through_three(b, -EIO, 2); // four failures, and then half of the tokens are not left
    CHECK_EQ(edo_retry_budget_get_stats(b).allowed, 3);
    CHECK_EQ(edo_retry_budget_get_stats(b).refused, 2); // by each layer
    edo_retry_budget_unref(b);
    b = budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 40 });
    calls_through_three(b, -EIO, 1); // two attempts of two: four failures
    CHECK_EQ(edo_retry_budget_get_stats(b).allowed, 3);
    CHECK_EQ(edo_retry_budget_get_stats(b).left, 16);
    edo_retry_budget_unref(b);
    b = budget_of(&(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 40 });
    for (int i = 0; i < 4; i++) edo_retry_budget_done(b, false, EDO_ATTEMPT_FAILED);
    CHECK_EQ(edo_retry_budget_get_stats(b).left, 16);
    calls_through_three(b, 7, 10); // a success of each call: a tenth of a token
    CHECK_EQ(edo_retry_budget_get_stats(b).left, 17);
    edo_retry_budget_unref(b);
}

/* Makes ten calls, one after the other, of a service that has the same budget. */
static int calls_ten(void *arg, void *request, void *response) {
    int err = 0;
    for (int i = 0; i < 10 && err >= 0; i++) err = edo_service_oneshot(arg, request, response);
    return err;
}

static uint64_t left_after_ten_inside(const edo_retry_budget_opts *opts) {
    edo_service *inner, *outer;
    int result = 7, response = 0;
    edo_retry_budget *b = budget_of(opts);
    const edo_retry_layer_opts once = { .budget = b, .attempts = 2, .backoff = tens };
    const edo_layer layer = edo_retry_layer(&once);
    if (opts->kind == EDO_RETRY_BUDGET_THROTTLE)
        for (int i = 0; i < 4; i++) edo_retry_budget_done(b, false, EDO_ATTEMPT_FAILED);
    CHECK_EQ(edo_service_from_fn(&inner, succeeds, &result, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&inner, &layer, inner), 0);
    CHECK_EQ(edo_service_from_fn(&outer, calls_ten, inner, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&outer, &layer, outer), 0);
    CHECK_EQ(edo_service_oneshot(outer, NULL, &response), 7);
    uint64_t left = edo_retry_budget_get_stats(b).left;
    edo_service_unref(outer);
    edo_service_unref(inner);
    edo_retry_budget_unref(b);
    return left;
}

EDO_TEST(calls_after_the_first_in_an_attempt_are_their_own, .paused = true) {
    CHECK_EQ(left_after_ten_inside(&(edo_retry_budget_opts){ .share = 0.5, .no_min = true }), 5);
    CHECK_EQ(left_after_ten_inside(
                 &(edo_retry_budget_opts){ .kind = EDO_RETRY_BUDGET_THROTTLE, .tokens_max = 40 }),
             17); // 16, and ten times a tenth
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_and_copies_are_made_as_the_rules_say),
        cmocka_unit_test(a_request_that_is_null_is_sent_again),
        cmocka_unit_test(attempts_are_a_pause_apart_which_the_policy_may_replace),
        cmocka_unit_test(a_call_through_layers_that_share_a_budget_is_one_call),
        cmocka_unit_test(calls_after_the_first_in_an_attempt_are_their_own),
        cmocka_unit_test(no_pause_is_begun_that_the_deadline_would_cut),
        cmocka_unit_test(a_retry_layer_keeps_the_rules_of_layers),
        cmocka_unit_test(a_call_cancelled_in_a_pause_frees_its_copies),
        cmocka_unit_test(a_window_allows_what_its_definition_allows),
        cmocka_unit_test(six_tenths_allow_six_retries_of_ten_calls_and_not_ten),
        cmocka_unit_test(a_concurrent_budget_allows_a_share_of_what_is_under_way),
        cmocka_unit_test(a_throttle_stops_retries_while_half_of_its_tokens_are_gone),
        cmocka_unit_test(a_layer_keeps_within_its_budget),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
