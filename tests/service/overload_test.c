/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/codel.h and edo/adaptive.h.
 * Method: a service with some workers, asked at a rate that it bears or does not, under a paused
 * clock. */
#include <edo/adaptive.h>
#include <edo/codel.h>
#include <edo/layers.h>
#include <edo/scope.h>
#include <edo/task_set.h>
#include <edo/test_layer.h>

#include "inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A service whose calls share `workers`, and take `call_ms` on one. */
typedef struct machine {
    edo_sem workers;
    int call_ms;
    edo_duration patience; /* of a customer; 0: any */
    edo_service *svc;
    int done, in_time, refused, late; /* late: longer than 100 ms */
    int64_t longest_ms;
} machine;

static int works(void *arg, void *request, void *response) {
    machine *m = arg;
    (void)request, (void)response;
    int err = edo_sem_acquire(&m->workers, 1);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(m->call_ms));
    edo_sem_release(&m->workers, 1);
    return err;
}

static machine machine_of(uint32_t workers, int call_ms) {
    return (machine){ .workers = EDO_SEM_INIT(workers), .call_ms = call_ms };
}

static void wraps(machine *m, edo_layer layer) {
    CHECK_EQ(edo_service_from_fn(&m->svc, works, m, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&m->svc, &layer, m->svc), 0);
}

static int customer(void *arg) {
    machine *m = arg;
    edo_instant start = edo_now();
    edo_deadline d;
    edo_deadline_begin(&d, m->patience.ns ? m->patience : edo_hours(1));
    int err = edo_deadline_end(&d, edo_service_oneshot(m->svc, NULL, NULL));
    int64_t took_ms = ms_since(start);
    CHECK(err == 0 || err == -EDO_EOVERLOADED || (m->patience.ns && err == -ETIMEDOUT));
    m->refused += err == -EDO_EOVERLOADED;
    m->done += err == 0;
    m->in_time += err == 0 && took_ms <= 100;
    m->late += err == 0 && took_ms > 100;
    if (took_ms > m->longest_ms) m->longest_ms = took_ms;
    edo_trail_clear();
    return 0;
}

/* A customer every `every_us`, for `ms`, from a clean count. */
static void asks(machine *m, int every_us, int ms) {
    m->done = m->in_time = m->refused = m->late = 0;
    m->longest_ms = 0;
    edo_instant next = edo_now(), end = edo_instant_add(next, edo_ms(ms));
    while (edo_instant_since(end, next).ns > 0) {
        CHECK_EQ(edo_spawn_detached(customer, m), 0);
        next = edo_instant_add(next, edo_us(every_us));
        CHECK_EQ(edo_sleep_at(next), 0);
    }
}

/* Ends the service, when all customers have gone. */
static void ends(machine *m) {
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    edo_service_unref(m->svc);
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

static int suites(void *arg) {
    (void)arg;
    const edo_layer layers[] = {
        edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .interval = edo_s(60) }),
        edo_adaptive_layer(NULL),
        edo_adaptive_layer(&(edo_adaptive_opts){ .limit_max = 1, .wait_max = edo_s(60) }),
    };
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_test_layer_suite(&layers[i], NULL), 0);
    return 0;
}

static void queues_and_limits_keep_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(suites, NULL), 0);
}

/* ---- CoDel ----------------------------------------------------------------------------------- */

EDO_TEST(a_crowd_waits_in_order_while_it_is_short, .paused = true) {
    machine m = machine_of(1, 10);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1 }));
    for (int i = 0; i < 9; i++) CHECK_EQ(edo_spawn_detached(customer, &m), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(200)));
    CHECK_EQ(m.done, 9);
    CHECK_EQ(m.longest_ms, 90);
    ends(&m);
}

EDO_TEST(an_overloaded_service_works_for_those_that_still_wait, .paused = true) {
    edo_metrics *metrics;
    CHECK_EQ(edo_metrics_new(&metrics, NULL), 0);
    machine m = machine_of(1, 2);
    wraps(&m,
          edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .name = "shop", .metrics = metrics }));
    asks(&m, 1000, 1000); // twice as many as it bears; the first tenth is no overload yet
    CHECK(metrics_have(metrics, "edo_codel_overloads_total{codel=\"shop\"} 1\n"));
    asks(&m, 1000, 2000);
    CHECK(m.done >= 980 && m.done <= 1010); // it is never idle
    CHECK_EQ(m.late, 0);
    CHECK(m.longest_ms <= 8); // a wait of 5 ms, and the call
    CHECK(m.refused > 950);
    EDO_TEST_OK(edo_sleep(edo_ms(20))); // the line is empty again
    asks(&m, 4000, 1000);               // half of what it bears
    CHECK_EQ(m.refused, 0);
    CHECK_EQ(m.longest_ms, 2);
    EDO_TEST_OK(edo_sleep(edo_ms(50)));
    CHECK(metrics_have(metrics, "edo_codel_waiting{codel=\"shop\"} 0\n"));
    ends(&m);
    edo_metrics_free(metrics);
}

EDO_TEST(a_line_is_bounded_in_number, .paused = true) {
    machine m = machine_of(1, 10);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .waiters_max = 2 }));
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_spawn_detached(customer, &m), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(5)));
    CHECK_EQ(m.refused, 2);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(m.done, 3);
    ends(&m);
}

EDO_TEST(a_deadline_before_calls_usually_end_is_refused_at_once, .paused = true) {
    machine m = machine_of(1, 50);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .name = "shop" }));
    for (int i = 0; i < 40; i++) CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    edo_instant start = edo_now();
    int err = edo_service_oneshot(m.svc, NULL, NULL);
    CHECK_EQ(err, -EDO_EOVERLOADED);
    CHECK(trail_has(err, "queue \"shop\": calls usually take longer than the deadline leaves"));
    EDO_TEST_ELAPSED(start, edo_ns(0));
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    edo_deadline_begin(&d, edo_ms(60));
    CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(m.svc, NULL, NULL)), 0);
    m.call_ms = 1; // it is quick again, which only a call can show
    int refusals = 0;
    for (bool is_refused = true; is_refused && refusals < 200;) {
        edo_deadline_begin(&d, edo_ms(20));
        is_refused = edo_service_oneshot(m.svc, NULL, NULL) < 0;
        refusals += is_refused;
        (void)edo_deadline_end(&d, 0);
    }
    CHECK(refusals > 0 && refusals < 100);
    ends(&m);
}

EDO_TEST(no_call_begins_whose_limit_has_passed, .paused = true) {
    machine m = machine_of(1, 5);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1 }));
    for (int ms = 0; ms < 2; ms++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(ms));
        (void)edo_sleep(edo_ms(2));
        CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), -ECANCELED);
        CHECK_EQ(edo_deadline_end(&d, 0), 0);
    }
    ends(&m);
}

EDO_TEST(a_deadline_is_looked_at_again_after_the_wait, .paused = true) {
    machine m = machine_of(1, 50);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1 }));
    for (int i = 0; i < 40; i++) CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), 0);
    CHECK_EQ(edo_spawn_detached(customer, &m), 0);
    EDO_TEST_OK(edo_test_settle());
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(80)); // there is time for the call, but not for the line
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), -EDO_EOVERLOADED);
    EDO_TEST_ELAPSED(start, edo_ms(50));
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), 0); // the place was given back
    ends(&m);
}

EDO_TEST(calls_that_are_cut_short_say_how_long_calls_take, .paused = true) {
    machine m = machine_of(1, 50);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1 }));
    for (int i = 0; i < 40; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(20));
        CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(m.svc, NULL, NULL)), -ETIMEDOUT);
    }
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(15));
    CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), -EDO_EOVERLOADED);
    CHECK_EQ(edo_deadline_end(&d, 0), 0);
    ends(&m);
}

EDO_TEST(a_caller_that_goes_leaves_the_line_at_any_time, .paused = true) {
    machine m = machine_of(1, 20);
    wraps(&m, edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .ignores_deadlines = true }));
    for (int limit_ms = 5; limit_ms < 50; limit_ms += 10) {
        CHECK_EQ(edo_spawn_detached(customer, &m), 0);
        EDO_TEST_OK(edo_yield());
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(limit_ms));
        int err = edo_service_oneshot(m.svc, NULL, NULL); // in line, then in the call
        CHECK_EQ(edo_deadline_end(&d, err), limit_ms < 40 ? -ETIMEDOUT : 0);
        CHECK_EQ(edo_service_oneshot(m.svc, NULL, NULL), 0);
    }
    ends(&m);
}

/* ---- The adaptive limit ---------------------------------------------------------------------- */

static int limit_of_shop(edo_metrics *m) {
    edo_buf text = { 0 };
    int limit = -1;
    CHECK_EQ(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    CHECK_EQ(edo_buf_append(&text, "", 1), 0);
    const char *at = strstr((const char *)text.ptr, "edo_adaptive_limit{adaptive=\"shop\"} ");
    if (at) (void)sscanf(strchr(at, ' '), "%d", &limit);
    edo_buf_deinit(&text);
    return limit;
}

EDO_TEST(a_limit_finds_what_a_service_bears, .paused = true) {
    machine m = machine_of(20, 10); // 2,000 calls a second
    wraps(&m, edo_adaptive_layer(NULL));
    asks(&m, 1000, 5000); // half of that
    CHECK_EQ(m.refused, 0);
    asks(&m, 250, 10000); // twice as many
    asks(&m, 250, 10000);
    CHECK(m.in_time > 19500); // of 20,000 that it can do
    CHECK_EQ(m.late, 0);
    CHECK(m.refused > 15000);
    EDO_TEST_OK(edo_sleep(edo_ms(100))); // those that have a place go
    asks(&m, 1000, 5000);
    CHECK_EQ(m.refused, 0);
    ends(&m);
}

EDO_TEST(a_limit_falls_when_a_service_loses_its_workers_and_comes_back, .paused = true) {
    edo_metrics *metrics;
    CHECK_EQ(edo_metrics_new(&metrics, NULL), 0);
    machine m = machine_of(30, 10); // 3,000 calls a second
    wraps(&m, edo_adaptive_layer(&(edo_adaptive_opts){
                  .limit_start = 30, .limit_min = 5, .name = "shop", .metrics = metrics }));
    CHECK_EQ(limit_of_shop(metrics), 30);
    asks(&m, 400, 10000); // 83 % of what it bears
    CHECK_EQ(m.refused, 0);
    CHECK_EQ(edo_sem_acquire(&m.workers, 20), 0); // 10 are left: 1,000 a second
    asks(&m, 400, 15000);
    asks(&m, 400, 5000);
    CHECK(m.in_time > 4800 && m.late == 0);
    edo_sem_release(&m.workers, 20);
    asks(&m, 400, 15000);
    asks(&m, 400, 5000);
    CHECK_EQ(m.refused, 0);
    ends(&m);
    edo_metrics_free(metrics);
}

EDO_TEST(calls_that_their_callers_give_up_are_measured, .paused = true) {
    machine m = machine_of(20, 10);
    edo_metrics *metrics;
    CHECK_EQ(edo_metrics_new(&metrics, NULL), 0);
    wraps(&m, edo_adaptive_layer(&(edo_adaptive_opts){
                  .limit_start = 40, .limit_min = 5, .name = "shop", .metrics = metrics }));
    asks(&m, 600, 12000); // 17 calls at once
    CHECK_EQ(limit_of_shop(metrics), 40);
    m.call_ms = 1000;
    m.patience = edo_ms(100); // so each call is cut short
    asks(&m, 600, 10000);
    CHECK(limit_of_shop(metrics) < 25);
    ends(&m);
    edo_metrics_free(metrics);
}

EDO_TEST(a_caller_waits_for_a_place_if_it_is_told_to, .paused = true) {
    machine m = machine_of(1, 10);
    wraps(&m, edo_adaptive_layer(&(edo_adaptive_opts){ .limit_max = 1, .wait_max = edo_ms(15) }));
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_spawn_detached(customer, &m), 0);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    CHECK_EQ(m.done, 2);
    CHECK_EQ(m.refused, 1);
    CHECK_EQ(m.longest_ms, 20);
    ends(&m);
}

/* ---- Options --------------------------------------------------------------------------------- */

static int never(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

EDO_TEST(bad_options_fail_the_build, .paused = true) {
    edo_service *svc, *built = NULL;
    CHECK_EQ(edo_service_from_fn(&svc, never, NULL, NULL), 0);
    const edo_layer wrong[] = {
        edo_codel_layer(&(edo_codel_opts){ .name = "no calls" }),
        edo_codel_layer(
            &(edo_codel_opts){ .calls_max = 1, .target = EDO_S(1), .interval = EDO_MS(999) }),
        edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .target = EDO_S(-1) }),
        edo_codel_layer(&(edo_codel_opts){ .calls_max = 1, .reserved = { 1 } }),
        edo_adaptive_layer(&(edo_adaptive_opts){ .limit_min = 5, .limit_max = 4 }),
        edo_adaptive_layer(&(edo_adaptive_opts){ .wait_max = EDO_S(-1) }),
        edo_adaptive_layer(&(edo_adaptive_opts){ .reserved = { 1 } }),
    };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++)
        CHECK_EQ(edo_layer_wrap(&built, &wrong[i], edo_service_ref(svc)), -EINVAL);
    CHECK(built == NULL);
    edo_service_unref(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_and_limits_keep_the_rules_of_layers),
        cmocka_unit_test(a_crowd_waits_in_order_while_it_is_short),
        cmocka_unit_test(an_overloaded_service_works_for_those_that_still_wait),
        cmocka_unit_test(a_line_is_bounded_in_number),
        cmocka_unit_test(a_deadline_before_calls_usually_end_is_refused_at_once),
        cmocka_unit_test(no_call_begins_whose_limit_has_passed),
        cmocka_unit_test(a_deadline_is_looked_at_again_after_the_wait),
        cmocka_unit_test(calls_that_are_cut_short_say_how_long_calls_take),
        cmocka_unit_test(a_caller_that_goes_leaves_the_line_at_any_time),
        cmocka_unit_test(a_limit_finds_what_a_service_bears),
        cmocka_unit_test(a_limit_falls_when_a_service_loses_its_workers_and_comes_back),
        cmocka_unit_test(calls_that_their_callers_give_up_are_measured),
        cmocka_unit_test(a_caller_waits_for_a_place_if_it_is_told_to),
        cmocka_unit_test(bad_options_fail_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
