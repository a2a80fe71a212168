/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/layers.h, and that each layer keeps the rules of a layer.
 * Method: edo_test_layer_suite() on each; then what is special to each, under a paused clock. */
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

/* A service that sleeps for as many ms as the request says, and returns what the request wants. */
typedef struct question {
    int sleep_ms, result;
} question;

static int naps(void *arg, void *request, void *response) {
    const question *q = request;
    int *calls = arg;
    if (calls) ++*calls;
    int err = q->sleep_ms ? edo_sleep(edo_ms(q->sleep_ms)) : 0;
    if (err < 0) return err;
    if (response) *(int *)response = q->sleep_ms;
    return q->result;
}

static edo_service *around(edo_layer layer, int *calls) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, naps, calls, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    return svc;
}

/* ---- The rules that all layers keep ---------------------------------------------------------- */

static int passes(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    return edo_layer_next(next, request, response);
}

static int lets_pass(void *arg, void *request) {
    (void)arg, (void)request;
    return 0;
}

static int each_kind(void *arg) {
    static edo_sem shared = EDO_SEM_INIT(3);
    const edo_layer layers[] = {
        { .wrap = NULL },
        edo_layer_from_fn(passes, NULL),
        edo_timeout_layer(edo_hours(2)),
        edo_concurrency_layer(1),
        edo_concurrency_layer_with(&(edo_concurrency_opts){ .shared = &shared }),
        edo_concurrency_layer_with(
            &(edo_concurrency_opts){ .calls_max = 1, .waiters_max = 100, .wait_max = EDO_S(60) }),
        edo_map_layer(&(edo_map_opts){ .arg = NULL }),
        edo_filter_layer(lets_pass, NULL),
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_test_layer_suite(&layers[i], NULL), 0);
    CHECK_EQ(edo_sem_available(&shared), 3);
    edo_layer shed = edo_load_shed_layer();
    CHECK_EQ(edo_test_layer_suite(&shed, &(edo_test_layer_opts){ .never_waits = true }), 0);
    return 0;
}

static void every_layer_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(each_kind, NULL), 0);
}

static int on_workers(void *arg) {
    edo_layer layer = edo_concurrency_layer(2);
    (void)arg;
    return edo_test_layer_suite(&layer, NULL);
}

static void a_limit_keeps_the_rules_on_every_kind_of_runtime(void **state) {
    (void)state;
    assert_int_equal(inside_each(on_workers, NULL), 0);
}

/* ---- Timeout --------------------------------------------------------------------------------- */

EDO_TEST(a_timeout_ends_the_call_and_all_below_it, .paused = true) {
    edo_service *svc = around(edo_timeout_layer(edo_ms(20)), NULL);
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 100 }, NULL), -ETIMEDOUT);
    EDO_TEST_ELAPSED(start, edo_ms(20));
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 19, .result = 7 }, NULL), 7);
    edo_service_unref(svc);
}

EDO_TEST(a_timeout_starts_at_the_call_and_not_at_ready, .paused = true) {
    edo_service *svc = around(edo_timeout_layer(edo_ms(20)), NULL);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    CHECK_EQ(edo_service_call(svc, &permit, &(question){ .sleep_ms = 10 }, NULL), 0);
    edo_service_unref(svc);
}

static int moves_the_clock(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    edo_shield sh;
    edo_shield_begin(&sh, edo_ns(-1));
    int err = edo_sleep(edo_ms(50));
    return edo_shield_end(&sh, err);
}

EDO_TEST(a_response_wins_over_a_limit_that_has_passed_meanwhile, .paused = true) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, moves_the_clock, NULL, NULL), 0);
    edo_layer layer = edo_timeout_layer(edo_ms(20));
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    edo_service_unref(svc);
}

/* ---- Calls at once --------------------------------------------------------------------------- */

typedef struct crowd {
    edo_service *svc;
    uint32_t random, at_once, most, done, gave_up;
} crowd;

static int counts(void *arg, void *request, void *response) {
    crowd *c = arg;
    (void)response;
    if (++c->at_once > c->most) c->most = c->at_once;
    int err = edo_sleep(edo_ms(*(int *)request));
    c->at_once--;
    return err;
}

static uint32_t next_random(crowd *c, uint32_t below) {
    c->random = c->random * 1664525u + 1013904223u;
    return (c->random >> 16) % below;
}

/* Calls, releases, or gives up half way, at random. */
static int visitor(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < 30; i++) {
        edo_permit permit = EDO_PERMIT_INIT;
        int nap = (int)next_random(c, 5), pause = (int)next_random(c, 4);
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1 + (int64_t)next_random(c, 12)));
        int err = edo_service_ready(c->svc, &permit);
        if (err == 0 && pause) err = edo_sleep(edo_ms(pause));
        if (err == 0 && next_random(c, 4)) err = edo_service_call(c->svc, &permit, &nap, NULL);
        edo_permit_release(&permit);
        err = edo_deadline_end(&d, err);
        CHECK(err == 0 || err == -ETIMEDOUT);
        *(err ? &c->gave_up : &c->done) += 1;
    }
    return 0;
}

EDO_TEST(no_more_calls_are_under_way_than_allowed_whatever_callers_do, .paused = true) {
    crowd c = { .random = (uint32_t)test_seed(1) };
    edo_scope s;
    CHECK_EQ(edo_service_from_fn(&c.svc, counts, &c, NULL), 0);
    edo_layer layer = edo_concurrency_layer(3);
    CHECK_EQ(edo_layer_wrap(&c.svc, &layer, c.svc), 0);
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 20; i++) edo_scope_spawn(&s, visitor, &c);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(c.most, 3);
    CHECK(c.done > 100 && c.gave_up > 50);
    edo_permit held[3] = { EDO_PERMIT_INIT, EDO_PERMIT_INIT, EDO_PERMIT_INIT }, more = held[0];
    for (size_t i = 0; i < 3; i++) CHECK_EQ(edo_service_try_ready(c.svc, &held[i]), 0);
    CHECK_EQ(edo_service_try_ready(c.svc, &more), -EAGAIN);
    for (size_t i = 0; i < 3; i++) edo_permit_release(&held[i]);
    edo_service_unref(c.svc);
}

EDO_TEST(one_semaphore_limits_the_calls_of_several_services, .paused = true) {
    edo_sem sem = EDO_SEM_INIT(1);
    edo_layer layer = edo_concurrency_layer_with(&(edo_concurrency_opts){ .shared = &sem });
    edo_service *a = around(layer, NULL), *b = around(layer, NULL);
    edo_permit in_a = EDO_PERMIT_INIT, in_b = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(a, &in_a), 0);
    CHECK_EQ(edo_service_try_ready(b, &in_b), -EAGAIN);
    edo_permit_release(&in_a);
    CHECK_EQ(edo_service_try_ready(b, &in_b), 0);
    edo_permit_release(&in_b);
    edo_sem_close(&sem);
    CHECK_EQ(edo_service_ready(b, &in_b), -EDO_ECLOSED);
    edo_service_unref(a);
    edo_service_unref(b);
}

static edo_held body; /* of the response that is under way */

static bool has_body(void *arg, void *request, void *response, edo_held held) {
    (void)arg, (void)response;
    if (((question *)request)->result != 1) return false;
    body = held;
    return true;
}

EDO_TEST(a_place_is_held_until_the_body_of_the_response_is_done, .paused = true) {
    edo_service *svc = around(
        edo_concurrency_layer_with(&(edo_concurrency_opts){ .calls_max = 1, .hold = has_body }),
        NULL);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 0 }, NULL), 0);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = -EPROTO }, NULL), -EPROTO);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 1 }, NULL), 1);
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    body.fn(body.arg);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 1 }, NULL), 1);
    edo_service_unref(svc); // the body keeps what it needs
    body.fn(body.arg);
}

static int builds_badly(edo_layer layer) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, naps, NULL, NULL), 0);
    return edo_layer_wrap(&svc, &layer, svc);
}

static void options_that_make_no_sense_are_refused(void **state) {
    (void)state;
    edo_sem sem = EDO_SEM_INIT(1);
    const edo_concurrency_opts bad[] = {
        { .calls_max = 0 },
        { .calls_max = 1, .shared = &sem },
        { .calls_max = 1, .reserved = { 0, 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(builds_badly(edo_concurrency_layer_with(&bad[i])), -EINVAL);
    assert_int_equal(builds_badly(edo_map_layer(&(edo_map_opts){ .reserved = { 1 } })), -EINVAL);
}

/* ---- Load shed ------------------------------------------------------------------------------- */

EDO_TEST(a_load_shed_refuses_what_would_wait_and_looks_anew_for_each_call, .paused = true) {
    int calls = 0;
    edo_layer shed = edo_load_shed_layer();
    edo_service *svc = around(edo_concurrency_layer(1), &calls);
    CHECK_EQ(edo_layer_wrap(&svc, &shed, svc), 0);
    edo_permit first = EDO_PERMIT_INIT, second = EDO_PERMIT_INIT;
    question q = { .result = 3 };
    CHECK_EQ(edo_service_ready(svc, &first), 0);
    CHECK_EQ(edo_service_ready(svc, &second), 0);
    CHECK_EQ(edo_service_call(svc, &first, &q, NULL), 3);
    CHECK_EQ(edo_service_call(svc, &second, &q, NULL), -EDO_EOVERLOADED); // was not ready then
    CHECK_EQ(edo_service_oneshot(svc, &q, NULL), 3);
    CHECK_EQ(calls, 2);
    CHECK_EQ(edo_service_ready(svc, &first), 0);
    CHECK_EQ(edo_service_ready(svc, &second), 0);
    edo_permit_release(&second); // held nothing inside
    CHECK_EQ(edo_service_oneshot(svc, &q, NULL), -EDO_EOVERLOADED);
    edo_permit_release(&first);
    CHECK_EQ(edo_service_oneshot(svc, &q, NULL), 3);
    edo_service_unref(svc);
}

/* ---- A limit that refuses -------------------------------------------------------------------- */

static edo_service *bulkhead(const edo_concurrency_opts *opts) {
    return around(edo_concurrency_layer_with(opts), NULL);
}

static int sleeps_inside(void *arg) {
    return edo_service_oneshot(arg, &(question){ .sleep_ms = 100, .result = 4 }, NULL);
}

/* A task that has the only place, or waits for it. */
static edo_task *occupies(edo_service *svc) {
    edo_task *task = edo_spawn(sleeps_inside, svc);
    CHECK(task != NULL);
    EDO_TEST_OK(edo_test_settle());
    return task;
}

static bool trail_has(int err, const char *part) {
    char text[256];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    return strstr(text, part) != NULL;
}

EDO_TEST(a_wait_for_a_place_is_bounded_in_time, .paused = true) {
    edo_service *svc =
        bulkhead(&(edo_concurrency_opts){ .calls_max = 1, .wait_max = edo_ms(30), .name = "shop" });
    edo_task *first = occupies(svc);
    edo_instant start = edo_now();
    int err = edo_service_oneshot(svc, &(question){ .result = 3 }, NULL);
    CHECK_EQ(err, -EDO_EOVERLOADED);
    CHECK(trail_has(err, "limit \"shop\": no place within 30 ms"));
    EDO_TEST_ELAPSED(start, edo_ms(30));
    EDO_TEST_OK(edo_sleep(edo_ms(60)));
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 3 }, NULL), 3); // waits for 9 ms
    CHECK_EQ(edo_task_join(first), 4);
    edo_service_unref(svc);
}

EDO_TEST(a_limit_that_does_not_wait_refuses_at_once, .paused = true) {
    edo_service *svc = bulkhead(&(edo_concurrency_opts){ .calls_max = 1, .refuse = true });
    edo_permit permit = EDO_PERMIT_INIT;
    edo_task *first = occupies(svc);
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 3 }, NULL), -EDO_EOVERLOADED);
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_permit_release(&permit); // of a place that it never had
    EDO_TEST_ELAPSED(start, edo_ns(0));
    CHECK_EQ(edo_task_join(first), 4);
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 3 }, NULL), -EDO_EOVERLOADED);
    CHECK_EQ(edo_service_call(svc, &permit, &(question){ .result = 3 }, NULL), 3);
    edo_service_unref(svc);
}

EDO_TEST(a_line_before_a_limit_is_bounded, .paused = true) {
    edo_service *svc = bulkhead(&(edo_concurrency_opts){ .calls_max = 1, .waiters_max = 1 });
    edo_task *first = occupies(svc), *second = occupies(svc);
    int err = edo_service_oneshot(svc, &(question){ .result = 3 }, NULL);
    CHECK_EQ(err, -EDO_EOVERLOADED);
    CHECK(trail_has(err, "limit \"unnamed\": no place, and none in its line"));
    edo_task_cancel(second); // there is a place in line again
    CHECK_EQ(edo_task_join(second), -ECANCELED);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 3 }, NULL), 3);
    CHECK_EQ(edo_task_join(first), 4);
    edo_service_unref(svc);
}

EDO_TEST(a_deadline_of_the_caller_is_no_refusal, .paused = true) {
    edo_service *svc = bulkhead(&(edo_concurrency_opts){ .calls_max = 1, .wait_max = edo_ms(50) });
    edo_task *first = occupies(svc);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_service_oneshot(svc, &(question){ .result = 3 }, NULL);
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(edo_task_join(first), 4);
    edo_service_unref(svc);
}

static bool metrics_have(edo_metrics *m, const char *line) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    bool has = strstr((const char *)text.ptr, line) != NULL;
    edo_buf_deinit(&text);
    return has;
}

EDO_TEST(a_limit_counts_its_calls_its_line_and_its_refusals, .paused = true) {
    edo_metrics *m;
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    edo_service *svc = bulkhead(&(edo_concurrency_opts){
        .calls_max = 1, .waiters_max = 1, .wait_max = edo_ms(30), .name = "shop", .metrics = m });
    edo_task *first = occupies(svc), *second = occupies(svc);
    CHECK(metrics_have(m, "edo_limit_in_use{limit=\"shop\"} 1\n"));
    CHECK(metrics_have(m, "edo_limit_waiting{limit=\"shop\"} 1\n"));
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 3 }, NULL), -EDO_EOVERLOADED);
    CHECK_EQ(edo_task_join(second), -EDO_EOVERLOADED);
    CHECK_EQ(edo_task_join(first), 4);
    CHECK(metrics_have(m, "edo_limit_in_use{limit=\"shop\"} 0\n"));
    CHECK(metrics_have(m, "edo_limit_waiting{limit=\"shop\"} 0\n"));
    CHECK(metrics_have(m, "edo_limit_refused_total{limit=\"shop\",reason=\"line\"} 1\n"));
    CHECK(metrics_have(m, "edo_limit_refused_total{limit=\"shop\",reason=\"wait\"} 1\n"));
    edo_service_unref(svc);
    edo_metrics_free(m);
}

/* ---- Map and filter -------------------------------------------------------------------------- */

static int asks_for_more(void *arg, void **request) {
    static question other;
    question *q = *request;
    if (q->result == 99) return -EPERM;
    other = (question){ .sleep_ms = q->sleep_ms, .result = q->result - *(int *)arg };
    *request = &other;
    return 0;
}

static int doubles(void *arg, void *request, void *response, int result) {
    (void)arg, (void)request;
    *(int *)response *= 2;
    return result + 1;
}

static int forgives(void *arg, void *request, void *response, int err) {
    (void)arg;
    *(int *)response = -1;
    return ((question *)request)->sleep_ms ? err - 1 : 0;
}

EDO_TEST(a_map_changes_request_response_and_error, .paused = true) {
    int less = 10, answer = 0;
    edo_service *svc = around(
        edo_map_layer(&(edo_map_opts){
            .request = asks_for_more, .response = doubles, .error = forgives, .arg = &less }),
        NULL);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 4, .result = 15 }, &answer), 6);
    CHECK_EQ(answer, 8);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 4, .result = 5 }, &answer), -6);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .result = 5 }, &answer), 0); // made a success
    CHECK_EQ(answer, -1);
    CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 1, .result = 99 }, &answer),
             -EPERM - 1);
    edo_service_unref(svc);
}

static int refuses_odd_ones_after_a_while(void *arg, void *request) {
    question *q = request;
    ++*(int *)arg;
    int err = edo_sleep(edo_ms(5));
    if (err < 0) return err;
    q->result += 2;
    return q->sleep_ms % 2 ? -EACCES : 0;
}

EDO_TEST(a_filter_may_wait_and_change_and_a_refused_request_goes_no_further, .paused = true) {
    int asked = 0, calls = 0;
    edo_layer filter = edo_filter_layer(refuses_odd_ones_after_a_while, &asked);
    edo_service *svc = around(edo_concurrency_layer(1), &calls);
    CHECK_EQ(edo_layer_wrap(&svc, &filter, svc), 0);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 3 }, NULL), -EACCES);
        CHECK_EQ(edo_service_oneshot(svc, &(question){ .sleep_ms = 2 }, NULL), 2);
    }
    CHECK_EQ(asked, 6);
    CHECK_EQ(calls, 3);
    edo_service_unref(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_keeps_the_rules_of_layers),
        cmocka_unit_test(a_limit_keeps_the_rules_on_every_kind_of_runtime),
        cmocka_unit_test(a_timeout_ends_the_call_and_all_below_it),
        cmocka_unit_test(a_timeout_starts_at_the_call_and_not_at_ready),
        cmocka_unit_test(a_response_wins_over_a_limit_that_has_passed_meanwhile),
        cmocka_unit_test(no_more_calls_are_under_way_than_allowed_whatever_callers_do),
        cmocka_unit_test(one_semaphore_limits_the_calls_of_several_services),
        cmocka_unit_test(a_place_is_held_until_the_body_of_the_response_is_done),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(a_load_shed_refuses_what_would_wait_and_looks_anew_for_each_call),
        cmocka_unit_test(a_wait_for_a_place_is_bounded_in_time),
        cmocka_unit_test(a_limit_that_does_not_wait_refuses_at_once),
        cmocka_unit_test(a_line_before_a_limit_is_bounded),
        cmocka_unit_test(a_deadline_of_the_caller_is_no_refusal),
        cmocka_unit_test(a_limit_counts_its_calls_its_line_and_its_refusals),
        cmocka_unit_test(a_map_changes_request_response_and_error),
        cmocka_unit_test(a_filter_may_wait_and_change_and_a_refused_request_goes_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
