/* SPDX-License-Identifier: MIT */
/* Goal: the state of a trace is passed on as it came, if it is a list within the limits of the
 * W3C. */
#include "http/headers/tracestate.h"

#include "fail_alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void lists_are_told_from_what_is_none(void **state) {
    (void)state;
    static const char *const good[] = {
        "foo=1",
        "foo=1,bar=2",
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "foo=1 \t , \t bar=2",
        "foo=1,,bar=2,",
        "fw529a3039@dt=FfJHDxGTHvU",
        "a-_*/z=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~",
        "foo= 1",
        "0a=b",
        "foo=1,foo=2",
    };
    static const char *const bad[] = {
        "",        ",",    "foo",         "foo =1",    "FOO=1",    "foo.bar=1",    "@foo=1",
        "=1",      "foo=", "foo=bar=baz", "foo=1,bar", "foo=\x7f", "foo=\xc3\xa9", "foo=a\tb",
        "foo=1,=", "-a=b",
    };
    for (size_t i = 0; i < EDO_COUNT(good); i++)
        if (!edoi_tracestate_is_valid(edo_str_of(good[i]))) fail_msg("refused: '%s'", good[i]);
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        if (edoi_tracestate_is_valid(edo_str_of(bad[i]))) fail_msg("taken: '%s'", bad[i]);
}

static bool is_taken(size_t members_n, size_t key_n, size_t value_n) {
    static char text[32 * 600];
    size_t n = 0;
    for (size_t i = 0; i < members_n; i++) {
        if (i > 0) text[n++] = ',';
        memset(text + n, 'k', key_n);
        n += key_n;
        text[n++] = '=';
        memset(text + n, 'v', value_n);
        n += value_n;
    }
    return edoi_tracestate_is_valid((edo_str){ text, n });
}

static void limits_are_those_of_the_w3c(void **state) {
    (void)state;
    assert_true(is_taken(32, 256, 256));
    assert_false(is_taken(33, 1, 1));
    assert_false(is_taken(1, 257, 1));
    assert_false(is_taken(1, 1, 257));
}

static void expect_cleaned(const char *const *came, const char *wanted) {
    edo_headers h;
    edo_headers_init(&h);
    for (; *came; came++)
        assert_int_equal(edo_headers_append(&h, EDO_HEADER_TRACESTATE, edo_str_of(*came)), 0);
    assert_int_equal(edoi_tracestate_clean(&h), 0);
    assert_int_equal(edo_headers_count(&h), wanted ? 1 : 0);
    if (wanted)
        assert_true(edo_str_equal(edo_headers_get(&h, EDO_HEADER_TRACESTATE), edo_str_of(wanted)));
    edo_headers_deinit(&h);
}

static void several_fields_become_one_and_bad_ones_none(void **state) {
    (void)state;
    expect_cleaned((const char *const[]){ NULL }, NULL);
    expect_cleaned((const char *const[]){ "a=1 ,\tb=2", NULL }, "a=1 ,\tb=2");
    expect_cleaned((const char *const[]){ "a=1,b=2", "c=3", "", NULL }, "a=1,b=2, c=3,");
    expect_cleaned((const char *const[]){ "a=1", "B=2", NULL }, NULL);
    expect_cleaned((const char *const[]){ "", NULL }, NULL);
}

static void without_memory_it_fails(void **state) {
    edo_headers h;
    (void)state;
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_TRACESTATE, EDO_STR("a=1")), 0);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_TRACESTATE, EDO_STR("b=2")), 0);
    fail_alloc_in = 1;
    assert_int_equal(edoi_tracestate_clean(&h), -ENOMEM);
    fail_alloc_in = 0;
    assert_int_equal(edo_headers_count(&h), 2);
    edo_headers_deinit(&h);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_told_from_what_is_none),
        cmocka_unit_test(limits_are_those_of_the_w3c),
        cmocka_unit_test(several_fields_become_one_and_bad_ones_none),
        cmocka_unit_test(without_memory_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
