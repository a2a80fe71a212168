/* SPDX-License-Identifier: MIT */
/* Goal: a registry reaches a collector whole: each kind of metric by its name and unit, labels
 * as attributes by OpenTelemetry's names, exemplars with their traces.
 * Method: a collector on this machine; flushes. */
#include "collector.h"

#include <edo/edo.h>

#include <errno.h>
#include <string.h>

static void expect(const collector *c, const char *text) {
    if (collector_has(c, text)) return;
    (void)fprintf(stderr, "missing: %s\nin: %.*s\n", text, (int)c->lines.len, c->lines.ptr);
    CHECK(false);
}

static void ask_share(void *arg, edo_metrics_sink *to) {
    (void)arg;
    edo_metrics_emit(to, 0.25, NULL);
}

static void fill(edo_metrics *m) {
    const edo_exemplar of = { EDO_STR("4bf92f3577b34da6a3ce929d0e0e4736"),
                              EDO_STR("00f067aa0ba902b7") };
    static const double bounds[] = { 1, 2 };
    const edo_str ok[] = { EDO_STR("GET"), EDO_STR("200") };
    const edo_str odd[] = { EDO_STR("a\"b\\c\nd"), EDO_STR("none") };
    edo_metric *metric;
    edo_counter *counter;
    edo_up_down *open;
    edo_gauge *gauge;
    edo_hist *hist;
    const edo_metric_opts requests = { .help = "Requests.",
                                       .labels = "http_request_method http_response_status_code" };
    EDO_TEST_OK(edo_metrics_counter(&metric, m, "shop.requests", &requests));
    EDO_TEST_OK(edo_counter_series(&counter, metric, ok));
    edo_counter_add(counter, 7);
    EDO_TEST_OK(edo_counter_series(&counter, metric, odd));
    EDO_TEST_OK(
        edo_metrics_up_down(&metric, m, "shop.open", &(edo_metric_opts){ .unit = "{order}" }));
    EDO_TEST_OK(edo_up_down_series(&open, metric, NULL));
    edo_up_down_add(open, -3);
    EDO_TEST_OK(edo_metrics_gauge(&metric, m, "shop.heat", &(edo_metric_opts){ .unit = "Cel" }));
    EDO_TEST_OK(edo_gauge_series(&gauge, metric, NULL));
    edo_gauge_set(gauge, 21.5);
    const edo_metric_opts traced = { .unit = "s", .exemplars = true };
    EDO_TEST_OK(edo_metrics_hist(&metric, m, "shop.time",
                                 &(edo_hist_opts){ .bounds = bounds, .bounds_n = 2 }, &traced));
    EDO_TEST_OK(edo_hist_series(&hist, metric, NULL));
    edo_hist_record(hist, 0.5);
    edo_hist_record_exemplar(hist, 1.5, &of);
    edo_hist_record(hist, 2.5);
    EDO_TEST_OK(edo_metrics_callback(m, EDO_METRIC_GAUGE, "shop.share", ask_share, NULL, NULL));
    EDO_TEST_OK(edo_metrics_counter(&metric, m, "shop.nothing", NULL)); // no series: not exported
}

static int numbers(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_metrics *m;
    edo_otlp *o;
    edo_otlp_stats s;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    fill(m);
    collector_begin(&c);
    const edo_otlp_opts opts = {
        .endpoint = c.url, .ignore_env = true, .no_traces = true, .no_logs = true, .metrics = m
    };
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    expect(&c, "metric shop.requests  sum=7 grows http.request.method=\"GET\" "
               "http.response.status_code=200 @edo\n");
    expect(&c, "metric shop.requests  sum=0 grows http.request.method=\"a\"b\\c\nd\" "
               "http.response.status_code=\"none\" @edo\n");
    expect(&c, "metric shop.open {order} sum=-3 @edo\n");
    expect(&c, "metric shop.heat Cel gauge=21.5 @edo\n");
    expect(&c, "metric shop.time s hist=3 4.5 1,1,1 exemplars=1 @edo\n");
    expect(&c, "metric shop.share  gauge=0.25 @edo\n");
    CHECK(!collector_has(&c, "shop.nothing"));
    edo_otlp_get_stats(o, EDO_OTLP_METRICS, &s);
    CHECK_EQ(s.sent, 7); // and the two of the exporter
    EDO_TEST_OK(edo_metrics_add_runtime(m, edo_runtime_current(), "main"));
    EDO_TEST_OK(edo_metrics_add_process(m));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0); // once more
    CHECK_EQ(c.requests_n, 2);
    expect(&c, "metric process_cpu s sum=");
    edo_metrics_free(m);
    collector_end(&c);
    return 0;
}

static void numbers_are_exported_at_a_flush_and_at_the_end(void **state) {
    (void)state;
    assert_int_equal(inside_real(numbers, NULL), 0);
}

static int in_time(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_metrics *m;
    edo_otlp *o;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    fill(m);
    collector_begin(&c);
    const edo_otlp_opts opts = { .endpoint = c.url,
                                 .ignore_env = true,
                                 .no_traces = true,
                                 .no_logs = true,
                                 .metrics = m,
                                 .metrics_delay = edo_ms(1) };
    EDO_TEST_OK(edo_otlp_start(&o, &opts));
    EDO_TEST_OK(edo_sem_acquire(&c.asked, 2));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    edo_metrics_free(m);
    collector_end(&c);
    return 0;
}

static void numbers_are_exported_again_and_again(void **state) {
    (void)state;
    assert_int_equal(inside_real(in_time, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_exported_at_a_flush_and_at_the_end),
        cmocka_unit_test(numbers_are_exported_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
