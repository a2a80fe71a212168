/* SPDX-License-Identifier: MIT */
/* Goal: statuses and errors stand for each other, and messages arrive whatever is in them.
 * Method: tables; every byte there and back. */
#include "grpc/wire/status.h"

#include <edo/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_status_comes_back_from_its_error(void **state) {
    (void)state;
    for (int s = 0; s < EDOI_GRPC_STATUSES_N; s++)
        assert_int_equal(edo_grpc_status_of(edo_grpc_error_of((edo_grpc_status)s)), s);
    assert_string_equal(edo_grpc_status_name(EDO_GRPC_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(edo_grpc_status_name((edo_grpc_status)17), "UNKNOWN");
    assert_int_equal(edo_grpc_error_of((edo_grpc_status)-1), -EIO);
}

static void errors_have_the_nearest_status(void **state) {
    static const struct {
        int err;
        edo_grpc_status status;
    } rows[] = {
        { 0, EDO_GRPC_OK },
        { 7, EDO_GRPC_OK },
        { -ETIMEDOUT, EDO_GRPC_DEADLINE_EXCEEDED },
        { -ENOENT, EDO_GRPC_NOT_FOUND },
        { -EEXIST, EDO_GRPC_ALREADY_EXISTS },
        { -EACCES, EDO_GRPC_PERMISSION_DENIED },
        { -ENOMEM, EDO_GRPC_RESOURCE_EXHAUSTED },
        { -ECANCELED, EDO_GRPC_CANCELLED },
        { -EDO_EOVERLOADED, EDO_GRPC_UNAVAILABLE },
        { -EDO_ECIRCUITOPEN, EDO_GRPC_UNAVAILABLE },
        { -ECONNABORTED, EDO_GRPC_UNAVAILABLE },
        { -EHOSTDOWN, EDO_GRPC_UNAVAILABLE },
        { -ENETDOWN, EDO_GRPC_UNAVAILABLE },
        { -EDO_EMISUSE, EDO_GRPC_UNKNOWN },
        { -EPIPE, EDO_GRPC_UNKNOWN },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(edo_grpc_status_of(rows[i].err), rows[i].status);
}

static void numbers_of_the_wire_are_strict(void **state) {
    static const char *const unknown[] = {
        "17", "-1", "", "00", "1 ", "x", "184467440737095516161"
    };
    (void)state;
    for (int s = 0; s < EDOI_GRPC_STATUSES_N; s++)
        assert_int_equal(edoi_grpc_status_parse(edoi_grpc_status_text((edo_grpc_status)s)), s);
    for (size_t i = 0; i < EDO_COUNT(unknown); i++)
        assert_int_equal(edoi_grpc_status_parse(edo_str_of(unknown[i])), EDO_GRPC_UNKNOWN);
}

static void others_have_a_status_too(void **state) {
    static const int http[][2] = { { 400, 13 }, { 401, 16 }, { 403, 7 },  { 404, 12 },
                                   { 429, 14 }, { 502, 14 }, { 503, 14 }, { 504, 14 },
                                   { 200, 2 },  { 500, 2 },  { 302, 2 } };
    static const int resets[] = { 13, 13, 13, 13, 13, 13, 13, 14, 1, 13, 13, 8, 7, 13 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(http); i++)
        assert_int_equal(edoi_grpc_status_of_http((edo_status)http[i][0]), http[i][1]);
    for (size_t i = 0; i < EDO_COUNT(resets); i++)
        assert_int_equal(edoi_grpc_status_of_reset((uint32_t)i), resets[i]);
}

static void encodes(edo_str message, size_t most, const char *wanted) {
    edo_buf out = { 0 };
    assert_int_equal(edoi_grpc_message_encode(&out, message, most), 0);
    assert_int_equal(out.len, strlen(wanted));
    if (out.len > 0) assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
}

static void messages_are_escaped_where_http_would_not_bear_them(void **state) {
    (void)state;
    encodes(EDO_STR("plain ~text"), 100, "plain ~text");
    encodes(EDO_STR("\t100%\r\n\x7f"), 100, "%09100%25%0D%0A%7F");
    encodes(EDO_STR("\xc3\xa9"), 100, "%C3%A9");
    encodes(EDO_STR(""), 100, "");
}

static void long_messages_are_cut_between_characters(void **state) {
    (void)state;
    encodes(EDO_STR("ab\xc3\xa9z"), 8, "ab%C3%A9");
    encodes(EDO_STR("ab\xc3\xa9z"), 7, "ab");
    encodes(EDO_STR("\xf0\x9f\x98\x88"), 11, "");
    encodes(EDO_STR("abc"), 0, "");
    encodes(EDO_STR("\x80\x80\x80"), 7, "%80%80"); // no character's bytes
}

static void decodes(const char *text, const char *wanted) {
    char room[64];
    size_t n = strlen(text);
    memcpy(room, text, n);
    n = edoi_grpc_message_decode(room, n);
    assert_int_equal(n, strlen(wanted));
    assert_memory_equal(room, wanted, n);
}

static void bad_escapes_stay_as_they_are(void **state) {
    (void)state;
    decodes("a%20b", "a b");
    decodes("%c3%A9", "\xc3\xa9");
    decodes("100%", "100%");
    decodes("%2", "%2");
    decodes("%zz%41", "%zzA");
    decodes("%%41", "%A");
}

static size_t prints(char *text, const char *format, ...) EDO_PRINTF(2, 3);
static size_t prints(char *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    size_t n = edoi_grpc_message_print(text, format, args);
    va_end(args);
    return n;
}

static void messages_of_programs_are_cut_between_characters(void **state) {
    char text[EDOI_GRPC_MESSAGE_MAX];
    (void)state;
    assert_int_equal(prints(text, "%01023d", 0), 1023);
    assert_int_equal(prints(text, "%01024d", 0), 1023);
    assert_int_equal(prints(text, "%01022d\xc3\xa9", 0), 1022); // one byte would fit
    assert_int_equal(prints(text, "%01021d\xc3\xa9z", 0), 1023);
    assert_int_equal(prints(text, "%s", ""), 0);
}

static void every_byte_comes_back(void **state) {
    char all[256];
    edo_buf out = { 0 };
    (void)state;
    for (int i = 0; i < 256; i++) all[i] = (char)i;
    assert_int_equal(edoi_grpc_message_encode(&out, (edo_str){ all, sizeof all }, 1000), 0);
    for (size_t i = 0; i < out.len; i++) assert_in_range(out.ptr[i], 0x20, 0x7e);
    out.len = edoi_grpc_message_decode(out.ptr, out.len);
    assert_int_equal(out.len, sizeof all);
    assert_memory_equal(out.ptr, all, sizeof all);
    edo_buf_deinit(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_comes_back_from_its_error),
        cmocka_unit_test(errors_have_the_nearest_status),
        cmocka_unit_test(numbers_of_the_wire_are_strict),
        cmocka_unit_test(others_have_a_status_too),
        cmocka_unit_test(messages_are_escaped_where_http_would_not_bear_them),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(bad_escapes_stay_as_they_are),
        cmocka_unit_test(messages_of_programs_are_cut_between_characters),
        cmocka_unit_test(every_byte_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
