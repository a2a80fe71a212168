/* SPDX-License-Identifier: MIT */
/* Goal: a query is cut into its pairs, and each part is decoded for itself. Method: rows. */
#include "grpc/wire/query.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pairs_stand_between_ampersands(void **state) {
    static const char *const parts[] = { "a", "1", "b", "", "c", "=2", "", "x" };
    edo_str query = EDO_STR("&a=1&&b&c==2&=x&"), name, value;
    size_t n = 0;
    (void)state;
    for (; edoi_grpc_query_next(&query, &name, &value); n += 2) {
        assert_true(n < EDO_COUNT(parts));
        assert_true(edo_str_equal(name, edo_str_of(parts[n])));
        assert_true(edo_str_equal(value, edo_str_of(parts[n + 1])));
    }
    assert_int_equal(n, EDO_COUNT(parts));
    query = (edo_str){ NULL, 0 };
    assert_false(edoi_grpc_query_next(&query, &name, &value));
}

static void parts_are_decoded(void **state) {
    static const struct {
        const char *text, *plain;
    } rows[] = {
        { "", "" },       { "a+b", "a b" },       { "+", " " },
        { "a++", "a  " }, { "a%2Bb%20", "a+b " }, { "%c3%BF", "\xc3\xbf" },
        { "%", "%" },     { "a+%zz", "a %zz" },   { "%1", "%1" },
        { "%%41", "%A" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf out = { 0 };
        assert_int_equal(edo_buf_append(&out, "x", 1), 0);
        assert_int_equal(edoi_grpc_query_decode(&out, edo_str_of(rows[i].text)), 0);
        assert_true(
            edo_str_equal((edo_str){ out.ptr + 1, out.len - 1 }, edo_str_of(rows[i].plain)));
        edo_buf_deinit(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_stand_between_ampersands),
        cmocka_unit_test(parts_are_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
