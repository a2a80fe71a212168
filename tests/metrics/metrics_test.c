/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/metrics.h: sums are exact, whatever threads count and come and go;
 * buckets count what their bounds say; the text is what Prometheus and OpenMetrics ask for; labels
 * cannot fill the memory. Method: texts compared byte for byte; tasks and threads that add a known
 * number; buckets against a search through the bounds. */
#include <edo/edo.h>
#include <edo/metrics.h>

#include "inside.h"
#include "seed.h"
#include "stress.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

static edo_metrics *m;

static int setup(void **state) {
    (void)state;
    return edo_metrics_new(&m, NULL);
}

static int teardown(void **state) {
    (void)state;
    edo_metrics_free(m);
    m = NULL;
    return 0;
}

static void assert_text(edo_metrics_form form, const char *wanted) {
    edo_buf text = { 0 };
    assert_int_equal(edo_metrics_print(m, &text, form), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    assert_string_equal(text.ptr, wanted);
    edo_buf_deinit(&text);
}

static edo_metric *counter(const char *name, const edo_metric_opts *opts) {
    edo_metric *metric = NULL;
    EDO_TEST_EQ(edo_metrics_counter(&metric, m, name, opts), 0);
    return metric;
}

static edo_counter *series(edo_metric *metric, const char *value) {
    edo_counter *c = NULL;
    const edo_str values[] = { edo_str_of(value) };
    EDO_TEST_EQ(edo_counter_series(&c, metric, values), 0);
    return c;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void fill(void) {
    edo_metric *metric = NULL;
    edo_counter *c = NULL;
    edo_up_down *u = NULL;
    edo_gauge *g = NULL;
    edo_hist *h = NULL;
    metric = counter("http.requests", &(edo_metric_opts){ .help = "All\nrequests \\ \"quoted\".",
                                                          .labels = "method  path" });
    const edo_str values[] = { EDO_STR("GET"), EDO_STR("/a\"b\\c\nd\xc3\xa9") };
    assert_int_equal(edo_counter_series(&c, metric, values), 0);
    edo_counter_add(c, 3);
    assert_int_equal(edo_metrics_up_down(&metric, m, "open", NULL), 0);
    assert_int_equal(edo_up_down_series(&u, metric, NULL), 0);
    edo_up_down_add(u, 5);
    edo_up_down_add(u, -7);
    assert_int_equal(
        edo_metrics_gauge(&metric, m, "cache.size", &(edo_metric_opts){ .unit = "By" }), 0);
    assert_int_equal(edo_gauge_series(&g, metric, NULL), 0);
    edo_gauge_set(g, 0.1);
    edo_gauge_add(g, 0.2);
    const edo_hist_opts bounds = { .bounds = (const double[]){ 0.25, 1 }, .bounds_n = 2 };
    const edo_metric_opts opts = { .help = "Time.", .unit = "s" };
    assert_int_equal(edo_metrics_hist(&metric, m, "duration", &bounds, &opts), 0);
    assert_int_equal(edo_hist_series(&h, metric, NULL), 0);
    edo_hist_record(h, 0.25); // a bound counts below itself
    edo_hist_record_time(h, edo_ms(500));
    edo_hist_record(h, 2);
    edo_hist_record(h, NAN);
}

static void text_is_that_of_prometheus(void **state) {
    (void)state;
    fill();
    assert_text(EDO_METRICS_PROMETHEUS,
                "# HELP http_requests_total All\\nrequests \\\\ \"quoted\".\n"
                "# TYPE http_requests_total counter\n"
                "http_requests_total{method=\"GET\",path=\"/a\\\"b\\\\c\\nd\xc3\xa9\"} 3\n"
                "# TYPE open gauge\n"
                "open -2\n"
                "# TYPE cache_size_bytes gauge\n"
                "cache_size_bytes 0.30000000000000004\n"
                "# HELP duration_seconds Time.\n"
                "# TYPE duration_seconds histogram\n"
                "duration_seconds_bucket{le=\"0.25\"} 1\n"
                "duration_seconds_bucket{le=\"1\"} 2\n"
                "duration_seconds_bucket{le=\"+Inf\"} 3\n"
                "duration_seconds_sum 2.75\n"
                "duration_seconds_count 3\n");
}

static void text_is_that_of_openmetrics(void **state) {
    (void)state;
    fill();
    assert_text(EDO_METRICS_OPENMETRICS,
                "# HELP http_requests All\\nrequests \\\\ \\\"quoted\\\".\n"
                "# TYPE http_requests counter\n"
                "http_requests_total{method=\"GET\",path=\"/a\\\"b\\\\c\\nd\xc3\xa9\"} 3\n"
                "# TYPE open gauge\n"
                "open -2\n"
                "# TYPE cache_size_bytes gauge\n"
                "# UNIT cache_size_bytes bytes\n"
                "cache_size_bytes 0.30000000000000004\n"
                "# HELP duration_seconds Time.\n"
                "# TYPE duration_seconds histogram\n"
                "# UNIT duration_seconds seconds\n"
                "duration_seconds_bucket{le=\"0.25\"} 1\n"
                "duration_seconds_bucket{le=\"1.0\"} 2\n"
                "duration_seconds_bucket{le=\"+Inf\"} 3\n"
                "duration_seconds_sum 2.75\n"
                "duration_seconds_count 3\n"
                "# EOF\n");
    assert_non_null(strstr(edo_metrics_content_type(EDO_METRICS_OPENMETRICS), "openmetrics"));
    assert_non_null(strstr(edo_metrics_content_type(EDO_METRICS_PROMETHEUS), "0.0.4"));
}

/* OpenMetrics 1.0, section 5.3: the sum of a histogram is a counter. */
static void a_sum_that_can_fall_is_not_in_the_text_of_openmetrics(void **state) {
    (void)state;
    edo_metric *drift = NULL, *lag = NULL;
    edo_hist *d = NULL, *l = NULL;
    const edo_hist_opts around = { .bounds = (const double[]){ -0.5, 0.5 }, .bounds_n = 2 };
    const edo_hist_opts above = { .bounds = (const double[]){ 0 }, .bounds_n = 1 };
    assert_int_equal(edo_metrics_hist(&drift, m, "drift", &around, NULL), 0);
    assert_int_equal(edo_hist_series(&d, drift, NULL), 0);
    edo_hist_record(d, 1);
    assert_int_equal(edo_metrics_hist(&lag, m, "lag", &above, NULL), 0);
    assert_int_equal(edo_hist_series(&l, lag, NULL), 0);
    assert_text(EDO_METRICS_OPENMETRICS, "# TYPE drift histogram\n"
                                         "drift_bucket{le=\"-0.5\"} 0\n"
                                         "drift_bucket{le=\"0.5\"} 0\n"
                                         "drift_bucket{le=\"+Inf\"} 1\n"
                                         "# TYPE lag histogram\n"
                                         "lag_bucket{le=\"0.0\"} 0\n"
                                         "lag_bucket{le=\"+Inf\"} 0\n"
                                         "lag_sum 0\n"
                                         "lag_count 0\n"
                                         "# EOF\n");
    edo_hist_record(l, -3);
    assert_text(EDO_METRICS_OPENMETRICS, "# TYPE drift histogram\n"
                                         "drift_bucket{le=\"-0.5\"} 0\n"
                                         "drift_bucket{le=\"0.5\"} 0\n"
                                         "drift_bucket{le=\"+Inf\"} 1\n"
                                         "# TYPE lag histogram\n"
                                         "lag_bucket{le=\"0.0\"} 1\n"
                                         "lag_bucket{le=\"+Inf\"} 1\n"
                                         "# EOF\n");
    assert_text(EDO_METRICS_PROMETHEUS, "# TYPE drift histogram\n"
                                        "drift_bucket{le=\"-0.5\"} 0\n"
                                        "drift_bucket{le=\"0.5\"} 0\n"
                                        "drift_bucket{le=\"+Inf\"} 1\n"
                                        "drift_sum 1\n"
                                        "drift_count 1\n"
                                        "# TYPE lag histogram\n"
                                        "lag_bucket{le=\"0\"} 1\n"
                                        "lag_bucket{le=\"+Inf\"} 1\n"
                                        "lag_sum -3\n"
                                        "lag_count 1\n");
}

static void numbers_are_the_shortest_that_read_back(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        { 0, "0" },           { -1, "-1" },
        { 1.5, "1.5" },       { 0.1, "0.1" },
        { 1e300, "1e+300" },  { 9007199254740991.0, "9007199254740991" },
        { 1e16, "1e+16" },    { -2.5e-7, "-2.5e-07" },
        { INFINITY, "+Inf" }, { -INFINITY, "-Inf" },
        { NAN, "NaN" },       { 1.0 / 3, "0.3333333333333333" },
    };
    edo_metric *metric = NULL;
    edo_gauge *g = NULL;
    assert_int_equal(edo_metrics_gauge(&metric, m, "x", NULL), 0);
    assert_int_equal(edo_gauge_series(&g, metric, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char wanted[64];
        (void)snprintf(wanted, sizeof wanted, "# TYPE x gauge\nx %s\n", rows[i].text);
        edo_gauge_set(g, rows[i].value);
        assert_text(EDO_METRICS_PROMETHEUS, wanted);
    }
}

/* ---- Names and misuse ------------------------------------------------------------------------ */

static void bad_names_and_options_are_refused(void **state) {
    (void)state;
    static const char *const names[] = { "", "1x", "a b", "a-b", "a\xc3\xa9", ".x" };
    static const char *const labels[] = {
        "1x", "a-b", "a a", "__x", "le", "overflow", "a b c d e f g h i j k l m n o p q"
    };
    edo_metric *metric = NULL;
    for (size_t i = 0; i < EDO_COUNT(names); i++)
        assert_int_equal(edo_metrics_counter(&metric, m, names[i], NULL), -EINVAL);
    for (size_t i = 0; i < EDO_COUNT(labels); i++) {
        const edo_metric_opts opts = { .labels = labels[i] };
        assert_int_equal(edo_metrics_counter(&metric, m, "x", &opts), -EINVAL);
    }
    const edo_metric_opts unit = { .unit = "S" }, reserved = { .reserved = { 1 } };
    assert_int_equal(edo_metrics_counter(&metric, m, "x", &unit), -EINVAL);
    assert_int_equal(edo_metrics_counter(&metric, m, "x", &reserved), -EINVAL);
    edo_metrics *none = NULL;
    assert_int_equal(edo_metrics_new(&none, &(edo_metrics_opts){ .workers = 257 }), -EINVAL);
    assert_int_equal(edo_metrics_new(&none, &(edo_metrics_opts){ .reserved = { 1 } }), -EINVAL);
    assert_text(EDO_METRICS_PROMETHEUS, ""); // nothing was added
}

static void bad_buckets_are_refused(void **state) {
    (void)state;
    static const double falling[] = { 1, 0.5 }, twice[] = { 1, 1 }, endless[] = { 1, INFINITY };
    static const edo_hist_opts rows[] = {
        { .bounds = falling, .bounds_n = 2 },
        { .bounds = twice, .bounds_n = 2 },
        { .bounds = endless, .bounds_n = 2 },
        { .bounds = falling, .bounds_n = 5000 },
        { .bounds = falling, .bounds_n = 1, .log_min = 1, .log_max = 2 },
        { .log_min = 0, .log_max = 1 },
        { .log_min = 2, .log_max = 1 },
        { .log_min = 1, .log_max = INFINITY },
        { .log_min = 1, .log_max = NAN },
        { .log_min = 1, .log_max = 1.79e308, .precision = 2 },
        { .log_min = 1, .log_max = 2, .precision = 11 },
        { .log_min = 1e-9, .log_max = 60, .precision = 10 }, // too many
        { .log_min = 1e-3 },                                 // up to where?
        { .precision = 3 },
        { .reserved = { 1 } },
    };
    edo_metric *metric = NULL;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(edo_metrics_hist(&metric, m, "x", &rows[i], NULL), -EINVAL);
}

static void one_name_is_one_metric(void **state) {
    (void)state;
    const edo_metric_opts by_a = { .labels = "a", .unit = "s" },
                          by_b = { .labels = "b", .unit = "s" };
    const edo_metric_opts in_ms = { .labels = "a", .unit = "ms" };
    edo_metric *first = counter("x.y_total", &by_a), *again = NULL;
    assert_int_equal(edo_metrics_counter(&again, m, "x_y", &by_a), 0);
    assert_ptr_equal(first, again);
    again = NULL;
    assert_int_equal(edo_metrics_counter(&again, m, "x.y", &by_b), -EEXIST);
    assert_int_equal(edo_metrics_gauge(&again, m, "x.y", &by_a), -EEXIST);
    assert_int_equal(edo_metrics_hist(&again, m, "x.y", NULL, &by_a), -EEXIST);
    assert_null(again);
    assert_int_equal(edo_metrics_counter(&again, m, "x.y", &in_ms), 0); // x_y_milliseconds
    assert_ptr_not_equal(first, again);
    const edo_hist_opts one = { .bounds = (const double[]){ 1 }, .bounds_n = 1 };
    assert_int_equal(edo_metrics_hist(&first, m, "h", &one, NULL), 0);
    assert_int_equal(edo_metrics_hist(&again, m, "h", &one, NULL), 0);
    assert_ptr_equal(first, again);
    assert_int_equal(edo_metrics_hist(&again, m, "h", NULL, NULL), -EEXIST);
}

static void names_of_lines_are_taken_too(void **state) {
    (void)state;
    static const char *const of_hist[] = { "h_bucket", "h_sum", "h_count" };
    edo_metric *metric = NULL;
    (void)counter("c", NULL);
    assert_int_equal(edo_metrics_gauge(&metric, m, "c.total", NULL), -EEXIST);
    assert_int_equal(edo_metrics_hist(&metric, m, "c_total", NULL, NULL), -EEXIST);
    assert_int_equal(edo_metrics_hist(&metric, m, "h", NULL, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(of_hist); i++) {
        assert_int_equal(edo_metrics_gauge(&metric, m, of_hist[i], NULL), -EEXIST);
        assert_int_equal(edo_metrics_counter(&metric, m, of_hist[i], NULL), -EEXIST);
    }
    assert_int_equal(edo_metrics_gauge(&metric, m, "g_sum", NULL), 0);
    assert_int_equal(edo_metrics_hist(&metric, m, "g", NULL, NULL), -EEXIST); // made later
    assert_int_equal(edo_metrics_gauge(&metric, m, "h_counts", NULL), 0);
    assert_int_equal(edo_metrics_gauge(&metric, m, "g_total", NULL), 0);
}

static void total_is_said_once(void **state) {
    (void)state;
    static const char *const names[] = { "a.total", "a_total", "a" };
    edo_metric *first = counter("a", NULL);
    for (size_t i = 0; i < EDO_COUNT(names); i++) assert_ptr_equal(counter(names[i], NULL), first);
    assert_int_equal(edo_counter_series(&(edo_counter *){ NULL }, counter("_total", NULL), NULL),
                     0);
    assert_text(EDO_METRICS_PROMETHEUS, "# TYPE a_total counter\n"
                                        "# TYPE _total_total counter\n"
                                        "_total_total 0\n");
}

static void bad_label_values_are_refused(void **state) {
    (void)state;
    static char text[EDO_METRIC_VALUE_BYTES_MAX + 1];
    edo_metric *metric = counter("x", &(edo_metric_opts){ .labels = "a" });
    edo_counter *c = NULL;
    const edo_str bad[] = { EDO_STR("\xff") }, longer[] = { { text, sizeof text } };
    const edo_str longest[] = { { text, sizeof text - 1 } };
    memset(text, 'x', sizeof text);
    assert_int_equal(edo_counter_series(&c, metric, bad), -EILSEQ);
    assert_int_equal(edo_counter_series(&c, metric, longer), -EDO_ETOOLONG);
    assert_null(c);
    assert_int_equal(edo_counter_series(&c, metric, longest), 0);
}

static void null_series_are_ignored(void **state) {
    (void)state;
    edo_counter_add(NULL, 1);
    edo_up_down_add(NULL, 1);
    edo_gauge_set(NULL, 1);
    edo_gauge_add(NULL, 1);
    edo_hist_record(NULL, 1);
    edo_hist_record_time(NULL, edo_s(1));
    double sum = 1;
    assert_true(edo_counter_read(NULL) == 0 && edo_up_down_read(NULL) == 0);
    assert_true(edo_gauge_read(NULL) == 0 && edo_hist_read(NULL, &sum) == 0 && sum == 0);
}

/* ---- Series ---------------------------------------------------------------------------------- */

static void equal_labels_are_one_series(void **state) {
    (void)state;
    edo_metric *metric = counter("x", &(edo_metric_opts){ .labels = "a", .series_max = 5000 });
    edo_counter *all[1000];
    char value[16];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(value, sizeof value, "%d", i);
        all[i] = series(metric, value);
        edo_counter_add(all[i], (uint64_t)i);
    }
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(value, sizeof value, "%d", i);
        assert_ptr_equal(series(metric, value), all[i]);
        assert_int_equal(edo_counter_read(all[i]), i);
    }
}

static void beyond_the_bound_series_share_one(void **state) {
    (void)state;
    edo_metric *metric = counter("x", &(edo_metric_opts){ .labels = "a", .series_max = 2 });
    edo_counter_add(series(metric, "1"), 1);
    edo_counter_add(series(metric, "2"), 2);
    for (int i = 3; i < 100; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        edo_counter_add(series(metric, value), 10);
    }
    edo_counter_add(series(metric, "1"), 1); // known ones are still found
    assert_text(EDO_METRICS_PROMETHEUS, "# TYPE x_total counter\n"
                                        "x_total{a=\"1\"} 2\n"
                                        "x_total{a=\"2\"} 2\n"
                                        "x_total{overflow=\"true\"} 970\n");
}

static void bound_is_2000_unless_said(void **state) {
    (void)state;
    edo_metric *metric = counter("x", &(edo_metric_opts){ .labels = "a" });
    edo_counter *last = NULL;
    for (int i = 0; i < 2001; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        edo_counter *c = series(metric, value);
        if (i == 1999) last = c;
        if (i == 2000) assert_ptr_not_equal(c, last);
    }
    edo_counter_add(series(metric, "another"), 1);
    edo_counter_add(series(metric, "2000"), 2);
    edo_buf text = { 0 };
    assert_int_equal(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    assert_non_null(strstr(text.ptr, "x_total{a=\"1999\"} 0\nx_total{overflow=\"true\"} 3\n"));
    edo_buf_deinit(&text);
}

/* ---- Sums ------------------------------------------------------------------------------------ */

enum { TASKS = 8, THREADS = 3, EACH = 20000 };

typedef struct counted {
    edo_counter *c;
    edo_up_down *u;
    edo_gauge *g;
    edo_hist *h;
} counted;

static counted counted_new(void) {
    counted all = { 0 };
    edo_metric *metric = NULL;
    assert_int_equal(edo_counter_series(&all.c, counter("c", NULL), NULL), 0);
    assert_int_equal(edo_metrics_up_down(&metric, m, "u", NULL), 0);
    assert_int_equal(edo_up_down_series(&all.u, metric, NULL), 0);
    assert_int_equal(edo_metrics_gauge(&metric, m, "g", NULL), 0);
    assert_int_equal(edo_gauge_series(&all.g, metric, NULL), 0);
    const edo_hist_opts bounds = { .bounds = (const double[]){ 1, 3 }, .bounds_n = 2 };
    assert_int_equal(edo_metrics_hist(&metric, m, "h", &bounds, NULL), 0);
    assert_int_equal(edo_hist_series(&all.h, metric, NULL), 0);
    return all;
}

static void count(const counted *all, int i) {
    edo_counter_add(all->c, 2);
    edo_up_down_add(all->u, i % 2 ? -3 : 4);
    edo_gauge_add(all->g, 1);
    edo_hist_record(all->h, i % 4);
}

static int count_as_task(void *arg) {
    for (int i = 0; i < EACH; i++) {
        count(arg, i);
        if (i % 1000 == 0) CHECK_EQ(edo_yield(), 0); // and go on on another worker, maybe
    }
    return 0;
}

static void *count_as_thread(void *arg) {
    for (int i = 0; i < EACH; i++) count(arg, i);
    return NULL;
}

static int count_in_tasks(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&s, count_as_task, arg);
    return edo_scope_end(&s, 0);
}

static void assert_sums(const counted *all, uint64_t times) {
    double sum = 0;
    assert_true(edo_counter_read(all->c) == 2 * times);
    assert_true(edo_up_down_read(all->u) == (int64_t)times / 2);
    assert_true(edo_gauge_read(all->g) == (double)times);
    assert_true(edo_hist_read(all->h, &sum) == times);
    assert_true(sum == 1.5 * (double)times); // 0, 1, 2, 3: exact in doubles
}

/* Workers of a runtime, which then ends, and of the next one, and threads of the program's. */
static void workers_and_threads_sum_exactly_on(const edo_runtime_opts *kind) {
    pthread_t threads[THREADS];
    assert_int_equal(edo_metrics_new(&m, &(edo_metrics_opts){ .workers = 2 }), 0); // some share
    counted all = counted_new();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_as_thread, &all), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(inside_with(count_in_tasks, &all, kind), 0);
    for (int i = 0; i < THREADS; i++) (void)pthread_join(threads[i], NULL);
    assert_sums(&all, (2 * TASKS + THREADS) * EACH);
    edo_metrics_free(m);
}
ON_EACH_KIND(workers_and_threads_sum_exactly)

static counted watched;
static edo_atomic_u32 watching;

static void *watch(void *arg) {
    uint64_t last = 0;
    (void)arg;
    while (EDOI_ATOMIC_LOAD(&watching.edoi_value, EDOI_RELAXED)) {
        uint64_t now = edo_counter_read(watched.c);
        EDO_TEST_TRUE(now >= last);
        last = now;
    }
    return NULL;
}

static void sums_never_go_backwards_when_workers_end(void **state) {
    (void)state;
    pthread_t thread;
    watched = counted_new();
    EDOI_ATOMIC_STORE(&watching.edoi_value, 1, EDOI_RELAXED);
    assert_int_equal(pthread_create(&thread, NULL, watch, NULL), 0);
    for (int i = 0; i < 5; i++)
        assert_int_equal(inside_with(count_in_tasks, &watched, &kinds[2]), 0);
    EDOI_ATOMIC_STORE(&watching.edoi_value, 0, EDOI_RELAXED);
    (void)pthread_join(thread, NULL);
    assert_sums(&watched, 5 * TASKS * EACH);
}

static void *make_series(void *arg) {
    for (int i = 0; i < 500; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        edo_counter_add(series(arg, value), 1);
    }
    return NULL;
}

static void threads_make_and_print_series_at_once(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    edo_metric *metric = counter("x", &(edo_metric_opts){ .labels = "a" });
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_series, metric), 0);
    for (int i = 0; i < 20; i++) {
        edo_buf text = { 0 };
        assert_int_equal(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
        edo_buf_deinit(&text);
    }
    for (int i = 0; i < THREADS; i++) (void)pthread_join(threads[i], NULL);
    for (int i = 0; i < 500; i++) {
        char value[16];
        (void)snprintf(value, sizeof value, "%d", i);
        assert_int_equal(edo_counter_read(series(metric, value)), THREADS);
    }
}

/* ---- Buckets --------------------------------------------------------------------------------- */

/* The numbers of each bucket as the text has them, growing. */
static size_t buckets_of(double *bounds, uint64_t *counts, size_t max) {
    edo_buf text = { 0 };
    size_t n = 0;
    assert_int_equal(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    for (char *at = strstr(text.ptr, "le=\""); at && n < max; at = strstr(at, "le=\"")) {
        bounds[n] = strtod(at + 4, &at);
        counts[n++] = strtoull(strchr(at, ' '), &at, 10);
    }
    edo_buf_deinit(&text);
    return n;
}

static void check_buckets(const edo_hist_opts *opts, double scale) {
    static double bounds[5000], values[2000];
    static uint64_t counts[5000];
    edo_metric *metric = NULL;
    edo_hist *h = NULL;
    uint64_t seed = test_seed(0xb0c4e75);
    assert_int_equal(edo_metrics_new(&m, NULL), 0);
    assert_int_equal(edo_metrics_hist(&metric, m, "h", opts, NULL), 0);
    assert_int_equal(edo_hist_series(&h, metric, NULL), 0);
    size_t n = buckets_of(bounds, counts, EDO_COUNT(bounds));
    assert_true(n >= 2 && isinf(bounds[n - 1]));
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        double x = (double)(stress_random(&seed) >> 11) / 9007199254740992.0;
        values[i] = i % 4 == 0 ? bounds[i % (n - 1)] : scale * pow(10, 12 * x - 10);
        if (i % 97 == 0) values[i] = -values[i];
        edo_hist_record(h, values[i]);
    }
    (void)buckets_of(bounds, counts, EDO_COUNT(bounds));
    for (size_t b = 0; b < n; b++) {
        uint64_t wanted = 0;
        for (size_t i = 0; i < EDO_COUNT(values); i++) wanted += values[i] <= bounds[b];
        assert_true(counts[b] == wanted);
    }
    edo_metrics_free(m);
    m = NULL;
}

static void buckets_count_up_to_their_bound(void **state) {
    (void)state;
    static const double three[] = { -1, 0, 1 }, one[] = { 0.5 };
    check_buckets(NULL, 1);
    check_buckets(&(edo_hist_opts){ .bounds = three, .bounds_n = 3 }, 1);
    check_buckets(&(edo_hist_opts){ .bounds = one, .bounds_n = 1 }, 1);
    for (uint32_t p = 0; p <= 7; p++) // the range of durations, from 100 ns to a minute
        check_buckets(&(edo_hist_opts){ .log_min = 1e-7, .log_max = 60, .precision = p }, 1);
    check_buckets(&(edo_hist_opts){ .log_min = 1, .log_max = 2, .precision = 10 }, 1.5);
    check_buckets(&(edo_hist_opts){ .log_min = 64, .log_max = 65536 }, 1000);
}

/* ---- Callbacks ------------------------------------------------------------------------------- */

static void report(void *arg, edo_metrics_sink *to) {
    const char *name = arg;
    const edo_str values[] = { edo_str_of(name) };
    edo_metrics_emit(to, (double)strlen(name) / 2, values);
    edo_metrics_emit(to, 1, (const edo_str[]){ EDO_STR("\xff") }); // is left out
    edo_metric *metric = NULL;
    EDO_TEST_EQ(edo_metrics_counter(&metric, m, "made_by_a_callback", NULL), 0); // no lock is held
}

static void callbacks_are_asked_when_it_is_printed(void **state) {
    (void)state;
    static char one[] = "one", seven[] = "seven";
    const edo_metric_opts opts = { .labels = "name" };
    assert_int_equal(edo_metrics_callback(m, EDO_METRIC_GAUGE, "len", report, one, &opts), 0);
    assert_int_equal(edo_metrics_callback(m, EDO_METRIC_GAUGE, "len", report, seven, &opts), 0);
    assert_int_equal(edo_metrics_callback(m, EDO_METRIC_COUNTER, "len", report, one, &opts),
                     -EEXIST);
    edo_metric *metric = NULL;
    assert_int_equal(edo_metrics_gauge(&metric, m, "len", &opts), -EEXIST); // one that is not asked
    assert_text(EDO_METRICS_PROMETHEUS, "# TYPE len gauge\n"
                                        "len{name=\"one\"} 1.5\n"
                                        "len{name=\"seven\"} 2.5\n");
}

static void metrics_without_labels_are_one_call_each(void **state) {
    const edo_metric_opts labelled = { .labels = "a" };
    edo_up_down *waiting = NULL;
    edo_gauge *heat = NULL;
    edo_hist *took = NULL;
    (void)state;
    assert_int_equal(edo_up_down_new(&waiting, m, "waiting", NULL), 0);
    assert_int_equal(edo_gauge_new(&heat, m, "heat", NULL), 0);
    const edo_hist_opts one = { .bounds = (double[]){ 1 }, .bounds_n = 1 };
    assert_int_equal(edo_hist_new(&took, m, "took", &one, NULL), 0);
    edo_up_down_add(waiting, -2);
    edo_gauge_set(heat, 1.5);
    edo_hist_record(took, 3);
    assert_text(EDO_METRICS_PROMETHEUS, "# TYPE waiting gauge\n"
                                        "waiting -2\n"
                                        "# TYPE heat gauge\n"
                                        "heat 1.5\n"
                                        "# TYPE took histogram\n"
                                        "took_bucket{le=\"1\"} 0\n"
                                        "took_bucket{le=\"+Inf\"} 1\n"
                                        "took_sum 3\n"
                                        "took_count 1\n");
    assert_int_equal(edo_up_down_new(&waiting, m, "x", &labelled), -EINVAL);
    assert_int_equal(edo_gauge_new(&heat, m, "x", &labelled), -EINVAL);
    assert_int_equal(edo_hist_new(&took, m, "x", NULL, &labelled), -EINVAL);
    assert_true(!waiting && !heat && !took);
}

static void counter_without_labels_is_one_call(void **state) {
    (void)state;
    edo_counter *c = NULL, *again = NULL;
    assert_int_equal(edo_counter_new(&c, m, "jobs", &(edo_metric_opts){ .help = "Jobs." }), 0);
    edo_counter_add(c, 2);
    assert_int_equal(edo_counter_new(&again, m, "jobs", NULL), 0);
    assert_ptr_equal(again, c);
    assert_int_equal(edo_counter_read(c), 2);
    assert_int_equal(edo_counter_new(&again, m, "x", &(edo_metric_opts){ .labels = "a" }), -EINVAL);
    assert_null(again);
    assert_int_equal(edo_counter_new(&again, m, "no name", NULL), -EINVAL);
    assert_null(again);
    assert_text(EDO_METRICS_PROMETHEUS, "# HELP jobs_total Jobs.\n"
                                        "# TYPE jobs_total counter\n"
                                        "jobs_total 2\n");
}

int main(void) {
#define WITH_REGISTRY(promise) cmocka_unit_test_setup_teardown(promise, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_REGISTRY(text_is_that_of_prometheus),
        WITH_REGISTRY(text_is_that_of_openmetrics),
        WITH_REGISTRY(a_sum_that_can_fall_is_not_in_the_text_of_openmetrics),
        WITH_REGISTRY(numbers_are_the_shortest_that_read_back),
        WITH_REGISTRY(bad_names_and_options_are_refused),
        WITH_REGISTRY(bad_buckets_are_refused),
        WITH_REGISTRY(one_name_is_one_metric),
        WITH_REGISTRY(names_of_lines_are_taken_too),
        WITH_REGISTRY(total_is_said_once),
        WITH_REGISTRY(bad_label_values_are_refused),
        WITH_REGISTRY(null_series_are_ignored),
        WITH_REGISTRY(counter_without_labels_is_one_call),
        WITH_REGISTRY(metrics_without_labels_are_one_call_each),
        WITH_REGISTRY(equal_labels_are_one_series),
        WITH_REGISTRY(beyond_the_bound_series_share_one),
        WITH_REGISTRY(bound_is_2000_unless_said),
        cmocka_unit_test(workers_and_threads_sum_exactly),
        WITH_REGISTRY(sums_never_go_backwards_when_workers_end),
        WITH_REGISTRY(threads_make_and_print_series_at_once),
        cmocka_unit_test(buckets_count_up_to_their_bound),
        WITH_REGISTRY(callbacks_are_asked_when_it_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
