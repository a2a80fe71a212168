/* SPDX-License-Identifier: MIT */
/* Goal: a person's name is in any script, is one name in all its forms, cannot be taken for another
 * by what is not seen or by mixed scripts, and stands in a line as one word.
 * Method: tables. What moves text or is not seen is by its bytes, as it would mislead a reader. */
#include "name/name.h"
#include "name/name_rules.h"

#include <edo/base.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef CHAT_HAS_icu_i18n
static const bool has_rules = false;
#else
static const bool has_rules = true;
#endif

#define SIXTY "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"

/* Without ICU there is nothing to be seen here, and the test says so. */
static void need_rules(void) {
    if (has_rules) return;
    (void)printf("skipped: edo-chat is built without ICU\n");
    skip();
}

static void names_of_any_script_are_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *name; // NULL: the same
    } rows[] = {
        { "ann", NULL },
        { "_ann-9", NULL },
        { "guest-12", NULL },
        { SIXTY "four", NULL },
        { "Jos\u00e9", NULL },
        { "Jose\u0301", "Jos\u00e9" }, // in pieces
        { "\u9648", NULL },
        { "O'Brien", NULL },
        { "O\u2019Brien", NULL },
        { "Ana Maria", NULL },
        { "Ana\u00a0Maria", "Ana Maria" },
        { "J. R. R. Tolkien", NULL },
        { "M\u00fcller-L\u00fcdenscheidt", NULL },
        { "Nguy\u1ec5n V\u0103n A", NULL },
        { "\u041e\u043b\u0435\u043d\u0430", NULL },
        { "\u0395\u03bb\u03ad\u03bd\u03b7", NULL },
        { "\u0639\u0644\u064a", NULL },
        { "\u05e0\u05d5\u05e2\u05dd", NULL },
        { "\u0939\u093f\u0928\u094d\u0926\u0940", NULL },
        { "\u0e44\u0e17\u0e22", NULL },
        { "\u5c71\u7530 \u305f\u308d\u3046", NULL }, // Han and Hiragana
        { "\uae40\ucca0\uc218", NULL },
    };
    need_rules();
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        name n, again;
        if (!name_parse(&n, edo_str_of(rows[i].text))) fail_msg("refused: %s", rows[i].text);
        assert_string_equal(n.text, rows[i].name ? rows[i].name : rows[i].text);
        assert_true(name_read(&again, edo_str_of(n.text)));
        assert_string_equal(again.text, n.text);
    }
}

static void what_misleads_a_reader_is_no_name(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        " ann",
        "ann ",
        "Ana  Maria",
        "\u00a0ann",
        "a,b",
        "a:b",
        "a\"b",
        "#ann",
        "@ann",
        "*",
        "<b>",
        "a/b",
        "a\tb",
        "a\nb",
        "a\x1b[2Jb",
        "a\x7f",
        ".",
        "'",
        "..",
        SIXTY "fives",
        "\xff",
        "a\xc3",
        "\xed\xa0\x80",
        "\xc0\xaf",
        "a\xe2\x80\xae"
        "b", // U+202E, right to left
        "a\xe2\x81\xa6"
        "b", // U+2066
        "a\xe2\x80\x8b"
        "b", // U+200B, no width
        "a\xe2\x80\x8d"
        "b", // U+200D
        "a\xc2\xad"
        "b",                               // U+00AD, a soft hyphen
        "\u0301a",                         // a mark that stands on nothing
        "Ana \u0301",                      // or on a blank
        "x\u0301\u0302\u0303\u0304\u0306", // more marks than a name has
        "\u3164",                          // a filler
        "\u2800",                          // an empty pattern
        "\ue000",                          // of private use
        "\U000e0041",                      // a tag
        "\u0378",                          // not assigned
        "\U0001f600",                      // a picture
        "\u0440\u0430ypal",                // Cyrillic and Latin
        "p\u0430ypal",                     // one letter of Cyrillic
        "\u0410lice",                      // likewise
        "\u03bfmega",                      // Greek and Latin
        "9\u0669",                         // digits of two kinds
    };
    need_rules();
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        name n;
        if (name_parse(&n, edo_str_of(rows[i]))) fail_msg("taken: %s", rows[i]);
    }
    name n;
    assert_false(name_parse(&n, (edo_str){ "a\0b", 3 }));
    assert_false(name_parse(&n, (edo_str){ NULL, 0 }));
}

static void check_one(const char *a, const char *b, bool are_one) {
    name of_a, of_b;
    assert_true(name_parse(&of_a, edo_str_of(a)) && name_parse(&of_b, edo_str_of(b)));
    if (name_equal(&of_a, &of_b) != are_one) fail_msg("%s, %s", a, b);
    int order = name_compare(&of_a, &of_b);
    assert_int_equal(order == 0, are_one);
    assert_int_equal(name_compare(&of_b, &of_a) < 0, order > 0);
}

static void all_forms_of_a_name_are_one_name(void **state) {
    (void)state;
    need_rules();
    check_one("ann", "ANN", true);
    check_one("JOS\u00c9", "jose\u0301", true);
    check_one("Ana Maria", "ana\u00a0MARIA", true);
    check_one("\u041e\u041b\u0415\u041d\u0410", "\u043e\u043b\u0435\u043d\u0430", true);
    check_one("Stra\u00dfe", "STRASSE", true);
    check_one("\uff21\uff4e\uff41", "ana", true); // of full width
    check_one("jose", "jos\u00e9", false);
    check_one("ann", "anna", false);
    check_one("anna", "\u00e9", false);
    check_one("Ana Maria", "AnaMaria", false);
}

/* The server's lines are signed with these. */
static void a_name_that_passes_for_the_servers_is_reserved(void **state) {
    (void)state;
    static const char *const rows[] = { "server", "SYSTEM", "You", "\uff53erver", "y\uff4fu" };
    need_rules();
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        name n;
        assert_true(name_parse(&n, edo_str_of(rows[i])));
        if (!name_is_reserved(&n)) fail_msg("%s", rows[i]);
    }
    assert_true(name_is_reserved(&(name){ "server shutting down" }));
    assert_false(name_is_reserved(&(name){ "servers" }));
    assert_false(name_is_reserved(&(name){ "for you" }));
    assert_false(name_is_reserved(&(name){ "ann" }));
}

static void a_name_is_one_word_of_a_line(void **state) {
    (void)state;
    name n, again;
    assert_true(name_read(&n, EDO_STR("Ana Maria Lopes")));
    const name_word word = name_as_word(&n);
    assert_null(strchr(word.text, ' '));
    edo_str line = edo_str_of(word.text);
    assert_int_equal(name_word_bytes(line), line.len);
    assert_true(name_read(&again, line));
    assert_string_equal(again.text, n.text);
    // the longest: each second byte is a blank
    memset(n.text, 'a', NAME_BYTES_MAX);
    for (size_t i = 1; i + 1 < NAME_BYTES_MAX; i += 2) n.text[i] = ' ';
    const name_word longest = name_as_word(&n);
    assert_true(name_read(&again, edo_str_of(longest.text)));
    assert_string_equal(again.text, n.text);
}

static void what_the_chat_cannot_have_written_is_not_read(void **state) {
    (void)state;
    static const char *const rows[] = { "",     "a,b",  "<b>",  "a@b", "a:b",    "\"a\"",
                                        "a\nb", "\xff", "#tea", " ",   "\u2800", SIXTY "fives" };
    name n;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        if (name_read(&n, edo_str_of(rows[i]))) fail_msg("read: %s", rows[i]);
    assert_false(name_read(&n, (edo_str){ "a\0b", 3 }));
    assert_true(name_read(&n, EDO_STR("\U0001f600"))); // of a program with other rules
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_any_script_are_names),
        cmocka_unit_test(what_misleads_a_reader_is_no_name),
        cmocka_unit_test(all_forms_of_a_name_are_one_name),
        cmocka_unit_test(a_name_that_passes_for_the_servers_is_reserved),
        cmocka_unit_test(a_name_is_one_word_of_a_line),
        cmocka_unit_test(what_the_chat_cannot_have_written_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
