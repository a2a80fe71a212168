/* SPDX-License-Identifier: MIT */
/* Goal: what an argument holds never makes another command of it; the commands that would disturb
 * other callers are known, however they are written. Method: tables. */
#include "redis/wire/command.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int formatted(edoi_redis_command *out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int err = edoi_redis_command_format(out, format, args);
    va_end(args);
    return err;
}

static void expect_bytes(edoi_redis_command c, const char *bytes, size_t n) {
    assert_int_equal(c.n, n);
    assert_memory_equal(c.bytes, bytes, n);
    edoi_redis_command_free(c.bytes);
}

static void arguments_stay_arguments(void **state) {
    (void)state;
    static const char hostile[] = "a b\r\n*1\r\n$8\r\nFLUSHALL\r\n%s%n";
    static const char wanted[] =
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$27\r\na b\r\n*1\r\n$8\r\nFLUSHALL\r\n%s%n\r\n";
    edoi_redis_command c;
    assert_int_equal(formatted(&c, "SET %s %s", "k", hostile), 0);
    expect_bytes(c, wanted, sizeof wanted - 1);
    assert_int_equal(formatted(&c, "SET k %b", hostile, sizeof hostile - 1), 0);
    expect_bytes(c, wanted, sizeof wanted - 1);
    edo_str parts[] = { EDO_STR("SET"), EDO_STR("k"), { hostile, sizeof hostile - 1 } };
    assert_int_equal(edoi_redis_command_make(&c, parts, 3), 0);
    expect_bytes(c, wanted, sizeof wanted - 1);
    assert_int_equal(formatted(&c, "SET k %b", "\0", (size_t)1), 0);
    expect_bytes(c, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\n\0\r\n", 27);
    assert_int_equal(formatted(&c, "SET k %b", "", (size_t)0), 0);
    expect_bytes(c, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", 26);
}

static void expect_formatted(const char *wanted, const char *format, ...) {
    edoi_redis_command c;
    va_list args;
    va_start(args, format);
    assert_int_equal(edoi_redis_command_format(&c, format, args), 0);
    va_end(args);
    expect_bytes(c, wanted, strlen(wanted));
}

/* Of words, %s and %b alone, and with all else that hiredis knows. */
static void formats_are_split_alike(void **state) {
    (void)state;
    expect_formatted("*1\r\n$4\r\nPING\r\n", "  PING  ");
    expect_formatted("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "GET %s", "");
    expect_formatted("*2\r\n$3\r\nGET\r\n$3\r\nk:a\r\n", "GET k:%s", "a");
    expect_formatted("*3\r\n$1\r\nS\r\n$1\r\nb\r\n$2\r\n-7\r\n", "S %b %d", "bc", (size_t)1, -7);
    expect_formatted("*2\r\n$1\r\n%\r\n$1\r\nx\r\n", "%% %s", "x");
    expect_formatted("*17\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6\r\n"
                     "$1\r\n7\r\n$1\r\n8\r\n$1\r\n9\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n"
                     "$1\r\ne\r\n$1\r\nf\r\n$1\r\ng\r\n$1\r\nh\r\n",
                     "1 2 3 4 5 6 7 8 9 a b c d e f g %s", "h");
}

static void lengths_are_written_in_full(void **state) {
    (void)state;
    static const size_t lengths[] = { 9, 10, 99, 12345, 99999999, 100000000 };
    for (size_t i = 0; i < EDO_COUNT(lengths); i++) {
        edoi_redis_command c;
        char head[32], *text = calloc(1, lengths[i]);
        assert_non_null(text);
        int n = snprintf(head, sizeof head, "*1\r\n$%zu\r\n", lengths[i]);
        assert_int_equal(edoi_redis_command_make(&c, &(edo_str){ text, lengths[i] }, 1), 0);
        assert_int_equal(c.n, (size_t)n + lengths[i] + 2);
        assert_memory_equal(c.bytes, head, (size_t)n);
        assert_memory_equal(c.bytes + c.n - 2, "\r\n", 2);
        edoi_redis_command_free(c.bytes);
        free(text);
    }
}

static void format_that_is_none_is_refused(void **state) {
    (void)state;
    edoi_redis_command c;
    assert_int_equal(formatted(&c, "GET %y", "k"), -EINVAL);
}

static void too_long_is_refused(void **state) {
    (void)state;
    edoi_redis_command c;
    edo_str parts[] = { EDO_STR("SET"), EDO_STR("k"), { "", (size_t)1 << 31 } };
    assert_int_equal(edoi_redis_command_make(&c, parts, 3), -EMSGSIZE);
    parts[2].len = SIZE_MAX;
    assert_int_equal(edoi_redis_command_make(&c, parts, 3), -EMSGSIZE);
}

static void commands_are_known(void **state) {
    (void)state;
    static const struct {
        const char *text;
        edoi_redis_need need;
        bool blocks;
        const char *name;
    } rows[] = {
        { "GET k", EDOI_REDIS_SHARES, false, "GET" },
        { "get k", EDOI_REDIS_SHARES, false, "GET" },
        { "BLPOP k 0", EDOI_REDIS_OWN, true, "BLPOP" },
        { "bLpOp k 0", EDOI_REDIS_OWN, true, "BLPOP" },
        { "BLPOPX k 0", EDOI_REDIS_SHARES, false, "BLPOPX" },
        { "WAIT 1 0", EDOI_REDIS_OWN, true, "WAIT" },
        { "WATCH k", EDOI_REDIS_OWN, false, "WATCH" },
        { "MULTI", EDOI_REDIS_OWN, false, "MULTI" },
        { "SELECT 1", EDOI_REDIS_OWN, false, "SELECT" },
        { "SUBSCRIBE c", EDOI_REDIS_NEVER, false, "SUBSCRIBE" },
        { "monitor", EDOI_REDIS_NEVER, false, "MONITOR" },
        { "HELLO 3", EDOI_REDIS_NEVER, false, "HELLO" },
        { "CLIENT LIST", EDOI_REDIS_SHARES, false, "CLIENT" },
        { "CLIENT REPLY OFF", EDOI_REDIS_NEVER, false, "CLIENT" },
        { "XREAD COUNT 2 STREAMS s 0", EDOI_REDIS_SHARES, false, "XREAD" },
        { "XREAD block 0 STREAMS s $", EDOI_REDIS_OWN, true, "XREAD" },
        { "XREAD STREAMS block 0", EDOI_REDIS_SHARES, false, "XREAD" },
        { "XREADGROUP GROUP g c BLOCK 1 STREAMS s >", EDOI_REDIS_OWN, true, "XREADGROUP" },
        { "XREADGROUP GROUP streams c BLOCK 1 STREAMS s >", EDOI_REDIS_OWN, true, "XREADGROUP" },
        { "XREADGROUP GROUP g block STREAMS s >", EDOI_REDIS_SHARES, false, "XREADGROUP" },
        { "XREADGROUP GROUP g", EDOI_REDIS_SHARES, false, "XREADGROUP" },
        { "", EDOI_REDIS_NEVER, false, "?" },
        { "12 k", EDOI_REDIS_SHARES, false, "?" },
        { "averyveryverylongcommandnamethatisnone", EDOI_REDIS_SHARES, false,
          "AVERYVERYVERYLONGCOMMAN" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_redis_command c;
        char name[EDOI_REDIS_NAME_MAX];
        bool blocks;
        assert_int_equal(formatted(&c, rows[i].text), 0);
        if (edoi_redis_command_need(&c, &blocks) != rows[i].need || blocks != rows[i].blocks)
            fail_msg("%s", rows[i].text);
        edoi_redis_command_name(name, &c);
        assert_string_equal(name, rows[i].name);
        edoi_redis_command_free(c.bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_stay_arguments),
        cmocka_unit_test(formats_are_split_alike),
        cmocka_unit_test(lengths_are_written_in_full),
        cmocka_unit_test(format_that_is_none_is_refused),
        cmocka_unit_test(too_long_is_refused),
        cmocka_unit_test(commands_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
