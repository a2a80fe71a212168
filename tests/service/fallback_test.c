/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/fallback.h.
 * Method: services that do as they are told, under a paused clock. */
#include <edo/breaker.h>
#include <edo/fallback.h>
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

typedef struct question {
    int sleep_ms, result, response;
} question;

typedef struct shop {
    int calls, resets, keeps, tells, told; /* told: the result that was made up for */
    int kept;                              /* 0: nothing */
} shop;

static int responds(void *arg, void *request, void *response) {
    const question *q = request;
    if (arg) ((shop *)arg)->calls++;
    int err = q->sleep_ms ? edo_sleep(edo_ms(q->sleep_ms)) : 0;
    if (err < 0) return err;
    if (q->result >= 0) *(int *)response = q->response;
    return q->result;
}

static edo_service *around(edo_layer layer, shop *s) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, responds, s, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    return svc;
}

static bool metrics_have(edo_metrics *m, const char *line) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    bool has = strstr((const char *)text.ptr, line) != NULL;
    edo_buf_deinit(&text);
    return has;
}

static bool trail_has(int err, const char *part) {
    char text[256];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    return strstr(text, part) != NULL;
}

/* ---- Fallbacks ------------------------------------------------------------------------------- */

/* The last price, if there is one. */
static int stale(void *arg, void *request, void *response, int result) {
    shop *s = arg;
    (void)request;
    if (s->kept == 0) return result < 0 ? result : -ENOENT;
    s->resets += result >= 0; // by its own hand
    *(int *)response = s->kept;
    return 1;
}

static void keeps(void *arg, const void *request, const void *response, int result) {
    shop *s = arg;
    CHECK(request != NULL && result >= 0);
    s->kept = *(const int *)response;
    s->keeps++;
}

static void tells(void *arg, void *request, void *response, int result) {
    CHECK(request != NULL && response != NULL);
    ((shop *)arg)->tells++;
    ((shop *)arg)->told = result;
}

static void resets(void *arg, void *response) {
    ((shop *)arg)->resets++;
    *(int *)response = 0;
}

/* A response of 500 is a failure. */
static edo_call_outcome of_500(void *arg, const void *request, const void *response, int result) {
    (void)arg, (void)request;
    return result >= 0 && *(const int *)response == 500 ? EDO_CALL_FAILED : edo_outcome_of(result);
}

static int suites(void *arg) {
    static shop s;
    edo_service *second;
    (void)arg;
    s = (shop){ 0 };
    CHECK_EQ(edo_service_from_fn(&second, responds, NULL, NULL), 0);
    const edo_layer by_fn = edo_fallback_layer(&(edo_fallback_opts){ .fn = stale, .arg = &s });
    const edo_layer by_service = edo_fallback_layer(&(edo_fallback_opts){ .service = second });
    CHECK_EQ(edo_test_layer_suite(&by_fn, NULL), 0);
    CHECK_EQ(edo_test_layer_suite(&by_service, &(edo_test_layer_opts){ .changes_errors = true }),
             0);
    edo_service_unref(second);
    return 0;
}

static void a_fallback_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(suites, NULL), 0);
}

EDO_TEST(a_failure_is_made_up_for_by_what_was_kept, .paused = true) {
    shop s = { 0 };
    int response = 0;
    edo_service *svc = around(edo_fallback_layer(&(edo_fallback_opts){
                                  .fn = stale, .keep = keeps, .tell = tells, .arg = &s }),
                              &s);
    question fails = { .result = -EIO };
    CHECK_EQ(edo_service_oneshot(svc, &fails, &response), -EIO); // nothing was kept so far
    CHECK_EQ(s.tells, 0);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .response = 7 }, &response), 0);
    CHECK_EQ(edo_service_oneshot(svc, &fails, &response), 1);
    CHECK_EQ(response, 7);
    CHECK(s.tells == 1 && s.told == -EIO && s.keeps == 1); // what is stale is not kept again
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = -EINVAL }, &response), -EINVAL);
    edo_service_unref(svc);
}

EDO_TEST(a_response_that_has_failed_stays_if_there_is_no_other, .paused = true) {
    shop s = { 0 };
    int response = 0;
    edo_service *svc =
        around(edo_fallback_layer(&(edo_fallback_opts){
                   .fn = stale, .outcome = of_500, .reset = resets, .tell = tells, .arg = &s }),
               &s);
    question q = { .result = 2, .response = 500 };
    CHECK_EQ(edo_service_oneshot(svc, &q, &response), 2);
    CHECK(response == 500 && s.resets == 0 && s.tells == 0);
    s.kept = 9;
    CHECK_EQ(edo_service_oneshot(svc, &q, &response), 1);
    CHECK(response == 9 && s.resets == 1 && s.told == 2);
    edo_service_unref(svc);
}

EDO_TEST(a_second_service_gets_the_request, .paused = true) {
    shop s = { 0 }, second = { 0 };
    int response = 0;
    edo_service *other;
    CHECK_EQ(edo_service_from_fn(&other, responds, &second, NULL), 0);
    edo_layer limit = edo_concurrency_layer(1);
    CHECK_EQ(edo_layer_wrap(&other, &limit, other), 0);
    edo_service *svc =
        around(edo_fallback_layer(&(edo_fallback_opts){
                   .service = other, .outcome = of_500, .reset = resets, .arg = &s }),
               &s);
    edo_service_unref(other);
    for (int i = 0; i < 3; i++) { // its place is given back each time
        question q = { .result = 2, .response = 500 };
        CHECK_EQ(edo_service_oneshot(svc, &q, &response), 2);
    }
    CHECK(s.resets == 3 && second.calls == 3); // it says 500, too
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = -EPIPE }, &response), -EPIPE);
    CHECK_EQ(second.calls, 4);
    CHECK_EQ(s.resets, 3); // there was no response
    edo_service_unref(svc);
}

static int refuses(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return edo_fail(-ENOENT, "no such price");
}

EDO_TEST(a_fallback_that_fails_leaves_the_failure_that_it_was_for, .paused = true) {
    shop s = { 0 };
    edo_metrics *m;
    edo_service *second;
    int response;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    CHECK_EQ(edo_service_from_fn(&second, refuses, NULL, NULL), 0);
    edo_service *svc = around(edo_fallback_layer(&(edo_fallback_opts){ .service = second,
                                                                       .outcome = of_500,
                                                                       .reset = resets,
                                                                       .arg = &s,
                                                                       .name = "price",
                                                                       .metrics = m }),
                              NULL);
    edo_service_unref(second);
    int err = edo_service_oneshot(svc, &(question){ .result = -EIO }, &response);
    CHECK_EQ(err, -EIO);
    CHECK(trail_has(err, "its fallback: ENOENT"));
    CHECK(edo_trail_find(-ENOENT) == NULL);
    err = edo_service_oneshot(svc, &(question){ .response = 500 }, &response);
    CHECK_EQ(err, -ENOENT); // what it had is given back
    CHECK_EQ(s.resets, 1);
    CHECK(trail_has(err, "no such price"));
    CHECK(metrics_have(m, "edo_fallback_calls_total{fallback=\"price\",result=\"failed\"} 2\n"));
    CHECK(metrics_have(m, "edo_fallback_calls_total{fallback=\"price\",result=\"succeeded\"} 0\n"));
    edo_service_unref(svc);
    edo_metrics_free(m);
}

EDO_TEST(refusals_inside_are_made_up_for_and_cancellations_are_not, .paused = true) {
    shop s = { .kept = 9 };
    int response = 0;
    edo_breaker *b;
    edo_service *svc;
    edo_stack stack;
    CHECK_EQ(edo_breaker_new(&b, NULL), 0);
    CHECK_EQ(edo_service_from_fn(&svc, responds, &s, NULL), 0);
    edo_stack_init(&stack);
    edo_stack_push(&stack, edo_fallback_layer(
                               &(edo_fallback_opts){ .fn = stale, .outcome = of_500, .arg = &s }));
    edo_stack_push(&stack, edo_breaker_layer(b));
    CHECK_EQ(edo_stack_build(&svc, &stack, svc), 0);
    edo_stack_deinit(&stack);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 10 }, &response), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    edo_trail_clear();
    CHECK_EQ(edo_breaker_force(b, EDO_BREAKER_FORCED_OPEN), 0);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .response = 1 }, &response), 1);
    CHECK_EQ(response, 9);
    CHECK(edo_trail_find(-EDO_ECIRCUITOPEN) == NULL); // it is made up for
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

/* Takes 20 ms. */
static int slowly(void *arg, void *request, void *response, int result) {
    int err = edo_sleep(edo_ms(20));
    return err < 0 ? err : stale(arg, request, response, result);
}

EDO_TEST(a_call_that_is_cut_short_at_any_time_keeps_no_response, .paused = true) {
    shop s = { .kept = 9 }, second = { 0 };
    edo_service *other;
    edo_layer one = edo_concurrency_layer(1);
    CHECK_EQ(edo_service_from_fn(&other, responds, &second, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&other, &one, other), 0);
    edo_service *svc[] = {
        around(edo_fallback_layer(&(edo_fallback_opts){
                   .fn = slowly, .outcome = of_500, .reset = resets, .arg = &s }),
               &s),
        around(edo_fallback_layer(&(edo_fallback_opts){
                   .service = other, .outcome = of_500, .reset = resets, .arg = &s }),
               &s),
    };
    edo_service_unref(other);
    for (size_t which = 0; which < EDO_COUNT(svc); which++) {
        for (int limit_ms = 5; limit_ms < 50; limit_ms += 10) {
            int response = 0;
            s.resets = 0;
            edo_deadline d;
            edo_deadline_begin(&d, edo_ms(limit_ms));
            int err = edo_service_oneshot(
                svc[which], &(question){ .sleep_ms = 20, .response = 500 }, &response);
            CHECK_EQ(err < 0, limit_ms < 40);
            CHECK_EQ(s.resets, limit_ms > 20); // before that there was no response
            err = edo_deadline_end(&d, err);
            CHECK(err >= 0 || err == -ETIMEDOUT);
        }
        edo_service_unref(svc[which]);
    }
}

/* ---- Options --------------------------------------------------------------------------------- */

EDO_TEST(options_that_say_nothing_or_too_much_fail_the_build, .paused = true) {
    edo_service *svc, *built = NULL;
    CHECK_EQ(edo_service_from_fn(&svc, responds, NULL, NULL), 0);
    const edo_layer wrong[] = {
        edo_fallback_layer(NULL),
        edo_fallback_layer(&(edo_fallback_opts){ .arg = NULL }),
        edo_fallback_layer(&(edo_fallback_opts){ .fn = stale, .service = svc }),
        edo_fallback_layer(&(edo_fallback_opts){ .fn = stale, .reserved = { 1 } }),
    };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++)
        CHECK_EQ(edo_layer_wrap(&built, &wrong[i], edo_service_ref(svc)), -EINVAL);
    CHECK(built == NULL);
    edo_service_unref(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fallback_keeps_the_rules_of_layers),
        cmocka_unit_test(a_failure_is_made_up_for_by_what_was_kept),
        cmocka_unit_test(a_response_that_has_failed_stays_if_there_is_no_other),
        cmocka_unit_test(a_second_service_gets_the_request),
        cmocka_unit_test(a_fallback_that_fails_leaves_the_failure_that_it_was_for),
        cmocka_unit_test(refusals_inside_are_made_up_for_and_cancellations_are_not),
        cmocka_unit_test(a_call_that_is_cut_short_at_any_time_keeps_no_response),
        cmocka_unit_test(options_that_say_nothing_or_too_much_fail_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
