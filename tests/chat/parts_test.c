/* SPDX-License-Identifier: MIT */
/* The parts of edo-chat that only compute: names, text, commands, options. The sources are
 * included, since a program has no library to link. */
#include "../../apps/chat/line.c"
#include "../../apps/chat/options.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void a_name_is_1_to_24_letters_digits_underscores_or_hyphens(void **state) {
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
        assert_int_equal(name_parse(&n, (piece){ rows[i].text, strlen(rows[i].text) }),
                         rows[i].good);
        if (rows[i].good) assert_string_equal(n.text, rows[i].text);
    }
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
        assert_int_equal(!text_fault(rows[i].text, strlen(rows[i].text)), rows[i].good);
    }
    assert_non_null(text_fault("a\0b", 3));
    assert_null(text_fault("", 0));
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
            assert_int_equal(!text_fault(text, 2), both_plain || one_character);
        }
    }
}

static void one_carriage_return_at_the_end_is_no_text(void **state) {
    (void)state;
    assert_int_equal(line_parse("hi\r", 3).text_bytes, 2);
    assert_int_equal(line_parse("hi\r\r", 4).kind, COMMAND_FAULT);
    assert_int_equal(line_parse("\r", 1).kind, COMMAND_NONE);
    assert_int_equal(line_parse("h\ri", 3).kind, COMMAND_FAULT);
    assert_int_equal(line_parse("/who\r", 5).kind, COMMAND_WHO);
}

static void line_is_parsed_as_its_command(void **state) {
    (void)state;
    static const struct {
        const char *line;
        command_kind kind;
        const char *name, *text;
    } rows[] = {
        { "", COMMAND_NONE, "", "" },
        { "hello  there ", COMMAND_SAY, "", "hello  there " },
        { " /nick x", COMMAND_SAY, "", " /nick x" },
        { "/nick ann", COMMAND_NICK, "ann", "" },
        { "/nick  ann ", COMMAND_NICK, "ann", "" },
        { "/join #c", COMMAND_JOIN, "c", "" },
        { "/join c", COMMAND_JOIN, "c", "" },
        { "/rooms", COMMAND_ROOMS, "", "" },
        { "/who ", COMMAND_WHO, "", "" },
        { "/msg bob hi  you", COMMAND_MSG, "bob", "hi  you" },
        { "/me waves", COMMAND_ME, "", "waves" },
        { "/help", COMMAND_HELP, "", "" },
        { "/quit", COMMAND_QUIT, "", "" },
        { "/quit so  long ", COMMAND_QUIT, "", "so  long" },
        { "/list", COMMAND_ROOMS, "", "" },
        { "/names", COMMAND_WHO, "", "" },
        { "//who", COMMAND_SAY, "", "/who" },
        { "//", COMMAND_SAY, "", "/" },
        { "/nick servers", COMMAND_NICK, "servers", "" },
        { "/nick server", COMMAND_FAULT, "", "" },
        { "/nick SYSTEM", COMMAND_FAULT, "", "" },
        { "/nick You", COMMAND_FAULT, "", "" },
        { "/join you", COMMAND_JOIN, "you", "" },
        { "/who ann", COMMAND_FAULT, "", "" },
        { "/rooms #c", COMMAND_FAULT, "", "" },
        { "/help me", COMMAND_FAULT, "", "" },
        { "/list #c", COMMAND_FAULT, "", "" },
        { "/nick", COMMAND_FAULT, "", "" },
        { "/nick a b", COMMAND_FAULT, "", "" },
        { "/nick #a", COMMAND_FAULT, "", "" },
        { "/join", COMMAND_FAULT, "", "" },
        { "/join #", COMMAND_FAULT, "", "" },
        { "/join ##a", COMMAND_FAULT, "", "" },
        { "/msg bob", COMMAND_FAULT, "", "" },
        { "/msg", COMMAND_FAULT, "", "" },
        { "/me", COMMAND_FAULT, "", "" },
        { "/", COMMAND_FAULT, "", "" },
        { "/NICK a", COMMAND_FAULT, "", "" },
        { "/nickname a", COMMAND_FAULT, "", "" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        command c = line_parse(rows[i].line, strlen(rows[i].line));
        assert_int_equal(c.kind, rows[i].kind);
        assert_int_equal(c.kind == COMMAND_FAULT, c.fault != NULL);
        if (rows[i].name[0]) assert_string_equal(c.name.text, rows[i].name);
        if (rows[i].text[0]) {
            assert_int_equal(c.text_bytes, strlen(rows[i].text));
            assert_memory_equal(c.text, rows[i].text, c.text_bytes);
        }
    }
}

static void options_have_the_promised_defaults(void **state) {
    (void)state;
    options o;
    char fault[128];
    const char *argv[] = { "edo-chat", NULL };
    assert_int_equal(options_parse(&o, 1, argv, fault, sizeof fault), OPTIONS_RUN);
    assert_string_equal(o.address, "127.0.0.1:7000");
    assert_int_equal(o.history, 50);
    assert_int_equal(o.line_bytes_max, 4096);
    assert_int_equal(o.rate, 20);
    assert_true(o.idle.ns == edo_minutes(5).ns);
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
        char value[32], fault[128];
        const char *argv[] = { "edo-chat", "--idle-timeout", value, NULL };
        snprintf(value, sizeof value, "%s", rows[i].text);
        options_verdict verdict = options_parse(&o, 3, argv, fault, sizeof fault);
        assert_int_equal(verdict == OPTIONS_RUN, rows[i].ms >= 0);
        if (rows[i].ms >= 0) assert_true(o.idle.ns == edo_ms(rows[i].ms).ns);
    }
}

static void wrong_options_are_named(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        { "--nonsense", NULL }, { "--tcp", NULL },        { "--tcp", "7000" },
        { "--history", "-1" },  { "--history", "10001" }, { "--max-line", "0" },
        { "--rate", "fast" },   { "--threads", "257" },   { "--threads", "0" },
        { "--log", "loud" },    { "--history=", NULL },   { "stray", NULL },
        { "--histor", "1" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        options o;
        char first[32], second[32], fault[128] = "";
        const char *argv[] = { "edo-chat", first, NULL, NULL };
        snprintf(first, sizeof first, "%s", rows[i][0]);
        snprintf(second, sizeof second, "%s", rows[i][1] ? rows[i][1] : "");
        if (rows[i][1]) argv[2] = second;
        assert_int_equal(options_parse(&o, rows[i][1] ? 3 : 2, argv, fault, sizeof fault),
                         OPTIONS_WRONG);
        assert_non_null(strstr(fault, rows[i][0][0] == '-' ? "--" : "stray"));
    }
}

static void both_forms_of_an_option_are_read_and_help_wins(void **state) {
    (void)state;
    options o;
    char fault[128];
    const char *argv[] = { "edo-chat",      "--history=7", "--rate", "0",
                           "--tcp=[::1]:0", "--log",       "info",   NULL };
    assert_int_equal(options_parse(&o, 7, argv, fault, sizeof fault), OPTIONS_RUN);
    assert_int_equal(o.history, 7);
    assert_int_equal(o.rate, 0);
    assert_string_equal(o.address, "[::1]:0");
    assert_string_equal(o.log, "info");
    const char *help[] = { "edo-chat", "--help", "--nonsense", NULL };
    assert_int_equal(options_parse(&o, 3, help, fault, sizeof fault), OPTIONS_HELP);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_1_to_24_letters_digits_underscores_or_hyphens),
        cmocka_unit_test(text_is_utf_8_without_control_characters),
        cmocka_unit_test(every_pair_of_bytes_is_valid_if_a_decoder_accepts_it),
        cmocka_unit_test(one_carriage_return_at_the_end_is_no_text),
        cmocka_unit_test(line_is_parsed_as_its_command),
        cmocka_unit_test(options_have_the_promised_defaults),
        cmocka_unit_test(a_duration_is_a_number_with_a_unit_or_zero),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(both_forms_of_an_option_are_read_and_help_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
