/* SPDX-License-Identifier: MIT */
/* Goal: fields of a message are set by texts as URLs have them.
 * Method: rows of paths and texts; the message as JSON says what was set. */
#include <edo/protobuf.h>
#include <edo/test.h>

#include <google/protobuf/duration.edo.h>
#include <google/protobuf/struct.edo.h>
#include <google/protobuf/wrappers.edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef enum shade { SHADE_NONE, SHADE_DARK = 3 } shade;
EDO_DESCRIBE_ENUM(shade, EDO_UNIT(SHADE_NONE, "NONE"), EDO_UNIT(SHADE_DARK, "DARK"))

typedef struct entry {
    edo_str key, value;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, key, .number = 1), EDO_FIELD(entry, value, .number = 2))

typedef struct thing thing;
struct thing {
    edo_str long_name;
    int32_t small;
    uint64_t big;
    bool yes;
    double real;
    shade shade;
    edo_bytes bytes;
    int32_t *numbers;
    size_t numbers_n;
    thing *inner;
    thing *others;
    size_t others_n;
    entry *map;
    size_t map_n;
    google_protobuf_duration *within;
    google_protobuf_bool_value *maybe;
    google_protobuf_struct *object;
    uint32_t one;
    union {
        edo_str first;
        thing *second;
    } of;
};
EDO_DESCRIBED_LATER(thing)
EDO_DESCRIBE(
    thing, EDO_FIELD(thing, long_name, .number = 1, .optional = true),
    EDO_FIELD(thing, small, .number = 2, .optional = true),
    EDO_FIELD(thing, big, .number = 3, .optional = true),
    EDO_FIELD(thing, yes, .number = 4, .optional = true),
    EDO_FIELD(thing, real, .number = 5, .optional = true),
    EDO_FIELD_OF(thing, shade, shade_desc, .number = 6, .optional = true),
    EDO_FIELD(thing, bytes, .number = 7, .optional = true),
    EDO_FIELD_LIST(thing, numbers, numbers_n, .number = 8, .optional = true),
    EDO_FIELD_PTR_OF(thing, inner, thing_desc, .number = 9, .optional = true),
    EDO_FIELD_LIST_OF(thing, others, others_n, thing_desc, .number = 10, .optional = true),
    EDO_FIELD_LIST_OF(thing, map, map_n, entry_desc, .number = 11, .optional = true, .map = true),
    EDO_FIELD_PTR_OF(thing, within, google_protobuf_duration_desc, .number = 12, .optional = true),
    EDO_FIELD_PTR_OF(thing, maybe, google_protobuf_bool_value_desc, .number = 13, .optional = true),
    EDO_FIELD_PTR_OF(thing, object, google_protobuf_struct_desc, .number = 14, .optional = true),
    EDO_FIELD(thing, of.first, .number = 15, .optional = true, EDO_AS("first"),
              EDO_ONEOF(thing, one)),
    EDO_FIELD_PTR_OF(thing, of.second, thing_desc, .number = 16, .optional = true, EDO_AS("second"),
                     EDO_ONEOF(thing, one)))

static int set(thing *t, const char *path, const char *text, edo_arena *arena) {
    return edo_protobuf_set_text(t, &thing_desc, edo_str_of(path), edo_str_of(text), arena);
}

static void is_json(const thing *t, const char *wanted) {
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_protobuf_json_encode(&out, t, &thing_desc, NULL));
    if (!edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(wanted)))
        print_message("%.*s\n", (int)out.len, out.ptr);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
}

static void each_type_has_its_text(void **state) {
    static const struct {
        const char *path, *text, *json;
    } rows[] = {
        { "long_name", "a \"b\"", "{\"longName\":\"a \\\"b\\\"\"}" },
        { "longName", "true", "{\"longName\":\"true\"}" },
        { "small", "-5", "{\"small\":-5}" },
        { "big", "18446744073709551615", "{\"big\":\"18446744073709551615\"}" },
        { "yes", "true", "{\"yes\":true}" },
        { "real", "1.5e3", "{\"real\":1500.0}" },
        { "real", "NaN", "{\"real\":\"NaN\"}" },
        { "shade", "DARK", "{\"shade\":\"DARK\"}" },
        { "shade", "3", "{\"shade\":\"DARK\"}" },
        { "shade", "-7", "{\"shade\":-7}" },
        { "bytes", "_-8", "{\"bytes\":\"/+8=\"}" },
        { "numbers", "1", "{\"numbers\":[1]}" },
        { "inner.inner.small", "1", "{\"inner\":{\"inner\":{\"small\":1}}}" },
        { "within", "1.5s", "{\"within\":\"1.500s\"}" },
        { "maybe", "true", "{\"maybe\":true}" },
        { "first", "", "{\"first\":\"\"}" },
        { "second.small", "2", "{\"second\":{\"small\":2}}" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_arena arena = { 0 };
        thing t = { .small = 0 };
        EDO_TEST_OK(set(&t, rows[i].path, rows[i].text, &arena));
        is_json(&t, rows[i].json);
        edo_arena_deinit(&arena);
    }
}

static void later_texts_add_or_replace(void **state) {
    edo_arena arena = { 0 };
    thing t = { .small = 0 };
    (void)state;
    for (int i = 0; i < 9; i++) EDO_TEST_OK(set(&t, "numbers", i % 2 ? "7" : "8", &arena));
    EDO_TEST_OK(set(&t, "small", "1", &arena));
    EDO_TEST_OK(set(&t, "small", "0", &arena));
    EDO_TEST_OK(set(&t, "second.small", "1", &arena));
    EDO_TEST_OK(set(&t, "second.yes", "true", &arena));
    is_json(&t, "{\"numbers\":[8,7,8,7,8,7,8,7,8],\"second\":{\"small\":1,\"yes\":true}}");
    edo_arena_deinit(&arena);
}

static void what_does_not_fit_is_refused(void **state) {
    static const struct {
        const char *path, *text;
        int err;
        const char *why;
    } rows[] = {
        { "none", "1", -ENOENT, NULL },
        { "", "1", -ENOENT, NULL },
        { ".", "1", -ENOENT, NULL },
        { "small.", "1", -ENOENT, NULL },
        { "inner", "1", -ENOENT, NULL },
        { "inner.", "1", -ENOENT, NULL },
        { "others", "1", -ENOENT, NULL },
        { "others.small", "1", -ENOENT, NULL },
        { "map", "1", -ENOENT, NULL },
        { "map.key", "1", -ENOENT, NULL },
        { "within.seconds", "1", -ENOENT, NULL },
        { "small", "3000000000", -EDO_EJSON, "\"small\" must be an integer in the range" },
        { "small", "", -EDO_EJSON, "must be an integer" },
        { "small", "1,2", -EDO_EJSON, "must be an integer" },
        { "inner.yes", "yes", -EDO_EJSON, "\"inner.yes\" must be true or false" },
        { "shade", "PALE", -EDO_EJSON, "\"shade\" must be" },
        { "within", "1", -EDO_EJSON, "must be a duration" },
        { "maybe", "1", -EDO_EJSON, "must be true or false" },
        { "object", "{}", -EDO_EJSON, "must be an object" },
        { "bytes", "*", -EDO_EJSON, "must be base64" },
        { "longName", "\xff", -EDO_EJSON, "\"longName\" must be UTF-8" },
        { "second.small", "1", -EDO_EJSON, "\"second.small\" must be the only one of its oneof" },
    };
    edo_arena arena = { 0 };
    thing t = { .small = 0 };
    (void)state;
    EDO_TEST_OK(set(&t, "first", "x", &arena));
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = set(&t, rows[i].path, rows[i].text, &arena);
        if (err != rows[i].err) print_message("%s=%s\n", rows[i].path, rows[i].text);
        assert_int_equal(err, rows[i].err);
        if (!rows[i].why) continue;
        const edo_trail_entry *told = edo_trail_find(err);
        assert_non_null(told);
        if (!strstr(told->text, rows[i].why)) print_message("%s\n", told->text);
        assert_non_null(strstr(told->text, rows[i].why));
    }
    edo_arena_deinit(&arena);
}

static void path_is_not_deeper_than_messages(void **state) {
    edo_arena arena = { 0 };
    edo_buf path = { 0 };
    thing t = { .small = 0 };
    (void)state;
    for (unsigned i = 0; i < EDO_PROTOBUF_DEPTH_MAX; i++)
        EDO_TEST_OK(edo_buf_append(&path, "inner.", 6));
    EDO_TEST_OK(edo_buf_append(&path, "inner.small", 11));
    const edo_str all = { path.ptr, path.len }, less = { path.ptr + 6, path.len - 6 };
    assert_int_equal(edo_protobuf_set_text(&t, &thing_desc, less, EDO_STR("1"), &arena), 0);
    assert_int_equal(edo_protobuf_set_text(&t, &thing_desc, all, EDO_STR("1"), &arena), -ENOENT);
    edo_buf_deinit(&path);
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_type_has_its_text),
        cmocka_unit_test(later_texts_add_or_replace),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(path_is_not_deeper_than_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
