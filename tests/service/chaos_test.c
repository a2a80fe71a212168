/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/chaos.h.
 * Method: shares of many calls, under a paused clock. */
#include <edo/chaos.h>
#include <edo/scope.h>
#include <edo/test_layer.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct question {
    int result, response;
} question;

typedef struct shop {
    int calls, resets;
} shop;

static int responds(void *arg, void *request, void *response) {
    const question *q = request;
    if (arg) ((shop *)arg)->calls++;
    if (q->result >= 0) *(int *)response = q->response;
    return q->result;
}

static edo_service *around(edo_layer layer, shop *s) {
    edo_service *svc;
    CHECK_EQ(edo_service_from_fn(&svc, responds, s, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&svc, &layer, svc), 0);
    return svc;
}

static void resets(void *arg, void *response) {
    ((shop *)arg)->resets++;
    *(int *)response = 0;
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
    const edo_layer layers[] = {
        edo_chaos_layer(NULL),
        edo_chaos_layer(&(edo_chaos_opts){ .delay = 1, .delay_min = EDO_MS(2) }),
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(layers); i++)
        CHECK_EQ(edo_test_layer_suite(&layers[i], NULL), 0);
    return 0;
}

static void chaos_keeps_the_rules_of_layers(void **state) {
    (void)state;
    assert_int_equal(inside(suites, NULL), 0);
}

enum { MANY = 4000 };

typedef struct tally {
    int late, aborted, reset, others;
} tally;

static tally counted(edo_service *svc, int n) {
    tally t = { 0 };
    for (int i = 0; i < n; i++) {
        int response;
        edo_instant start = edo_now();
        int err = edo_service_oneshot(svc, &(question){ .response = i }, &response);
        int64_t took_ms = ms_since(start);
        CHECK(took_ms == 0 || (took_ms >= 10 && took_ms <= 30));
        t.late += took_ms > 0;
        t.aborted += err == -ECONNREFUSED;
        t.reset += err == -ECONNRESET;
        t.others += err != 0 && err != -ECONNREFUSED && err != -ECONNRESET;
    }
    return t;
}

static edo_chaos_opts bad_day(uint64_t seed) {
    return (edo_chaos_opts){ .delay = 0.1,
                             .delay_min = edo_ms(10),
                             .delay_max = edo_ms(30),
                             .abort = 0.2,
                             .reset = 0.05,
                             .seed = seed };
}

EDO_TEST(shares_of_calls_are_late_fail_and_are_cut_off, .paused = true) {
    shop s = { 0 };
    edo_metrics *m;
    char line[100];
    CHECK_EQ(edo_metrics_new(&m, NULL), 0);
    edo_chaos_opts opts = bad_day(test_seed(5));
    opts.discard = resets;
    opts.arg = &s;
    opts.name = "shop";
    opts.metrics = m;
    edo_service *svc = around(edo_chaos_layer(&opts), &s);
    tally t = counted(svc, MANY);
    CHECK(t.late > 300 && t.late < 500);
    CHECK(t.aborted > 680 && t.aborted < 920);
    CHECK(t.reset > 100 && t.reset < 220); // of those that were not aborted
    CHECK_EQ(t.others, 0);
    CHECK_EQ(s.calls, MANY - t.aborted);
    CHECK_EQ(s.resets, t.reset);
    (void)snprintf(line, sizeof line, "edo_chaos_faults_total{chaos=\"shop\",fault=\"reset\"} %d\n",
                   t.reset);
    CHECK(metrics_have(m, line));
    edo_service_unref(svc);
    edo_metrics_free(m);
}

EDO_TEST(one_seed_gives_one_day, .paused = true) {
    edo_chaos_opts opts = bad_day(77), other = bad_day(78);
    edo_service *svc[3] = { around(edo_chaos_layer(&opts), NULL),
                            around(edo_chaos_layer(&opts), NULL),
                            around(edo_chaos_layer(&other), NULL) };
    int same = 0;
    for (int i = 0; i < 300; i++) {
        int response, results[3];
        question q = { .response = 1 };
        for (int k = 0; k < 3; k++) results[k] = edo_service_oneshot(svc[k], &q, &response);
        CHECK_EQ(results[0], results[1]);
        same += results[0] == results[2];
    }
    CHECK(same < 300);
    for (int k = 0; k < 3; k++) edo_service_unref(svc[k]);
}

static bool affects_odd(void *arg, const void *request) {
    CHECK(arg != NULL);
    return ((const question *)request)->response % 2;
}

EDO_TEST(a_predicate_chooses_who_suffers, .paused = true) {
    shop s = { 0 };
    int response;
    edo_service *svc =
        around(edo_chaos_layer(&(edo_chaos_opts){
                   .abort = 1, .abort_code = -EIO, .affects = affects_odd, .arg = &s }),
               &s);
    for (int i = 0; i < 10; i++)
        CHECK_EQ(edo_service_oneshot(svc, &(question){ .response = i }, &response),
                 i % 2 ? -EIO : 0);
    CHECK_EQ(s.calls, 5);
    int err = edo_service_oneshot(svc, &(question){ .response = 1 }, &response);
    CHECK(trail_has(err, "chaos \"unnamed\": a fault on purpose"));
    edo_service_unref(svc);
}

EDO_TEST(a_delay_on_purpose_obeys_a_limit, .paused = true) {
    shop s = { 0 };
    int response;
    edo_service *svc =
        around(edo_chaos_layer(&(edo_chaos_opts){ .delay = 1, .delay_min = edo_ms(50) }), &s);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(20));
    int err = edo_service_oneshot(svc, &(question){ .response = 1 }, &response);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(s.calls, 0);
    edo_service_unref(svc);
}

EDO_TEST(bad_options_fail_the_build, .paused = true) {
    edo_service *svc, *built = NULL;
    CHECK_EQ(edo_service_from_fn(&svc, responds, NULL, NULL), 0);
    const edo_layer wrong[] = {
        edo_chaos_layer(&(edo_chaos_opts){ .abort = 1.1 }),
        edo_chaos_layer(&(edo_chaos_opts){ .delay = -0.1 }),
        edo_chaos_layer(&(edo_chaos_opts){ .delay = 0.1 }),
        edo_chaos_layer(&(edo_chaos_opts){ .reset = NAN }),
        edo_chaos_layer(&(edo_chaos_opts){ .abort_code = 5 }),
        edo_chaos_layer(&(edo_chaos_opts){ .delay_min = EDO_MS(2), .delay_max = EDO_MS(1) }),
        edo_chaos_layer(&(edo_chaos_opts){ .reserved = { 1 } }),
    };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++)
        CHECK_EQ(edo_layer_wrap(&built, &wrong[i], edo_service_ref(svc)), -EINVAL);
    CHECK(built == NULL);
    edo_service_unref(svc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chaos_keeps_the_rules_of_layers),
        cmocka_unit_test(shares_of_calls_are_late_fail_and_are_cut_off),
        cmocka_unit_test(one_seed_gives_one_day),
        cmocka_unit_test(a_predicate_chooses_who_suffers),
        cmocka_unit_test(a_delay_on_purpose_obeys_a_limit),
        cmocka_unit_test(bad_options_fail_the_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
