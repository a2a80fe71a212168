/* SPDX-License-Identifier: MIT */
/* Goal: names, words and numbers are read and written the same, whatever locale the program has
 * chosen.
 * Method: a locale in which i and I are no pair, as in Turkey, and numbers have a comma, in a time
 * zone of half hours. The locale is made by localedef(1) of libc; where that fails the tests are
 * skipped. */
#include "inside.h"

#include <edo/config.h>
#include <edo/edo.h>
#include <edo/json.h>
#include <edo/log.h>
#include <edo/metrics.h>
#include <edo/openapi.h>
#include <edo/test_web.h>

#include <ctype.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char folder[] = "/tmp/edo-locale-XXXXXX";
static bool is_there;

/* ---- The locale ------------------------------------------------------------------------------ */

static void write_charmap(FILE *to) {
    (void)fputs("<code_set_name> \"EDO\"\n<escape_char> /\n<mb_cur_min> 1\n<mb_cur_max> 1\n"
                "CHARMAP\n",
                to);
    for (unsigned c = 0; c < 128; c++) (void)fprintf(to, "<U%04X> /x%02x C\n", c, c);
    (void)fputs("END CHARMAP\n", to);
}

static void write_letters(FILE *to, const char *word, char first, char last) {
    (void)fputs(word, to);
    for (char c = first; c <= last; c++) (void)fprintf(to, "%s<U%04X>", c > first ? ";" : " ", c);
    (void)fputs("\n", to);
}

/* All pairs but one. */
static void write_pairs(FILE *to, const char *word, char from, char into) {
    (void)fputs(word, to);
    for (int c = 0; c < 26; c++)
        if (c != 'i' - 'a')
            (void)fprintf(to, "%s(<U%04X>,<U%04X>)", c > 0 ? ";" : " ", from + c, into + c);
    (void)fputs("\n", to);
}

static void write_locale(FILE *to) {
    (void)fputs("escape_char /\ncomment_char %\nLC_CTYPE\n", to);
    write_letters(to, "upper", 'A', 'Z');
    write_letters(to, "lower", 'a', 'z');
    write_letters(to, "digit", '0', '9');
    write_pairs(to, "toupper", 'a', 'A');
    write_pairs(to, "tolower", 'A', 'a');
    (void)fputs("END LC_CTYPE\nLC_NUMERIC\ndecimal_point \"<U002C>\"\nthousands_sep \"\"\n"
                "grouping -1\nEND LC_NUMERIC\n",
                to);
}

static bool write_file(const char *name, void (*fill)(FILE *)) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *to = fopen(path, "we");
    if (!to) return false;
    fill(to);
    return fclose(to) == 0;
}

/* Warnings of what the locale lacks make the program's status 1. */
static int choose_locale(void **state) {
    char command[256];
    (void)state;
    if (!mkdtemp(folder) || !write_file("map", write_charmap) || !write_file("src", write_locale))
        return -1;
    (void)snprintf(command, sizeof command,
                   "cd %s && localedef -c -f ./map -i ./src ./edo_TR >log 2>&1", folder);
    (void)!system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
    (void)setenv("LOCPATH", folder, 1);
    (void)setenv("TZ", "XST-5:30", 1);
    tzset();
    is_there = setlocale(LC_ALL, "edo_TR") && toupper('i') == 'i' && strtod("1,5", NULL) > 1.4;
    return 0;
}

static int forget_locale(void **state) {
    char command[64];
    (void)state;
    (void)setlocale(LC_ALL, "C");
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe): a test's own
}

/* ---- What it must not change ----------------------------------------------------------------- */

typedef struct settings {
    int64_t listen_id;
    double rate;
    float share;
    edo_wall since;
    edo_duration every;
} settings;
EDO_DESCRIBE(settings, EDO_FIELD(settings, listen_id, .preset = "1"),
             EDO_FIELD(settings, rate, .preset = "0.5"),
             EDO_FIELD(settings, share, .preset = "0.1"),
             EDO_FIELD(settings, since, .preset = "2026-11-27T15:04:05.5Z"),
             EDO_FIELD(settings, every, .preset = "250ms"))

static void names_and_levels_are_read(void **state) {
    settings s;
    edo_level level;
    (void)state;
    if (!is_there) {
        print_message("skipped: localedef(1) makes no locale here\n");
        skip();
    }
    (void)setenv("EDOTEST_LISTEN_ID", "7", 1);
    (void)setenv("EDOTEST_RATE", "1.5", 1);
    assert_int_equal(edo_env_decode(&s, &settings_desc, "EDOTEST", NULL), 0);
    assert_int_equal(s.listen_id, 7);
    assert_true(s.rate > 1.4 && s.rate < 1.6);
    assert_int_equal(edo_log_parse_level(&level, "INFO"), 0);
    assert_int_equal(level, EDO_LEVEL_INFO);
}

static void assert_text(edo_buf *text, const char *wanted) {
    assert_int_equal(edo_buf_append(text, "", 1), 0);
    assert_string_equal(text->ptr, wanted);
    edo_buf_deinit(text);
}

static void numbers_have_a_point(void **state) {
    const settings s = { 7, 1.25, 0.1f, { 1795791845, 500000000 }, edo_ms(250) };
    edo_buf text = { 0 };
    edo_metrics *m;
    edo_metric *metric;
    edo_gauge *g;
    (void)state;
    if (!is_there) {
        print_message("skipped: localedef(1) makes no locale here\n");
        skip();
    }
    assert_int_equal(edo_value_print(&text, &s, &settings_desc), 0);
    assert_text(&text, "{ listen_id: 7, rate: 1.25, share: 0.1, since: 2026-11-27T15:04:05.500Z, "
                       "every: 250ms }");
    assert_int_equal(edo_json_encode(&text, &s, &settings_desc), 0);
    assert_text(&text, "{\"listen_id\":7,\"rate\":1.25,\"share\":0.1,"
                       "\"since\":\"2026-11-27T15:04:05.500Z\",\"every\":\"PT0.250S\"}");
    assert_int_equal(edo_metrics_new(&m, NULL), 0);
    assert_int_equal(edo_metrics_gauge(&metric, m, "x", NULL), 0);
    assert_int_equal(edo_gauge_series(&g, metric, NULL), 0);
    edo_gauge_set(g, 1.25);
    assert_int_equal(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS), 0);
    assert_text(&text, "# TYPE x gauge\nx 1.25\n");
    edo_metrics_free(m);
}

static int takes_settings(edo_web *w) {
    settings s;
    int err = edo_web_json(w, &s, &settings_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &s, &settings_desc);
}

static int ask(edo_oneshot *got, edo_router *r, edo_method method, const char *target) {
    edo_headers headers;
    edo_headers_init(&headers);
    int err = edo_headers_set(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("APPLICATION/JSON"));
    const edo_http_request req = { .method = method,
                                   .target = edo_str_of(target),
                                   .headers = &headers,
                                   .data = EDO_STR("{\"rate\":1.5}") };
    if (err == 0) err = edo_web_oneshot(got, r, &req, NULL);
    edo_headers_deinit(&headers);
    return err;
}

static int words_of_a_request(void *arg) {
    static const edo_route_doc doc = { .summary = "Settings", .query = &settings_desc };
    edo_router *r = edo_router_new();
    edo_oneshot got;
    (void)arg;
    edo_router_post(r, "/settings", takes_settings);
    edo_router_doc(r, &doc);
    edo_openapi_routes(r, &(edo_openapi_opts){ .title = "t", .version = "1" });
    EDO_TEST_OK(ask(&got, r, EDO_METHOD_POST, "/settings"));
    CHECK_EQ(got.status, 200);
    CHECK(edo_str_equal((edo_str){ got.body.ptr, got.body.len },
                        EDO_STR("{\"listen_id\":1,\"rate\":1.5,\"share\":0.1,"
                                "\"since\":\"2026-11-27T15:04:05.500Z\",\"every\":\"PT0.250S\"}")));
    edo_oneshot_deinit(&got);
    EDO_TEST_OK(ask(&got, r, EDO_METHOD_GET, "/openapi.json"));
    CHECK(memmem(got.body.ptr, got.body.len, "\"default\":0.5", 13));
    CHECK(memmem(got.body.ptr, got.body.len, "\"default\":0.1}", 14));
    CHECK(memmem(got.body.ptr, got.body.len, "\"default\":\"PT0.250S\"", 20));
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return 0;
}

static void words_of_a_request_are_read(void **state) {
    (void)state;
    if (!is_there) {
        print_message("skipped: localedef(1) makes no locale here\n");
        skip();
    }
    assert_int_equal(inside(words_of_a_request, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_levels_are_read),
        cmocka_unit_test(numbers_have_a_point),
        cmocka_unit_test(words_of_a_request_are_read),
    };
    return cmocka_run_group_tests(tests, choose_locale, forget_locale);
}
