/* SPDX-License-Identifier: MIT */
/* Goal: the variables of OpenTelemetry's specification are followed, before the options; a wrong
 * one is warned of by its name, and counts as not set; a failure of memory leaves nothing behind.
 * Method: a collector on this machine, the environment of the test itself. */
#define EDO_TARGET "shop"
#include "collector.h"
#include "lacking.h"

#include <edo/edo.h>
#include <edo/span.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char said[8192];

static void clear_env(void) {
    static const char *const prefixes[] = { "", "TRACES_", "LOGS_", "METRICS_" };
    static const char *const whats[] = { "ENDPOINT", "PROTOCOL",    "HEADERS",
                                         "TIMEOUT",  "COMPRESSION", "CERTIFICATE" };
    static const char *const others[] = {
        "OTEL_SDK_DISABLED",        "OTEL_SERVICE_NAME",
        "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER",
        "OTEL_TRACES_EXPORTER",     "OTEL_TRACES_SAMPLER_ARG",
        "OTEL_LOGS_EXPORTER",       "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_PROPAGATORS",         "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
    };
    char name[64];
    for (size_t i = 0; i < EDO_COUNT(prefixes); i++) {
        for (size_t j = 0; j < EDO_COUNT(whats); j++) {
            (void)snprintf(name, sizeof name, "OTEL_EXPORTER_OTLP_%s%s", prefixes[i], whats[j]);
            (void)unsetenv(name);
        }
    }
    for (size_t i = 0; i < EDO_COUNT(others); i++) (void)unsetenv(others[i]);
}

static void set(const char *name, const char *value) {
    EDO_TEST_TRUE(setenv(name, value, 1) == 0);
}

/* Reads what was said into `said`, and ends the log. */
static void log_close(int ends[2]) {
    edo_log_stop();
    ssize_t n = read(ends[0], said, sizeof said - 1);
    said[n > 0 ? n : 0] = '\0';
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void work(void) {
    EDO_SPAN(b, edo_info_span("work"));
    edo_info("said");
}

/* ---- What is set ----------------------------------------------------------------------------- */

static int by_environment(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_otlp *o = NULL;
    (void)arg;
    collector_begin(&c);
    set("OTEL_EXPORTER_OTLP_ENDPOINT", c.url);
    set("OTEL_EXPORTER_OTLP_HEADERS", "x-other=1, x-key = a%20b");
    set("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    set("OTEL_SERVICE_NAME", "by name");
    set("OTEL_RESOURCE_ATTRIBUTES", "service.name=hidden,zone=eu%2D1");
    set("OTEL_LOGS_EXPORTER", "none");
    EDO_TEST_OK(edo_otlp_start(&o, &(edo_otlp_opts){ .endpoint = "http://127.0.0.1:1",
                                                     .attributes = "team=a,zone=us",
                                                     .service_name = "by options",
                                                     .service_version = "1.2" }));
    work();
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK(collector_has(&c, "resource service.name=\"by name\" host.name="));
    CHECK(collector_has(&c, " team=\"a\" zone=\"eu-1\" service.version=\"1.2\"\n"));
    CHECK(strcmp(c.seen_header, "a b") == 0 && strcmp(c.seen_coding, "gzip") == 0);
    CHECK_EQ(c.items_n, 1);
    set("OTEL_SDK_DISABLED", "true");
    EDO_TEST_OK(edo_otlp_start(&o, NULL));
    CHECK(o == NULL);
    collector_end(&c);
    return 0;
}

static void variables_go_before_options(void **state) {
    (void)state;
    clear_env();
    assert_int_equal(inside_real(by_environment, NULL), 0);
    clear_env();
}

static int of_one_kind(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_otlp *o = NULL;
    char url[64];
    (void)arg;
    collector_begin(&c);
    (void)snprintf(url, sizeof url, "%s/v1/logs", c.url);
    set("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url); // as it is
    set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.url + strlen("http://"));
    set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc");
    set("OTEL_TRACES_SAMPLER", "parentbased_traceidratio");
    set("OTEL_TRACES_SAMPLER_ARG", "1.0");
    EDO_TEST_OK(edo_otlp_start(&o, NULL));
    work();
    EDO_TEST_OK(edo_otlp_flush(o, edo_s(10)));
    CHECK(collector_has(&c, "span work") && collector_has(&c, "event INFO \"said\""));
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    set("OTEL_TRACES_SAMPLER", "always_off");
    EDO_TEST_OK(edo_otlp_start(&o, NULL));
    work();
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK_EQ(c.items_n, 3); // one event more
    edo_span_sample(1);
    collector_end(&c);
    return 0;
}

static void each_kind_may_have_its_own(void **state) {
    (void)state;
    clear_env();
    assert_int_equal(inside_real(of_one_kind, NULL), 0);
    clear_env();
}

/* ---- What is wrong --------------------------------------------------------------------------- */

static int wrong(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_otlp *o = NULL;
    (void)arg;
    collector_begin(&c);
    EDO_TEST_OK(edo_otlp_start(&o, &(edo_otlp_opts){ .endpoint = c.url }));
    work();
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK_EQ(c.items_n, 2);
    collector_end(&c);
    return 0;
}

static void a_wrong_value_is_warned_of_by_its_name(void **state) {
    static const char *const rows[][2] = {
        { "OTEL_EXPORTER_OTLP_ENDPOINT", "localhost" },
        { "OTEL_EXPORTER_OTLP_PROTOCOL", "http/json" },
        { "OTEL_EXPORTER_OTLP_HEADERS", "no pair" },
        { "OTEL_EXPORTER_OTLP_TIMEOUT", "10s" },
        { "OTEL_EXPORTER_OTLP_COMPRESSION", "zip" },
        { "OTEL_RESOURCE_ATTRIBUTES", "zone=%zz" },
        { "OTEL_TRACES_SAMPLER", "sometimes" },
        { "OTEL_TRACES_EXPORTER", "jaeger" },
        { "OTEL_SDK_DISABLED", "yes" },
        { "OTEL_BSP_MAX_QUEUE_SIZE", "-1" },
    };
    int ends[2];
    (void)state;
    clear_env();
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) set(rows[i][0], rows[i][1]);
    const edo_log_opts log = { .fd = ends[1], .level = EDO_LEVEL_WARN, .ignore_env = true };
    assert_int_equal(edo_log_start(&log), 0);
    assert_int_equal(inside_real(wrong, NULL), 0);
    log_close(ends);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char wanted[96];
        (void)snprintf(wanted, sizeof wanted, "name=\"%s\"", rows[i][0]);
        if (!strstr(said, wanted)) fail_msg("no word of %s in %s", rows[i][0], said);
    }
    clear_env();
}

static int by_others(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    edo_otlp *o = NULL;
    (void)arg;
    collector_begin(&c);
    EDO_TEST_OK(edo_otlp_start(&o, &(edo_otlp_opts){ .endpoint = c.url }));
    work();
    CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
    CHECK(!collector_has(&c, "span ") && collector_has(&c, "event INFO \"said\""));
    collector_end(&c);
    return 0;
}

static void what_is_not_obeyed_is_told_at_the_start(void **state) {
    int ends[2];
    (void)state;
    clear_env();
    assert_int_equal(pipe(ends), 0);
    set("OTEL_TRACES_EXPORTER", "console");
    set("OTEL_LOGS_EXPORTER", "console, otlp");
    set("OTEL_PROPAGATORS", "b3");
    set("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "4");
    const edo_log_opts log = { .fd = ends[1], .level = EDO_LEVEL_WARN, .ignore_env = true };
    assert_int_equal(edo_log_start(&log), 0);
    assert_int_equal(inside_real(by_others, NULL), 0);
    log_close(ends);
    assert_non_null(strstr(said, "only otlp name=\"OTEL_TRACES_EXPORTER\""));
    assert_non_null(strstr(said, "names=\"OTEL_PROPAGATORS OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT\""));
    assert_null(strstr(said, "OTEL_LOGS_EXPORTER"));
    assert_int_equal(pipe(ends), 0);
    clear_env();
    set("OTEL_PROPAGATORS", "tracecontext,baggage");
    set("OTEL_TRACES_EXPORTER", "none");
    assert_int_equal(edo_log_start(&(edo_log_opts){ .fd = ends[1], .ignore_env = true }), 0);
    assert_int_equal(inside_real(by_others, NULL), 0);
    log_close(ends);
    assert_null(strstr(said, "OTEL_"));
    clear_env();
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int without_memory(void *arg) {
    collector c = { .mood = COLLECTOR_TAKES };
    int err = -ENOMEM, k = 0;
    (void)arg;
    collector_begin(&c);
    while (err == -ENOMEM) {
        edo_otlp *o = NULL;
        const edo_otlp_opts opts = { .endpoint = c.url, .attributes = "a=b", .ignore_env = true };
        fail_alloc_in = ++k;
        err = edo_otlp_start(&o, &opts);
        bool was_reached = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(err == 0 || (err == -ENOMEM && !o));
        if (err == 0) CHECK_EQ(edo_otlp_stop(o, edo_s(10)), 0);
        if (err == 0 && was_reached) err = -ENOMEM; // of what can be done without
    }
    CHECK(k > 10);
    CHECK_EQ(err, 0);
    collector_end(&c);
    return 0;
}

static void a_start_without_memory_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_real(without_memory, NULL), 0);
}

static int told_without_memory(void *arg) {
    (void)arg;
    lacking_tell(edo_ms(1));
    return 0;
}

static void what_is_told_without_memory_is_counted(void **state) {
    (void)state;
    assert_int_equal(inside_real(told_without_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_go_before_options),
        cmocka_unit_test(each_kind_may_have_its_own),
        cmocka_unit_test(a_wrong_value_is_warned_of_by_its_name),
        cmocka_unit_test(what_is_not_obeyed_is_told_at_the_start),
        cmocka_unit_test(a_start_without_memory_leaves_nothing),
        cmocka_unit_test(what_is_told_without_memory_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
