/* SPDX-License-Identifier: MIT */
/* Goal: the newest exemplar of a counter, and of each bucket, is in the text of OpenMetrics, whole,
 * and in no other text. Method: texts compared, but for the time of day, which is compared with the
 * clock; threads that record while another prints. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define TEXT(literal)                                                                              \
    { literal, sizeof(literal) - 1 }
#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN  "00f067aa0ba902b7"

static const edo_exemplar of = { TEXT(TRACE), TEXT(SPAN) };

static edo_metrics *m;
static edo_buf text;

static int setup(void **state) {
    (void)state;
    return edo_metrics_new(&m, NULL);
}

static int teardown(void **state) {
    (void)state;
    edo_metrics_free(m);
    edo_buf_deinit(&text);
    return 0;
}

static const char *printed(edo_metrics_form form) {
    edo_buf_deinit(&text);
    EDO_TEST_EQ(edo_metrics_print(m, &text, form), 0);
    EDO_TEST_EQ(edo_buf_append(&text, "", 1), 0);
    return text.ptr;
}

static edo_counter *counter(const edo_metric_opts *opts) {
    edo_metric *metric;
    edo_counter *c;
    assert_int_equal(edo_metrics_counter(&metric, m, "hits", opts), 0);
    assert_int_equal(edo_counter_series(&c, metric, NULL), 0);
    return c;
}

static edo_hist *hist(void) {
    edo_metric *metric;
    edo_hist *h;
    const edo_hist_opts bounds = { .bounds = (const double[]){ 0.5, 1 }, .bounds_n = 2 };
    const edo_metric_opts opts = { .exemplars = true };
    assert_int_equal(edo_metrics_hist(&metric, m, "took", &bounds, &opts), 0);
    assert_int_equal(edo_hist_series(&h, metric, NULL), 0);
    return h;
}

/* Asserts that the text has `before`, then a time of about now, and a line end. */
static void assert_exemplar(const char *before) {
    const char *at = strstr(printed(EDO_METRICS_OPENMETRICS), before);
    assert_non_null(at);
    char *end;
    double at_s = strtod(at + strlen(before), &end);
    assert_int_equal(*end, '\n');
    assert_int_equal(end[-4], '.'); // milliseconds
    double age_s = difftime(time(NULL), 0) - at_s;
    assert_true(age_s > -2 && age_s < 600);
}

static void the_newest_of_each_bucket_is_in_the_text_of_openmetrics(void **state) {
    (void)state;
    edo_hist *h = hist();
    edo_hist_record(h, 0.25);
    edo_hist_record_exemplar(h, 0.75, &(edo_exemplar){ EDO_STR("0a"), EDO_STR("") });
    edo_hist_record_exemplar(h, 0.8125, &of);
    edo_hist_record_exemplar(h, 7, &(edo_exemplar){ EDO_STR("0b"), EDO_STR("") });
    assert_int_equal(edo_hist_read(h, NULL), 4);
    assert_non_null(strstr(printed(EDO_METRICS_OPENMETRICS), "took_bucket{le=\"0.5\"} 1\n"));
    assert_exemplar("took_bucket{le=\"1.0\"} 3 # {trace_id=\"" TRACE "\",span_id=\"" SPAN
                    "\"} 0.8125 ");
    assert_exemplar("took_bucket{le=\"+Inf\"} 4 # {trace_id=\"0b\"} 7 ");
    assert_null(strstr(printed(EDO_METRICS_PROMETHEUS), "#  {"));
    assert_null(strstr(printed(EDO_METRICS_PROMETHEUS), "trace_id"));
}

static void a_counter_shows_what_was_added_last(void **state) {
    (void)state;
    edo_counter *c = counter(&(edo_metric_opts){ .exemplars = true });
    edo_counter_add_exemplar(c, 3, &of);
    edo_counter_add(c, 1);
    assert_exemplar("hits_total 4 # {trace_id=\"" TRACE "\",span_id=\"" SPAN "\"} 3 ");
}

static void what_is_no_id_or_not_wanted_counts_without_an_exemplar(void **state) {
    (void)state;
    char too_long[EDO_EXEMPLAR_ID_BYTES_MAX + 1];
    memset(too_long, 'a', sizeof too_long);
    const edo_exemplar bad[] = {
        { TEXT(""), TEXT(SPAN) },
        { TEXT("a\"b"), TEXT("") },
        { TEXT("a"), TEXT("b\n") },
        { { too_long, sizeof too_long }, TEXT("") },
    };
    edo_hist *h = hist();
    edo_counter *c = counter(NULL);
    for (size_t i = 0; i < EDO_COUNT(bad); i++) edo_hist_record_exemplar(h, 1, &bad[i]);
    edo_counter_add_exemplar(c, 2, &of); // keeps none
    edo_counter_add_exemplar(NULL, 1, &of);
    edo_hist_record_exemplar(NULL, 1, &of);
    edo_hist_record_exemplar(h, 0.0 / 0.0, &of);
    assert_int_equal(edo_hist_read(h, NULL), EDO_COUNT(bad));
    assert_int_equal(edo_counter_read(c), 2);
    assert_null(strstr(printed(EDO_METRICS_OPENMETRICS), "trace_id"));
    edo_hist_record_exemplar(h, 1, &(edo_exemplar){ { too_long, 32 }, EDO_STR("") });
    assert_non_null(strstr(printed(EDO_METRICS_OPENMETRICS), "trace_id"));
}

static void says_nothing(void *arg, edo_metrics_sink *to) {
    (void)arg, (void)to;
}

static void only_counters_and_histograms_keep_exemplars(void **state) {
    (void)state;
    edo_metric *metric;
    const edo_metric_opts opts = { .exemplars = true };
    assert_int_equal(edo_metrics_gauge(&metric, m, "g", &opts), -EINVAL);
    assert_int_equal(edo_metrics_up_down(&metric, m, "u", &opts), -EINVAL);
    assert_int_equal(edo_metrics_callback(m, EDO_METRIC_COUNTER, "c", says_nothing, NULL, &opts),
                     -EINVAL);
    (void)counter(&opts);
    assert_int_equal(edo_metrics_counter(&metric, m, "hits", NULL), -EEXIST);
    assert_int_equal(edo_metrics_counter(&metric, m, "hits", &opts), 0);
}

enum { THREADS = 3, EACH = 3000 };

static void *records(void *arg) {
    static const edo_exemplar twins[] = {
        { TEXT("11111111111111111111111111111111"), TEXT("1111111111111111") },
        { TEXT("2222"), TEXT("22") },
    };
    for (int i = 0; i < EACH; i++) edo_hist_record_exemplar(arg, 1, &twins[i % 2]);
    return NULL;
}

static void an_exemplar_is_whole_whoever_records_meanwhile(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    edo_hist *h = hist();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, records, h), 0);
    for (int i = 0; i < 200; i++) {
        const char *at = strstr(printed(EDO_METRICS_OPENMETRICS), "# {trace_id=\"");
        if (!at) continue; // none yet, or it was being written
        bool is_one =
            strstr(at, "\"11111111111111111111111111111111\",span_id=\"1111111111111111\"");
        bool is_two = strstr(at, "\"2222\",span_id=\"22\"");
        assert_true(is_one != is_two);
    }
    for (int i = 0; i < THREADS; i++) (void)pthread_join(threads[i], NULL);
    assert_int_equal(edo_hist_read(h, NULL), THREADS * EACH);
}

int main(void) {
#define WITH_REGISTRY(promise) cmocka_unit_test_setup_teardown(promise, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(the_newest_of_each_bucket_is_in_the_text_of_openmetrics),
        WITH_REGISTRY(a_counter_shows_what_was_added_last),
        WITH_REGISTRY(what_is_no_id_or_not_wanted_counts_without_an_exemplar),
        WITH_REGISTRY(only_counters_and_histograms_keep_exemplars),
        WITH_REGISTRY(an_exemplar_is_whole_whoever_records_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
