/* SPDX-License-Identifier: MIT */
/* Goal: what a program's own layers refuse, or keep waiting until a limit of time has passed,
 * counts against no endpoint: it is not ejected, is not ill by its checks, and opens no breaker.
 * Method: an endpoint of which a call takes ten seconds, behind each layer that refuses or waits,
 * under a paused clock; and behind none, where it is ejected. */
#include <edo/adaptive.h>
#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/codel.h>
#include <edo/layers.h>
#include <edo/limiter.h>

#include "inside.h"

#include <errno.h>

#define LIMIT edo_ms(20) /* of a call, and of a check */

/* How the service of the endpoint is made. */
typedef struct shield_row {
    const char *name;
    void (*push)(edo_stack *stack);
    bool hangs; /* the endpoint does: it is to be blamed */
} shield_row;

static int faults_n;
static edo_breaker *shut;         /* is forced open */
static edo_keyed_limiter *by_key; /* one call an hour */

static int takes_ten_seconds(void *arg, void *request, void *response) {
    (void)arg, (void)response;
    return request ? edo_sleep(edo_s(10)) : 0;
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static void push_none(edo_stack *stack) {
    (void)stack;
}

static void push_full_limit(edo_stack *stack) {
    edo_stack_push(stack, edo_concurrency_layer_with(
                              &(edo_concurrency_opts){ .calls_max = 1, .refuse = true }));
}

static void push_line(edo_stack *stack) {
    edo_stack_push(stack, edo_concurrency_layer(1));
}

static void push_load_shed(edo_stack *stack) {
    edo_stack_push(stack, edo_load_shed_layer());
    push_line(stack);
}

static void push_rate(edo_stack *stack) {
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){
                              .limit = { .num = 1, .per = edo_hours(1) }, .refuse = true }));
}

static void push_turns(edo_stack *stack) {
    edo_stack_push(stack,
                   edo_rate_layer(&(edo_rate_opts){ .limit = { .num = 1, .per = edo_hours(1) } }));
}

static void push_window(edo_stack *stack) {
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){
                              .limit = { .num = 1, .per = edo_hours(1) }, .fixed_window = true }));
}

static edo_str same_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return EDO_STR("k");
}

static void push_turns_by_key(edo_stack *stack) {
    edo_stack_push(stack, edo_rate_layer(&(edo_rate_opts){ .keyed = by_key, .key = same_key }));
}

static void push_codel(edo_stack *stack) {
    edo_stack_push(stack, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1 }));
}

static void push_codel_line(edo_stack *stack) {
    edo_stack_push(stack, edo_codel_layer(&(edo_codel_opts){
                              .calls_max = 1, .target = edo_hours(1), .ignores_deadlines = true }));
}

static void push_adaptive(edo_stack *stack) {
    edo_stack_push(stack,
                   edo_adaptive_layer(&(edo_adaptive_opts){ .limit_min = 1, .limit_max = 1 }));
}

static void push_adaptive_line(edo_stack *stack) {
    edo_stack_push(stack, edo_adaptive_layer(&(edo_adaptive_opts){
                              .limit_min = 1, .limit_max = 1, .wait_max = edo_hours(1) }));
}

static void push_breaker(edo_stack *stack) {
    edo_stack_push(stack, edo_breaker_layer(shut));
}

static shield_row rows[] = {
    { "the endpoint hangs", push_none, true },
    { "a full limit", push_full_limit, false },
    { "the line of a limit", push_line, false },
    { "load shed", push_load_shed, false },
    { "a rate", push_rate, false },
    { "the turns of a rate", push_turns, false },
    { "the line of a window", push_window, false },
    { "turns by key", push_turns_by_key, false },
    { "controlled delay", push_codel, false },
    { "the line of controlled delay", push_codel_line, false },
    { "an adaptive limit", push_adaptive, false },
    { "the line of an adaptive limit", push_adaptive_line, false },
    { "an open breaker", push_breaker, false },
};

/* ---- A balance ------------------------------------------------------------------------------- */

static int makes(void *arg, edo_service **svc, const void *target) {
    const shield_row *row = arg;
    edo_stack stack;
    (void)target;
    int err = edo_service_from_fn(svc, takes_ten_seconds, NULL, NULL);
    if (err < 0) return err;
    edo_stack_init(&stack);
    row->push(&stack);
    err = edo_stack_build(svc, &stack, *svc);
    edo_stack_deinit(&stack);
    return err;
}

/* A check is a call as any other. */
static int asks(void *arg, edo_service *svc) {
    return edo_service_oneshot(svc, arg, NULL);
}

static int call_within(edo_service *svc, edo_duration limit) {
    char slow;
    edo_deadline d;
    edo_deadline_begin(&d, limit);
    int err = edo_deadline_end(&d, edo_service_oneshot(svc, &slow, NULL));
    edo_trail_clear();
    return err;
}

static int calls_once(void *svc) {
    return call_within(svc, edo_s(30));
}

static edo_balance_endpoint endpoint_of(edo_service *svc) {
    edo_balance_endpoint e;
    CHECK_EQ(edo_balance_list(edo_balance_of(svc), &e, 1), 1);
    return e;
}

static edo_service *balance_begin(shield_row *row, const edo_balance_opts *opts) {
    edo_service *svc;
    edo_endpoint to = { .address = "a" };
    CHECK_EQ(edo_keyed_limiter_new(
                 &by_key, &(edo_keyed_limiter_opts){ .limit = { .num = 1, .per = edo_hours(1) } }),
             0);
    CHECK_EQ(edo_balance_service_new(&svc, edo_discover_list(&to, 1), makes, row, NULL, opts), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    return svc;
}

static void balance_end(edo_service *svc) {
    edo_service_unref(svc);
    EDO_TEST_OK(edo_test_settle());
    edo_keyed_limiter_free(by_key);
}

/* Is the endpoint blamed, by a judge, as the row says? */
static void expect(const shield_row *row, const char *judge, bool is_blamed) {
    if (is_blamed == row->hangs) return;
    print_error("%s: %s%s\n", judge, row->name, is_blamed ? "" : ", and is not blamed");
    faults_n++;
}

static void expect_calls(shield_row *row) {
    const edo_balance_opts opts = { .outlier = { .failures = 3 } };
    edo_service *svc = balance_begin(row, &opts);
    edo_task *first = edo_spawn(calls_once, svc); // it has the place, and the turn
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 5; i++) CHECK(call_within(svc, LIMIT) < 0);
    expect(row, "ejection", endpoint_of(svc).is_ejected);
    (void)edo_task_join(first);
    edo_trail_clear();
    balance_end(svc);
}

static void expect_checks(shield_row *row) {
    char slow;
    const edo_balance_opts opts = { .check = asks,
                                    .check_arg = row->hangs ? &slow : NULL,
                                    .check_every = edo_ms(100),
                                    .check_timeout = LIMIT };
    edo_service *svc = balance_begin(row, &opts);
    edo_task *first = edo_spawn(calls_once, svc);
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    expect(row, "checks", endpoint_of(svc).is_ill);
    (void)edo_task_join(first);
    edo_trail_clear();
    balance_end(svc);
}

/* The breaker is around the layer. */
static void expect_breaker(shield_row *row) {
    edo_service *svc;
    edo_breaker *b;
    edo_balance_opts opts = { .name = row->name };
    CHECK_EQ(edo_breaker_new(&b, &(edo_breaker_opts){ .failures_in_a_row = 1 }), 0);
    svc = balance_begin(row, &opts);
    edo_layer layer = edo_breaker_layer(b);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    edo_task *first = edo_spawn(calls_once, svc);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    for (int i = 0; i < 5; i++) CHECK(call_within(svc, LIMIT) < 0);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    (void)edo_task_join(first);
    edo_trail_clear();
    balance_end(svc);
    edo_breaker_unref(b);
}

EDO_TEST(what_own_layers_refuse_counts_against_no_endpoint, .paused = true) {
    CHECK_EQ(edo_breaker_new(&shut, NULL), 0);
    CHECK_EQ(edo_breaker_force(shut, EDO_BREAKER_FORCED_OPEN), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        expect_calls(&rows[i]);
        expect_checks(&rows[i]);
        expect_breaker(&rows[i]);
    }
    edo_breaker_unref(shut);
    CHECK_EQ(faults_n, 0);
}

/* ---- Limits of time that have passed before -------------------------------------------------- */

EDO_TEST(limit_that_has_passed_before_the_call_counts_against_no_endpoint, .paused = true) {
    const edo_balance_opts opts = { .outlier = { .failures = 1 } };
    edo_service *svc = balance_begin(&rows[0], &opts);
    edo_balance_lease lease;
    char slow;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_sleep(edo_ms(10)), -ECANCELED);
    CHECK_EQ(edo_service_oneshot(svc, &slow, NULL), -ECANCELED);
    CHECK_EQ(edo_balance_try_pick(edo_balance_of(svc), &lease), 0);
    edo_balance_done(&lease, -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    edo_trail_clear();
    CHECK(!endpoint_of(svc).is_ejected);
    CHECK_EQ(call_within(svc, LIMIT), -ETIMEDOUT);
    CHECK(endpoint_of(svc).is_ejected);
    balance_end(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_own_layers_refuse_counts_against_no_endpoint),
        cmocka_unit_test(limit_that_has_passed_before_the_call_counts_against_no_endpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
