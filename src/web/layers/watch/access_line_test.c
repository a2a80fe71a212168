/* SPDX-License-Identifier: MIT */
/* Goal: a line of an access log says what was asked and what became of it, and no text of a client
 * can end it, forge a field of it, or make it long. */
#include "web/layers/watch/access_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S(text)                                                                                    \
    { text, sizeof(text) - 1 }

static const edoi_access usual = { .client = S("192.0.2.1"),
                                   .user = S("ada"),
                                   .method = S("GET"),
                                   .target = S("/a?b"),
                                   .protocol = S("HTTP/1.1"),
                                   .route = S("/{x}"),
                                   .referer = S("http://r/"),
                                   .agent = S("curl/8"),
                                   .id = S("id-1"),
                                   .status = 200,
                                   .bytes = 42,
                                   .duration_ns = 1234567,
                                   .seconds = 971186136,
                                   .nanoseconds = 7000000 };

static void assert_line(int (*print)(const edoi_access *, edo_buf *), const edoi_access *a,
                        const char *wanted) {
    edo_buf line = { 0 };
    assert_int_equal(print(a, &line), 0);
    assert_int_equal(edo_buf_append(&line, "", 1), 0);
    assert_string_equal(line.ptr, wanted);
    edo_buf_deinit(&line);
}

static void line_has_the_usual_form(void **state) {
    (void)state;
    assert_line(edoi_access_print_combined, &usual,
                "192.0.2.1 - ada [10/Oct/2000:13:55:36 +0000] \"GET /a?b HTTP/1.1\" 200 42 "
                "\"http://r/\" \"curl/8\"\n");
    assert_line(edoi_access_print_json, &usual,
                "{\"time\":\"2000-10-10T13:55:36.007Z\",\"client\":\"192.0.2.1\",\"user\":\"ada\","
                "\"method\":\"GET\",\"target\":\"/a?b\",\"protocol\":\"HTTP/1.1\",\"route\":\"/{x}"
                "\",\"status\":200,\"bytes\":42,\"duration_ms\":1.234,\"referer\":\"http://r/\","
                "\"user_agent\":\"curl/8\",\"request_id\":\"id-1\"}\n");
}

static void text_of_a_client_stays_in_its_field(void **state) {
    edoi_access a = usual;
    (void)state;
    a.user = (edo_str)S("a b\" -");
    a.target = (edo_str)S("/\" 200 1 \"\r\n1.2.3.4 - - \x1b[31m");
    a.agent = (edo_str)S("\\\xff\xc3\xa9");
    a.referer = a.id = a.route = (edo_str){ 0 };
    a.error = "EPIPE";
    assert_line(edoi_access_print_combined, &a,
                "192.0.2.1 - a_b\\x22_- [10/Oct/2000:13:55:36 +0000] \"GET /\\x22 200 1 \\x22\\x0d"
                "\\x0a1.2.3.4 - - \\x1b[31m HTTP/1.1\" 200 42 \"-\" \"\\x5c\\xff\\xc3\\xa9\"\n");
    assert_line(edoi_access_print_json, &a,
                "{\"time\":\"2000-10-10T13:55:36.007Z\",\"client\":\"192.0.2.1\",\"user\":\"a "
                "b\\u0022 -\",\"method\":\"GET\",\"target\":\"/\\u0022 200 1 \\u0022\\u000d\\u000a"
                "1.2.3.4 - - \\u001b[31m\",\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes\":42,"
                "\"duration_ms\":1.234,\"user_agent\":\"\\u005c\\u00ff\\u00c3\\u00a9\",\"error\":"
                "\"EPIPE\"}\n");
    a.agent = (edo_str)S("\xc3\xa9"); // UTF-8 stays in JSON
    edo_buf line = { 0 };
    assert_int_equal(edoi_access_print_json(&a, &line), 0);
    assert_non_null(memmem(line.ptr, line.len, "\"\xc3\xa9\"", 4));
    edo_buf_deinit(&line);
    a.agent = (edo_str)S("\xc2\x9b"
                         "31m\xc2\xa0"); // what is CSI for a terminal, and a blank
    line = (edo_buf){ 0 };
    assert_int_equal(edoi_access_print_json(&a, &line), 0);
    assert_non_null(memmem(line.ptr, line.len, "\"\\u009b31m\xc2\xa0\"", 13));
    edo_buf_deinit(&line);
}

static void text_that_is_cut_stays_utf8(void **state) {
    static char text[3000];
    edoi_access a = usual;
    edo_buf line = { 0 };
    (void)state;
    for (size_t i = 0; i + 2 < sizeof text; i += 3) memcpy(text + i, "\xe2\x82\xac", 3);
    a.agent = (edo_str){ text, sizeof text }; // 1,024 is within a character
    assert_int_equal(edoi_access_print_json(&a, &line), 0);
    assert_true(edo_str_is_utf8((edo_str){ line.ptr, line.len }));
    assert_non_null(memmem(line.ptr, line.len, "\"\xe2\x82\xac", 4));
    assert_null(memmem(line.ptr, line.len, "\\u00e2", 6));
    edo_buf_deinit(&line);
}

static void long_text_is_cut(void **state) {
    static char text[30000];
    edoi_access a = usual;
    edo_buf line = { 0 };
    (void)state;
    memset(text, 1, sizeof text);
    a.target = a.user = a.agent = a.referer = a.route = a.id = (edo_str){ text, sizeof text };
    assert_int_equal(edoi_access_print_json(&a, &line), 0);
    assert_true(line.len < 6 * 6 * 1024 + 500);
    edo_buf_deinit(&line);
    line = (edo_buf){ 0 };
    assert_int_equal(edoi_access_print_combined(&a, &line), 0);
    assert_true(line.len < 4 * 4 * 1024 + 500);
    edo_buf_deinit(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_has_the_usual_form),
        cmocka_unit_test(text_of_a_client_stays_in_its_field),
        cmocka_unit_test(text_that_is_cut_stays_utf8),
        cmocka_unit_test(long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
