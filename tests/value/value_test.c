/* SPDX-License-Identifier: MIT */
/* Goal: a description says of a struct what C knows of it, and each element is read from text,
 * printed, checked and given back by it, with every failure named.
 * Method: one struct with a field of each kind and shape; tables of texts. */
#include <edo/error.h>
#include <edo/value.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- What is described ----------------------------------------------------------------------- */

typedef enum color { COLOR_RED, COLOR_GREEN = 7, COLOR_BLUE = -1 } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"),
                  EDO_UNIT(COLOR_GREEN, "green", .doc = "as grass"), EDO_UNIT(COLOR_BLUE, "blue"))

typedef struct point {
    int32_t x;
    double y;
} point;
EDO_DESCRIBE(point, EDO_FIELD(point, x, .min = -10, .max = 10),
             EDO_FIELD(point, y, .preset = "0.5"))

enum { SHAPE_NONE, SHAPE_CIRCLE, SHAPE_NAMED };
typedef struct shape {
    uint8_t kind;
    union {
        point circle;
        edo_str named;
    } u;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(SHAPE_NONE, "none"),
                   EDO_FIELD_OF(shape, u.circle, point_desc, EDO_AS("circle"), .tag = SHAPE_CIRCLE),
                   EDO_FIELD(shape, u.named, EDO_AS("named"), .tag = SHAPE_NAMED, .min_len = 1))

typedef struct all {
    bool yes;
    signed char i8;
    short i16;
    int i32;
    long il;
    long long i64;
    unsigned char u8;
    unsigned short u16;
    unsigned u32;
    unsigned long ul;
    unsigned long long u64;
    float f32;
    double f64;
    edo_str str;
    char *text;
    const char *const_text;
    char chars[8];
    edo_bytes bytes;
    edo_duration duration;
    int32_t *one;
    uint16_t *list;
    size_t list_n;
    int8_t fixed[3];
    edo_str upto[4];
    size_t upto_n;
    char names[2][6];
    point at;
    point *more;
    point *points;
    size_t points_n;
    point corners[2];
    shape shapes[2];
    size_t shapes_n;
    color paint;
    bool has_paint;
    struct all *parent;
} all;
EDO_DESCRIBE(all, EDO_FIELD(all, yes), EDO_FIELD(all, i8), EDO_FIELD(all, i16), EDO_FIELD(all, i32),
             EDO_FIELD(all, il), EDO_FIELD(all, i64), EDO_FIELD(all, u8), EDO_FIELD(all, u16),
             EDO_FIELD(all, u32), EDO_FIELD(all, ul), EDO_FIELD(all, u64), EDO_FIELD(all, f32),
             EDO_FIELD(all, f64), EDO_FIELD(all, str, .optional = true), EDO_FIELD(all, text),
             EDO_FIELD(all, const_text, EDO_AS("constText")), EDO_FIELD(all, chars),
             EDO_FIELD(all, bytes, .secret = true), EDO_FIELD(all, duration, .preset = "1m30s"),
             EDO_FIELD_PTR(all, one, .optional = true), EDO_FIELD_LIST(all, list, list_n),
             EDO_FIELD_FIXED(all, fixed), EDO_FIELD_UPTO(all, upto, upto_n),
             EDO_FIELD_FIXED(all, names), EDO_FIELD_OF(all, at, point_desc),
             EDO_FIELD_PTR_OF(all, more, point_desc, .optional = true),
             EDO_FIELD_LIST_OF(all, points, points_n, point_desc, .max_len = 2),
             EDO_FIELD_FIXED_OF(all, corners, point_desc),
             EDO_FIELD_UPTO_OF(all, shapes, shapes_n, shape_desc),
             EDO_FIELD_OF(all, paint, color_desc, .optional = true, EDO_HAS(all, has_paint)),
             EDO_FIELD_PTR_OF(all, parent, all_desc, .optional = true))

static const edo_field *field(const char *name) {
    const edo_field *f = edo_desc_find(&all_desc, edo_str_of(name));
    assert_non_null(f);
    return f;
}

/* ---- Descriptions ---------------------------------------------------------------------------- */

static void each_field_has_its_name_kind_place_and_size(void **state) {
    (void)state;
    static const struct {
        const char *name;
        uint8_t kind, shape;
        size_t offset, size, n;
    } rows[] = {
        { "yes", EDO_VALUE_BOOL, EDO_SHAPE_ONE, offsetof(all, yes), 1, 0 },
        { "i8", EDO_VALUE_I8, EDO_SHAPE_ONE, offsetof(all, i8), 1, 0 },
        { "i16", EDO_VALUE_I16, EDO_SHAPE_ONE, offsetof(all, i16), 2, 0 },
        { "i32", EDO_VALUE_I32, EDO_SHAPE_ONE, offsetof(all, i32), 4, 0 },
        { "il", sizeof(long) == 8 ? EDO_VALUE_I64 : EDO_VALUE_I32, EDO_SHAPE_ONE, offsetof(all, il),
          sizeof(long), 0 },
        { "i64", EDO_VALUE_I64, EDO_SHAPE_ONE, offsetof(all, i64), 8, 0 },
        { "u8", EDO_VALUE_U8, EDO_SHAPE_ONE, offsetof(all, u8), 1, 0 },
        { "u16", EDO_VALUE_U16, EDO_SHAPE_ONE, offsetof(all, u16), 2, 0 },
        { "u32", EDO_VALUE_U32, EDO_SHAPE_ONE, offsetof(all, u32), 4, 0 },
        { "u64", EDO_VALUE_U64, EDO_SHAPE_ONE, offsetof(all, u64), 8, 0 },
        { "f32", EDO_VALUE_F32, EDO_SHAPE_ONE, offsetof(all, f32), 4, 0 },
        { "f64", EDO_VALUE_F64, EDO_SHAPE_ONE, offsetof(all, f64), 8, 0 },
        { "str", EDO_VALUE_STR, EDO_SHAPE_ONE, offsetof(all, str), sizeof(edo_str), 0 },
        { "text", EDO_VALUE_TEXT, EDO_SHAPE_ONE, offsetof(all, text), sizeof(char *), 0 },
        { "constText", EDO_VALUE_TEXT, EDO_SHAPE_ONE, offsetof(all, const_text), sizeof(char *),
          0 },
        { "chars", EDO_VALUE_CHARS, EDO_SHAPE_ONE, offsetof(all, chars), 8, 0 },
        { "bytes", EDO_VALUE_BYTES, EDO_SHAPE_ONE, offsetof(all, bytes), sizeof(edo_bytes), 0 },
        { "duration", EDO_VALUE_DURATION, EDO_SHAPE_ONE, offsetof(all, duration), 8, 0 },
        { "one", EDO_VALUE_I32, EDO_SHAPE_PTR, offsetof(all, one), 4, 0 },
        { "list", EDO_VALUE_U16, EDO_SHAPE_LIST, offsetof(all, list), 2, 0 },
        { "fixed", EDO_VALUE_I8, EDO_SHAPE_FIXED, offsetof(all, fixed), 1, 3 },
        { "upto", EDO_VALUE_STR, EDO_SHAPE_UPTO, offsetof(all, upto), sizeof(edo_str), 4 },
        { "names", EDO_VALUE_CHARS, EDO_SHAPE_FIXED, offsetof(all, names), 6, 2 },
        { "at", EDO_VALUE_DESCRIBED, EDO_SHAPE_ONE, offsetof(all, at), sizeof(point), 0 },
        { "more", EDO_VALUE_DESCRIBED, EDO_SHAPE_PTR, offsetof(all, more), sizeof(point), 0 },
        { "points", EDO_VALUE_DESCRIBED, EDO_SHAPE_LIST, offsetof(all, points), sizeof(point), 0 },
        { "corners", EDO_VALUE_DESCRIBED, EDO_SHAPE_FIXED, offsetof(all, corners), sizeof(point),
          2 },
        { "shapes", EDO_VALUE_DESCRIBED, EDO_SHAPE_UPTO, offsetof(all, shapes), sizeof(shape), 2 },
        { "paint", EDO_VALUE_DESCRIBED, EDO_SHAPE_ONE, offsetof(all, paint), sizeof(color), 0 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_field *f = field(rows[i].name);
        char key[32];
        (void)snprintf(key, sizeof key, ",\"%s\":", rows[i].name);
        assert_string_equal(f->key, key);
        assert_int_equal(f->kind, rows[i].kind);
        assert_int_equal(f->shape, rows[i].shape);
        assert_int_equal(f->offset, rows[i].offset);
        assert_int_equal(f->size, rows[i].size);
        assert_int_equal(f->n, rows[i].n);
    }
    assert_int_equal(field("list")->count_at, offsetof(all, list_n));
    assert_int_equal(field("paint")->has_at, 1 + offsetof(all, has_paint));
    assert_ptr_equal(field("parent")->desc, &all_desc);
    assert_string_equal(all_desc.name, "all");
    assert_int_equal(all_desc.size, sizeof(all));
    assert_null(edo_desc_find(&all_desc, EDO_STR("const_text")));
    assert_null(edo_desc_find(&all_desc, EDO_STR("")));
}

static void variant_is_found_by_its_tag(void **state) {
    (void)state;
    color c = COLOR_BLUE;
    assert_true(edo_str_equal(edo_field_name(edo_desc_variant(&color_desc, &c, sizeof c)),
                              EDO_STR("blue")));
    c = COLOR_GREEN;
    assert_string_equal(edo_desc_variant(&color_desc, &c, sizeof c)->doc, "as grass");
    uint8_t narrow = 255; // -1 in one byte
    assert_int_equal(edo_desc_variant(&color_desc, &narrow, 1)->tag, COLOR_BLUE);
    narrow = 3;
    assert_null(edo_desc_variant(&color_desc, &narrow, 1));
    shape s = { .kind = SHAPE_NAMED };
    assert_ptr_equal(edo_desc_variant(&shape_desc, &s, 0), &shape_desc.fields[2]);
    s.kind = 9;
    assert_null(edo_desc_variant(&shape_desc, &s, 0));
}

static void field_elements_says_where_they_lie_and_whether_they_are_there(void **state) {
    (void)state;
    size_t n;
    uint16_t list[] = { 1, 2, 3 };
    all v = { .list = list, .list_n = 3, .upto_n = 2 };
    assert_ptr_equal(edo_field_elements(field("list"), &v, &n), list);
    assert_int_equal(n, 3);
    assert_ptr_equal(edo_field_elements(field("upto"), &v, &n), v.upto);
    assert_int_equal(n, 2);
    (void)edo_field_elements(field("fixed"), &v, &n);
    assert_int_equal(n, 3);
    (void)edo_field_elements(field("one"), &v, &n);
    assert_int_equal(n, 0);
    (void)edo_field_elements(field("str"), &v, &n);
    assert_int_equal(n, 0); // optional, and without a pointer
    (void)edo_field_elements(field("text"), &v, &n);
    assert_int_equal(n, 1);
    (void)edo_field_elements(field("paint"), &v, &n);
    assert_int_equal(n, 0);
    v.has_paint = true;
    v.str = EDO_STR("");
    assert_ptr_equal(edo_field_elements(field("paint"), &v, &n), &v.paint);
    assert_int_equal(n, 1);
    (void)edo_field_elements(field("str"), &v, &n);
    assert_int_equal(n, 1);
}

/* ---- Elements as text ------------------------------------------------------------------------ */

static void check_text(const edo_field *f, const void *element, const char *wanted) {
    edo_buf out = { 0 };
    assert_int_equal(edo_value_text(&out, f, element), 0);
    assert_int_equal(out.len, strlen(wanted));
    if (out.len) assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
}

static void text_is_read_and_printed_again(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *again; /* NULL: as text */
    } rows[] = {
        { "yes", "on", "true" },
        { "yes", "0", "false" },
        { "i8", "-128", NULL },
        { "i16", "32767", NULL },
        { "i32", "-2147483648", NULL },
        { "i64", "-9223372036854775808", NULL },
        { "i64", "9223372036854775807", NULL },
        { "u8", "255", NULL },
        { "u64", "18446744073709551615", NULL },
        { "u16", "007", "7" },
        { "f32", "0.1", NULL },
        { "f32", "16777217.0000000001", "16777218" }, // rounded once: the double is 16777217
        { "f32", "7.038531e-26", NULL },
        { "f64", "0.1", NULL },
        { "f64", "-1e300", "-1e+300" },
        { "f64", "1.7976931348623157e308", "1.7976931348623157e+308" },
        { "str", "any text", NULL },
        { "str", "", NULL },
        { "text", "any text", NULL },
        { "text", "", NULL },
        { "chars", "1234567", NULL },
        { "bytes", "/+8=", "***" },
        { "duration", "1m30s", NULL },
        { "paint", "blue", NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        for (int on_heap = 0; on_heap < 2; on_heap++) {
            all v = { 0 };
            edo_arena arena = { 0 };
            const edo_field *f = field(rows[i].name);
            void *element = (char *)&v + f->offset;
            assert_int_equal(
                edo_value_parse(element, f, edo_str_of(rows[i].text), on_heap ? NULL : &arena), 0);
            check_text(f, element, rows[i].again ? rows[i].again : rows[i].text);
            if (on_heap) edo_value_deinit(&v, &all_desc);
            edo_arena_deinit(&arena);
        }
    }
}

static void check_trail(int err, const char *wanted) {
    char text[256];
    assert_int_equal(err, -EDO_EVALUE);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    assert_memory_equal(text, wanted, strlen(wanted));
    assert_memory_equal(text + strlen(wanted), ": a value is not", 16);
    edo_trail_clear();
}

/* Numbers of up to 18 digits are read without the text of what is wanted. */
static void numbers_of_few_digits_have_the_same_limits(void **state) {
    (void)state;
    static const struct {
        int64_t min, max;
        const char *text, *wants;
    } rows[] = {
        { -5, 0, "0", NULL },
        { -5, 0, "1", "must be at most 0" },
        { -9, -1, "0", "must be at most -1" },
        { -9, -1, "-3", NULL },
        { 3, 0, "2", "must be at least 3" },
        { 3, 0, "999999999999999999", NULL }, // 18 digits
        { 3, 0, "1000000000000000000", NULL },
        { 0, INT64_C(999999999999999998), "999999999999999999",
          "must be at most 999999999999999998" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_field f = *field("i64");
        f.min = rows[i].min, f.max = rows[i].max;
        int64_t n = 7;
        int err = edo_value_parse(&n, &f, edo_str_of(rows[i].text), NULL);
        if (rows[i].wants) check_trail(err, rows[i].wants);
        assert_true(rows[i].wants ? n == 0 : err == 0 && n == strtoll(rows[i].text, NULL, 10));
    }
}

static void wrong_text_is_refused_and_the_trail_says_what_is_wanted(void **state) {
    (void)state;
    static const struct {
        const char *name, *text, *wants;
    } rows[] = {
        { "yes", "maybe", "must be true or false" },
        { "i8", "128", "must be at most 127" },
        { "i8", "-129", "must be at least -128" },
        { "u16", "65536", "must be at most 65535" },
        { "u16", "-1", "must be a whole number" },
        { "u64", "18446744073709551616", "must be at most 18446744073709551615" },
        { "i64", "9223372036854775808", "must be at most 9223372036854775807" },
        { "i64", "-99999999999999999999", "must be at least -9223372036854775808" },
        { "i32", "", "must be a whole number" },
        { "i32", "-", "must be a whole number" },
        { "i32", "1x", "must be a whole number" },
        { "i32", "1k", "must be a whole number" },
        { "i32", "+1", "must be a whole number" },
        { "f32", "1e39", "must be in the range of its type" },
        { "f64", "nan", "must be a number" },
        { "f64", "1e999", "must be a number" },
        { "f64", "0x10", "must be a number" },
        { "f64", "", "must be a number" },
        { "chars", "12345678", "must have at most 7 bytes" },
        { "bytes", "abc", "must be base64" },
        { "bytes", "ab=c", "must be base64" },
        { "bytes", "abc=abcd", "must be base64" },
        { "bytes", "ab==", "must be base64" }, // bits that no byte has
        { "duration", "5 s", "must be a duration such as 250ms, 5s or 1m30s" },
        { "paint", "pink", "must be red, green or blue" },
        { "paint", "", "must be red, green or blue" },
        { "at", "1", "must be an object" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        all v = { 0 };
        const edo_field *f = field(rows[i].name);
        check_trail(edo_value_parse((char *)&v + f->offset, f, edo_str_of(rows[i].text), NULL),
                    rows[i].wants);
        edo_value_deinit(&v, &all_desc);
    }
    all v = { 0 };
    check_trail(edo_value_parse(&v.text, field("text"), (edo_str){ "a\0b", 3 }, NULL),
                "must have no NUL");
}

static void sizes_have_suffixes(void **state) {
    (void)state;
    const edo_field f = { .kind = EDO_VALUE_U32, .size = 4, .sizes = true, .max = 1 << 20 };
    uint32_t n = 0;
    assert_int_equal(edo_value_parse(&n, &f, EDO_STR("64k"), NULL), 0);
    assert_int_equal(n, 65536);
    assert_int_equal(edo_value_parse(&n, &f, EDO_STR("1M"), NULL), 0);
    assert_int_equal(n, 1 << 20);
    check_trail(edo_value_parse(&n, &f, EDO_STR("2m"), NULL), "must be at most 1048576");
    check_trail(edo_value_parse(&n, &f, EDO_STR("99999999999999999T"), NULL),
                "must be at most 1048576");
    check_trail(edo_value_parse(&n, &f, EDO_STR("k"), NULL), "must be a whole number");
}

static void durations_are_read_and_printed(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
        const char *again;
    } rows[] = {
        { "250ms", 250000000, NULL },
        { "5s", 5000000000, NULL },
        { "1m30s", 90000000000, NULL },
        { "2h", 7200000000000, NULL },
        { "1d", 86400000000000, NULL },
        { "90s", 90000000000, "1m30s" },
        { "1us1ns", 1001, NULL },
        { "0", 0, "0s" },
        { "0s", 0, NULL },
        { "off", -1, NULL },
        { "9223372036854775807ns", INT64_MAX, "106751d23h47m16s854ms775us807ns" },
    };
    char text[EDO_DURATION_TEXT_MAX];
    edo_duration d;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        assert_int_equal(edo_duration_parse(&d, edo_str_of(rows[i].text)), 0);
        assert_int_equal(d.ns, rows[i].ns);
        const char *again = rows[i].again ? rows[i].again : rows[i].text;
        assert_int_equal(edo_duration_print(text, d), strlen(again));
        assert_string_equal(text, again);
    }
    static const char *const wrong[] = { "",
                                         "5",
                                         "s",
                                         "5x",
                                         "1s1m",
                                         "1s1s",
                                         "-5s",
                                         " 5s",
                                         "1.5s",
                                         ".s",
                                         "1..5s",
                                         "OFF",
                                         "5S",
                                         "00",
                                         "1e3s",
                                         "106752d",
                                         "9223372036854775808ns",
                                         "99999999999999999999s" };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        assert_int_equal(edo_duration_parse(&d, edo_str_of(wrong[i])), -EDO_EVALUE);
        edo_trail_clear();
    }
}

/* ---- Whole values ---------------------------------------------------------------------------- */

static void init_fills_in_presets_also_of_nested_structs(void **state) {
    (void)state;
    all v;
    assert_int_equal(edo_value_init(&v, &all_desc, NULL), 0);
    assert_int_equal(v.duration.ns, 90000000000);
    assert_true(v.at.y == 0.5 && v.corners[1].y == 0.5);
    assert_null(v.list);
    edo_value_deinit(&v, &all_desc);
    assert_int_equal(v.duration.ns, 0);
}

static const char *is_even(const void *element) {
    return *(const int32_t *)element % 2 == 0 ? NULL : "must be even";
}

typedef struct limited {
    uint16_t port;
    int32_t even;
    edo_str name;
    edo_str *tags;
    size_t tags_n;
    double share;
    edo_duration wait;
    shape shape;
} limited;
EDO_DESCRIBE(limited, EDO_FIELD(limited, port, .min = 1, .max = 65000),
             EDO_FIELD(limited, even, .check = is_even),
             EDO_FIELD(limited, name, .min_len = 2, .max_len = 4, .pattern = "[a-z]*"),
             EDO_FIELD_LIST(limited, tags, tags_n, .min_len = 1, .max_len = 2, .pattern = "\\w+"),
             EDO_FIELD(limited, share, .max = 1),
             EDO_FIELD(limited, wait, .min = 1000000, .max = 5000000000),
             EDO_FIELD_OF(limited, shape, shape_desc))

typedef struct failures {
    char text[512];
} failures;

static void note(void *arg, const char *path, const char *wants) {
    failures *f = arg;
    size_t n = strlen(f->text);
    (void)snprintf(f->text + n, sizeof f->text - n, "%s %s; ", path, wants);
}

static void check_names_each_field_that_is_not_as_described(void **state) {
    (void)state;
    edo_str tags[] = { EDO_STR("a_1"), EDO_STR("a b"), EDO_STR("") };
    limited v = { .port = 80,
                  .name = EDO_STR("abc"),
                  .tags = tags,
                  .tags_n = 1,
                  .share = 0.25,
                  .wait = EDO_MS(1) };
    assert_int_equal(edo_value_check(&v, &limited_desc, NULL, NULL), 0);
    v = (limited){ .port = 65001,
                   .even = 3,
                   .name = EDO_STR("ABC"),
                   .tags = tags,
                   .tags_n = 3,
                   .share = 1.5,
                   .shape = { .kind = SHAPE_CIRCLE, .u.circle.x = 11 } };
    failures all_of = { { 0 } };
    check_trail(edo_value_check(&v, &limited_desc, note, &all_of),
                "\"port\" must be at most 65000");
    assert_string_equal(all_of.text,
                        "port must be at most 65000; even must be even; name must match [a-z]*; "
                        "tags must have at most 2 elements; tags[1] must match \\w+; "
                        "tags[2] must match \\w+; share must be at most 1; "
                        "wait must be at least 1ms; shape.circle.x must be at most 10; ");
    v = (limited){ .port = 0,
                   .name = EDO_STR("abcde"),
                   .share = -0.5,
                   .wait = EDO_S(6),
                   .shape = { .kind = SHAPE_NAMED } };
    all_of = (failures){ { 0 } };
    check_trail(edo_value_check(&v, &limited_desc, note, &all_of), "\"port\" must be at least 1");
    assert_string_equal(all_of.text,
                        "port must be at least 1; name must have at most 4 bytes; "
                        "tags must have at least 1 element; share must be at least 0; "
                        "wait must be at most 5s; shape.named must have at least 1 byte; ");
    v.shape.kind = 5;
    v.port = 1;
    v.name = EDO_STR("ab");
    v.wait = (edo_duration)EDO_S(1);
    v.share = 0;
    v.tags = tags, v.tags_n = 1;
    check_trail(edo_value_check(&v, &limited_desc, NULL, NULL),
                "\"shape\" must be none, circle or named");
}

static void check_stops_where_values_contain_each_other(void **state) {
    (void)state;
    all v = { .text = NULL };
    v.parent = &v;
    assert_int_equal(edo_value_check(&v, &all_desc, NULL, NULL), -EDO_EVALUE);
    edo_trail_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_has_its_name_kind_place_and_size),
        cmocka_unit_test(variant_is_found_by_its_tag),
        cmocka_unit_test(field_elements_says_where_they_lie_and_whether_they_are_there),
        cmocka_unit_test(text_is_read_and_printed_again),
        cmocka_unit_test(numbers_of_few_digits_have_the_same_limits),
        cmocka_unit_test(wrong_text_is_refused_and_the_trail_says_what_is_wanted),
        cmocka_unit_test(sizes_have_suffixes),
        cmocka_unit_test(durations_are_read_and_printed),
        cmocka_unit_test(init_fills_in_presets_also_of_nested_structs),
        cmocka_unit_test(check_names_each_field_that_is_not_as_described),
        cmocka_unit_test(check_stops_where_values_contain_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
