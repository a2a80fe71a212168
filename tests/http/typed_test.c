/* SPDX-License-Identifier: MIT */
/* Goal: dates, weights, entity tags and cookies are read as their RFCs have them.
 * Method: rows; every day from 1601 to 2408, beside libc. */
#include <edo/http_fields.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000) /* in 2023 */

static bool is(edo_str s, const char *text) {
    return edo_str_equal(s, edo_str_of(text));
}

static void a_date_is_read_in_three_forms(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        { "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 },
        { "Sunday, 06-Nov-94 08:49:37 GMT", 784111777 },
        { "Sun Nov  6 08:49:37 1994", 784111777 },
        { "Wed Nov 16 08:49:37 1994", 784975777 },
        { "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
        { "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
        { "Tue, 29 Feb 2000 00:00:00 GMT", 951782400 },
        { "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
        { "Sat, 31 Dec 2016 23:59:60 GMT", 1483228799 },
        { "Monday, 01-Jan-73 00:00:00 GMT", 3250454400 }, // 2073: 50 years after now
        { "Monday, 01-Jan-74 00:00:00 GMT", 126230400 },  // 1974
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int64_t got = 0;
        EDO_TEST_OK(edo_http_date_parse(&got, edo_str_of(rows[i].text), NOW));
        EDO_TEST_EQ(got, rows[i].seconds);
    }
}

static void what_is_no_date_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 29 Feb 1900 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1600 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 06 08:49:37 94",
        "Sun, -6 Nov 1994 08:49:37 GMT",
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int64_t got = 77;
        EDO_TEST_EQ(edo_http_date_parse(&got, edo_str_of(rows[i]), NOW), -EINVAL);
        EDO_TEST_EQ(got, 77);
    }
}

static void a_date_is_written_as_libc_writes_it(void **state) {
    (void)state;
    for (int64_t day = -134774; day <= 160000; day++) {
        int64_t seconds = day * 86400 + (day * 7919 % 86400 + 86400) % 86400, back = 0;
        time_t t = (time_t)seconds;
        struct tm parts;
        char want[64], got[EDO_HTTP_DATE_BYTES];
        EDO_TEST_TRUE(gmtime_r(&t, &parts));
        EDO_TEST_TRUE(strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT", &parts) > 0);
        EDO_TEST_OK(edo_http_date_print(seconds, got));
        EDO_TEST_TRUE(strcmp(got, want) == 0);
        EDO_TEST_OK(edo_http_date_parse(&back, edo_str_of(got), NOW));
        EDO_TEST_EQ(back, seconds);
    }
    char text[EDO_HTTP_DATE_BYTES];
    EDO_TEST_EQ(edo_http_date_print(INT64_C(253402300800), text), -ERANGE);
    EDO_TEST_EQ(edo_http_date_print(INT64_MIN, text), -ERANGE);
}

static void a_weight_has_at_most_three_digits_behind_the_point(void **state) {
    (void)state;
    edo_str rest =
        EDO_STR("text/html;level=1;q=0.3, text/*; Q=0.25 ,, */*;q=0, a;b=\";q=1,\";q=1.000;x=y, c, "
                "d;q=.5, e;q=.123");
    static const struct {
        const char *value, *params;
        int weight;
    } rows[] = { { "text/html", ";level=1", 300 },
                 { "text/*", "", 250 },
                 { "*/*", "", 0 },
                 { "a", ";b=\";q=1,\"", 1000 },
                 { "c", "", 1000 },
                 { "d", "", 500 },
                 { "e", "", 123 } };
    edo_preference a;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        EDO_TEST_EQ(edo_accept_next(&a, &rest), 1);
        EDO_TEST_TRUE(is(a.value, rows[i].value) && is(a.params, rows[i].params));
        EDO_TEST_EQ(a.weight, rows[i].weight);
    }
    EDO_TEST_EQ(edo_accept_next(&a, &rest), 0);
    static const char *const bad[] = {
        "a;q=",  "a;q=2",        "a;q=1.001", "a;q=0.1234", "a;q=-0",
        "a;q=.", "a;q=0,5x;q=x", "a;q=0x1",   "a;q=.1234",  "a;q=..1"
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        rest = edo_str_of(bad[i]);
        int got = 1;
        while (got > 0) got = edo_accept_next(&a, &rest);
        EDO_TEST_EQ(got, -EINVAL);
    }
}

static void tags_are_compared_strongly_or_weakly(void **state) {
    (void)state;
    edo_etag strong, weak, other;
    EDO_TEST_OK(edo_etag_parse(&strong, EDO_STR("\"a,b\\\"")));
    EDO_TEST_OK(edo_etag_parse(&weak, EDO_STR("W/\"a,b\\\"")));
    EDO_TEST_OK(edo_etag_parse(&other, EDO_STR("\"\"")));
    EDO_TEST_TRUE(edo_etag_equal_strong(&strong, &strong) &&
                  !edo_etag_equal_strong(&strong, &weak));
    EDO_TEST_TRUE(!edo_etag_equal_strong(&weak, &weak) && edo_etag_equal_weak(&strong, &weak));
    EDO_TEST_TRUE(!edo_etag_equal_weak(&other, &weak));
    EDO_TEST_TRUE(edo_etag_in_list(&strong, EDO_STR("\"x\", junk,, W/\"a,b\\\" ")));
    EDO_TEST_TRUE(edo_etag_in_list(&strong, EDO_STR(" * ")));
    EDO_TEST_TRUE(!edo_etag_in_list(&strong, EDO_STR("\"x\", \"*\", a")));
    EDO_TEST_TRUE(!edo_etag_in_list(&strong, EDO_STR("")));
    static const char *const bad[] = {
        "", "a", "\"", "\"a", "w/\"a\"", "\"a b\"", "\"a\"b\"", "W/"
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        EDO_TEST_EQ(edo_etag_parse(&other, edo_str_of(bad[i])), -EINVAL);
}

static void cookies_are_pairs(void **state) {
    (void)state;
    edo_str rest = EDO_STR("a=1; b = \"2;x\" ;; c;=d; e==f;g="), name, value;
    static const char *const rows[][2] = {
        { "a", "1" }, { "b", "\"2" }, { "e", "=f" }, { "g", "" }
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        EDO_TEST_TRUE(edo_cookie_next(&name, &value, &rest));
        EDO_TEST_TRUE(is(name, rows[i][0]) && is(value, rows[i][1]));
    }
    EDO_TEST_TRUE(!edo_cookie_next(&name, &value, &rest));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_is_read_in_three_forms),
        cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(a_date_is_written_as_libc_writes_it),
        cmocka_unit_test(a_weight_has_at_most_three_digits_behind_the_point),
        cmocka_unit_test(tags_are_compared_strongly_or_weakly),
        cmocka_unit_test(cookies_are_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
