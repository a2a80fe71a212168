/* SPDX-License-Identifier: MIT */
/* Goal: a pattern matches whole texts as its items say, in time in proportion to the text. */
#include "value/validate/check.h"

#include <edo/bytes.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef struct pattern_row {
    const char *pattern, *text;
    bool matches;
} pattern_row;

static void check_rows(const pattern_row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bool matches = edoi_pattern_matches(rows[i].pattern, edo_str_of(rows[i].text));
        if (matches != rows[i].matches) print_error("%s: %s\n", rows[i].pattern, rows[i].text);
        assert_int_equal(matches, rows[i].matches);
    }
}

static void patterns_match_what_their_items_say(void **state) {
    (void)state;
    static const pattern_row rows[] = {
        { "", "", true },
        { "", "a", false },
        { "abc", "abc", true },
        { "abc", "abcd", false },
        { "abc", "ab", false },
        { "a*", "", true },
        { "a*", "aaaa", true },
        { "a*", "aab", false },
        { "a+", "", false },
        { "a+b?c", "aac", true },
        { "a+b?c", "abc", true },
        { "a+b?c", "abbc", false },
        { "a*a", "aaa", true },
        { ".*x.*", "aaxbb", true },
        { ".*x.*", "aabb", false },
        { "[a-z][a-z0-9_-]*", "a_9-z", true },
        { "[a-z][a-z0-9_-]*", "9a", false },
        { "[^0-9]+", "abc", true },
        { "[^0-9]+", "ab1", false },
        { "[]x]+", "]x", true },
        { "[^]]", "]", false },
        { "[a-]+", "a-", true },
        { "[\\]\\-]+", "]-", true },
        { "[\\d.]+", "1.5", true },
        { "[A-\\\\]+", "Z[\\", true },
        { "[A-\\\\]", "]", false },
        { "[A-\\]]+", "\\]", true },
        { "[A-\\]]", "^", false },
        { "\\d+\\.\\d+", "10.25", true },
        { "\\d+\\.\\d+", "10x25", false },
        { "\\w+\\s\\w+", "a_b cd", true },
        { "a\\*", "a*", true },
        { "cat|dog", "dog", true },
        { "cat|dog", "catdog", false },
        { "cat|", "", true },
        { "a?a?a?a?aaaa", "aaaaaa", true },
        // no patterns
        { "[a", "a", false },
        { "a\\", "a", false },
        { "*", "", false },
        { "a**", "a", false },
        { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a", false },
    };
    check_rows(rows, EDO_COUNT(rows));
}

static void a_character_of_utf8_is_one_item(void **state) {
    (void)state;
    static const pattern_row rows[] = {
        { ".", "\xc3\xa9", true },
        { "..", "\xc3\xa9", false },
        { ".", "\xf0\x9f\x98\x80", true },
        { "[^a]", "\xc3\xa9", true },
        { "[^a][^a]", "\xc3\xa9", false },
        { "\xc3\xa9?a", "a", true },
        { "\xc3\xa9+", "\xc3\xa9\xc3\xa9", true },
        { "\xc3\xa9+", "\xc3\xa9\xa9", false },
        { "[\xc3\xa0-\xc3\xbc]+", "\xc3\xa9\xc3\xa0\xc3\xbc", true },
        { "[\xc3\xa0-\xc3\xbc]", "\xc3\xbd", false },
        { "[a\xc3\xa9]", "\xc3\xa9", true },
        { "[^\xc3\xa9]", "\xc3\xa9", false },
        { "[^\xc3\xa9]", "\xc3\xaa", true },
        { "\\\xc3\xa9", "\xc3\xa9", true },
        { "[\\\xc3\xa9]", "\xc3\xa9", true },
        { "\\w", "\xc3\xa9", false },
        { "x|\xe2\x82\xac", "\xe2\x82\xac", true },
        { ".", "\xff", true },
        { "\xff", "\xff", true },
        { "\xff", "\xc3\xbf", false },
    };
    check_rows(rows, EDO_COUNT(rows));
}

static void pattern_of_most_items_matches(void **state) {
    (void)state;
    char pattern[128] = { 0 };
    for (size_t i = 0; i < 64; i++) pattern[2 * i] = 'a', pattern[2 * i + 1] = '?';
    pattern[127] = 0; // the last one has to be there
    char text[65];
    memset(text, 'a', sizeof text);
    assert_true(edoi_pattern_matches(pattern, (edo_str){ text, 64 }));
    assert_true(edoi_pattern_matches(pattern, (edo_str){ text, 1 }));
    assert_false(edoi_pattern_matches(pattern, (edo_str){ text, 65 }));
    assert_false(edoi_pattern_matches(pattern, (edo_str){ text, 0 }));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_what_their_items_say),
        cmocka_unit_test(a_character_of_utf8_is_one_item),
        cmocka_unit_test(pattern_of_most_items_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
