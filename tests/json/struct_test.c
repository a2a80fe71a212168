/* SPDX-License-Identifier: MIT */
/* Goal: a described struct comes back from its text, what is not as described is refused with its
 * place and path, and nothing leaks. Method: one struct with every kind and shape; a table of
 * texts; each of the ways to own what is decoded. */
#include "json_support.h"

#include <edo/value.h>

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef enum color { COLOR_RED = 3, COLOR_BLUE = -1 } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"), EDO_UNIT(COLOR_BLUE, "blue"))

typedef struct server {
    edo_str host;
    uint16_t port;
} server;
EDO_DESCRIBE(server, EDO_FIELD(server, host), EDO_FIELD(server, port, .min = 1, .max = 60000))

typedef enum shape_kind { SHAPE_POINT, SHAPE_CIRCLE } shape_kind;
typedef struct shape {
    shape_kind kind;
    union {
        server circle;
    } u;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(SHAPE_POINT, "point"),
                   EDO_FIELD_OF(shape, u.circle, server_desc, EDO_AS("circle"),
                                .tag = SHAPE_CIRCLE))

typedef struct all {
    int8_t i8;
    uint8_t u8;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    bool flag;
    edo_str str;
    char *text;
    char chars[8];
    edo_bytes bytes;
    edo_duration pause;
    color paint;
    shape form;
    server one;
    server *maybe;
    server *many;
    size_t many_n;
    edo_str *tags;
    size_t tags_n;
    double pair[2];
    int32_t few[3];
    size_t few_n;
    edo_str note;
    int32_t level;
    bool has_level;
    int32_t limit;
} all;
EDO_DESCRIBE(all, EDO_FIELD(all, i8), EDO_FIELD(all, u8), EDO_FIELD(all, i64), EDO_FIELD(all, u64),
             EDO_FIELD(all, f32), EDO_FIELD(all, f64), EDO_FIELD(all, flag), EDO_FIELD(all, str),
             EDO_FIELD(all, text), EDO_FIELD(all, chars), EDO_FIELD(all, bytes),
             EDO_FIELD(all, pause), EDO_FIELD_OF(all, paint, color_desc),
             EDO_FIELD_OF(all, form, shape_desc), EDO_FIELD_OF(all, one, server_desc),
             EDO_FIELD_PTR_OF(all, maybe, server_desc, .optional = true),
             EDO_FIELD_LIST_OF(all, many, many_n, server_desc, .max_len = 3),
             EDO_FIELD_LIST(all, tags, tags_n), EDO_FIELD_FIXED(all, pair),
             EDO_FIELD_UPTO(all, few, few_n), EDO_FIELD(all, note, .optional = true),
             EDO_FIELD(all, level, .optional = true, EDO_HAS(all, has_level)),
             EDO_FIELD(all, limit, .preset = "17"))

#define FULL                                                                                       \
    "{\"i8\":-128,\"u8\":255,\"i64\":-9223372036854775808,\"u64\":18446744073709551615,"           \
    "\"f32\":0.5,\"f64\":0.1,\"flag\":true,\"str\":\"a\\n\xc3\xa9 and so on, for a while, to be "  \
    "longer than what one block has\",\"text\":\"\",\"chars\":\"1234567\",\"bytes\":\"AAEC\","     \
    "\"pause\":\"PT1M30S\",\"paint\":\"blue\",\"form\":{\"circle\":{\"host\":\"h\",\"port\":1}},"  \
    "\"one\":{\"host\":\"\",\"port\":60000},\"maybe\":{\"host\":\"m\",\"port\":2},"                \
    "\"many\":[{\"host\":\"x\",\"port\":3},{\"host\":\"y\",\"port\":4}],"                          \
    "\"tags\":[\"a\",\"b\\\"\",\"c\",\"d\",\"e\"],\"pair\":[1.0,2.5],\"few\":[1,-2],\"note\":"     \
    "\"\","                                                                                        \
    "\"level\":0,\"limit\":5}"

static void check_full(const all *v) {
    assert_true(v->i8 == -128 && v->u8 == 255 && v->i64 == INT64_MIN && v->u64 == UINT64_MAX);
    assert_true(v->f32 == 0.5f && v->f64 == 0.1 && v->flag);
    assert_true(v->str.len > 60 && memcmp(v->str.ptr, "a\n\xc3\xa9", 4) == 0);
    assert_string_equal(v->text, "");
    assert_string_equal(v->chars, "1234567");
    assert_true(v->bytes.str.len == 3 && memcmp(v->bytes.str.ptr, "\0\1\2", 3) == 0);
    assert_true(v->pause.ns == 90 * INT64_C(1000000000) && v->paint == COLOR_BLUE);
    assert_true(v->form.kind == SHAPE_CIRCLE && v->form.u.circle.port == 1);
    assert_true(v->one.port == 60000 && v->maybe && v->maybe->port == 2);
    assert_true(v->many_n == 2 && v->many[1].port == 4 && v->tags_n == 5);
    assert_true(edo_str_equal(v->tags[1], EDO_STR("b\"")));
    assert_true(v->pair[1] == 2.5 && v->few_n == 2 && v->few[1] == -2);
    assert_true(v->note.ptr && v->note.len == 0 && v->has_level && v->limit == 5);
}

static void every_kind_and_shape_comes_back(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    for (int way = 0; way < 3; way++) {
        all v;
        edo_buf out = { 0 };
        const edo_json_opts opts = { .arena = way ? &arena : NULL, .borrows = way == 2 };
        EDO_TEST_OK(edo_json_decode_with(&v, &all_desc, EDO_STR(FULL), &opts));
        check_full(&v);
        EDO_TEST_OK(edo_json_encode(&out, &v, &all_desc));
        if (out.len != sizeof FULL - 1 || memcmp(out.ptr, FULL, out.len) != 0)
            print_error("%.*s\n%s\n", (int)out.len, out.ptr, FULL);
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, EDO_STR(FULL)));
        edo_buf_deinit(&out);
        if (way == 0) edo_value_deinit(&v, &all_desc);
        edo_arena_reset(&arena);
    }
    edo_arena_deinit(&arena);
}

static void borrowed_text_points_into_the_input(void **state) {
    (void)state;
    static const char text[] = "{\"host\": \"plain\", \"port\": 9}",
                      odd[] = "{\"host\":\"\\t\",\"port\":9}";
    edo_arena arena = { 0 };
    server s;
    const edo_json_opts opts = { .arena = &arena, .borrows = true };
    EDO_TEST_OK(edo_json_decode_with(&s, &server_desc, (edo_str){ text, sizeof text - 1 }, &opts));
    assert_true(s.host.ptr == text + 10 && s.host.len == 5);
    EDO_TEST_OK(edo_json_decode_with(&s, &server_desc, (edo_str){ odd, sizeof odd - 1 }, &opts));
    assert_true(edo_str_equal(s.host, EDO_STR("\t")));
    edo_arena_deinit(&arena);
}

/* ---- What is refused ------------------------------------------------------------------------- */

typedef struct config {
    edo_str name;
    int32_t level;
    server *servers;
    size_t servers_n;
    shape form;
    color paint;
    int32_t few[2];
    size_t few_n;
    uint8_t pair[2];
    char chars[4];
    edo_duration pause;
    bool flag;
    float f32;
    uint64_t u64;
    char *text;
} config;
EDO_DESCRIBE(config, EDO_FIELD(config, name, .max_len = 4, .pattern = "[a-z]+"),
             EDO_FIELD(config, level, .optional = true),
             EDO_FIELD_LIST_OF(config, servers, servers_n, server_desc, .optional = true,
                               .max_len = 2),
             EDO_FIELD_OF(config, form, shape_desc, .optional = true),
             EDO_FIELD_OF(config, paint, color_desc, .optional = true),
             EDO_FIELD_UPTO(config, few, few_n, .optional = true),
             EDO_FIELD_FIXED(config, pair, .optional = true),
             EDO_FIELD(config, chars, .optional = true), EDO_FIELD(config, pause, .optional = true),
             EDO_FIELD(config, flag, .optional = true), EDO_FIELD(config, f32, .optional = true),
             EDO_FIELD(config, u64, .optional = true), EDO_FIELD(config, text, .optional = true))

static void what_is_not_as_described_is_refused_with_its_path(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\"name\":\"a\",\n "
          "\"servers\":[{\"host\":\"h\",\"port\":1},\n{\"host\":\"h\",\"port\":70000}]}",
          "line 3, column 20: \"servers[1].port\" must be at most 60000" },
        { "{\"name\":\"a\",\"servers\":[{\"host\":\"h\",\"port\":0}]}",
          "line 1, column 43: \"servers[0].port\" must be at least 1" },
        { "{\"name\":\"a\",\"servers\":[{\"port\":1}]}",
          "line 1, column 24: \"servers[0].host\" is missing" },
        { "{}", "line 1, column 1: \"name\" is missing" },
        { "[]", "line 1, column 1: must be an object" },
        { "{\"name\":5}", "line 1, column 9: \"name\" must be a string" },
        { "{\"name\":null}", "line 1, column 9: \"name\" must be a string" },
        { "{\"name\":x}", "line 1, column 9: a value is expected here" },
        { "{\"name\":\"abcde\"}", "line 1, column 9: \"name\" must have at most 4 bytes" },
        { "{\"name\":\"A\"}", "line 1, column 9: \"name\" must match [a-z]+" },
        { "{\"level\":1.0}", "line 1, column 10: \"level\" must be an integer" },
        { "{\"level\":-0.0}", "line 1, column 10: \"level\" must be an integer" },
        { "{\"name\":\"a\",\"servers\":[{\"host\":\"h\",\"port\":-0}]}",
          "line 1, column 43: \"servers[0].port\" must be at least 1" },
        { "{\"level\":\"1\"}", "line 1, column 10: \"level\" must be an integer" },
        { "{\"level\":2147483648}", "line 1, column 10: \"level\" must be at most 2147483647" },
        { "{\"level\":-2147483649}", "line 1, column 10: \"level\" must be at least -2147483648" },
        { "{\"level\":1e400}", "line 1, column 10: \"level\" must be at most 2147483647" },
        { "{\"u64\":18446744073709551616}",
          "line 1, column 8: \"u64\" must be at most 18446744073709551615" },
        { "{\"u64\":-1}", "line 1, column 8: \"u64\" must be at least 0" },
        { "{\"f32\":1e39}", "line 1, column 8: \"f32\" must be in the range of its type" },
        { "{\"f32\":\"1\"}", "line 1, column 8: \"f32\" must be a number" },
        { "{\"flag\":1}", "line 1, column 9: \"flag\" must be true or false" },
        { "{\"paint\":\"green\"}", "line 1, column 10: \"paint\" must be red or blue" },
        { "{\"paint\":3}", "line 1, column 10: \"paint\" must be red or blue" },
        { "{\"form\":{\"square\":1}}", "line 1, column 9: \"form\" must be point or circle" },
        { "{\"form\":\"circle\"}", "line 1, column 9: \"form\" must be point or circle" },
        { "{\"form\":{\"circle\":{\"host\":1}}}",
          "line 1, column 27: \"form.circle.host\" must be a string" },
        { "{\"form\":{\"circle\":{\"host\":\"\",\"port\":1},\"x\":1}}",
          "line 1, column 39: a } is expected here: a union has one member" },
        { "{\"few\":[1,2,3]}", "line 1, column 8: \"few\" must have at most 2 elements" },
        { "{\"few\":[1,true]}", "line 1, column 11: \"few[1]\" must be an integer" },
        { "{\"few\":{}}", "line 1, column 8: \"few\" must be an array" },
        { "{\"pair\":[1]}", "line 1, column 9: \"pair\" must have exactly 2 elements" },
        { "{\"pair\":[1,2,3]}", "line 1, column 9: \"pair\" must have exactly 2 elements" },
        { "{\"chars\":\"1234\"}", "line 1, column 10: \"chars\" must have at most 3 bytes" },
        { "{\"text\":\"a\\u0000\"}", "line 1, column 9: \"text\" must have no NUL" },
        { "{\"pause\":5}", "line 1, column 10: \"pause\" must be a duration as \"5s\"" },
        { "{\"name\":\"a\"} x", "line 1, column 14: more follows after the value" },
        { "{\"name\":\"a\",}", "line 1, column 13: a name is expected here" },
        { "{\"name\" \"a\"}", "line 1, column 9: a colon is expected here" },
        { "{\"name\":\"a\" \"b\"}", "line 1, column 13: a comma or } is expected here" },
        { "{\"unknown\":[1,{\"a\":01}]}", "line 1, column 21: this is not a number" },
        { "{\"name\":\"a\"", "line 1, column 12: the text ends too early" },
        { "", "line 1, column 1: the text ends too early" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char told[256];
        config c;
        memset(&c, 0x55, sizeof c);
        int err = edo_json_decode(&c, &config_desc, edo_str_of(rows[i].text));
        assert_int_equal(err, -EDO_EJSON);
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
        *strstr(told, ": the JSON is not valid") = '\0';
        assert_string_equal(told, rows[i].says);
        for (size_t k = 0; k < sizeof c; k++) assert_int_equal(((const char *)&c)[k], 0);
        edo_trail_clear();
    }
}

static void minus_zero_is_an_integer(void **state) {
    (void)state;
    config c;
    EDO_TEST_OK(edo_json_decode(
        &c, &config_desc,
        EDO_STR("{\"name\":\"a\",\"level\":-0,\"u64\":-0,\"few\":[-0, 1],\"pair\":[2,-0]}")));
    assert_true(c.level == 0 && c.u64 == 0 && c.few[0] == 0 && c.few[1] == 1 && c.pair[1] == 0);
    edo_value_deinit(&c, &config_desc);
}

typedef struct reading {
    float f32;
} reading;
EDO_DESCRIBE(reading, EDO_FIELD(reading, f32))

/* The double nearest to a number may lie in the middle of two floats. */
static void float_is_the_nearest_and_written_with_its_own_digits(void **state) {
    (void)state;
    static const struct {
        const char *text, *again;
        float f32;
    } rows[] = {
        { "{\"f32\":16777217.0000000001}", "{\"f32\":16777218.0}", 16777218 },
        { "{\"f32\":1152921573326323713}", "{\"f32\":1.1529216e18}", 0x1.000002p60f },
        { "{\"f32\":0.1}", "{\"f32\":0.1}", 0.1f },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        reading c;
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_json_decode(&c, &reading_desc, edo_str_of(rows[i].text)));
        assert_true(c.f32 >= rows[i].f32 && c.f32 <= rows[i].f32);
        EDO_TEST_OK(edo_json_encode(&out, &c, &reading_desc));
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(rows[i].again)));
        edo_buf_deinit(&out);
    }
}

static void unknown_members_are_skipped_or_refused(void **state) {
    (void)state;
    const edo_str text =
        EDO_STR("{\"a\":{\"b\":[1,\"]\"]},\"port\":7,\"\\u0068ost\":\"h\",\"z\":null}");
    server s;
    edo_json_error error;
    EDO_TEST_OK(edo_json_decode(&s, &server_desc, text));
    assert_true(s.port == 7 && edo_str_equal(s.host, EDO_STR("h")));
    edo_value_deinit(&s, &server_desc);
    const edo_json_opts strict = { .refuses_unknown = true, .error = &error };
    assert_int_equal(edo_json_decode_with(&s, &server_desc, text, &strict), -EDO_EJSON);
    assert_string_equal(error.text, "\"a\" is not known");
    assert_true(error.line == 1 && error.column == 2 && error.offset == 1);
    edo_trail_clear();
}

static void of_duplicate_members_the_last_stands_without_a_leak(void **state) {
    (void)state;
    static const char text[] =
        "{\"name\":\"abc\",\"servers\":[{\"host\":\"x\",\"port\":1},{\"host\":\"y\",\"port\":2}],"
        "\"text\":\"old\",\"text\":\"new\",\"few\":[1,2],\"few\":[3],\"form\":{\"circle\":{"
        "\"host\":"
        "\"q\",\"port\":1}},\"form\":\"point\",\"servers\":[{\"host\":\"z\",\"host\":\"w\","
        "\"port\":3}],"
        "\"name\":\"d\",\"level\":4,\"level\":null}";
    edo_arena arena = { 0 };
    for (int way = 0; way < 2; way++) {
        config c;
        const edo_json_opts opts = { .arena = way ? &arena : NULL };
        EDO_TEST_OK(
            edo_json_decode_with(&c, &config_desc, (edo_str){ text, sizeof text - 1 }, &opts));
        assert_true(c.servers_n == 1 && edo_str_equal(c.servers[0].host, EDO_STR("w")));
        assert_true(edo_str_equal(c.name, EDO_STR("d")) && c.few_n == 1 && c.few[0] == 3);
        assert_true(c.form.kind == SHAPE_POINT && c.level == 0);
        assert_string_equal(c.text, "new");
        if (way == 0) edo_value_deinit(&c, &config_desc);
    }
    edo_arena_deinit(&arena);
}

typedef struct opt {
    edo_str host;
    int32_t level;
    bool has;
    server *maybe;
} opt;
EDO_DESCRIBE(opt, EDO_FIELD(opt, host, .optional = true, .preset = "localhost"),
             EDO_FIELD(opt, level, .optional = true, EDO_HAS(opt, has)),
             EDO_FIELD_PTR_OF(opt, maybe, server_desc, .optional = true))

static void presets_and_null_of_optional_fields(void **state) {
    (void)state;
    opt o;
    edo_buf out = { 0 };
    EDO_TEST_OK(
        edo_json_decode(&o, &opt_desc, EDO_STR("{\"host\":null,\"level\":null,\"maybe\":null}")));
    assert_true(edo_str_equal(o.host, EDO_STR("localhost")) && !o.has && !o.maybe);
    EDO_TEST_OK(edo_json_encode(&out, &o, &opt_desc));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, EDO_STR("{\"host\":\"localhost\"}")));
    edo_value_deinit(&o, &opt_desc);
    EDO_TEST_OK(edo_json_encode(&out, &o, &opt_desc)); // all zero: nothing is there
    assert_true(
        edo_str_equal((edo_str){ out.ptr, out.len }, EDO_STR("{\"host\":\"localhost\"}{}")));
    EDO_TEST_OK(edo_json_decode(&o, &opt_desc, EDO_STR(" { \"host\" : \"\" } ")));
    assert_true(o.host.ptr && o.host.len == 0);
    edo_value_deinit(&o, &opt_desc);
    edo_buf_deinit(&out);
}

static void null_takes_back_what_stood_before(void **state) {
    (void)state;
    opt o;
    EDO_TEST_OK(edo_json_decode(&o, &opt_desc, EDO_STR("{\"host\":\"h\",\"host\":null}")));
    assert_true(edo_str_equal(o.host, EDO_STR("localhost")));
    edo_value_deinit(&o, &opt_desc);
    EDO_TEST_OK(edo_json_decode(
        &o, &opt_desc,
        EDO_STR("{\"host\":null,\"level\":1,\"maybe\":null,\"host\":\"h\",\"level\":null}")));
    assert_true(edo_str_equal(o.host, EDO_STR("h")) && !o.has);
    edo_value_deinit(&o, &opt_desc);
}

typedef struct choice {
    uint8_t kind;
    union {
        server *far;
        edo_str name;
    } u;
} choice;
EDO_DESCRIBE_UNION(choice, kind,
                   EDO_FIELD_PTR_OF(choice, u.far, server_desc, EDO_AS("far"), .optional = true),
                   EDO_FIELD(choice, u.name, EDO_AS("name"), .tag = 1, .optional = true))

static void what_a_union_is_may_be_null(void **state) {
    (void)state;
    static const char *const texts[] = { "{\"far\":null}", "{\"name\":null}", "{\"name\":\"\"}" };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        choice c;
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_json_decode(&c, &choice_desc, edo_str_of(texts[i])));
        assert_int_equal(c.kind, i > 0);
        EDO_TEST_OK(edo_json_encode(&out, &c, &choice_desc));
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(texts[i])));
        edo_value_deinit(&c, &choice_desc);
        edo_buf_deinit(&out);
    }
}

typedef struct crowd {
    opt few[3];
    size_t few_n;
    opt *many;
    size_t many_n;
} crowd;
EDO_DESCRIBE(crowd, EDO_FIELD_UPTO_OF(crowd, few, few_n, opt_desc, .optional = true),
             EDO_FIELD_LIST_OF(crowd, many, many_n, opt_desc, .optional = true, .max_len = 6))

static void elements_that_are_not_there_own_no_presets(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"few\":[{},{\"host\":\"a\"}],\"few\":[{\"host\":\"b\"}]}",
        "{\"many\":[{},{},{},{},{}],\"many\":null,\"few\":[{}],\"few\":null}",
    };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        crowd c;
        EDO_TEST_OK(edo_json_decode(&c, &crowd_desc, edo_str_of(texts[i])));
        assert_true(c.many_n == 0 && c.few_n == (i == 1));
        edo_value_deinit(&c, &crowd_desc);
    }
}

static void a_list_takes_no_more_memory_than_its_limit_needs(void **state) {
    (void)state;
    edo_arena arena = { .bytes_max = 16384 };
    edo_buf text = { 0 };
    edo_json_error error;
    crowd c;
    EDO_TEST_OK(edo_buf_append(&text, "{\"many\":[{\"host\":\"\"}", 20));
    for (int i = 0; i < 5000; i++) EDO_TEST_OK(edo_buf_append(&text, ",{}", 3));
    EDO_TEST_OK(edo_buf_append(&text, "]}", 2));
    const edo_json_opts opts = { .arena = &arena, .error = &error };
    assert_int_equal(edo_json_decode_with(&c, &crowd_desc, (edo_str){ text.ptr, text.len }, &opts),
                     -EDO_EJSON);
    assert_string_equal(error.text, "\"many\" must have at most 6 elements");
    edo_trail_clear();
    edo_arena_deinit(&arena);
    edo_buf_deinit(&text);
}

static void what_cannot_be_written_leaves_the_buffer_as_it_was(void **state) {
    (void)state;
    char told[256];
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_buf_append(&out, "x", 1));
    server servers[] = { { EDO_STR("a"), 1 }, { EDO_STR("\xff"), 1 } };
    config c = { .name = EDO_STR("n"), .servers = servers, .servers_n = 2 };
    c.paint = COLOR_RED;
    assert_int_equal(edo_json_encode(&out, &c, &config_desc), -EDO_EJSON);
    (void)edo_trail_print_text(told, sizeof told, -EDO_EJSON, EDO_TRAIL_LINE);
    assert_true(strncmp(told, "\"servers[1].host\" must be UTF-8:", 32) == 0);
    servers[1].host = EDO_STR("b");
    c.f32 = (float)INFINITY;
    assert_int_equal(edo_json_encode(&out, &c, &config_desc), -EDO_EJSON);
    c.f32 = 0;
    c.paint = (color)9;
    assert_int_equal(edo_json_encode(&out, &c, &config_desc), -EDO_EJSON);
    (void)edo_trail_print_text(told, sizeof told, -EDO_EJSON, EDO_TRAIL_LINE);
    assert_non_null(strstr(told, "\"paint\" must be red or blue"));
    assert_true(out.len == 1);
    edo_buf_deinit(&out);
    edo_trail_clear();
}

/* ---- Readers and writers --------------------------------------------------------------------- */

static void an_array_is_decoded_and_written_element_by_element(void **state) {
    (void)state;
    static const char text[] = "{\"all\":[{\"host\":\"a\",\"port\":1} "
                               ",\n{\"port\":2,\"host\":\"b\\n\"},{\"host\":\"c\",\"port\":3}]}";
    for (size_t piece = 1; piece < sizeof text; piece += 3) {
        edo_stream *whole, *s;
        edo_json_reader r;
        edo_json_writer w;
        edo_json_token t;
        edo_buf out = { 0 };
        server one;
        EDO_TEST_OK(edo_stream_mem(&whole, text, sizeof text - 1));
        EDO_TEST_OK(edo_test_limit_new(&s, whole, piece));
        EDO_TEST_OK(edo_json_reader_init_stream(&r, s, &(edo_json_opts){ .bytes_max = 40 }));
        EDO_TEST_OK(edo_json_writer_init(&w, &out, NULL));
        EDO_TEST_OK(edo_json_writer_begin_array(&w));
        for (int i = 0; i < 3; i++) assert_int_equal(edo_json_reader_next(&r, &t), 1);
        assert_int_equal(t.kind, EDO_JSON_ARRAY);
        int got;
        while ((got = edo_json_reader_decode(&r, &one, &server_desc)) > 0) {
            EDO_TEST_OK(edo_json_writer_described(&w, &one, &server_desc));
            edo_value_deinit(&one, &server_desc);
        }
        assert_int_equal(got, 0);
        assert_int_equal(edo_json_reader_next(&r, &t), 1);
        assert_int_equal(edo_json_reader_next(&r, &t), 0);
        EDO_TEST_OK(edo_json_writer_end_array(&w));
        assert_true(
            edo_str_equal((edo_str){ out.ptr, out.len },
                          EDO_STR("[{\"host\":\"a\",\"port\":1},{\"host\":\"b\\n\",\"port\":2},"
                                  "{\"host\":\"c\",\"port\":3}]")));
        edo_json_reader_deinit(&r);
        edo_buf_deinit(&out);
        edo_close(s);
    }
}

static void a_wrong_element_of_a_stream_is_told_with_its_place(void **state) {
    (void)state;
    static const char text[] =
        "[{\"host\":\"a\",\"port\":1},\n\n  {\"host\":\"b\",\"port\":99999}]";
    edo_stream *whole, *s;
    edo_json_reader r;
    edo_json_token t;
    edo_json_error error;
    server one;
    EDO_TEST_OK(edo_stream_mem(&whole, text, sizeof text - 1));
    EDO_TEST_OK(edo_test_limit_new(&s, whole, 5));
    EDO_TEST_OK(edo_json_reader_init_stream(&r, s, &(edo_json_opts){ .error = &error }));
    assert_int_equal(edo_json_reader_next(&r, &t), 1);
    assert_int_equal(edo_json_reader_decode(&r, &one, &server_desc), 1);
    edo_value_deinit(&one, &server_desc);
    assert_int_equal(edo_json_reader_decode(&r, &one, &server_desc), -EDO_EJSON);
    assert_string_equal(error.text, "\"port\" must be at most 60000");
    assert_true(error.line == 3 && error.column == 22);
    assert_int_equal(edo_json_reader_decode(&r, &one, &server_desc), 0); // that element is over
    edo_json_reader_deinit(&r);
    edo_close(s);
    edo_trail_clear();
}

/* ---- For people ------------------------------------------------------------------------------ */

static void what_is_printed_is_the_form_of_the_writer(void **state) {
    (void)state;
    static const char *const texts[] = {
        FULL,
        "{\"i8\":0,\"u8\":0,\"i64\":0,\"u64\":0,\"f32\":1e30,\"f64\":0,\"flag\":false,"
        "\"str\":\"{[,:]}\\\\\",\"text\":\"\\\"\",\"chars\":\"\",\"bytes\":\"\",\"pause\":\"0s\","
        "\"paint\":\"red\",\"form\":\"point\",\"one\":{\"host\":\"\\\\\\\"\",\"port\":1},"
        "\"many\":[],\"tags\":[],\"pair\":[0,0],\"few\":[]}",
    };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        all v;
        EDO_TEST_OK(edo_json_decode(&v, &all_desc, edo_str_of(texts[i])));
        for (uint32_t indent = 0; indent <= 16; indent++) {
            edo_buf compact = { 0 }, printed = { 0 };
            outcome tree;
            EDO_TEST_OK(edo_json_print(&compact, &v, &all_desc, NULL));
            EDO_TEST_OK(edo_json_encode(&printed, &v, &all_desc));
            assert_true(edo_str_equal((edo_str){ printed.ptr, printed.len },
                                      (edo_str){ compact.ptr, compact.len }));
            printed.len = 0;
            EDO_TEST_OK(edo_buf_append(&printed, "x", 1));
            EDO_TEST_OK(edo_json_print(&printed, &v, &all_desc,
                                       &(edo_json_writer_opts){ .indent = indent }));
            read_tree(&tree, (edo_str){ compact.ptr, compact.len }, indent);
            assert_true(edo_str_equal((edo_str){ printed.ptr + 1, printed.len - 1 },
                                      (edo_str){ tree.out.ptr, tree.out.len }));
            outcome_deinit(&tree);
            edo_buf_deinit(&compact);
            edo_buf_deinit(&printed);
        }
        edo_value_deinit(&v, &all_desc);
    }
}

static void a_writer_gives_a_struct_its_own_form(void **state) {
    (void)state;
    static const char want[] = "[\n  1,\n  {\n    \"host\": \"h\",\n    \"port\": 7\n  }\n]";
    server s = { .host = EDO_STR("h"), .port = 7 };
    edo_buf out = { 0 };
    edo_json_writer w;
    EDO_TEST_OK(edo_json_writer_init(&w, &out, &(edo_json_writer_opts){ .indent = 2 }));
    EDO_TEST_OK(edo_json_writer_begin_array(&w));
    EDO_TEST_OK(edo_json_writer_int(&w, 1));
    EDO_TEST_OK(edo_json_writer_described(&w, &s, &server_desc));
    EDO_TEST_OK(edo_json_writer_end_array(&w));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(want)));
    s.host = EDO_STR("\xff");
    out.len = 0;
    assert_int_equal(edo_json_print(&out, &s, &server_desc, &(edo_json_writer_opts){ .indent = 1 }),
                     -EDO_EJSON);
    assert_int_equal(
        edo_json_print(&out, &s, &server_desc, &(edo_json_writer_opts){ .indent = 17 }), -EINVAL);
    assert_int_equal(out.len, 0);
    edo_buf_deinit(&out);
    edo_trail_clear();
}

/* ---- Maps ------------------------------------------------------------------------------------ */

typedef struct price {
    edo_str name;
    double price;
} price;
EDO_DESCRIBE(price, EDO_FIELD(price, name, .min_len = 1), EDO_FIELD(price, price, .max = 100))
typedef struct entry {
    char *name;
    server at;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, name), EDO_FIELD_OF(entry, at, server_desc))
typedef struct note {
    char name[4];
    edo_str text;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, name), EDO_FIELD(note, text, .optional = true))
typedef struct menu {
    price *prices;
    size_t prices_n;
    entry *hosts;
    size_t hosts_n;
    note notes[2];
    size_t notes_n;
} menu;
EDO_DESCRIBE(menu, EDO_FIELD_LIST_OF(menu, prices, prices_n, price_desc, .map = true, .max_len = 6),
             EDO_FIELD_LIST_OF(menu, hosts, hosts_n, entry_desc, .map = true, .optional = true),
             EDO_FIELD_UPTO_OF(menu, notes, notes_n, note_desc, .map = true, .optional = true))

static void maps_are_objects_whose_entries_keep_their_order(void **state) {
    (void)state;
    static const char text[] =
        "{\"prices\":{\"tea\":1.5,\"cake \\n\":4.0,\"a\":0.0,\"b\":1.0,\"tea\":2.0},"
        "\"hosts\":{\"\":{\"host\":\"h\",\"port\":1}},\"notes\":{\"x\":null,\"abc\":\"\"}}";
    edo_arena arena = { 0 };
    for (int way = 0; way < 2; way++) {
        menu m;
        edo_buf out = { 0 };
        const edo_json_opts opts = { .arena = way ? &arena : NULL, .borrows = way };
        EDO_TEST_OK(edo_json_decode_with(&m, &menu_desc, edo_str_of(text), &opts));
        assert_true(m.prices_n == 5 && m.prices[4].price == 2 && m.hosts[0].at.port == 1);
        assert_true(edo_str_equal(m.prices[1].name, EDO_STR("cake \n")));
        assert_true(m.notes_n == 2 && !m.notes[0].text.ptr && m.notes[1].text.ptr);
        assert_string_equal(m.hosts[0].name, "");
        EDO_TEST_OK(edo_json_encode(&out, &m, &menu_desc));
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(text)));
        edo_buf_deinit(&out);
        if (way == 0) edo_value_deinit(&m, &menu_desc);
    }
    edo_arena_deinit(&arena);
}

static void wrong_entries_are_refused_by_their_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\"prices\":{\"tea\":101}}", "line 1, column 18: \"prices.tea\" must be at most 100" },
        { "{\"prices\":{\"\":1}}", "line 1, column 12: \"prices.name\" must have at least 1 byte" },
        { "{\"prices\":[]}", "line 1, column 11: \"prices\" must be an object" },
        { "{\"prices\":{\"a\":1,}}", "line 1, column 18: a name is expected here" },
        { "{\"prices\":{\"a\" 1}}", "line 1, column 16: a colon is expected here" },
        { "{\"prices\":{\"a\":1 \"b\"}}", "line 1, column 18: a comma or } is expected here" },
        { "{\"prices\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}}",
          "line 1, column 11: \"prices\" must have at most 6 elements" },
        { "{\"prices\":{},\"hosts\":{\"x\":{\"host\":\"h\"}}}",
          "line 1, column 27: \"hosts.x.port\" is missing" },
        { "{\"prices\":{},\"notes\":{\"abcd\":\"\"}}",
          "line 1, column 23: \"notes.name\" must have at most 3 bytes" },
        { "{\"prices\":{},\"notes\":{\"a\":\"\",\"b\":\"\",\"c\":\"\"}}",
          "line 1, column 22: \"notes\" must have at most 2 elements" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char told[256];
        menu m;
        int err = edo_json_decode(&m, &menu_desc, edo_str_of(rows[i].text));
        assert_int_equal(err, -EDO_EJSON);
        (void)edo_trail_print_text(told, sizeof told, err, EDO_TRAIL_LINE);
        *strstr(told, ": the JSON is not valid") = '\0';
        assert_string_equal(told, rows[i].says);
        edo_trail_clear();
    }
}

#define A62 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void names_that_the_text_chose_are_escaped_and_cut_between_characters(void **state) {
    (void)state;
    static const struct {
        const edo_desc *desc;
        const char *before, *name, *behind, *says;
    } rows[] = {
        { &server_desc, "{", "a\\n\\u0000\\u009b", "1}", "\"a\\n\\x00\\u009b\" is not known" },
        { &server_desc, "{", A62 "a\xc3\xa9 and more", "1}", "\"" A62 "a\" is not known" },
        { &server_desc, "{", A62 "a\\n", "1}", "\"" A62 "a\" is not known" },
        { &menu_desc, "{\"prices\":{", A62 "a\xc3\xa9 and more", "101}}",
          "\"prices." A62 "a\" must be at most 100" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[256];
        menu out;
        edo_json_error error;
        const edo_json_opts opts = { .refuses_unknown = true, .error = &error };
        (void)snprintf(text, sizeof text, "%s\"%s\":%s", rows[i].before, rows[i].name,
                       rows[i].behind);
        int err = edo_json_decode_with(&out, rows[i].desc, edo_str_of(text), &opts);
        assert_int_equal(err, -EDO_EJSON);
        assert_string_equal(error.text, rows[i].says);
        edo_trail_clear();
    }
}

typedef struct grant {
    edo_str token;
    int64_t uses;
} grant;
EDO_DESCRIBE(grant, EDO_FIELD(grant, token, .secret = true), EDO_FIELD(grant, uses, .max = 9))
typedef struct grants {
    grant *all;
    size_t all_n;
} grants;
EDO_DESCRIBE(grants, EDO_FIELD_LIST_OF(grants, all, all_n, grant_desc, .map = true))

static void secret_names_of_entries_are_not_in_messages(void **state) {
    (void)state;
    grants g;
    edo_json_error error;
    const edo_json_opts opts = { .error = &error };
    const edo_str text = EDO_STR("{\"all\":{\"token\":10}}");
    assert_int_equal(edo_json_decode_with(&g, &grants_desc, text, &opts), -EDO_EJSON);
    assert_string_equal(error.text, "\"all.***\" must be at most 9");
    edo_trail_clear();
}

typedef struct named {
    edo_str name;
    edo_str text;
} named;
EDO_DESCRIBE(named, EDO_FIELD(named, name, .preset = "nobody"),
             EDO_FIELD(named, text, .preset = "nothing", .optional = true))
typedef struct names {
    named *all;
    size_t all_n;
} names;
EDO_DESCRIBE(names, EDO_FIELD_LIST_OF(names, all, all_n, named_desc, .map = true))

static void presets_of_entries_are_given_back_when_the_text_has_others(void **state) {
    (void)state;
    static const char text[] = "{\"all\":{\"a\":\"b\",\"c\":null,\"d\":\"\"}}";
    static const char wanted[] = "{\"all\":{\"a\":\"b\",\"c\":\"nothing\",\"d\":\"\"}}";
    names n;
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_json_decode(&n, &names_desc, edo_str_of(text)));
    EDO_TEST_OK(edo_json_encode(&out, &n, &names_desc));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(wanted)));
    edo_buf_deinit(&out);
    edo_value_deinit(&n, &names_desc);
}

/* ---- Many fields ----------------------------------------------------------------------------- */

static void names_in_any_order_are_found_among_many(void **state) {
    (void)state;
    enum { N = 256 };
    edo_desc *d;
    char name[32], text[8000];
    EDO_TEST_OK(edo_desc_new(&d, "many"));
    for (int i = 0; i < N; i++) {
        (void)snprintf(name, sizeof name, "field%d", i);
        EDO_TEST_OK(edo_desc_add(d, name, &(edo_field){ .kind = EDO_VALUE_I32 }));
    }
    for (unsigned order = 1; order < N; order += 50) { // odd, so each comes once
        size_t n = 0;
        for (unsigned i = 0; i < N; i++) {
            unsigned k = (i * order + order) % N;
            n += (size_t)snprintf(text + n, sizeof text - n, "%c\"x%u\":0,\"field%u\":%u",
                                  i ? ',' : '{', k, k, k + 1);
        }
        text[n++] = '}';
        int32_t *v = malloc(d->size);
        assert_non_null(v);
        EDO_TEST_OK(edo_json_decode(v, d, (edo_str){ text, n }));
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(*(int32_t *)(void *)((char *)v + d->fields[i].offset), i + 1);
        free(v);
    }
    edo_desc_free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_the_form_of_the_writer),
        cmocka_unit_test(a_writer_gives_a_struct_its_own_form),
        cmocka_unit_test(names_in_any_order_are_found_among_many),
        cmocka_unit_test(maps_are_objects_whose_entries_keep_their_order),
        cmocka_unit_test(wrong_entries_are_refused_by_their_names),
        cmocka_unit_test(names_that_the_text_chose_are_escaped_and_cut_between_characters),
        cmocka_unit_test(secret_names_of_entries_are_not_in_messages),
        cmocka_unit_test(presets_of_entries_are_given_back_when_the_text_has_others),
        cmocka_unit_test(every_kind_and_shape_comes_back),
        cmocka_unit_test(borrowed_text_points_into_the_input),
        cmocka_unit_test(what_is_not_as_described_is_refused_with_its_path),
        cmocka_unit_test(minus_zero_is_an_integer),
        cmocka_unit_test(float_is_the_nearest_and_written_with_its_own_digits),
        cmocka_unit_test(unknown_members_are_skipped_or_refused),
        cmocka_unit_test(of_duplicate_members_the_last_stands_without_a_leak),
        cmocka_unit_test(presets_and_null_of_optional_fields),
        cmocka_unit_test(null_takes_back_what_stood_before),
        cmocka_unit_test(what_a_union_is_may_be_null),
        cmocka_unit_test(elements_that_are_not_there_own_no_presets),
        cmocka_unit_test(a_list_takes_no_more_memory_than_its_limit_needs),
        cmocka_unit_test(what_cannot_be_written_leaves_the_buffer_as_it_was),
        cmocka_unit_test(an_array_is_decoded_and_written_element_by_element),
        cmocka_unit_test(a_wrong_element_of_a_stream_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
