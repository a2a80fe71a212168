/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/breaker.h beside its states, which breaker_reference_test.c has: the
 * layer, functions, what is told, options.
 * Method: services that do as they are told, under a paused clock. */
#include <edo/breaker.h>
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

/* A service that sleeps for as many ms as the request says, and returns what the request wants. */
typedef struct question {
    int sleep_ms, result;
} question;

static int calls_n;

static int naps(void *arg, void *request, void *response) {
    const question *q = request;
    (void)arg, (void)response;
    calls_n++;
    int err = q->sleep_ms ? edo_sleep(edo_ms(q->sleep_ms)) : 0;
    return err < 0 ? err : q->result;
}

static question bad = { .result = -EIO }, good = { .result = 3 };

static edo_breaker *breaker(const edo_breaker_opts *opts) {
    edo_breaker *b;
    CHECK_EQ(edo_breaker_new(&b, opts), 0);
    return b;
}

/* A breaker of two calls, which opens for 10 s, and has one trial. */
static edo_breaker *quick(edo_breaker_event_fn *on_event, void *arg) {
    return breaker(&(edo_breaker_opts){ .name = "shop",
                                        .window_calls = 2,
                                        .open_for = edo_s(10),
                                        .trials = 1,
                                        .on_event = on_event,
                                        .event_arg = arg });
}

static edo_service *around(edo_layer inner, edo_breaker *b) {
    edo_service *svc;
    edo_layer outer = edo_breaker_layer(b);
    CHECK_EQ(edo_service_from_fn(&svc, naps, NULL, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &inner, svc), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &outer, svc), 0);
    return svc;
}

static const edo_layer nothing = { .wrap = NULL };

typedef struct seen {
    edo_breaker_event last[3]; /* of each kind */
    int n[3];
} seen;

static void sees(void *arg, edo_breaker *b, const edo_breaker_event *event) {
    seen *s = arg;
    CHECK(event->generation == 0 || b != NULL);
    s->last[event->kind] = *event;
    s->n[event->kind]++;
}

static void breaks(edo_service *svc) {
    CHECK_EQ(edo_service_oneshot(svc, &bad, NULL), -EIO);
    CHECK_EQ(edo_service_oneshot(svc, &bad, NULL), -EIO);
}

/* ---- The layer ------------------------------------------------------------------------------- */

static int suite(void *arg) {
    edo_breaker *b = breaker(NULL);
    (void)arg;
    edo_layer layer = edo_breaker_layer(b);
    int err = edo_test_layer_suite(&layer, NULL);
    edo_breaker_unref(b);
    return err;
}

static void a_breaker_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside_each(suite, NULL), 0);
}

EDO_TEST(a_breaker_refuses_at_once_and_says_for_how_long, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_service *svc = around(nothing, b);
    edo_duration left;
    char text[160];
    breaks(svc);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_OPEN);
    EDO_TEST_OK(edo_sleep(edo_ms(1500)));
    int err = edo_service_oneshot(svc, &good, NULL);
    CHECK_EQ(err, -EDO_ECIRCUITOPEN);
    CHECK(edo_breaker_left_of(&left, err));
    CHECK_EQ(left.ns, edo_ms(8500).ns);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK_EQ(strcmp(text,
                    "circuit \"shop\" stays open for 8500 ms: refused: the circuit breaker is "
                    "open (-EDO_ECIRCUITOPEN)"),
             0);
    edo_trail_clear();
    CHECK(!edo_breaker_left_of(&left, err));
    EDO_TEST_OK(edo_sleep(edo_ms(8500)));
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3); // the trial
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

static int holds_the_only_place(void *arg) {
    return edo_service_oneshot(arg, &(question){ .sleep_ms = 60000 }, NULL);
}

EDO_TEST(a_breaker_that_is_open_does_not_wait_for_the_service_inside, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_service *svc = around(edo_concurrency_layer(1), b);
    edo_permit permit = EDO_PERMIT_INIT;
    edo_task *task = edo_spawn(holds_the_only_place, svc);
    CHECK(task != NULL);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    CHECK_EQ(edo_breaker_force(b, EDO_BREAKER_FORCED_OPEN), 0);
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    CHECK_EQ(edo_breaker_force(b, EDO_BREAKER_CLOSED), 0);
    // the place was not taken, so the call cannot be made, though it might pass by now
    CHECK_EQ(edo_service_call(svc, &permit, &good, NULL), -EDO_ECIRCUITOPEN);
    EDO_TEST_ELAPSED(start, edo_ns(0));
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ECANCELED);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

EDO_TEST(a_cancelled_call_gives_its_trial_back, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_service *svc = around(nothing, b);
    breaks(svc);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    edo_task *trial = edo_spawn(holds_the_only_place, svc);
    CHECK(trial != NULL);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_HALF_OPEN);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), -EDO_ECIRCUITOPEN); // the trial is taken
    edo_task_cancel(trial);
    CHECK_EQ(edo_task_join(trial), -ECANCELED);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_HALF_OPEN);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

EDO_TEST(trials_that_take_too_long_open_the_breaker_for_calls_to_come, .paused = true) {
    seen s = { .n = { 0 } };
    edo_breaker *b = breaker(&(edo_breaker_opts){ .window_calls = 2,
                                                  .open_for = edo_s(10),
                                                  .trials = 1,
                                                  .half_open_max = edo_s(5),
                                                  .on_event = sees,
                                                  .event_arg = &s });
    edo_service *svc = around(nothing, b);
    edo_duration left;
    breaks(svc);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    edo_task *trial = edo_spawn(holds_the_only_place, svc);
    CHECK(trial != NULL);
    EDO_TEST_OK(edo_sleep(edo_s(5)));
    int err = edo_service_oneshot(svc, &good, NULL); // the layer alone looks
    CHECK_EQ(err, -EDO_ECIRCUITOPEN);
    CHECK(edo_breaker_left_of(&left, err));
    CHECK_EQ(left.ns, edo_s(10).ns);
    edo_trail_clear();
    const edo_breaker_event *moved = &s.last[EDO_BREAKER_MOVED];
    CHECK(moved->from == EDO_BREAKER_HALF_OPEN && moved->to == EDO_BREAKER_OPEN);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
    edo_task_cancel(trial);
    CHECK_EQ(edo_task_join(trial), -ECANCELED);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

EDO_TEST(a_permit_that_is_released_has_taken_no_trial, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_service *svc = around(nothing, b);
    edo_permit permit = EDO_PERMIT_INIT;
    breaks(svc);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_permit_release(&permit);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

EDO_TEST(a_limit_inside_is_a_failure_and_one_outside_says_nothing, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_service *svc = around(edo_timeout_layer(edo_ms(20)), b);
    question slow = { .sleep_ms = 100 };
    edo_breaker_stats s;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(svc, &slow, NULL)), -ETIMEDOUT);
    edo_breaker_get_stats(b, &s);
    CHECK_EQ(s.failed, 0);
    CHECK_EQ(s.ignored_total, 1);
    CHECK_EQ(edo_service_oneshot(svc, &slow, NULL), -ETIMEDOUT);
    edo_breaker_get_stats(b, &s);
    CHECK_EQ(s.failed, 1);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

/* 4 is a failure; what fails with -ENOENT does not count. */
static edo_call_outcome four_is_bad(void *arg, const void *request, const void *response,
                                    int result) {
    CHECK(arg == &good && request && response);
    if (result == -ENOENT) return EDO_CALL_IGNORED;
    return result == 4 ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
}

EDO_TEST(the_program_says_what_a_result_means, .paused = true) {
    edo_breaker_stats s;
    edo_breaker *b = breaker(&(edo_breaker_opts){ .outcome = four_is_bad, .outcome_arg = &good });
    edo_service *svc = around(nothing, b);
    int response;
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 4 }, &response), 4);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = -ENOENT }, &response), -ENOENT);
    CHECK_EQ(edo_service_oneshot(svc, &bad, &response), -EIO);
    edo_breaker_get_stats(b, &s);
    CHECK_EQ(s.failed_total, 1);
    CHECK_EQ(s.ignored_total, 1);
    CHECK_EQ(s.succeeded_total, 1);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

/* ---- Functions ------------------------------------------------------------------------------- */

static int returns(void *arg) {
    calls_n++;
    return *(int *)arg;
}

EDO_TEST(a_function_goes_through_a_breaker, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    int fails = -ECONNREFUSED, works = 5, is_cancelled = -ECANCELED;
    CHECK_EQ(edo_breaker_run(b, returns, &works), 5);
    CHECK_EQ(edo_breaker_run(b, returns, &is_cancelled), -ECANCELED);
    CHECK_EQ(edo_breaker_run(b, returns, &fails), -ECONNREFUSED);
    calls_n = 0;
    CHECK_EQ(edo_breaker_run(b, returns, &works), -EDO_ECIRCUITOPEN); // one of two had failed
    CHECK_EQ(calls_n, 0);
    edo_breaker_unref(b);
}

EDO_TEST(a_call_that_was_refused_or_has_ended_is_passed_over, .paused = true) {
    edo_breaker *b = quick(NULL, NULL);
    edo_breaker_call call;
    edo_breaker_stats s;
    CHECK_EQ(edo_breaker_begin(b, &call), 0);
    edo_breaker_end(b, &call, EDO_CALL_FAILED);
    edo_breaker_end(b, &call, EDO_CALL_FAILED);
    CHECK_EQ(edo_breaker_force(b, EDO_BREAKER_FORCED_OPEN), 0);
    CHECK_EQ(edo_breaker_begin(b, &call), -EDO_ECIRCUITOPEN);
    CHECK_EQ(call.left.ns, EDO_FOREVER_NS);
    edo_breaker_end(b, &call, EDO_CALL_FAILED);
    edo_breaker_get_stats(b, &s);
    CHECK_EQ(s.failed_total, 1);
    edo_breaker_unref(b);
}

/* ---- What is told ---------------------------------------------------------------------------- */

EDO_TEST(moves_failures_and_refusals_are_told, .paused = true) {
    seen s = { .n = { 0 } };
    edo_breaker *b = quick(sees, &s);
    edo_service *svc = around(nothing, b);
    breaks(svc);
    CHECK_EQ(s.n[EDO_BREAKER_FAILURE], 2);
    CHECK_EQ(s.n[EDO_BREAKER_MOVED], 1);
    const edo_breaker_event *moved = &s.last[EDO_BREAKER_MOVED];
    CHECK(moved->from == EDO_BREAKER_CLOSED && moved->to == EDO_BREAKER_OPEN);
    CHECK_EQ(moved->left.ns, edo_s(10).ns);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), -EDO_ECIRCUITOPEN);
    CHECK_EQ(s.n[EDO_BREAKER_REFUSAL], 1);
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    CHECK_EQ(s.n[EDO_BREAKER_MOVED], 3);
    CHECK(moved->from == EDO_BREAKER_HALF_OPEN && moved->to == EDO_BREAKER_CLOSED);
    CHECK_EQ(moved->generation, 4);
    edo_service_unref(svc);
    edo_breaker_unref(b);
}

static bool says(edo_metrics *m, const char *line) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    bool has = strstr((const char *)text.ptr, line) != NULL;
    edo_buf_deinit(&text);
    return has;
}

EDO_TEST(metrics_show_the_state_and_count_calls_by_result, .paused = true) {
    edo_metrics *m;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    edo_breaker *b = breaker(&(edo_breaker_opts){
        .name = "shop", .window_calls = 2, .slow_after = edo_ms(5), .slow = 0.5, .metrics = m });
    edo_service *svc = around(nothing, b);
    edo_breaker_call late;
    CHECK(says(m, "edo_breaker_state{breaker=\"shop\",state=\"closed\"} 1\n"));
    CHECK_EQ(edo_breaker_begin(b, &late), 0);
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), 3);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 6 }, NULL), 0); // half are slow
    CHECK_EQ(edo_service_oneshot(svc, &good, NULL), -EDO_ECIRCUITOPEN);
    edo_breaker_end(b, &late, EDO_CALL_FAILED);
    CHECK(says(m, "edo_breaker_state{breaker=\"shop\",state=\"closed\"} 0\n"));
    CHECK(says(m, "edo_breaker_state{breaker=\"shop\",state=\"open\"} 1\n"));
    CHECK(says(m, "edo_breaker_calls_total{breaker=\"shop\",result=\"succeeded\"} 2\n"));
    CHECK(says(m, "edo_breaker_calls_total{breaker=\"shop\",result=\"failed\"} 0\n"));
    CHECK(says(m, "edo_breaker_calls_total{breaker=\"shop\",result=\"late\"} 1\n"));
    CHECK(says(m, "edo_breaker_slow_total{breaker=\"shop\"} 1\n"));
    CHECK(says(m, "edo_breaker_refused_total{breaker=\"shop\"} 1\n"));
    CHECK(says(m, "edo_breaker_opened_total{breaker=\"shop\"} 1\n"));
    edo_breaker *quick = breaker(&(edo_breaker_opts){ .name = "quick", .metrics = m });
    CHECK(says(m, "edo_breaker_opened_total{breaker=\"quick\"} 0\n"));
    CHECK(!says(m, "edo_breaker_slow_total{breaker=\"quick\"}")); // which nothing measures
    edo_breaker_unref(quick);
    edo_service_unref(svc);
    edo_breaker_unref(b);
    edo_metrics_free(m);
}

/* ---- Options and memory ---------------------------------------------------------------------- */

EDO_TEST(options_out_of_range_are_refused, .paused = true) {
    static const edo_breaker_opts wrong[] = {
        { .failures = 1.5 },
        { .failures = -1 },
        { .slow = 2, .slow_after = EDO_MS(1) },
        { .slow = 0.5 }, // of what is slow nothing is said
        { .window_calls = EDO_BREAKER_WINDOW_CALLS_MAX + 1 },
        { .window_seconds = EDO_BREAKER_WINDOW_SECONDS_MAX + 1 },
        { .window_calls = 1, .window_seconds = 1 },
        { .open_for = EDO_MS(-1) },
        { .open_for = EDO_MS(20), .open_for_max = EDO_MS(10) },
        { .half_open_max = EDO_MS(-1) },
        { .reserved = { 1 } },
    };
    edo_breaker *b = NULL;
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) CHECK_EQ(edo_breaker_new(&b, &wrong[i]), -EINVAL);
    CHECK(b == NULL);
    b = breaker(NULL);
    CHECK_EQ(edo_breaker_force(b, (edo_breaker_state)9), -EINVAL);
    edo_breaker_unref(b);
    edo_breaker_unref(NULL);
}

EDO_TEST(names_of_states_are_those_of_metrics, .paused = true) {
    CHECK_EQ(strcmp(edo_breaker_state_name(EDO_BREAKER_HALF_OPEN), "half_open"), 0);
    CHECK_EQ(strcmp(edo_breaker_state_name((edo_breaker_state)77), "unknown"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_breaker_keeps_the_rules_of_layers),
        cmocka_unit_test(a_breaker_refuses_at_once_and_says_for_how_long),
        cmocka_unit_test(a_breaker_that_is_open_does_not_wait_for_the_service_inside),
        cmocka_unit_test(a_cancelled_call_gives_its_trial_back),
        cmocka_unit_test(trials_that_take_too_long_open_the_breaker_for_calls_to_come),
        cmocka_unit_test(a_permit_that_is_released_has_taken_no_trial),
        cmocka_unit_test(a_limit_inside_is_a_failure_and_one_outside_says_nothing),
        cmocka_unit_test(the_program_says_what_a_result_means),
        cmocka_unit_test(a_function_goes_through_a_breaker),
        cmocka_unit_test(a_call_that_was_refused_or_has_ended_is_passed_over),
        cmocka_unit_test(moves_failures_and_refusals_are_told),
        cmocka_unit_test(metrics_show_the_state_and_count_calls_by_result),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(names_of_states_are_those_of_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
