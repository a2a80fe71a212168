/* SPDX-License-Identifier: MIT */
/* log/line_test.c: exact lines, escaping, and bounds that hold for any input. */
#include "log/line.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static edoi_log_line line;
static const struct timespec moment = { 1700000000, 123456789 };

static const char *write_look(const edoi_event *event, edoi_log_look look) {
    static char text[EDOI_LINE_BYTES_MAX + 1];
    edoi_log_line_write(&line, event, &look);
    assert_true(line.n <= EDOI_LINE_BYTES_MAX);
    memcpy(text, line.bytes, line.n);
    text[line.n] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + line.n - 1); // inv. 2
    return text;
}

static const char *write_line(const edoi_event *event, edo_log_format format) {
    return write_look(event, (edoi_log_look){ .format = format });
}

static edo_callsite site_of(const char *target, edo_level level) {
    return (edo_callsite){
        .target = target, .file = "src/net/accept.c", .function = "f", .line = 7, .level = level
    };
}

static void all_kinds_of_fields_have_a_text_and_a_json_form(void **state) {
    (void)state;
    const bool yes = true;
    const edo_kv fields[] = {
        EDO_KV("yes", yes),
        EDO_KV("int", -5),
        EDO_KV("least", INT64_MIN),
        EDO_KV("most", UINT64_MAX),
        EDO_KV("char", (unsigned char)200),
        EDO_KV("tenth", 0.1),
        EDO_KV("text", "a \"b\"\n"),
        EDO_KV_STR("part", "partial", 4),
        EDO_KV("none", (const char *)NULL),
        EDO_KV("where", (void *)0x10),
    };
    const edo_callsite site = site_of("net.tcp", EDO_LEVEL_WARN);
    const edoi_event event = { .site = &site,
                               .time = &moment,
                               .task = "serve at c.c:9",
                               .message = "accepted",
                               .message_n = 8,
                               .fields = fields,
                               .fields_n = EDO_COUNT(fields) };
    assert_string_equal(write_line(&event, EDO_LOG_TEXT),
                        "2023-11-14T22:13:20.123456Z  WARN net.tcp: accepted yes=true int=-5 "
                        "least=-9223372036854775808 most=18446744073709551615 char=200 tenth=0.1 "
                        "text=\"a \\\"b\\\"\\n\" part=\"part\" none=null where=0x10 "
                        "task=\"serve at c.c:9\"\n");
    assert_string_equal(
        write_line(&event, EDO_LOG_JSON),
        "{\"time\":\"2023-11-14T22:13:20.123456Z\",\"level\":\"warn\",\"target\":\"net.tcp\","
        "\"file\":\"src/net/accept.c\",\"line\":7,\"task\":\"serve at c.c:9\","
        "\"message\":\"accepted\",\"fields\":{\"yes\":true,\"int\":-5,"
        "\"least\":-9223372036854775808,\"most\":18446744073709551615,\"char\":200,\"tenth\":0.1,"
        "\"text\":\"a \\\"b\\\"\\n\",\"part\":\"part\",\"none\":null,\"where\":\"0x10\"}}\n");
}

static void each_form_has_a_line_of_its_own(void **state) {
    (void)state;
    static const char letters[] = " EWIDT";
    static const char *const codes[] = { "", "31", "33", "32", "34", "35" };
    static const char *const names[] = { "", "ERROR", " WARN", " INFO", "DEBUG", "TRACE" };
    const edo_kv field = EDO_KV("n", 1);
    char want[200];
    for (edo_level level = EDO_LEVEL_ERROR; level <= EDO_LEVEL_TRACE; level++) {
        const edo_callsite site = site_of("net.tcp", level);
        const edoi_event event = { .site = &site,
                                   .time = &moment,
                                   .task = "serve at c.c:9",
                                   .message = "in\x1b",
                                   .message_n = 3,
                                   .fields = &field,
                                   .fields_n = 1 };
        (void)snprintf(want, sizeof want, "22:13:20.123 %c net.tcp: in\\x1b n=1\n", letters[level]);
        assert_string_equal(write_line(&event, EDO_LOG_COMPACT), want);
        (void)snprintf(want, sizeof want, "22:13:20.123 \x1b[%sm%c\x1b[0m net.tcp: in\\x1b n=1\n",
                       codes[level], letters[level]);
        assert_string_equal(
            write_look(&event, (edoi_log_look){ .format = EDO_LOG_COMPACT, .has_colour = true }),
            want);
        (void)snprintf(want, sizeof want,
                       "2023-11-14T22:13:20.123456Z \x1b[%sm%s\x1b[0m net.tcp: in\\x1b n=1 "
                       "task=\"serve at c.c:9\"\n",
                       codes[level], names[level]);
        assert_string_equal(write_look(&event, (edoi_log_look){ .has_colour = true }), want);
    }
}

static void a_plain_event_has_no_more_than_it_needs(void **state) {
    (void)state;
    const edo_callsite site = site_of(NULL, EDO_LEVEL_ERROR);
    const edoi_event event = { .site = &site, .message = "no", .message_n = 2 };
    assert_string_equal(write_line(&event, EDO_LOG_TEXT), "ERROR accept: no\n");
    assert_string_equal(write_line(&event, EDO_LOG_JSON),
                        "{\"level\":\"error\",\"target\":\"accept\",\"file\":\"src/net/accept.c\","
                        "\"line\":7,\"message\":\"no\"}\n");
}

static void the_target_of_a_file_is_its_bare_name(void **state) {
    (void)state;
    const struct {
        const char *file, *want;
    } rows[] = { { "a/b/room.c", "room" }, { "room.c", "room" }, { "room", "room" },
                 { "a.b/room", "room" },   { "a/.c", ".c" },     { "x/a.b.c", "a.b" } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = 0;
        const char *target = edoi_target_of(NULL, rows[i].file, &n);
        assert_int_equal(n, strlen(rows[i].want));
        assert_memory_equal(target, rows[i].want, n);
    }
}

static void control_bytes_and_bad_utf8_are_escaped_everywhere(void **state) {
    (void)state;
    const edo_kv fields[] = { EDO_KV("k\n", "\x1b[2J\xff") };
    const edo_callsite site = site_of("t\x07", EDO_LEVEL_INFO);
    const edoi_event event = { .site = &site,
                               .task = "a\"b",
                               .message = "one\r\ntwo\xc3",
                               .message_n = 9,
                               .fields = fields,
                               .fields_n = 1 };
    assert_string_equal(write_line(&event, EDO_LOG_TEXT),
                        " INFO t\\x07: one\\r\\ntwo\\xc3 k\\n=\"\\x1b[2J\\xff\" task=\"a\\\"b\"\n");
    assert_string_equal(write_line(&event, EDO_LOG_JSON),
                        "{\"level\":\"info\",\"target\":\"t\\u0007\",\"file\":\"src/net/accept.c\","
                        "\"line\":7,\"task\":\"a\\\"b\",\"message\":\"one\\r\\ntwo\\ufffd\","
                        "\"fields\":{\"k\\n\":\"\\u001b[2J\\ufffd\"}}\n");
}

static void doubles_read_back_and_the_odd_ones_are_quoted_in_json(void **state) {
    (void)state;
    const struct {
        double number;
        const char *text, *json;
    } rows[] = { { 0, "0", "0" },
                 { 1.0 / 3, "0.3333333333333333", "0.3333333333333333" },
                 { DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308" },
                 { -2.5, "-2.5", "-2.5" },
                 { (double)NAN, "nan", "\"nan\"" },
                 { (double)-INFINITY, "-inf", "\"-inf\"" },
                 { (double)INFINITY, "inf", "\"inf\"" } };
    const edo_callsite site = site_of("t", EDO_LEVEL_INFO);
    char want[200];
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_kv field = EDO_KV("x", rows[i].number);
        const edoi_event event = { .site = &site, .message = "", .fields = &field, .fields_n = 1 };
        snprintf(want, sizeof want, " INFO t:  x=%s\n", rows[i].text);
        assert_string_equal(write_line(&event, EDO_LOG_TEXT), want);
        snprintf(want, sizeof want, "\"fields\":{\"x\":%s}}\n", rows[i].json);
        assert_non_null(strstr(write_line(&event, EDO_LOG_JSON), want));
    }
}

/* Each day of four centuries, and the last second that has a text. */
static void the_time_is_that_of_the_calendar(void **state) {
    (void)state;
    const edo_callsite site = site_of("t", EDO_LEVEL_INFO);
    struct timespec time = { 0, 0 };
    const edoi_event event = { .site = &site, .time = &time, .message = "" };
    char want[64];
    for (time_t day = 0; day < 146100; day++) {
        struct tm tm;
        time.tv_sec = day * 86400 + day % 86400;
        time.tv_nsec = day * 6827;
        assert_non_null(gmtime_r(&time.tv_sec, &tm));
        size_t n = strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(want + n, sizeof want - n, ".%06ldZ  INFO t: \n", time.tv_nsec / 1000);
        assert_string_equal(write_line(&event, EDO_LOG_TEXT), want);
    }
    time = (struct timespec){ 253402300799, 999999999 };
    assert_string_equal(write_line(&event, EDO_LOG_TEXT),
                        "9999-12-31T23:59:59.999999Z  INFO t: \n");
    time.tv_sec++;
    assert_string_equal(write_line(&event, EDO_LOG_TEXT), "  INFO t: \n");
    time.tv_sec = -1;
    assert_string_equal(write_line(&event, EDO_LOG_TEXT), "  INFO t: \n");
}

static char huge[20000];

/* A long event of bytes that expand most when escaped; checks that the line is complete. */
static void check_huge(char filling, size_t fields_n, size_t value_n) {
    static edo_kv fields[64];
    memset(huge, filling, sizeof huge - 1);
    for (size_t i = 0; i < fields_n; i++) fields[i] = EDO_KV_STR("key", huge, value_n);
    edo_callsite site = site_of(huge, EDO_LEVEL_INFO);
    site.file = huge;
    const edoi_event event = { .site = &site,
                               .time = &moment,
                               .task = huge,
                               .message = huge,
                               .message_n = sizeof huge - 1,
                               .fields = fields,
                               .fields_n = fields_n };
    const char *text = write_line(&event, EDO_LOG_COMPACT);
    assert_non_null(strstr(text, " ...\n"));
    text = write_line(&event, EDO_LOG_TEXT);
    assert_non_null(strstr(text, "\" ...\n"));
    text = write_line(&event, EDO_LOG_JSON);
    assert_non_null(strstr(text, fields_n ? "},\"cut\":true}\n" : "\",\"cut\":true}\n"));
}

static void overlong_parts_are_cut_and_the_line_is_closed(void **state) {
    (void)state;
    const char fillings[] = { 'x', '\x01', '\xff', '"', '\n' };
    for (size_t i = 0; i < EDO_COUNT(fillings); i++) {
        for (size_t fields_n = 0; fields_n <= 64; fields_n += 8) {
            for (size_t value_n = 0; value_n <= 2000; value_n += 97) {
                check_huge(fillings[i], fields_n, value_n);
            }
        }
    }
}

static void a_cut_falls_between_characters(void **state) {
    (void)state;
    for (size_t i = 0; i + 1 < sizeof huge; i += 2) memcpy(huge + i, "\xc3\xa4", 2);
    const edo_callsite site = site_of("t", EDO_LEVEL_INFO);
    for (size_t skip = 0; skip < 2; skip++) {
        huge[0] = 'x';
        huge[1] = 'y';
        const edoi_event event = { .site = &site,
                                   .message = huge + skip,
                                   .message_n = EDOI_MESSAGE_MAX + 100 };
        assert_null(strchr(write_line(&event, EDO_LOG_TEXT), '\\'));
    }
}

/* Bytes that only go on a character have none to begin it. */
static void bytes_that_are_no_text_are_cut_too(void **state) {
    (void)state;
    memset(huge, 0x80, sizeof huge);
    const edo_callsite site = site_of("t", EDO_LEVEL_INFO);
    const edo_kv value = EDO_KV_STR("k", huge, EDOI_VALUE_MAX + 1);
    const edoi_event event = { .site = &site,
                               .message = huge,
                               .message_n = EDOI_MESSAGE_MAX + 1,
                               .fields = &value,
                               .fields_n = 1 };
    const char *got = write_line(&event, EDO_LOG_TEXT);
    assert_non_null(strstr(got, " t: \\x80\\x80"));
    assert_non_null(strstr(got, "k=\"\\x80\\x80"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_of_fields_have_a_text_and_a_json_form),
        cmocka_unit_test(each_form_has_a_line_of_its_own),
        cmocka_unit_test(a_plain_event_has_no_more_than_it_needs),
        cmocka_unit_test(the_target_of_a_file_is_its_bare_name),
        cmocka_unit_test(control_bytes_and_bad_utf8_are_escaped_everywhere),
        cmocka_unit_test(doubles_read_back_and_the_odd_ones_are_quoted_in_json),
        cmocka_unit_test(the_time_is_that_of_the_calendar),
        cmocka_unit_test(overlong_parts_are_cut_and_the_line_is_closed),
        cmocka_unit_test(a_cut_falls_between_characters),
        cmocka_unit_test(bytes_that_are_no_text_are_cut_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
