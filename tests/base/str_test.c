/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/str.h: where texts are cut, which numbers fit, and that empty texts and
 * those at the edges are as others. Method: rows; fuzz/str.c compares with a naive reader. */
#include <edo/str.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const edo_str none = { NULL, 0 };

static void assert_text(edo_str s, const char *wanted) {
    if (!edo_str_equal(s, edo_str_of(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.ptr ? s.ptr : "", wanted);
}

static void trim_takes_blanks_off_both_ends(void **state) {
    (void)state;
    assert_text(edo_str_trim(EDO_STR(" \t\n\v\f\ra b \r\n")), "a b");
    assert_text(edo_str_trim(EDO_STR("a")), "a");
    assert_text(edo_str_trim(EDO_STR(" \t ")), "");
    assert_text(edo_str_trim(none), "");
    assert_int_equal(edo_str_trim(EDO_STR("\0 ")).len, 1); // a NUL is no blank
    assert_text(edo_str_trim(EDO_STR("\xa0")), "\xa0");    // of no locale
}

static void beginnings_and_ends(void **state) {
    (void)state;
    assert_true(edo_str_begins(EDO_STR("abc"), EDO_STR("ab")));
    assert_true(edo_str_begins(EDO_STR("abc"), EDO_STR("abc")));
    assert_false(edo_str_begins(EDO_STR("ab"), EDO_STR("abc")));
    assert_false(edo_str_begins(EDO_STR("abc"), EDO_STR("b")));
    assert_true(edo_str_ends(EDO_STR("abc"), EDO_STR("bc")));
    assert_false(edo_str_ends(EDO_STR("bc"), EDO_STR("abc")));
    assert_false(edo_str_ends(EDO_STR("abc"), EDO_STR("b")));
    assert_true(edo_str_begins(none, none) && edo_str_ends(none, none));
    assert_true(edo_str_begins(EDO_STR("a"), none) && edo_str_ends(EDO_STR("a"), none));
}

static void skip_takes_a_prefix_off_if_it_is_there(void **state) {
    (void)state;
    edo_str s = EDO_STR("/nick bob");
    assert_false(edo_str_skip(&s, EDO_STR("/join ")));
    assert_text(s, "/nick bob");
    assert_true(edo_str_skip(&s, EDO_STR("/nick ")));
    assert_text(s, "bob");
    assert_true(edo_str_skip(&s, EDO_STR("bob")));
    assert_text(s, "");
    assert_true(edo_str_skip(&s, none));
}

static void cut_ends_at_the_first_mark(void **state) {
    (void)state;
    edo_str rest = EDO_STR("a=b=");
    assert_text(edo_str_cut(&rest, '='), "a");
    assert_text(edo_str_cut(&rest, '='), "b");
    assert_int_equal(rest.len, 0);
    assert_non_null(rest.ptr); // there was a mark at the end
    assert_text(edo_str_cut(&rest, '='), "");
    assert_null(rest.ptr);
    assert_text(edo_str_cut(&rest, '='), "");
    assert_null(rest.ptr);
    rest = EDO_STR("whole");
    assert_text(edo_str_cut(&rest, '='), "whole");
    assert_null(rest.ptr);
}

static void cut_at_a_text_ends_at_all_of_it(void **state) {
    (void)state;
    edo_str rest = EDO_STR("a\r\r\nb\r\n");
    assert_text(edo_str_cut_at(&rest, EDO_STR("\r\n")), "a\r");
    assert_text(edo_str_cut_at(&rest, EDO_STR("\r\n")), "b");
    assert_non_null(rest.ptr);
    assert_text(edo_str_cut_at(&rest, EDO_STR("\r\n")), "");
    assert_null(rest.ptr);
    rest = EDO_STR("ab");
    assert_text(edo_str_cut_at(&rest, EDO_STR("abc")), "ab");
    assert_null(rest.ptr);
    rest = EDO_STR("ab");
    assert_text(edo_str_cut_at(&rest, none), "ab"); // no bytes stand nowhere
    assert_null(rest.ptr);
}

static void split_has_a_piece_more_than_marks(void **state) {
    (void)state;
    static const struct {
        edo_str text;
        size_t n;
    } rows[] = { { { NULL, 0 }, 0 }, { { "", 0 }, 1 },    { { "a", 1 }, 1 },
                 { { ",", 1 }, 2 },  { { "a,b", 3 }, 2 }, { { ",a,,", 4 }, 4 } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = 0, bytes = 0;
        for (edo_str rest = rows[i].text, piece; edo_str_split(&piece, &rest, ','); n++)
            bytes += piece.len;
        assert_int_equal(n, rows[i].n);
        assert_int_equal(bytes, rows[i].text.len - (n > 0 ? n - 1 : 0));
    }
}

static void words_have_no_blanks(void **state) {
    (void)state;
    edo_str rest = EDO_STR("  put\t12 \r\n");
    assert_text(edo_str_word(&rest), "put");
    assert_text(edo_str_word(&rest), "12");
    assert_int_equal(rest.len, 0);
    assert_text(edo_str_word(&rest), "");
    rest = none;
    assert_text(edo_str_word(&rest), "");
    rest = EDO_STR(" \n");
    assert_text(edo_str_word(&rest), "");
    assert_int_equal(rest.len, 0);
}

static void case_is_that_of_ascii(void **state) {
    (void)state;
    char lower[8];
    assert_true(edo_str_equal_nocase(EDO_STR("Keep-Alive"), EDO_STR("keep-alive")));
    assert_false(edo_str_equal_nocase(EDO_STR("a"), EDO_STR("ab")));
    assert_false(edo_str_equal_nocase(EDO_STR("[@"), EDO_STR("{`"))); // beside the letters
    assert_false(edo_str_equal_nocase(EDO_STR("\xc4"), EDO_STR("\xe4")));
    assert_true(edo_str_equal_nocase(none, EDO_STR("")));
    assert_text(edo_str_lower(lower, EDO_STR("AZaz@[\xc4")), "azaz@[\xc4");
    memcpy(lower, "ABC", 3);
    assert_text(edo_str_lower(lower, (edo_str){ lower, 3 }), "abc"); // in place
    assert_int_equal(edo_str_lower(lower, none).len, 0);
}

static void order_is_by_bytes_then_by_length(void **state) {
    (void)state;
    assert_true(edo_str_compare(EDO_STR("a"), EDO_STR("b")) < 0);
    assert_true(edo_str_compare(EDO_STR("b"), EDO_STR("ab")) > 0);
    assert_true(edo_str_compare(EDO_STR("a"), EDO_STR("ab")) < 0);
    assert_true(edo_str_compare(EDO_STR("\xff"), EDO_STR("a")) > 0);
    assert_true(edo_str_compare(EDO_STR("a\0b"), EDO_STR("a\0a")) > 0);
    assert_int_equal(edo_str_compare(none, EDO_STR("")), 0);
    assert_true(edo_str_compare(none, EDO_STR("a")) < 0);
}

static void numbers_fit_or_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int err_int, err_uint;
        int64_t i;
        uint64_t u;
    } rows[] = {
        { "0", 0, 0, 0, 0 },
        { "007", 0, 0, 7, 7 },
        { "-0", 0, -EINVAL, 0, 0 },
        { "-1", 0, -EINVAL, -1, 0 },
        { "9223372036854775807", 0, 0, INT64_MAX, INT64_MAX },
        { "9223372036854775808", -ERANGE, 0, 0, (uint64_t)INT64_MAX + 1 },
        { "-9223372036854775808", 0, -EINVAL, INT64_MIN, 0 },
        { "-9223372036854775809", -ERANGE, -EINVAL, 0, 0 },
        { "18446744073709551615", -ERANGE, 0, 0, UINT64_MAX },
        { "18446744073709551616", -ERANGE, -ERANGE, 0, 0 },
        { "99999999999999999999999999", -ERANGE, -ERANGE, 0, 0 },
        { "99999999999999999999999999x", -EINVAL, -EINVAL, 0, 0 },
        { "00000000000000000000000000000001", 0, 0, 1, 1 },
        { "", -EINVAL, -EINVAL, 0, 0 },
        { "-", -EINVAL, -EINVAL, 0, 0 },
        { "--1", -EINVAL, -EINVAL, 0, 0 },
        { "+1", -EINVAL, -EINVAL, 0, 0 },
        { " 1", -EINVAL, -EINVAL, 0, 0 },
        { "1 ", -EINVAL, -EINVAL, 0, 0 },
        { "0x1", -EINVAL, -EINVAL, 0, 0 },
        { "1.0", -EINVAL, -EINVAL, 0, 0 },
    };
    for (size_t k = 0; k < EDO_COUNT(rows); k++) {
        int64_t i = 42;
        uint64_t u = 42;
        const edo_str s = edo_str_of(rows[k].text);
        if (edo_str_int(&i, s) != rows[k].err_int || i != (rows[k].err_int ? 42 : rows[k].i))
            fail_msg("\"%s\" as an integer: %lld", rows[k].text, (long long)i);
        if (edo_str_uint(&u, s) != rows[k].err_uint || u != (rows[k].err_uint ? 42 : rows[k].u))
            fail_msg("\"%s\" without a sign: %llu", rows[k].text, (unsigned long long)u);
    }
}

static void a_buffer_is_seen_as_a_text(void **state) {
    (void)state;
    edo_buf b = { 0 };
    assert_null(edo_buf_str(&b).ptr);
    assert_int_equal(edo_buf_append(&b, "text", 4), 0);
    assert_text(edo_buf_str(&b), "text");
    edo_buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trim_takes_blanks_off_both_ends),
        cmocka_unit_test(beginnings_and_ends),
        cmocka_unit_test(skip_takes_a_prefix_off_if_it_is_there),
        cmocka_unit_test(cut_ends_at_the_first_mark),
        cmocka_unit_test(cut_at_a_text_ends_at_all_of_it),
        cmocka_unit_test(split_has_a_piece_more_than_marks),
        cmocka_unit_test(words_have_no_blanks),
        cmocka_unit_test(case_is_that_of_ascii),
        cmocka_unit_test(order_is_by_bytes_then_by_length),
        cmocka_unit_test(numbers_fit_or_are_refused),
        cmocka_unit_test(a_buffer_is_seen_as_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
