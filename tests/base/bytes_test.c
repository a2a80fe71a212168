/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/bytes.h: shares and slices see one memory, which the last one frees;
 * a buffer's bytes stay where they were taken.
 * Method: random takes and appends compared with a plain array; the address sanitizer sees early
 * frees, and the leak checker late ones. */
#include <edo/bytes.h>

#include "seed.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void strings_compare_by_their_bytes(void **state) {
    (void)state;
    assert_true(edo_str_equal(EDO_STR("abc"), edo_str_of("abc")));
    assert_false(edo_str_equal(EDO_STR("abc"), EDO_STR("ab")));
    assert_false(edo_str_equal(EDO_STR("abc"), EDO_STR("abd")));
    assert_true(edo_str_equal(EDO_STR(""), (edo_str){ 0 }));
    assert_int_equal(EDO_STR("a\0b").len, 3);
}

static void secrets_are_equal_in_all_bytes_or_not(void **state) {
    (void)state;
    char a[64], b[64];
    memset(a, 'x', sizeof a);
    memcpy(b, a, sizeof b);
    assert_true(edo_str_equal_secret((edo_str){ a, sizeof a }, (edo_str){ b, sizeof b }));
    assert_false(edo_str_equal_secret((edo_str){ a, sizeof a }, (edo_str){ b, sizeof b - 1 }));
    for (size_t bit = 0; bit < 8 * sizeof b; bit++) {
        b[bit / 8] = (char)(b[bit / 8] ^ 1 << bit % 8);
        assert_false(edo_str_equal_secret((edo_str){ a, sizeof a }, (edo_str){ b, sizeof b }));
        b[bit / 8] = (char)(b[bit / 8] ^ 1 << bit % 8);
    }
    assert_true(edo_str_equal_secret(EDO_STR(""), (edo_str){ 0 }));
}

/* What is given is compared to its end, with what is right from its first byte on again. */
static void secrets_of_other_lengths_are_not_equal(void **state) {
    (void)state;
    static const char text[] = "abababab";
    for (size_t n = 0; n < sizeof text; n++)
        for (size_t m = 0; m < sizeof text; m++)
            assert_int_equal(edo_str_equal_secret((edo_str){ text, n }, (edo_str){ text, m }),
                             n == m);
    assert_false(edo_str_equal_secret(EDO_STR("\0"), (edo_str){ 0 }));
    assert_false(edo_str_equal_secret((edo_str){ 0 }, EDO_STR("a")));
}

/* ---- Hexadecimal ----------------------------------------------------------------------------- */

static void bytes_are_hexadecimal_digits_and_back(void **state) {
    (void)state;
    unsigned char bytes[256], back[256];
    for (size_t n = 0; n <= sizeof bytes; n++) {
        char text[2 * sizeof bytes + 2], expected[2 * sizeof bytes + 1] = "";
        for (size_t i = 0; i < n; i++) {
            bytes[i] = (unsigned char)(i * 37 + n);
            (void)snprintf(expected + 2 * i, 3, "%02x", bytes[i]);
        }
        memset(text, '?', sizeof text);
        const edo_str digits = edo_hex_encode(text, (edo_str){ (const char *)bytes, n });
        assert_ptr_equal(digits.ptr, text);
        assert_int_equal(digits.len, 2 * n);
        assert_string_equal(text, expected);
        assert_int_equal(text[2 * n + 1], '?');
        assert_int_equal(edo_hex_decode(back, n, digits), 0);
        assert_memory_equal(back, bytes, n);
    }
}

static void digits_have_either_case_and_nothing_else(void **state) {
    (void)state;
    unsigned char bytes[2] = { 1, 2 };
    assert_int_equal(edo_hex_decode(bytes, 2, EDO_STR("aBFe")), 0);
    assert_true(bytes[0] == 0xab && bytes[1] == 0xfe);
    static const char *const bad[] = { "",     "a",    "ab",    "abf",  "abfef", "abfefe",
                                       "ab e", "0xab", "abf\n", "gbfe", "ab:e",  "a/fe" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        assert_int_equal(edo_hex_decode(bytes, 2, edo_str_of(bad[i])), -EINVAL);
        assert_true(bytes[0] == 0xab && bytes[1] == 0xfe); // untouched
    }
    assert_int_equal(edo_hex_decode(bytes, 2, (edo_str){ "ab\0e", 4 }), -EINVAL);
    for (int c = 0; c < 256; c++) { // each byte in each place
        for (size_t at = 0; at < 2; at++) {
            char two[2] = { '0', '0' };
            two[at] = (char)c;
            const int is_digit = c && strchr("0123456789abcdefABCDEF", c);
            assert_int_equal(edo_hex_decode(bytes, 1, (edo_str){ two, 2 }), is_digit ? 0 : -EINVAL);
        }
    }
}

static void only_whole_and_shortest_characters_are_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool good;
    } cases[] = {
        { "", 0, true },
        { "plain\0text\n\x7f", 12, true },
        { "\xc2\x80\xdf\xbf", 4, true },         // the first and last of two bytes
        { "\xe0\xa0\x80\xef\xbf\xbf", 6, true }, // of three
        { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, true },
        { "\x80", 1, false },     // nothing begins so
        { "\xc0\x80", 2, false }, // NUL, not in the shortest form
        { "\xc1\xbf", 2, false },
        { "\xe0\x9f\xbf", 3, false },
        { "\xf0\x8f\xbf\xbf", 4, false },
        { "\xed\xa0\x80", 3, false },     // a surrogate
        { "\xf4\x90\x80\x80", 4, false }, // beyond U+10FFFF
        { "\xf5\x80\x80\x80", 4, false },
        { "ok\xe2\x82", 4, false }, // ends inside a character
        { "\xe2\x82\xacx\xe2\x82x", 7, false },
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++)
        assert_int_equal(edo_str_is_utf8((edo_str){ cases[i].text, cases[i].len }), cases[i].good);
    assert_true(edo_str_is_utf8((edo_str){ NULL, 0 }));
}

static void shares_see_one_memory(void **state) {
    (void)state;
    edo_bytes all;
    assert_int_equal(edo_bytes_copy(&all, "head,body", 9), 0);
    edo_bytes head = edo_bytes_split(&all, 4), comma = edo_bytes_split(&all, 1);
    edo_bytes again = edo_bytes_ref(&head);
    assert_true(edo_str_equal(head.str, EDO_STR("head")));
    assert_true(edo_str_equal(all.str, EDO_STR("body")));
    assert_ptr_equal(again.str.ptr, head.str.ptr);
    assert_ptr_equal(comma.str.ptr, head.str.ptr + 4);
    edo_bytes od = edo_bytes_slice(&all, 1, 3), none = edo_bytes_slice(&all, 7, 3);
    edo_bytes_unref(&head);
    edo_bytes_unref(&all);
    edo_bytes_unref(&comma);
    assert_null(all.str.ptr);
    assert_true(edo_str_equal(od.str, EDO_STR("od"))); // its share keeps the memory
    assert_true(edo_str_equal(again.str, EDO_STR("head")));
    assert_int_equal(none.str.len, 0);
    edo_bytes_unref(&od);
    edo_bytes_unref(&none);
    edo_bytes_unref(&again);
    edo_bytes_unref(&again); // all zero: nothing to give back
}

static void static_bytes_need_no_memory(void **state) {
    (void)state;
    edo_bytes b = edo_bytes_from_static(EDO_STR("constant"));
    assert_null(b.owner);
    edo_bytes front = edo_bytes_split(&b, 100);
    assert_true(edo_str_equal(front.str, EDO_STR("constant")));
    assert_int_equal(b.str.len, 0);
    edo_bytes_unref(&front);
    edo_bytes_unref(&b);
}

static void bytes_are_filled_before_they_are_shared(void **state) {
    (void)state;
    edo_bytes b;
    char *fill;
    assert_int_equal(edo_bytes_new(&b, &fill, 3), 0);
    memcpy(fill, "xyz", 3);
    assert_true(edo_str_equal(b.str, EDO_STR("xyz")));
    edo_bytes_unref(&b);
    assert_int_equal(edo_bytes_new(&b, &fill, SIZE_MAX - 1), -ENOMEM);
}

static void empty_buffer_gives_empty_bytes(void **state) {
    (void)state;
    edo_buf b;
    edo_buf_init(&b);
    edo_bytes none = edo_buf_take(&b, 5), all = edo_buf_freeze(&b);
    assert_int_equal(none.str.len, 0);
    assert_int_equal(all.str.len, 0);
    edo_bytes_unref(&none);
    edo_bytes_unref(&all);
    assert_int_equal(edo_buf_append(&b, NULL, 0), 0);
    assert_int_equal(edo_buf_reserve(&b, SIZE_MAX), -ENOMEM);
    assert_int_equal(edo_buf_append(&b, "x", 1), 0);
    assert_int_equal(edo_buf_reserve(&b, SIZE_MAX), -ENOMEM);
    assert_memory_equal(b.ptr, "x", 1);
    edo_buf_deinit(&b);
}

static void room_may_be_written_directly(void **state) {
    (void)state;
    edo_buf b = { 0 };
    assert_int_equal(edo_buf_reserve(&b, 10), 0);
    assert_true(b.cap >= 10);
    const char *at = b.ptr;
    memcpy(b.ptr, "0123456789", 10);
    b.len += 10;
    edo_bytes all = edo_buf_freeze(&b);
    assert_ptr_equal(all.str.ptr, at); // no copy
    assert_null(b.ptr);
    assert_true(edo_str_equal(all.str, EDO_STR("0123456789")));
    edo_bytes_unref(&all);
}

#define TOTAL 20000

/* Knuth's generator; its high bits. */
static uint32_t next(uint64_t *random) {
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33);
}

static void what_was_taken_stays_as_it_was(void **state) {
    (void)state;
    static char want[TOTAL];
    static edo_bytes taken[TOTAL];
    uint64_t random = test_seed(17);
    edo_buf b = { 0 };
    size_t in = 0, out = 0, n = 0, offset = 0;
    for (size_t i = 0; i < TOTAL; i++) want[i] = (char)(i * 31 + i / 256);
    while (out < TOTAL) {
        size_t part = next(&random) % 200;
        if (part > TOTAL - in) part = TOTAL - in;
        assert_int_equal(edo_buf_append(&b, want + in, part), 0);
        in += part;
        size_t take = 1 + next(&random) % 200;
        taken[n] = edo_buf_take(&b, take);
        out += taken[n].str.len;
        if (taken[n].str.len > 0) n++;
        assert_int_equal(b.len, in - out);
    }
    edo_buf_deinit(&b);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(taken[i].str.ptr, want + offset, taken[i].str.len);
        offset += taken[i].str.len;
        edo_bytes_unref(&taken[i]);
    }
    assert_int_equal(offset, TOTAL);
}

static void texts_are_formed_behind_what_is_there(void **state) {
    (void)state;
    edo_buf buf = { 0 };
    char want[2 + 1000 + 1];
    (void)snprintf(want, sizeof want, "7 %*s", 1000, "far");
    assert_int_equal(edo_buf_printf(&buf, "%d ", 7), 0);
    assert_int_equal(edo_buf_printf(&buf, "%s", ""), 0);
    assert_int_equal(edo_buf_printf(&buf, "%*s", 1000, "far"), 0);
    assert_int_equal(buf.len, sizeof want - 1);
    assert_memory_equal(buf.ptr, want, buf.len);
    size_t before = buf.len;
    assert_int_equal(edo_buf_printf(&buf, "%ls", L"\x3b1"), -EILSEQ); // no character of this locale
    assert_int_equal(buf.len, before);
    edo_buf_deinit(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_compare_by_their_bytes),
        cmocka_unit_test(secrets_are_equal_in_all_bytes_or_not),
        cmocka_unit_test(secrets_of_other_lengths_are_not_equal),
        cmocka_unit_test(bytes_are_hexadecimal_digits_and_back),
        cmocka_unit_test(digits_have_either_case_and_nothing_else),
        cmocka_unit_test(only_whole_and_shortest_characters_are_utf8),
        cmocka_unit_test(shares_see_one_memory),
        cmocka_unit_test(static_bytes_need_no_memory),
        cmocka_unit_test(bytes_are_filled_before_they_are_shared),
        cmocka_unit_test(empty_buffer_gives_empty_bytes),
        cmocka_unit_test(room_may_be_written_directly),
        cmocka_unit_test(what_was_taken_stays_as_it_was),
        cmocka_unit_test(texts_are_formed_behind_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
