/* SPDX-License-Identifier: MIT */
/* Goal: timeouts are read as the document says, and written so that none becomes shorter.
 * Method: tables of texts and lengths. */
#include "grpc/wire/timeout.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void units_are_six(void **state) {
    static const struct {
        const char *text;
        int64_t ns;
    } rows[] = {
        { "1n", 1 },
        { "1u", 1000 },
        { "1m", 1000000 },
        { "1S", INT64_C(1000000000) },
        { "1M", INT64_C(60000000000) },
        { "1H", INT64_C(3600000000000) },
        { "0n", 0 },
        { "00000010m", 10000000 },
        { "99999999S", INT64_C(99999999000000000) },
        { "99999999H", INT64_MAX }, // beyond 292 years
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_duration d;
        assert_int_equal(edoi_grpc_timeout_parse(edo_str_of(rows[i].text), &d), 0);
        assert_int_equal(d.ns, rows[i].ns);
    }
}

static void what_is_no_timeout_is_refused(void **state) {
    static const char *const rows[] = { "",   "1",   "m",    "1s",   "1 m",        "-1m",
                                        "1h", "1mm", "+10m", "1.5S", "100000000n", "0x1S" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_duration d = { 42 };
        assert_int_equal(edoi_grpc_timeout_parse(edo_str_of(rows[i]), &d), -EINVAL);
        assert_int_equal(d.ns, 42);
    }
    edo_duration d;
    assert_int_equal(edoi_grpc_timeout_parse((edo_str){ NULL, 0 }, &d), -EINVAL);
}

static void the_finest_unit_that_fits_is_rounded_up(void **state) {
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        { 0, "0n" },
        { 99999999, "99999999n" },
        { 100000000, "100000u" },
        { 100000001, "100001u" },
        { INT64_C(99999999000), "99999999u" },
        { INT64_C(99999999001), "100000m" },
        { INT64_C(100000000000000), "100000S" },
        { INT64_MAX, "2562048H" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[EDOI_GRPC_TIMEOUT_TEXT];
        edo_duration back;
        size_t n = edoi_grpc_timeout_print(text, (edo_duration){ rows[i].ns });
        assert_int_equal(n, strlen(rows[i].text));
        assert_memory_equal(text, rows[i].text, n);
        assert_int_equal(edoi_grpc_timeout_parse((edo_str){ text, n }, &back), 0);
        assert_true(back.ns >= rows[i].ns);
    }
}

static void connect_counts_milliseconds(void **state) {
    static const char *const bad[] = { "", "1s", "-1", " 1", "1.5", "12345678901" };
    edo_duration d = { 42 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        assert_int_equal(edoi_grpc_timeout_ms_parse(edo_str_of(bad[i]), &d), -EINVAL);
    assert_int_equal(d.ns, 42);
    assert_int_equal(edoi_grpc_timeout_ms_parse(EDO_STR("0"), &d), 0);
    assert_int_equal(d.ns, 0);
    assert_int_equal(edoi_grpc_timeout_ms_parse(EDO_STR("9999999999"), &d), 0);
    assert_int_equal(d.ns, INT64_C(9999999999000000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_six),
        cmocka_unit_test(what_is_no_timeout_is_refused),
        cmocka_unit_test(the_finest_unit_that_fits_is_rounded_up),
        cmocka_unit_test(connect_counts_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
