/* SPDX-License-Identifier: MIT */
/* The parts of edo-chat that only compute: names, text, commands, options. */
#include "../../apps/chat/line/command.c"

#include "line/client.h"
#include "options.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_rooms_name_is_1_to_24_letters_digits_underscores_or_hyphens(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        { "a", true },
        { "Az-09_", true },
        { "abcdefghijklmnopqrstuvwx", true },
        { "abcdefghijklmnopqrstuvwxy", false },
        { "", false },
        { "a b", false },
        { "a.b", false },
        { "\xc3\xa9", false },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        name n;
        assert_int_equal(room_name_parse(&n, edo_str_of(rows[i].text)), rows[i].good);
        if (rows[i].good) assert_string_equal(n.text, rows[i].text);
    }
    name n;
    assert_false(room_name_parse(&n, (edo_str){ "a\0b", 3 }));
    assert_false(room_name_parse(&n, (edo_str){ NULL, 0 }));
}

static void text_is_utf_8_without_control_characters(void **state) {
    (void)state;
    // marks of direction, by bytes: as text they would mislead a reader of this file
    static const char embedding[] = { '\xe2', '\x80', '\xaa', 0 };
    static const char override[] = { '\xe2', '\x80', '\xae', 0 };
    static const char isolate[] = { '\xe2', '\x81', '\xa6', 0 };
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        { "plain\twith a tab", true },
        { "\xc2\xa0", true },     // U+00A0, the first above the C1 controls
        { "\xe2\x80\xa7", true }, // U+2027
        { embedding, true },      // U+202A
        { override, true },       // U+202E
        { isolate, true },        // U+2066
        { "\xe1\x80\xa8", true }, // U+1028
        { "\xdf\xbf", true },
        { "\xe0\xa0\x80", true },
        { "\xed\x9f\xbf", true },
        { "\xee\x80\x80", true },
        { "\xef\xbf\xbf", true },
        { "\xf0\x90\x80\x80", true },
        { "\xf4\x8f\xbf\xbf", true },
        { "\x1b[2J", false },
        { "a\rb", false },
        { "\x7f", false },
        { "\xc2\x80", false }, // C1
        { "a\xc2\x9b"
          "31m",
          false },                 // CSI
        { "\xc2\x9f", false },     // C1
        { "\xe2\x80\xa8", false }, // U+2028
        { "a\xe2\x80\xa9"
          "b",
          false },                     // U+2029
        { "\x80", false },             // a continuation alone
        { "\xc0\x80", false },         // overlong
        { "\xc1\xbf", false },         // overlong
        { "\xe0\x9f\xbf", false },     // overlong
        { "\xf0\x8f\xbf\xbf", false }, // overlong
        { "\xed\xa0\x80", false },     // a surrogate
        { "\xf4\x90\x80\x80", false }, // above U+10FFFF
        { "\xf5\x80\x80\x80", false },
        { "\xe2\x82", false },     // cut short
        { "\xe2\x82x", false },    // cut short
        { "\xff\xfd\x01", false }, // telnet: DO ECHO
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        assert_int_equal(!text_fault(edo_str_of(rows[i].text)), rows[i].good);
    }
    assert_non_null(text_fault((edo_str){ "a\0b", 3 }));
    assert_null(text_fault(EDO_STR("")));
}

/* Every pair of bytes is valid if the naive decoder accepts it. */
static void every_pair_of_bytes_is_valid_if_a_decoder_accepts_it(void **state) {
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            char text[2] = { (char)a, (char)b };
            bool both_plain = a < 0x80 && b < 0x80 && (a >= 0x20 || a == '\t') &&
                              (b >= 0x20 || b == '\t') && a != 0x7f && b != 0x7f;
            unsigned code = (a & 0x1f) << 6 | (b & 0x3f);
            bool one_character = a >> 5 == 6 && b >> 6 == 2 && code >= 0xa0;
            assert_int_equal(!text_fault((edo_str){ text, 2 }), both_plain || one_character);
        }
    }
}

static void text_of_which_nothing_is_seen_is_blank(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool is_blank;
    } rows[] = {
        { "", true },
        { " \t\n ", true },
        { "\u00a0\u3000", true },
        { "\u200b\u200d\u2060\ufeff", true },
        { "\u2800", true },             // the empty pattern of Braille
        { "\u3164\u115f\uffa0", true }, // fillers of Hangul
        { "\u00ad\ufe0f", true },
        { "\U000e0041", true }, // a tag
        { "\u200f", true },     // a mark of direction
        { "a", false },
        { "\u200b.", false },
        { "\u2801", false },
        { "\U0001f468\u200d\U0001f469", false },
        { "\u0301", false }, // a combining accent is seen
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(text_is_blank(edo_str_of(rows[i].text)), rows[i].is_blank);
    assert_true(text_is_blank((edo_str){ 0 }));
}

/* Parses a copy of the line, which lives until the next call. */
static command parsed(const char *line) {
    static char copy[64];
    (void)snprintf(copy, sizeof copy, "%s", line);
    return command_parse(copy, strlen(copy));
}

static void one_carriage_return_at_the_end_is_no_text(void **state) {
    (void)state;
    assert_string_equal(parsed("hi\r").text, "hi");
    assert_non_null(parsed("hi\r\r").fault);
    assert_null(parsed("\r").run);
    assert_non_null(parsed("h\ri").fault);
    assert_ptr_equal(parsed("/who\r").run, do_who);
}

static void line_is_parsed_as_its_command(void **state) {
    (void)state;
    static const struct {
        const char *line;
        int (*run)(client *self, const command *c);
        const char *name, *text;
    } rows[] = {
        { "", NULL, "", "" },
        { "hello  there ", client_do_say, "", "hello  there " },
        { " /nick x", client_do_say, "", " /nick x" },
        { "/nick ann", client_do_nick, "ann", "" },
        { "/nick  ann ", client_do_nick, "ann", "" },
        { "/join #c", client_do_join, "c", "" },
        { "/join c", client_do_join, "c", "" },
        { "/rooms", client_do_rooms, "", "" },
        { "/who ", do_who, "", "" },
        { "/msg bob hi  you", do_msg, "bob", "hi  you" },
        { "/me waves", do_me, "", "waves" },
        { "/help", do_help, "", "" },
        { "/quit", do_quit, "", "" },
        { "/quit so  long ", do_quit, "", "so  long" },
        { "/quit \u200b", do_quit, "", "" },
        { "/list", client_do_rooms, "", "" },
        { "/names", do_who, "", "" },
        { "//who", client_do_say, "", "/who" },
        { "//", client_do_say, "", "/" },
        { "/nick servers", client_do_nick, "servers", "" },
        { "/join you", client_do_join, "you", "" },
        { "/nick \"ann\"", client_do_nick, "ann", "" },
        { "/msg \"bob\" hi  you", do_msg, "bob", "hi  you" },
        { "/msg \"bob\"hi", do_msg, "bob", "hi" },
#ifdef CHAT_HAS_icu_i18n
        { "/nick Ana Maria", client_do_nick, "Ana Maria", "" },
        { "/nick \"Ana Maria\" ", client_do_nick, "Ana Maria", "" },
        { "/msg \"Ana Maria\" hi  you", do_msg, "Ana Maria", "hi  you" },
        { "/msg Ana\u00a0Maria hi", do_msg, "Ana Maria", "hi" },
        { "/msg Jos\u00e9 hi", do_msg, "Jos\u00e9", "hi" },
#endif
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        command c = parsed(rows[i].line);
        assert_ptr_equal(c.run, rows[i].run);
        assert_null(c.fault);
        assert_string_equal(c.name.text, rows[i].name);
        assert_string_equal(c.text ? c.text : "", rows[i].text);
    }
}

static void line_with_wrong_arguments_is_a_fault(void **state) {
    (void)state;
    static const char *const rows[] = {
        "/who ann",     "/rooms #c",
        "/help me",     "/list #c",
        "/nick",        "/nick a,b",
        "/nick #a",     "/join",
        "/join #",      "/join ##a",
        "/msg bob",     "/msg",
        "/me",          "/",
        "/NICK a",      "/nickname a",
        " \t",          "\u200b",
        "/me \u2800",   "/msg bob \u3164",
        "/nick \"\"",   "/nick \"a\" b",
        "/nick \"a",    "/msg \"Ana Maria hi",
        "/msg \"bob\"", "/join \"a\"",
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_non_null(parsed(rows[i]).fault);
}

static void names_of_the_server_are_reserved_in_any_case(void **state) {
    (void)state;
    assert_true(name_is_reserved(&(name){ "server" }) && name_is_reserved(&(name){ "SYSTEM" }));
    assert_true(name_is_reserved(&(name){ "You" }) && !name_is_reserved(&(name){ "servers" }));
}

/* ---- Options --------------------------------------------------------------------------------- */

static char said[512]; /* on standard error, by options_of() */

/* The status for these arguments, after the program's name and up to a NULL. */
static int options_of(options *o, const char *const *arguments) {
    static char texts[9][32];
    char *argv[10] = { NULL };
    int argc = 1;
    argv[0] = texts[0];
    for (; arguments[argc - 1]; argc++) {
        (void)snprintf(texts[argc], sizeof texts[argc], "%s", arguments[argc - 1]);
        argv[argc] = texts[argc];
    }
    FILE *real = stderr;
    memset(said, 0, sizeof said);
    stderr = fmemopen(said, sizeof said, "w");
    assert_non_null(stderr);
    int status = options_parse(o, argc, argv);
    (void)fclose(stderr);
    stderr = real;
    return status;
}

static void options_have_the_promised_defaults(void **state) {
    (void)state;
    options o;
    assert_int_equal(options_of(&o, (const char *[]){ NULL }), -1);
    assert_string_equal(o.address, "127.0.0.1:7000");
    assert_int_equal(o.history, 50);
    assert_int_equal(o.line_bytes_max, 4096);
    assert_int_equal(o.rate, 20);
    assert_true(o.idle.ns == edo_minutes(5).ns);
    options_free(&o);
}

static void a_duration_is_a_number_with_a_unit_or_zero(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        { "0", 0 },       { "0s", 0 },
        { "250ms", 250 }, { "3s", 3000 },
        { "2m", 120000 }, { "1h", 3600000 },
        { "5", -1 },      { "", -1 },
        { "s", -1 },      { "-1s", -1 },
        { "1 s", -1 },    { "1sec", -1 },
        { "1.5s", -1 },   { "99999999999999999999h", -1 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        options o;
        const char *const arguments[] = { "--idle-timeout", rows[i].text, NULL };
        assert_int_equal(options_of(&o, arguments), rows[i].ms >= 0 ? -1 : 2);
        if (rows[i].ms >= 0) assert_true(o.idle.ns == edo_ms(rows[i].ms).ns);
        options_free(&o);
    }
}

static void wrong_options_are_named(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        { "--nonsense", NULL }, { "--tcp", NULL },        { "--tcp", "7000" },
        { "--history", "-1" },  { "--history", "10001" }, { "--max-line", "0" },
        { "--rate", "fast" },   { "--threads", "257" },   { "--threads", "0" },
        { "--log", "loud" },    { "--history=", NULL },   { "stray", NULL },
        { "--db", "" },         { "--db", ":memory:" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        options o;
        const char *const arguments[] = { rows[i][0], rows[i][1], NULL };
        assert_int_equal(options_of(&o, arguments), 2);
        assert_memory_equal(said, "edo-chat: ", 10);
        assert_non_null(strstr(said, rows[i][0][0] == '-' ? "--" : "argument 1"));
    }
}

static void both_forms_of_an_option_are_read_and_help_wins(void **state) {
    (void)state;
    options o;
    const char *const arguments[] = { "--history=7",   "--rate", "0",    "--threads", "3",
                                      "--tcp=[::1]:0", "--log",  "info", NULL };
    assert_int_equal(options_of(&o, arguments), -1);
    assert_int_equal(o.history, 7);
    assert_int_equal(o.rate, 0);
    assert_int_equal(o.threads, 3);
    assert_string_equal(o.address, "[::1]:0");
    assert_string_equal(o.log, "info");
    options_free(&o);
    assert_int_equal(options_of(&o, (const char *[]){ "--help", "--nonsense", NULL }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rooms_name_is_1_to_24_letters_digits_underscores_or_hyphens),
        cmocka_unit_test(text_is_utf_8_without_control_characters),
        cmocka_unit_test(every_pair_of_bytes_is_valid_if_a_decoder_accepts_it),
        cmocka_unit_test(text_of_which_nothing_is_seen_is_blank),
        cmocka_unit_test(one_carriage_return_at_the_end_is_no_text),
        cmocka_unit_test(line_is_parsed_as_its_command),
        cmocka_unit_test(line_with_wrong_arguments_is_a_fault),
        cmocka_unit_test(names_of_the_server_are_reserved_in_any_case),
        cmocka_unit_test(options_have_the_promised_defaults),
        cmocka_unit_test(a_duration_is_a_number_with_a_unit_or_zero),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(both_forms_of_an_option_are_read_and_help_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
