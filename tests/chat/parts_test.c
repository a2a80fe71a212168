/* SPDX-License-Identifier: MIT */
/* The parts of edo-chat that only compute: names, text, commands, options, limiter, outbox, table.
 * The sources are included, since a program has no library to link. */
#include "../../apps/chat/command.c"
#include "../../apps/chat/limiter.c"
#include "../../apps/chat/options.c"
#include "../../apps/chat/outbox.c"
#include "../../apps/chat/table.c"
#include "../../apps/chat/text.c"

#include <inttypes.h>
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
        assert_int_equal(name_parse(&n, rows[i].text, strlen(rows[i].text)), rows[i].good);
        if (rows[i].good) assert_string_equal(n.text, rows[i].text);
    }
}

static void text_is_utf_8_without_control_characters(void **state) {
    (void)state;
    // marks of direction, by bytes: as text they would mislead who reads this
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

/* What every two bytes are is what the naive decoder says. */
static void every_pair_of_bytes_is_judged_as_a_decoder_would(void **state) {
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
    assert_int_equal(text_bytes("hi\r", 3), 2);
    assert_int_equal(text_bytes("hi\r\r", 4), 3);
    assert_int_equal(text_bytes("\r", 1), 0);
    assert_int_equal(text_bytes("h\ri", 3), 3);
    assert_int_equal(text_bytes("", 0), 0);
}

static void a_line_is_read_as_the_command_it_says(void **state) {
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
        { "/who ann", COMMAND_FAULT, "", "" },
        { "/rooms #c", COMMAND_FAULT, "", "" },
        { "/help me", COMMAND_FAULT, "", "" },
        { "/quit now", COMMAND_FAULT, "", "" },
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
        command c = command_parse(rows[i].line, strlen(rows[i].line));
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

static void a_burst_passes_and_then_one_line_an_interval(void **state) {
    (void)state;
    const int64_t ms = 1000000;
    limiter l = limiter_of(20);
    for (int i = 0; i < LIMITER_BURST; i++) assert_true(limiter_pass(&l, 1000 * ms));
    assert_false(limiter_pass(&l, 1000 * ms));
    assert_false(limiter_pass(&l, 1049 * ms));
    assert_true(limiter_pass(&l, 1050 * ms));
    assert_false(limiter_pass(&l, 1051 * ms));
    // A refused line costs nothing: ten intervals later ten lines pass.
    for (int i = 0; i < 10; i++) assert_true(limiter_pass(&l, 1550 * ms));
    assert_false(limiter_pass(&l, 1550 * ms));
    // After five seconds of silence it is a whole burst again, and not more.
    for (int i = 0; i < LIMITER_BURST; i++) assert_true(limiter_pass(&l, 9000 * ms));
    assert_false(limiter_pass(&l, 9000 * ms));
}

static void rate_zero_lets_everything_pass(void **state) {
    (void)state;
    limiter l = limiter_of(0);
    for (int i = 0; i < 100000; i++) assert_true(limiter_pass(&l, 0));
}

/* Takes everything out, in writes of at most `step` bytes. */
static size_t write_out(outbox *o, char *to, size_t step) {
    size_t bytes = 0;
    while (!outbox_is_empty(o)) {
        size_t n = outbox_bytes(o) < step ? outbox_bytes(o) : step;
        memcpy(to + bytes, outbox_front(o), n);
        bytes += n;
        outbox_wrote(o, n);
    }
    to[bytes] = '\0';
    return bytes;
}

static void bytes_put_in_the_outbox_come_out_in_order_in_any_pieces(void **state) {
    (void)state;
    for (size_t step = 1; step < 20; step++) {
        outbox o = { .most = 1000 };
        char text[200];
        outbox_add(&o, "one\n", 4);
        outbox_wrote(&o, 2);
        for (int i = 0; i < 5; i++) outbox_add(&o, "twenty-two\n", 11);
        assert_int_equal(write_out(&o, text, step), 2 + 5 * 11);
        assert_memory_equal(text, "e\ntwenty-two\n", 13);
        assert_null(o.bytes); // empty, it holds no memory
    }
}

static void a_full_outbox_counts_what_it_does_not_keep_and_says_so(void **state) {
    (void)state;
    outbox o = { .most = 10 };
    char text[200];
    for (int i = 0; i < 7; i++) outbox_add(&o, "12345\n", 6);
    assert_int_equal(o.end, 12); // the last piece may reach over
    write_out(&o, text, 5);
    assert_string_equal(text, "12345\n12345\n* you missed 5 messages\n");
    outbox_add(&o, "again\n", 6);
    write_out(&o, text, 100);
    assert_string_equal(text, "again\n");
    outbox_deinit(&o);
}

static void an_ended_outbox_keeps_nothing(void **state) {
    (void)state;
    outbox o = { .most = 10 };
    outbox_add(&o, "12345\n", 6);
    outbox_end(&o);
    outbox_add(&o, "12345\n", 6);
    assert_true(outbox_is_empty(&o) && outbox_is_ample(&o));
    assert_null(o.bytes);
}

static void the_table_finds_what_was_added_and_not_removed(void **state) {
    (void)state;
    enum { ENTRIES = 1000 };
    static table_entry entries[ENTRIES];
    table t = { 0 };
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(entries[i].name.text, sizeof entries[i].name.text, "name-%d", i);
        assert_null(table_find(&t, &entries[i].name));
        table_add(&t, &entries[i]);
    }
    uint32_t seed = 1;
    static bool is_out[ENTRIES];
    for (int round = 0; round < 20000; round++) {
        seed = seed * 1664525 + 1013904223;
        int i = (int)(seed >> 8) % ENTRIES;
        assert_ptr_equal(table_find(&t, &entries[i].name), is_out[i] ? NULL : &entries[i]);
        is_out[i] ? table_add(&t, &entries[i]) : table_remove(&t, &entries[i]);
        is_out[i] = !is_out[i];
    }
    size_t left = 0;
    for (int i = 0; i < ENTRIES; i++) {
        assert_ptr_equal(table_find(&t, &entries[i].name), is_out[i] ? NULL : &entries[i]);
        left += !is_out[i];
    }
    assert_int_equal(t.entries_n, left);
    for (int i = 0; i < ENTRIES; i++) {
        if (!is_out[i]) table_remove(&t, &entries[i]);
    }
    assert_null(t.top);
}

/* The words of the paper's SipHash-1-3: 00, 01, 02 … in the key and the text, as its authors' code
 * (https://github.com/veorq/SipHash) and Python print them. */
static void names_are_hashed_by_siphash_with_the_key_of_the_table(void **state) {
    (void)state;
    table_key key = { { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) } };
    char text[16];
    for (int i = 0; i < 16; i++) text[i] = (char)i;
    assert_int_equal(siphash(key, text, 0), UINT64_C(0xabac0158050fc4dc));
    assert_int_equal(siphash(key, text, 7), UINT64_C(0xd3927d989bb11140));
    assert_int_equal(siphash(key, text, 8), UINT64_C(0x369095118d299a8e));
    assert_int_equal(siphash(key, text, 15), UINT64_C(0xd320d86d2a519956));
}

static size_t depth_of(const table_entry *e) {
    size_t most = 0;
    for (size_t i = 0; e && i < 4; i++) {
        size_t below = depth_of(e->below[i]);
        if (below > most) most = below;
    }
    return e ? most + 1 : 0;
}

static void names_chosen_for_one_key_are_spread_by_another(void **state) {
    (void)state;
    enum { CHOSEN = 64 };
    static table_entry entries[CHOSEN];
    table flat = { 0 }, other = { .key = { { 1, 2 } } };
    uint32_t n = 0;
    for (int i = 0; i < CHOSEN; n++) { // with ten bits in common they go the same way five times
        name *at = &entries[i].name;
        snprintf(at->text, sizeof at->text, "name-%" PRIu32, n);
        i += hash_of(&flat, at) >> 22 == 0;
    }
    for (int i = 0; i < CHOSEN; i++) table_add(&flat, &entries[i]);
    assert_true(depth_of(flat.top) >= 5 + 4);
    for (int i = 0; i < CHOSEN; i++) table_add(&other, &entries[i]);
    assert_in_range(depth_of(other.top), 4, 8);
    table_key a, b;
    assert_int_equal(table_key_draw(&a) | table_key_draw(&b), 0);
    assert_memory_not_equal(&a, &b, sizeof a);
}

/* All of them in one chain, longer than a hash has bits. */
static void names_of_one_hash_are_told_apart(void **state) {
    (void)state;
    enum { ENTRIES = 24 };
    table_entry entries[ENTRIES];
    table t = { 0 };
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(entries[i].name.text, sizeof entries[i].name.text, "name-%d", i);
        memset(entries[i].below, 0, sizeof entries[i].below);
        entries[i].hash = 0xe4b17c93;
        *place_of(&t, entries[i].hash, NULL) = &entries[i];
        t.entries_n++;
    }
    for (int i = 0; i < ENTRIES; i += 3) table_remove(&t, &entries[i]);
    for (int i = 0; i < ENTRIES; i++) {
        if (i % 3) assert_ptr_equal(*place_of(&t, entries[i].hash, &entries[i]), &entries[i]);
    }
    for (int i = 0; i < ENTRIES; i++) {
        if (i % 3) table_remove(&t, &entries[i]);
    }
    assert_null(t.top);
    assert_int_equal(t.entries_n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_1_to_24_letters_digits_underscores_or_hyphens),
        cmocka_unit_test(text_is_utf_8_without_control_characters),
        cmocka_unit_test(every_pair_of_bytes_is_judged_as_a_decoder_would),
        cmocka_unit_test(one_carriage_return_at_the_end_is_no_text),
        cmocka_unit_test(a_line_is_read_as_the_command_it_says),
        cmocka_unit_test(options_have_the_promised_defaults),
        cmocka_unit_test(a_duration_is_a_number_with_a_unit_or_zero),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(both_forms_of_an_option_are_read_and_help_wins),
        cmocka_unit_test(a_burst_passes_and_then_one_line_an_interval),
        cmocka_unit_test(rate_zero_lets_everything_pass),
        cmocka_unit_test(bytes_put_in_the_outbox_come_out_in_order_in_any_pieces),
        cmocka_unit_test(a_full_outbox_counts_what_it_does_not_keep_and_says_so),
        cmocka_unit_test(an_ended_outbox_keeps_nothing),
        cmocka_unit_test(the_table_finds_what_was_added_and_not_removed),
        cmocka_unit_test(names_are_hashed_by_siphash_with_the_key_of_the_table),
        cmocka_unit_test(names_chosen_for_one_key_are_spread_by_another),
        cmocka_unit_test(names_of_one_hash_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
