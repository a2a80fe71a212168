/* SPDX-License-Identifier: MIT */
/* Goal: what a cache and its flight count is in the text of a registry, also after the program has
 * given its handle back.
 * Method: a few calls of each kind, and the lines that must be there. */
#include <edo/cache.h>
#include <edo/metrics.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static int load_err;

static int loads(void **value, edo_str key, void *arg) {
    (void)key, (void)arg;
    if (load_err < 0) return load_err;
    *value = edo_rc_new(1, NULL);
    return 0;
}

static void asks(edo_cache *cache, const char *key, int err) {
    void *value = NULL;
    load_err = err;
    CHECK_EQ(edo_cache_get_or_load(cache, &value, edo_str_of(key), loads, NULL), err);
    edo_rc_unref(value);
}

static void has_line(const edo_buf *text, const char *line) {
    size_t n = strlen(line);
    const char *at = memmem(text->ptr, text->len, line, n);
    if (!at || at[n] != '\n')
        edo_test_fail("no line '%s' in:\n%.*s", line, (int)text->len, text->ptr);
}

EDO_TEST(numbers_of_a_cache_are_in_the_text, .paused = true) {
    static const char *const lines[] = {
        "edo_cache_requests_total{cache=\"users\",result=\"hit\"} 2",
        "edo_cache_requests_total{cache=\"users\",result=\"miss\"} 4",
        "edo_cache_requests_total{cache=\"users\",result=\"stale\"} 1",
        "edo_cache_requests_total{cache=\"users\",result=\"negative\"} 1",
        "edo_cache_loads_total{cache=\"users\"} 4",
        "edo_cache_load_failures_total{cache=\"users\"} 3",
        "edo_cache_evicted_total{cache=\"users\"} 0",
        "edo_cache_entries{cache=\"users\"} 2",
        "edo_flight_runs_total{flight=\"users\"} 4",
        "edo_flight_shared_total{flight=\"users\"} 0",
        "edo_flight_running{flight=\"users\"} 0",
    };
    edo_metrics *m;
    edo_cache *cache;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .name = "users",
                                                         .ttl = edo_s(1),
                                                         .no_jitter = true,
                                                         .negative_ttl = edo_s(60),
                                                         .stale_if_error = edo_s(60) }));
    EDO_TEST_OK(edo_metrics_add_cache(m, cache));
    asks(cache, "a", 0);
    asks(cache, "a", 0);
    asks(cache, "a", 0);
    asks(cache, "b", -ENOENT);
    asks(cache, "b", -ENOENT);
    asks(cache, "c", -EIO);
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    load_err = -EIO;
    void *value;
    CHECK_EQ(edo_cache_get_or_load(cache, &value, EDO_STR("a"), loads, NULL), 0);
    edo_rc_unref(value);
    edo_cache_unref(cache);
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    for (size_t i = 0; i < EDO_COUNT(lines); i++) has_line(&text, lines[i]);
    edo_buf_deinit(&text);
    edo_metrics_free(m);
}

EDO_TEST(a_name_that_is_no_text_is_refused, .paused = true) {
    edo_metrics *m;
    edo_flight *flight;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_flight_new(&flight, &(edo_flight_opts){ .name = "\xff" }));
    CHECK_EQ(edo_metrics_add_flight(m, flight), -EILSEQ);
    edo_flight_unref(flight);
    edo_metrics_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_a_cache_are_in_the_text),
        cmocka_unit_test(a_name_that_is_no_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
