/* SPDX-License-Identifier: MIT */
/* Goal: a reply is what the server has sent, however its bytes come; what a hostile server sends is
 * a named error, before memory is taken for it.
 * Method: tables, fed whole and byte by byte; each allocation fails in turn. */
#include "redis/wire/reader.h"
#include "redis/wire/reply.h"

#include "base/memory/alloc.h"

#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MALFORMED                                                                                  \
    "a length, a number or a type in a reply is malformed, or arrays lie more than 7 deep"

#define TEN_IN_ONE "*10\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"

#define TEN   "0123456789"
#define FORTY TEN TEN TEN TEN
#define SIXTY FORTY TEN TEN

static const edoi_redis_limits small = { .text_max = 100, .items_max = 20 };
static const edoi_redis_limits usual = { EDOI_REDIS_TEXT_MAX, EDOI_REDIS_ITEMS_MAX };

#define OUT_BYTES 512

/* Appends to `out`, which has OUT_BYTES. */
__attribute__((format(printf, 2, 3))) static void put(char *out, const char *format, ...) {
    size_t n = strlen(out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + n, OUT_BYTES - n, format, args);
    va_end(args);
}

static void reply_print(char *out, const edo_redis_reply *r) {
    edo_str text = edo_redis_reply_text(r);
    switch (edo_redis_reply_kind(r)) {
    case EDO_REDIS_NIL: put(out, "nil"); return;
    case EDO_REDIS_INT: put(out, "%lld", (long long)edo_redis_reply_int(r)); return;
    case EDO_REDIS_STATUS: put(out, "+%.*s", (int)text.len, text.ptr); return;
    case EDO_REDIS_TEXT: put(out, "'%.*s'", (int)text.len, text.ptr); return;
    case EDO_REDIS_ERROR: put(out, "-%.*s", (int)text.len, text.ptr); return;
    case EDO_REDIS_ARRAY: break;
    }
    put(out, "[");
    for (size_t i = 0; i < edo_redis_reply_count(r); i++) {
        if (i > 0) put(out, ",");
        reply_print(out, edo_redis_reply_at(r, i));
    }
    put(out, "]");
}

/* Reads all of `bytes` in pieces; prints the replies, and behind them what failed. */
static int read_all(char *out, edo_str bytes, size_t piece, const edoi_redis_limits *limits) {
    edoi_redis_reader r;
    int rc = edoi_redis_reader_init(&r, limits);
    *out = 0;
    for (size_t at = 0; at < bytes.len && rc >= 0; at += piece) {
        edo_redis_reply *reply = NULL;
        size_t n = bytes.len - at < piece ? bytes.len - at : piece;
        rc = edoi_redis_reader_feed(&r, bytes.ptr + at, n);
        while (rc >= 0 && (rc = edoi_redis_reader_next(&r, &reply)) == 1) {
            reply_print(out, reply);
            put(out, ";");
            edo_redis_reply_free(reply);
        }
    }
    if (rc < 0 && r.why) put(out, "%s", r.why);
    edoi_redis_reader_deinit(&r);
    return rc;
}

typedef struct row {
    const char *name;
    edo_str bytes;
    int result;
    const char *printed;
} row;

#define TYPE(byte, printed)                                                                        \
    { "type " byte, { byte "1\r\n", sizeof(byte "1\r\n") - 1 }, -EPROTO, printed }
#define ROW(name, bytes, result, printed)                                                          \
    { name, { bytes, sizeof(bytes) - 1 }, result, printed }

static const row rows[] = {
    ROW("each kind", "+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n$5\r\na\r\nb\0\r\n", 0,
        "+OK;-ERR no;-7;nil;nil;'a\r\nb"),
    ROW("empty ones", "+\r\n$0\r\n\r\n*0\r\n", 0, "+;'';[];"),
    ROW("array", "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n:2\r\n", 0, "[1,['x',nil],+y];2;"),
    ROW("errors in arrays", "*2\r\n-WRONGTYPE a\r\n:1\r\n", 0, "[-WRONGTYPE a,1];"),
    ROW("8 arrays", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:5\r\n", 0,
        "[[[[[[[[5]]]]]]]];"),
    ROW("9 arrays", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:5\r\n", -EPROTO,
        MALFORMED),
    ROW("text at the limit", "$3\r\nabc\r\n$100\r\n", 0, "'abc';"),
    ROW("text above it", "$101\r\n", -EDO_ETOOLONG,
        "the texts of a reply are longer than `text_max`"),
    ROW("text far above it", "$9223372036854775807\r\n", -EDO_ETOOLONG,
        "the texts of a reply are longer than `text_max`"),
    ROW("text of no number", "$99999999999999999999\r\n", -EPROTO, MALFORMED),
    ROW("text below nothing", "$-2\r\n", -EPROTO, MALFORMED),
    ROW("text in an array above it", "*2\r\n:1\r\n$101\r\n", -EDO_ETOOLONG,
        "the texts of a reply are longer than `text_max`"),
    ROW("texts at the limit", "*2\r\n$60\r\n" SIXTY "\r\n$40\r\n" FORTY "\r\n$100\r\n", 0,
        "['" SIXTY "','" FORTY "'];"),
    ROW("texts above it together", "*2\r\n$60\r\n" SIXTY "\r\n$41\r\n", -EDO_ETOOLONG,
        "the texts of a reply are longer than `text_max`"),
    ROW("words above it together", "*3\r\n+" SIXTY "\r\n-" FORTY "\r\n+x\r\n", -EDO_ETOOLONG,
        "the texts of a reply are longer than `text_max`"),
    ROW("text that goes on", "$3\r\nabcd\r\n", -EPROTO, "a text is longer than its length says"),
    ROW("items at the limit", "*20\r\n", 0, ""),
    ROW("items of arrays in arrays", "*3\r\n" TEN_IN_ONE TEN_IN_ONE TEN_IN_ONE, -EDO_ETOOLONG,
        "an array has more items than `items_max`"),
    ROW("items above it", "*21\r\n", -EDO_ETOOLONG, "an array has more items than `items_max`"),
    ROW("items far above it", "*2147483647\r\n", -EDO_ETOOLONG,
        "an array has more items than `items_max`"),
    ROW("items of no int", "*4294967297\r\n", -EPROTO, MALFORMED),
    ROW("items below nothing", "*-2\r\n", -EPROTO, MALFORMED),
    ROW("items inside above it", "*2\r\n*21\r\n", -EDO_ETOOLONG,
        "an array has more items than `items_max`"),
    ROW("number of letters", ":a\r\n", -EPROTO, MALFORMED),
    ROW("number too large", ":9223372036854775808\r\n", -EPROTO, MALFORMED),
    ROW("largest number", ":9223372036854775807\r\n", 0, "9223372036854775807;"),
    TYPE("%", "a type of RESP3"),
    TYPE("~", "a type of RESP3"),
    TYPE("_", "a type of RESP3"),
    TYPE("#", "a type of RESP3"),
    TYPE(",", "a type of RESP3"),
    TYPE("(", "a type of RESP3"),
    TYPE("=", "a type of RESP3"),
    TYPE(">", "a type of RESP3"),
    TYPE("|", "a type of RESP3"),
    TYPE("!", "a type of RESP3"),
    TYPE("H", "no type of RESP2"),
    TYPE("\r", "no type of RESP2"),
    TYPE("\xff", "no type of RESP2"),
    ROW("type of nothing", "\0", -EPROTO, "no type of RESP2"),
    ROW("type behind a reply", "+OK\r\n>1\r\n", -EPROTO, "+OK;a type of RESP3"),
    ROW("type in an array", "*1\r\n%1\r\n", -EPROTO, MALFORMED),
};

static void replies_are_what_was_sent(void **state) {
    (void)state;
    char out[OUT_BYTES];
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        for (size_t piece = 1; piece < 80; piece += 1 + piece / 4) {
            int rc = read_all(out, rows[i].bytes, piece, &small);
            if (rc != rows[i].result || strncmp(out, rows[i].printed, strlen(rows[i].printed)) != 0)
                fail_msg("%s by %zu: %d %s", rows[i].name, piece, rc, out);
        }
    }
}

/* A reader that has failed says the same again. */
static void failure_stays(void **state) {
    (void)state;
    edoi_redis_reader r;
    edo_redis_reply *reply = NULL;
    assert_int_equal(edoi_redis_reader_init(&r, &small), 0);
    assert_int_equal(edoi_redis_reader_feed(&r, "*2\r\n:1\r\n>0\r\n", 12), 0);
    assert_int_equal(edoi_redis_reader_next(&r, &reply), -EPROTO);
    assert_int_equal(edoi_redis_reader_next(&r, &reply), -EPROTO);
    assert_int_equal(edoi_redis_reader_feed(&r, "+OK\r\n", 5), -EPROTO);
    assert_null(reply);
    edoi_redis_reader_deinit(&r);
}

/* A line that does not end is refused before it fills the memory. */
static void line_without_an_end_is_refused(void **state) {
    (void)state;
    static const char *const begins[] = { "+", "-", ":", "$", "*", "*1\r\n+" };
    char bytes[4096];
    memset(bytes, '1', sizeof bytes);
    for (size_t i = 0; i < EDO_COUNT(begins); i++) {
        edoi_redis_reader r;
        edo_redis_reply *reply = NULL;
        size_t fed = 0;
        int rc = edoi_redis_reader_init(&r, &usual);
        if (rc == 0) rc = edoi_redis_reader_feed(&r, begins[i], strlen(begins[i]));
        for (; rc == 0 && fed < (size_t)1 << 20; fed += sizeof bytes) {
            rc = edoi_redis_reader_feed(&r, bytes, sizeof bytes);
            if (rc == 0) rc = edoi_redis_reader_next(&r, &reply);
        }
        assert_int_equal(rc, -EDO_ETOOLONG);
        assert_string_equal(r.why, "a line has no end");
        assert_in_range(fed, EDOI_REDIS_LINE_MAX, EDOI_REDIS_LINE_MAX + 2 * sizeof bytes);
        edoi_redis_reader_deinit(&r);
    }
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static size_t biggest; /* request for memory */

static void *watched_alloc(void *arg, size_t bytes) {
    (void)arg;
    if (bytes > biggest) biggest = bytes;
    return malloc(bytes);
}

static void *watched_realloc(void *arg, void *ptr, size_t bytes) {
    (void)arg;
    if (bytes > biggest) biggest = bytes;
    return realloc(ptr, bytes);
}

static void watched_free(void *arg, void *ptr) {
    (void)arg;
    free(ptr);
}

/* Inv. 2 of the reader. */
static void announced_items_take_no_memory(void **state) {
    (void)state;
    char out[OUT_BYTES];
    edo_str bytes = EDO_STR("*1000000\r\n*1000000\r\n*1000000\r\n*1000000\r\n:1\r\n");
    biggest = 0;
    assert_int_equal(read_all(out, bytes, 1000, &usual), 0);
    assert_in_range(biggest, 1, 1024);
}

static void without_memory_it_fails_and_leaks_nothing(void **state) {
    (void)state;
    char out[OUT_BYTES];
    edo_str bytes = EDO_STR("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n*0\r\n");
    int rc = -ENOMEM;
    for (uint64_t k = 1; rc < 0; k++) {
        edoi_alloc_fail_at(k);
        rc = read_all(out, bytes, 7, &small);
        assert_true(rc == 0 || rc == -ENOMEM);
        assert_true(rc == 0 || edoi_alloc_fail_fired());
    }
    edoi_alloc_fail_at(0);
    assert_string_equal(out, "[1,['x',nil],+y];[];");
}

/* A large reply's buffer is given back; the next reply is read as before. */
static void large_text_is_read_and_forgotten(void **state) {
    (void)state;
    enum { N = 300000 };
    edoi_redis_reader r;
    edo_redis_reply *reply = NULL;
    char *bytes = malloc(N + 32);
    assert_non_null(bytes);
    size_t n = (size_t)snprintf(bytes, 32, "$%d\r\n", N);
    memset(bytes + n, 'x', N);
    memcpy(bytes + n + N, "\r\n", 2);
    assert_int_equal(edoi_redis_reader_init(&r, &usual), 0);
    for (size_t at = 0, all = n + N + 2; at < all; at += 1000)
        assert_int_equal(edoi_redis_reader_feed(&r, bytes + at, all - at < 1000 ? all - at : 1000),
                         0);
    assert_int_equal(edoi_redis_reader_next(&r, &reply), 1);
    assert_int_equal(edo_redis_reply_text(reply).len, N);
    edo_redis_reply_free(reply);
    struct redisReader *before = r.inner;
    assert_int_equal(edoi_redis_reader_next(&r, &reply), 0);
    assert_true(r.inner != before || !r.is_large);
    assert_int_equal(edoi_redis_reader_feed(&r, "+OK\r\n", 5), 0);
    assert_int_equal(edoi_redis_reader_next(&r, &reply), 1);
    assert_string_equal(edo_redis_reply_text(reply).ptr, "OK");
    edo_redis_reply_free(reply);
    edoi_redis_reader_deinit(&r);
    free(bytes);
}

/* ---- Accessors ------------------------------------------------------------------------------- */

static void numbers_are_read_from_texts(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } texts[] = { { "0", 0 },
                  { "42", 42 },
                  { "-42", -42 },
                  { "9223372036854775807", INT64_MAX },
                  { "-9223372036854775808", INT64_MIN },
                  { "9223372036854775808", 0 },
                  { "-9223372036854775809", 0 },
                  { "", 0 },
                  { "-", 0 },
                  { "4x", 0 } };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_redis_reply *r =
            edoi_redis_reply_text(EDO_REDIS_TEXT, texts[i].text, strlen(texts[i].text));
        assert_non_null(r);
        assert_true(edo_redis_reply_int(r) == texts[i].value);
        edo_redis_reply_free(r);
    }
}

static void no_reply_is_nil(void **state) {
    (void)state;
    assert_int_equal(edo_redis_reply_kind(NULL), EDO_REDIS_NIL);
    assert_int_equal(edo_redis_reply_count(NULL), 0);
    assert_int_equal(edo_redis_reply_int(NULL), 0);
    assert_int_equal(edo_redis_reply_text(NULL).len, 0);
    assert_null(edo_redis_reply_at(NULL, 0));
    edo_redis_reply_free(NULL);
}

static void code_word_of_an_error(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        { "WRONGTYPE Operation", "WRONGTYPE" }, { "ERR", "ERR" }, { "err x", "" }, { "", "" }
    };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_redis_reply *r =
            edoi_redis_reply_text(EDO_REDIS_ERROR, texts[i][0], strlen(texts[i][0]));
        assert_non_null(r);
        assert_true(edo_str_equal(edoi_redis_reply_code(r), edo_str_of(texts[i][1])));
        edo_redis_reply_free(r);
    }
}

int main(void) {
    static const edo_allocator watched = { .alloc = watched_alloc,
                                           .realloc = watched_realloc,
                                           .free = watched_free };
    (void)edo_set_allocator(&watched);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_are_what_was_sent),
        cmocka_unit_test(failure_stays),
        cmocka_unit_test(line_without_an_end_is_refused),
        cmocka_unit_test(announced_items_take_no_memory),
        cmocka_unit_test(without_memory_it_fails_and_leaks_nothing),
        cmocka_unit_test(large_text_is_read_and_forgotten),
        cmocka_unit_test(numbers_are_read_from_texts),
        cmocka_unit_test(no_reply_is_nil),
        cmocka_unit_test(code_word_of_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
