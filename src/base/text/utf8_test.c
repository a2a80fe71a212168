/* SPDX-License-Identifier: MIT */
/* Goal: a text is cut between characters, and bytes that are none are cut anywhere.
 * Method: a table of what is left of a text. */
#include "base/text/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct row {
    const char *name, *text; /* all of it is there; the text that it is a part of went on */
    size_t left;
} rows[] = {
    { "nothing", "", 0 },
    { "plain", "abc", 3 },
    { "a whole character at the end", "a\xc3\xa4", 3 },
    { "of two bytes, one", "a\xc3", 1 },
    { "of three bytes, one", "a\xe2", 1 },
    { "of three bytes, two", "a\xe2\x82", 1 },
    { "of three bytes, all", "a\xe2\x82\xac", 4 },
    { "of four bytes, three", "a\xf0\x9f\x98", 1 },
    { "of four bytes, all", "a\xf0\x9f\x98\x80", 5 },
    { "a part of one alone", "\xf0\x9f", 0 },
    { "bytes without a begin", "\x80\x80", 2 },
    { "many bytes without a begin", "\x80\x80\x80\x80\x80\x80", 6 },
    { "too many behind a begin", "\xc3\xa4\xa4\xa4\xa4", 5 },
};

static void a_text_is_cut_between_characters(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t left = edoi_utf8_cut(rows[i].text, strlen(rows[i].text));
        if (left != rows[i].left) fail_msg("%s: %zu", rows[i].name, left);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
