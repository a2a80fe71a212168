/* SPDX-License-Identifier: MIT */
/* The parts of the line client that only compute: which names it has seen, what TAB makes of a
 * line, and which lines are for the user. */
#include "terminal/screen.h"
#include "terminal/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const name me = { "dana" };

static void learn_all(seen_lists *s, const char *const *lines, size_t n) {
    for (size_t i = 0; i < n; i++) seen_learn(s, lines[i], strlen(lines[i]));
}

/* The names, with blanks in between. */
static const char *names_of(const seen_names *s) {
    static char text[512];
    text[0] = '\0';
    for (size_t i = 0; i < s->n; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "",
                       s->all[i].text);
    return text;
}

static void names_are_learned_from_lines_of_the_server(void **state) {
    (void)state;
    static const char *const lines[] = {
        "* you are guest-1 in #general with ann, bob and 12 others; /help",
        "* carl joined #tea",
        "* 12 others joined and 9 left #tea",
        "* bob left #general",
        "* ann is now anna",
        "erik: hello, frida: how are you?",
        "gus -> you: psst",
        "- hugo waves",
        "* #coffee (3)",
        "* ida, carl",
        "* sent to nobody",
        "* error: the name zoe is taken",
        "* error: unknown command, see /help",
        "#general 12",
        "",
        "* ",
        "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm: too long for a name",
    };
    seen_lists s = { 0 };
    learn_all(&s, lines, EDO_COUNT(lines));
    assert_string_equal(names_of(&s.people), "anna erik gus hugo ida carl");
    assert_string_equal(names_of(&s.rooms), "general tea coffee");
    seen_deinit(&s);
}

static void names_that_were_told_last_are_known(void **state) {
    (void)state;
    char line[32];
    seen_lists s = { 0 };
    for (int i = 0; i < SEEN_MAX + 2; i++) {
        int n = snprintf(line, sizeof line, "n-%d: hi", i);
        seen_learn(&s, line, (size_t)n);
    }
    seen_learn(&s, "N-2: hi", 7);
    assert_int_equal(s.people.n, SEEN_MAX);
    assert_string_equal(s.people.all[0].text, "n-3");
    assert_string_equal(s.people.all[SEEN_MAX - 1].text, "N-2");
    seen_deinit(&s);
}

static void tab_completes_names_of_people_and_rooms(void **state) {
    (void)state;
    static const char *const lines[] = { "Bob: hi",         "ann: hi",           "anna: hi",
                                         "dana: hi",        "dora: hi",          "* #tea (1)",
                                         "* #tea-time (1)", "* bob joined #pub", "Bob: hi" };
    static const struct {
        const char *before;
        size_t names_n;
        const char *text, *names;
    } rows[] = {
        { "b", 1, "Bob: ", "" },
        { "BO", 1, "Bob: ", "" },
        { "hello, b", 1, "Bob ", "" },
        { "@b", 1, "@Bob ", "" },
        { "/msg b", 1, "Bob ", "" },
        { "a", 2, "ann", "" }, // as far as they agree
        { "ann", 2, "", "ann, anna" },
        { "anna", 1, "anna: ", "" },
        { "d", 1, "dora: ", "" }, // and not the user's own
        { "#p", 1, "#pub ", "" },
        { "see #t", 2, "#tea", "" },
        { "/join p", 1, "pub ", "" },
        { "/join #p", 1, "#pub ", "" },
        { "/join tea p", 0, "", "" }, // a second word is no room
        { "#", 3, "", "tea, tea-time, pub" },
        { "", 0, "", "" },
        { "b ", 0, "", "" },
        { "x", 0, "", "" },
        { "/m", 0, "", "" },
        { "\xc3\xa4", 0, "", "" },
        { "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", 0, "", "" },
    };
    seen_lists s = { 0 };
    learn_all(&s, lines, EDO_COUNT(lines));
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        completion c = seen_complete(&s, edo_str_of(rows[i].before), &me);
        assert_int_equal(c.names_n, rows[i].names_n);
        assert_string_equal(c.text, rows[i].text);
        assert_string_equal(c.names, rows[i].names);
    }
    assert_int_equal(seen_complete(&s, edo_str_of("hello, b"), &me).word_bytes, 1);
    assert_int_equal(seen_complete(&s, edo_str_of("@b"), &me).word_bytes, 2);
    seen_deinit(&s);
    assert_int_equal(seen_complete(&(seen_lists){ 0 }, edo_str_of("b"), &me).names_n, 0);
}

static void line_with_the_users_name_or_for_it_alone_is_for_the_user(void **state) {
    (void)state;
    static const struct {
        const char *line;
        bool is_for;
    } rows[] = {
        { "bob: dana, are you there?", true },
        { "bob: hi DANA", true },
        { "bob: @dana!", true },
        { "bob -> you: psst", true },
        { "- bob waves at dana", true },
        { "bob: `x` is for dana", true },
        { "bob: it's dana`s", true },
        { "bob: danae", false },
        { "bob: x-dana", false },
        { "bob: https://example.org/dana", false },
        { "bob: run `dana --help`", false },
        { "bob: mail dana@example.org or me@dana.example", false },
        { "bob: see github.com/dana/x", false },
        { "bob: dana.example.org is up", false },
        { "bob: look in /home/dana", false },
        { "bob: www.dana is it", false },
        { "bob: that is dana.", true },
        { "bob: so... dana", true },
        { "dana: I am dana", false },
        { "- dana waves", false },
        { "* dana joined #tea", false },
        { "dana left: so be it", false },
        { "bob: ", false },
        { "", false },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(screen_is_for(rows[i].line, strlen(rows[i].line), &me), rows[i].is_for);
    assert_false(screen_is_for("bob: hi", 7, &(name){ "" }));
}

/* What screen_print() prints, but for the time. */
static const char *printed(const char *line, const name *of) {
    static char text[256];
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    screen_print(out, line, strlen(line), SCREEN_NO_TIME, of);
    assert_int_equal(fclose(out), 0);
    return text + (of ? 4 : 0) + 5 + (of ? 4 : 0) + 1; // the time is dim
}

static void users_name_is_marked_in_what_others_say(void **state) {
    (void)state;
    static const char marked[] = "\033[7m"
                                 "dana"
                                 "\033[0m";
    char wanted[128];
    (void)snprintf(wanted, sizeof wanted, ": hi %s, %s!\n", marked, marked);
    const char *found = printed("bob: hi dana, dana!", &me);
    assert_string_equal(strchr(found, ':'), wanted);
    (void)snprintf(wanted, sizeof wanted, "- dora waves at %s\n", marked);
    assert_string_equal(printed("- dora waves at dana", &me), wanted);
    assert_null(strstr(printed("dana: I am dana", &me), "\033[7m"));
    assert_string_equal(printed("bob: hi dana", NULL), "bob: hi dana\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_learned_from_lines_of_the_server),
        cmocka_unit_test(names_that_were_told_last_are_known),
        cmocka_unit_test(tab_completes_names_of_people_and_rooms),
        cmocka_unit_test(line_with_the_users_name_or_for_it_alone_is_for_the_user),
        cmocka_unit_test(users_name_is_marked_in_what_others_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
