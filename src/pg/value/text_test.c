/* SPDX-License-Identifier: MIT */
/* Goal: what PostgreSQL writes becomes the element that the description has, and arguments the text
 * that it reads; what does not fit is an error that quotes nothing.
 * Method: texts as the server writes them, both ways; times through both directions over the whole
 * range. */
#include "pg/value/args.h"
#include "pg/value/text.h"

#include <edo/error.h>

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum mood { MOOD_OK = 1, MOOD_SAD } mood;
EDO_DESCRIBE_ENUM(mood, EDO_UNIT(MOOD_OK, "ok"), EDO_UNIT(MOOD_SAD, "sad"))

typedef struct inner {
    int32_t a;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, a))

typedef struct all_kinds {
    bool b;
    int16_t i16;
    int64_t i64;
    uint32_t u32;
    float f32;
    double f64;
    edo_str str;
    char *text;
    char chars[8];
    edo_bytes bytes;
    edo_duration duration;
    edo_wall wall;
    edo_wall *walls;
    size_t walls_n;
    edo_duration *waits;
    size_t waits_n;
    mood m;
    inner json;
    int32_t *ptr;
    int32_t *list;
    size_t list_n;
    edo_str *names;
    size_t names_n;
    int32_t fixed[2];
    int32_t upto[3];
    size_t upto_n;
    bool has;
    int32_t maybe;
} all_kinds;
EDO_DESCRIBE(all_kinds, EDO_FIELD(all_kinds, b), EDO_FIELD(all_kinds, i16),
             EDO_FIELD(all_kinds, i64), EDO_FIELD(all_kinds, u32), EDO_FIELD(all_kinds, f32),
             EDO_FIELD(all_kinds, f64), EDO_FIELD(all_kinds, str), EDO_FIELD(all_kinds, text),
             EDO_FIELD(all_kinds, chars), EDO_FIELD(all_kinds, bytes),
             EDO_FIELD(all_kinds, duration, .max = INT64_C(864000000000000)),
             EDO_FIELD(all_kinds, wall, .min = INT64_C(-62135596800), .max = INT64_C(4102444800)),
             EDO_FIELD_LIST(all_kinds, walls, walls_n), EDO_FIELD_LIST(all_kinds, waits, waits_n),
             EDO_FIELD_OF(all_kinds, m, mood_desc), EDO_FIELD_OF(all_kinds, json, inner_desc),
             EDO_FIELD_PTR(all_kinds, ptr, .optional = true),
             EDO_FIELD_LIST(all_kinds, list, list_n), EDO_FIELD_LIST(all_kinds, names, names_n),
             EDO_FIELD_FIXED(all_kinds, fixed), EDO_FIELD_UPTO(all_kinds, upto, upto_n),
             EDO_FIELD(all_kinds, maybe, .optional = true, EDO_HAS(all_kinds, has)))

static int read_field(all_kinds *v, const char *name, uint32_t oid, const char *text) {
    const edo_field *f = edo_desc_find(&all_kinds_desc, edo_str_of(name));
    return edoi_pg_text_read(v, f, oid, edo_str_of(text), &(edoi_pg_memory){ NULL, false });
}

static void values_fill_their_fields(void **state) {
    (void)state;
    all_kinds v = { 0 };
    static const char *const rows[][2] = {
        { "b", "t" },
        { "i16", "-32768" },
        { "i64", "9223372036854775807" },
        { "u32", "4294967295" },
        { "f32", "1.5" },
        { "f64", "1e300" },
        { "str", "Gr\xc3\xbc\xc3\x9f" },
        { "text", "x" },
        { "chars", "1234567" },
        { "bytes", "\\x00ff10" },
        { "m", "sad" },
        { "json", "{\"a\": 7}" },
        { "ptr", "12" },
        { "list", "{1,-2,3,4,5}" },
        { "names", "{plain,\"a,b\",\"q\\\"x\\\\y\",\"\",\"NULL\",\"{}\"}" },
        { "fixed", "{7,8}" },
        { "upto", "[0:1]={9,10}" },
        { "maybe", "3" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(read_field(&v, rows[i][0], 0, rows[i][1]), 0);
    assert_int_equal(read_field(&v, "duration", EDOI_PG_INTERVAL, "1 day 00:00:02.5"), 0);
    assert_true(v.b && v.i16 == INT16_MIN && v.i64 == INT64_MAX && v.u32 == UINT32_MAX);
    assert_true((double)v.f32 == 1.5 && v.f64 == 1e300);
    assert_true(edo_str_equal(v.str, EDO_STR("Gr\xc3\xbc\xc3\x9f")));
    assert_string_equal(v.text, "x");
    assert_string_equal(v.chars, "1234567");
    assert_true(v.bytes.str.len == 3 && memcmp(v.bytes.str.ptr, "\0\xff\x10", 3) == 0);
    assert_int_equal(v.duration.ns, edo_ms(86402500).ns);
    assert_int_equal(v.m, MOOD_SAD);
    assert_int_equal(v.json.a, 7);
    assert_int_equal(*v.ptr, 12);
    assert_true(v.list_n == 5 && v.list[1] == -2 && v.list[4] == 5);
    assert_int_equal(v.names_n, 6);
    static const char *const names[] = { "plain", "a,b", "q\"x\\y", "", "NULL", "{}" };
    for (size_t i = 0; i < 6; i++) assert_true(edo_str_equal(v.names[i], edo_str_of(names[i])));
    assert_true(v.fixed[0] == 7 && v.fixed[1] == 8 && v.upto_n == 2 && v.upto[1] == 10);
    assert_true(v.has && v.maybe == 3);
    edo_value_deinit(&v, &all_kinds_desc);
}

/* Bytes as a session with bytea_output = escape writes them. */
static void bytes_have_two_forms(void **state) {
    (void)state;
    static const struct {
        const char *text;
        edo_str bytes; /* without a pointer: an error */
    } rows[] = {
        { "", { "", 0 } },
        { "\\x", { "", 0 } },
        { "abc", { "abc", 3 } },
        { "\\\\x00", { "\\x00", 4 } },
        { "\\000\\377z\\134", { "\0\xffz\\", 4 } },
        { "a\\\\\\\\b", { "a\\\\b", 4 } },
        { "\\400", { NULL, 0 } },
        { "\\08", { NULL, 0 } },
        { "\\01", { NULL, 0 } },
        { "\\018", { NULL, 0 } },
        { "\\", { NULL, 0 } },
        { "a\\", { NULL, 0 } },
        { "\\x0", { NULL, 0 } },
        { "\\x0g", { NULL, 0 } },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        all_kinds v = { 0 };
        int err = read_field(&v, "bytes", EDOI_PG_BYTEA, rows[i].text);
        assert_int_equal(err, rows[i].bytes.ptr ? 0 : -EDO_EVALUE);
        if (err == 0) assert_true(edo_str_equal(v.bytes.str, rows[i].bytes));
        if (err == 0) assert_non_null(v.bytes.str.ptr);
        edo_value_deinit(&v, &all_kinds_desc);
        edo_trail_clear();
    }
}

static void floats_have_their_odd_values(void **state) {
    (void)state;
    all_kinds v = { 0 };
    assert_int_equal(read_field(&v, "f64", 701, "NaN"), 0);
    assert_true(isnan(v.f64));
    assert_int_equal(read_field(&v, "f32", 700, "-Infinity"), 0);
    assert_true(isinf(v.f32) && v.f32 < 0);
}

static void what_does_not_fit_is_an_error_that_quotes_nothing(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        { "b", "s3cret" },
        { "i16", "32768" },
        { "i16", "s3cret" },
        { "u32", "-1" },
        { "i64", "9223372036854775808" },
        { "i64", "1.0" },
        { "f64", "s3cret" },
        { "chars", "s3cret s3cret" },
        { "bytes", "\\xs3cret" },
        { "bytes", "s3cret" },
        { "bytes", "\\x0" },
        { "m", "s3cret" },
        { "json", "\"s3cret\"" },
        { "list", "{1,NULL}" },
        { "list", "{{1},{2}}" },
        { "list", "s3cret" },
        { "list", "{1,2" },
        { "list", "{1}s3cret" },
        { "fixed", "{1}" },
        { "fixed", "{1,2,3}" },
        { "upto", "{1,2,3,4}" },
        { "list", "{\"1" },
        { "list", "[0:1]" },
        { "list", "{\"1\"\"2\"}" },
        { "list", "{\"1\"2}" },
        { "list", "{\"1\"\"2\"\"3\"\"4\"\"5\"}" }, // more than its commas make room for
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        all_kinds v = { 0 };
        char told[2048];
        int err = read_field(&v, rows[i][0], 0, rows[i][1]);
        if (err != -EDO_EVALUE && err != -EDO_EJSON) fail_msg("row %zu: %d", i, err);
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LIST);
        assert_null(strstr(told, "s3cret"));
        edo_trail_clear();
        edo_value_deinit(&v, &all_kinds_desc);
    }
}

static void times_are_read_as_they_are_written(void **state) {
    (void)state;
    static const struct {
        uint32_t oid;
        const char *text;
        int64_t us;
    } rows[] = {
        { EDOI_PG_TIMESTAMPTZ, "1970-01-01 00:00:00+00", 0 },
        { EDOI_PG_TIMESTAMPTZ, "2024-02-29 12:34:56.789+02", INT64_C(1709202896789000) },
        { EDOI_PG_TIMESTAMPTZ, "2024-02-29 12:34:56.000001-03:30", INT64_C(1709222696000001) },
        { EDOI_PG_TIMESTAMP, "1969-12-31 23:59:59.999999", -1 },
        { EDOI_PG_DATE, "2000-01-01", INT64_C(946684800000000) },
        { EDOI_PG_DATE, "0001-12-31 BC", INT64_C(-62135683200000000) },
        { EDOI_PG_TIME, "24:00:00", INT64_C(86400000000) },
        { EDOI_PG_TIME, "01:02:03.4", INT64_C(3723400000) },
        { EDOI_PG_TIMESTAMPTZ, "infinity", INT64_MAX },
        { EDOI_PG_DATE, "-infinity", INT64_MIN },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int64_t us;
        if (!edoi_pg_time_parse(&us, rows[i].oid, edo_str_of(rows[i].text)) || us != rows[i].us)
            fail_msg("row %zu: %lld", i, (long long)us);
    }
    static const char *const wrong[] = { "",
                                         "2024",
                                         "2024-13-01 00:00:00",
                                         "2024-01-01T00:00:00",
                                         "2024-01-01 00:00",
                                         "2024-01-01 00:00:00+",
                                         "2024-01-01 00:00:00 AD",
                                         "9999999-01-01 00:00:00",
                                         "2024-01-01 25:61:00",
                                         "Mon Jan 01 00:00:00 2024" };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        int64_t us;
        assert_false(edoi_pg_time_parse(&us, EDOI_PG_TIMESTAMP, edo_str_of(wrong[i])));
    }
}

static void columns_of_time_fill_instants(void **state) {
    (void)state;
    static const struct {
        uint32_t oid;
        const char *text;
        edo_wall t;
    } rows[] = {
        { EDOI_PG_TIMESTAMPTZ, "2026-11-27 15:04:05+00", { 1795791845, 0 } },
        { EDOI_PG_TIMESTAMPTZ, "2026-11-27 16:04:05.25+01", { 1795791845, 250000000 } },
        { EDOI_PG_TIMESTAMP, "1969-12-31 23:59:59.999999", { -1, 999999000 } },
        { EDOI_PG_DATE, "2000-01-01", { 946684800, 0 } },
        { EDOI_PG_DATE, "0001-01-01", { INT64_C(-62135596800), 0 } },
        { 25, "2026-11-27T15:04:05.000000001Z", { 1795791845, 1 } }, // a text
        { 0, "2026-11-27 15:04:05+00", { 1795791845, 0 } },
        { 0, "2000-01-01", { 946684800, 0 } },
    };
    all_kinds v = { 0 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = read_field(&v, "wall", rows[i].oid, rows[i].text);
        if (err < 0 || edo_wall_compare(v.wall, rows[i].t) != 0) fail_msg("row %zu: %d", i, err);
    }
    assert_int_equal(
        read_field(&v, "walls", 1185, "{\"2026-11-27 15:04:05+00\",\"1970-01-01 00:00:00.5+00\"}"),
        0);
    assert_true(v.walls_n == 2 && v.walls[0].s == 1795791845 && v.walls[1].ns == 500000000);
    assert_int_equal(read_field(&v, "waits", 1187, "{00:00:01.5,\"1 day\"}"), 0);
    assert_true(v.waits_n == 2 && v.waits[0].ns == edo_ms(1500).ns);
    assert_true(v.waits[1].ns == edo_hours(24).ns);
    edo_value_deinit(&v, &all_kinds_desc);
}

static void columns_of_time_have_the_limits_of_their_fields(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint32_t oid;
        const char *text, *wants;
    } rows[] = {
        { "wall", EDOI_PG_TIMESTAMPTZ, "infinity", "must be a time of the years 1 to 9999" },
        { "wall", EDOI_PG_DATE, "-infinity", "must be a time of the years 1 to 9999" },
        { "wall", EDOI_PG_DATE, "0001-12-31 BC", "must be a time of the years 1 to 9999" },
        { "wall", EDOI_PG_TIMESTAMP, "10000-01-01 00:00:00",
          "must be a time of the years 1 to 9999" },
        { "wall", EDOI_PG_TIMESTAMPTZ, "2100-01-01 00:00:00.000001+00",
          "must be at most 2100-01-01T00:00:00Z" },
        { "wall", EDOI_PG_TIME, "15:04:05", "must be a time such as 2026-11-27T15:04:05Z" },
        { "wall", 20, "1795791845", "must be a time such as 2026-11-27T15:04:05Z" },
        { "duration", EDOI_PG_INTERVAL, "11 days", "must be at most 10d" },
        { "duration", EDOI_PG_INTERVAL, "-00:00:01", "must be at least 0s" },
        { "duration", EDOI_PG_INTERVAL, "1 mon", "must be an interval of days and less" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        all_kinds v = { 0 };
        assert_int_equal(read_field(&v, rows[i].name, rows[i].oid, rows[i].text), -EDO_EVALUE);
        assert_string_equal(edo_trail_find(-EDO_EVALUE)->text, rows[i].wants);
        edo_trail_clear();
    }
}

static void times_go_there_and_back(void **state) {
    (void)state;
    uint64_t x = 1;
    for (int i = 0; i < 20000; i++) {
        char text[EDOI_PG_TIME_BYTES];
        int64_t us, back;
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        us = (int64_t)(x % UINT64_C(18000000000000000000) - UINT64_C(9000000000000000000));
        edoi_pg_time_print(text, us);
        if (!edoi_pg_time_parse(&back, EDOI_PG_TIMESTAMPTZ, edo_str_of(text)) || back != us)
            fail_msg("%lld: %s", (long long)us, text);
    }
}

static void intervals_are_days_and_less(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } rows[] = { { "00:00:01", 1000000 },
                 { "-00:00:00.000001", -1 },
                 { "1 day", INT64_C(86400000000) },
                 { "-2 days", INT64_C(-172800000000) },
                 { "-2 days +03:00:00", INT64_C(-162000000000) },
                 { "3 days 100:00:00", INT64_C(619200000000) } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_duration d;
        assert_true(edoi_pg_interval_parse(&d, edo_str_of(rows[i].text)));
        assert_int_equal(d.ns, rows[i].us * 1000);
    }
    static const char *const wrong[] = { "", "1 mon", "1 year 2 mons", "P1D", "1 day 1", "day" };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        edo_duration d;
        assert_false(edoi_pg_interval_parse(&d, edo_str_of(wrong[i])));
    }
}

/* ---- Arguments ------------------------------------------------------------------------------- */

static void plain_arguments_become_text(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edoi_pg_args out;
    bool yes = true;
    edo_bytes bytes = edo_bytes_from_static((edo_str){ "\0\1", 2 });
    const char *none = NULL;
    const edo_wall before = { -1, 999999999 }; // a microsecond has no more
    const edo_wall year_1 = { INT64_C(-62135596800), 0 }, far = { INT64_C(253402300800), 0 };
    edo_sql_args args =
        EDO_SQL(yes, -5, UINT64_MAX, 0.5, "text", EDO_STR("str"), bytes, edo_ms(1500), none,
                (edo_str){ 0 }, edo_sql_time(0), INT64_MIN, EDO_SQL_IF(!yes, 7), before, year_1);
    static const char *const wanted[] = { "t",
                                          "-5",
                                          "18446744073709551615",
                                          "0.5",
                                          "text",
                                          "str",
                                          NULL,
                                          "1500000 microseconds",
                                          NULL,
                                          NULL,
                                          "1970-01-01 00:00:00.000000+00",
                                          "-9223372036854775808",
                                          NULL,
                                          "1969-12-31 23:59:59.999999+00",
                                          "0001-01-01 00:00:00.000000+00" };
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), 0);
    assert_int_equal(out.n, EDO_COUNT(wanted));
    for (int i = 0; i < out.n; i++) {
        if (i == 6) {
            assert_int_equal(out.formats[i], 1);
            assert_int_equal(out.lengths[i], 2);
            assert_ptr_equal(out.values[i], bytes.str.ptr);
        } else if (!wanted[i]) {
            assert_null(out.values[i]);
        } else {
            assert_string_equal(out.values[i], wanted[i]);
        }
    }
    args = EDO_SQL_NONE;
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), 0);
    assert_int_equal(out.n, 0);
    args = EDO_SQL(((edo_str){ "a\0b", 3 }));
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), -EINVAL);
    edo_trail_clear();
    args = EDO_SQL(1, far);
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), -EINVAL);
    assert_string_equal(edo_trail_find(-EINVAL)->text,
                        "argument $2 must be a time of the years 1 to 9999");
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static void doubles_are_read_back_as_they_were(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edoi_pg_args out;
    edo_sql_args args = EDO_SQL(0.1 + 0.2, 3.141592653589793, 16777217.0, (double)INFINITY);
    static const char *const wanted[] = { "0.30000000000000004", "3.141592653589793", "16777217",
                                          "inf" };
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), 0);
    for (int i = 0; i < out.n; i++) assert_string_equal(out.values[i], wanted[i]);
    edo_arena_deinit(&arena);
}

static void fields_of_a_struct_are_arguments(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edoi_pg_args out;
    int32_t list[] = { 1, -2 };
    char text[] = "x";
    edo_str names[] = { EDO_STR("a\"b\\"), EDO_STR("") };
    edo_wall half = { 1795791845, 500000000 };
    all_kinds v = { .b = false,
                    .i16 = -3,
                    .f32 = 0.25F,
                    .f64 = -(double)INFINITY,
                    .str = EDO_STR("s"),
                    .text = text,
                    .chars = "c",
                    .duration = edo_us(7),
                    .wall = half,
                    .walls = &half,
                    .walls_n = 1,
                    .waits = &(edo_duration){ 1000 },
                    .waits_n = 1,
                    .m = MOOD_OK,
                    .json.a = 4,
                    .list = list,
                    .list_n = 2,
                    .names = names,
                    .names_n = 2,
                    .upto_n = 0 };
    edo_sql_args args = EDO_SQL_OF(&v, &all_kinds_desc);
    static const char *const wanted[] = { "false",
                                          "-3",
                                          "0",
                                          "0",
                                          "0.25",
                                          "-inf",
                                          "s",
                                          "x",
                                          "c",
                                          NULL,
                                          "7 microseconds",
                                          "2026-11-27 15:04:05.500000+00",
                                          "{\"2026-11-27 15:04:05.500000+00\"}",
                                          "{\"1 microseconds\"}",
                                          "ok",
                                          "{\"a\":4}",
                                          NULL,
                                          "{\"1\",\"-2\"}",
                                          "{\"a\\\"b\\\\\",\"\"}",
                                          "{\"0\",\"0\"}",
                                          "{}",
                                          NULL };
    assert_int_equal(edoi_pg_args_make(&out, &args, &arena), 0);
    assert_int_equal(out.n, EDO_COUNT(wanted));
    for (int i = 0; i < out.n; i++) {
        if (!wanted[i]) {
            assert_null(out.values[i]);
        } else {
            assert_string_equal(out.values[i], wanted[i]);
        }
    }
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_fill_their_fields),
        cmocka_unit_test(bytes_have_two_forms),
        cmocka_unit_test(floats_have_their_odd_values),
        cmocka_unit_test(what_does_not_fit_is_an_error_that_quotes_nothing),
        cmocka_unit_test(times_are_read_as_they_are_written),
        cmocka_unit_test(columns_of_time_fill_instants),
        cmocka_unit_test(columns_of_time_have_the_limits_of_their_fields),
        cmocka_unit_test(times_go_there_and_back),
        cmocka_unit_test(intervals_are_days_and_less),
        cmocka_unit_test(plain_arguments_become_text),
        cmocka_unit_test(doubles_are_read_back_as_they_were),
        cmocka_unit_test(fields_of_a_struct_are_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
