/* SPDX-License-Identifier: MIT */
/* base/error/escape_test.c: untrusted bytes in the three forms, case by case. */
#include "base/error/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    const char *name, *in, *text, *quoted, *json;
} rows[] = {
    { "plain", "a b~", "a b~", "a b~", "a b~" },
    { "quotes and backslash", "\"\\", "\"\\", "\\\"\\\\", "\\\"\\\\" },
    { "line ends and tab", "\r\n\t", "\\r\\n\\t", "\\r\\n\\t", "\\r\\n\\t" },
    { "escape and delete", "\x1b[1m\x7f", "\\x1b[1m\\x7f", "\\x1b[1m\\x7f", "\\u001b[1m\\u007f" },
    { "C1 control", "\xc2\x9b", "\\u009b", "\\u009b", "\\u009b" },
    { "2, 3, 4 bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
      "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
      "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
    { "lone continuation", "\x80", "\\x80", "\\x80", "\\ufffd" },
    { "cut short", "\xe2\x82", "\\xe2\\x82", "\\xe2\\x82", "\\ufffd\\ufffd" },
    { "too long a form", "\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd" },
    { "three bytes for two", "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\xe0\\x80\\xaf",
      "\\ufffd\\ufffd\\ufffd" },
    { "surrogate", "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" },
    { "beyond U+10FFFF", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
      "\\ufffd\\ufffd\\ufffd\\ufffd" },
    { "bad, then good",
      "\xff"
      "a",
      "\\xffa", "\\xffa", "\\ufffda" },
};

static void check(const struct row *row, edoi_escape form, const char *want) {
    char got[64];
    edoi_report r = { .at = got, .room = sizeof got };
    edoi_report_escaped(&r, row->in, form);
    assert_true(r.n < sizeof got);
    got[r.n] = '\0';
    if (strcmp(got, want) != 0) print_error("row: %s\n", row->name);
    assert_string_equal(got, want);
}

static void every_row_is_escaped_in_every_form(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        check(&rows[i], EDOI_ESCAPE_TEXT, rows[i].text);
        check(&rows[i], EDOI_ESCAPE_QUOTED, rows[i].quoted);
        check(&rows[i], EDOI_ESCAPE_JSON, rows[i].json);
    }
}

static void a_zero_byte_is_a_control_byte(void **state) {
    (void)state;
    char out[EDOI_ESCAPE_ONE_MAX];
    size_t took = 0;
    assert_int_equal(edoi_escape_one(out, "\0", 1, EDOI_ESCAPE_TEXT, &took), 4);
    assert_memory_equal(out, "\\x00", 4);
    assert_int_equal(took, 1);
}

static void only_whole_characters_are_written(void **state) {
    (void)state;
    static const char text[] = "a\n\xc3\xa9\xff";
    static const char escaped[] = "a\\n\xc3\xa9\\xff";
    static const size_t written[] = { 0, 1, 1, 3, 3, 5, 5, 5, 5, 9, 9 };
    for (size_t room = 0; room < EDO_COUNT(written); room++) {
        char out[16] = "";
        assert_int_equal(edoi_escape_cut(out, room, text, 5, EDOI_ESCAPE_TEXT), written[room]);
        assert_memory_equal(out, escaped, written[room]);
        assert_int_equal(out[written[room]], 0);
    }
    assert_int_equal(edoi_escape_cut(NULL, 0, NULL, 0, EDOI_ESCAPE_TEXT), 0);
}

/* By bytes: at each place of a text, beside each of its neighbours. */
static void plain_text_ends_before_the_first_byte_that_is_not(void **state) {
    (void)state;
    static const char around[] = { ' ', 'a', '!', '#', '[', ']', '~' };
    for (int byte = 0; byte < 256; byte++) {
        bool is_plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
        for (size_t n = 1; n <= 20; n++) {
            char text[20];
            memset(text, around[(size_t)byte % sizeof around], sizeof text);
            for (size_t at = 0; at < n; at++) {
                char was = text[at];
                text[at] = (char)byte;
                assert_int_equal(edoi_escape_plain(text, n), is_plain ? n : at);
                text[at] = was;
            }
        }
    }
    assert_int_equal(edoi_escape_plain("", 0), 0);
    assert_int_equal(edoi_escape_plain("\x80\x80\x80\x80\x80\x80\x80\x80", 8), 0);
    assert_int_equal(edoi_escape_plain("abcdefg\"\x01\xff\x7f\\mnop", 16), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_escaped_in_every_form),
        cmocka_unit_test(a_zero_byte_is_a_control_byte),
        cmocka_unit_test(only_whole_characters_are_written),
        cmocka_unit_test(plain_text_ends_before_the_first_byte_that_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
