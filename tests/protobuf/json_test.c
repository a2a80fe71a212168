/* SPDX-License-Identifier: MIT */
/* Goal: a described struct is JSON as protobuf's mapping has it, and comes back from each form that
 * the mapping allows.
 * Method: tables of texts, both ways, for plain fields and for messages with forms of their own. */
#include "everything.h"

#include <edo/test.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/duration.edo.h>
#include <google/protobuf/empty.edo.h>
#include <google/protobuf/field_mask.edo.h>
#include <google/protobuf/struct.edo.h>
#include <google/protobuf/timestamp.edo.h>
#include <google/protobuf/wrappers.edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct odd_entry {
    int64_t key;
    bool value;
} odd_entry;
EDO_DESCRIBE(odd_entry, EDO_FIELD(odd_entry, key, .number = 1),
             EDO_FIELD(odd_entry, value, .number = 2))

typedef struct known {
    google_protobuf_timestamp *at;
    google_protobuf_duration *within;
    google_protobuf_field_mask *mask;
    google_protobuf_struct *object;
    google_protobuf_value *value;
    google_protobuf_list_value *values;
    google_protobuf_any *any;
    google_protobuf_int64_value *big;
    google_protobuf_string_value *word;
    google_protobuf_empty *empty;
    google_protobuf_null_value none;
    bool has_none;
    odd_entry *odd;
    size_t odd_n;
    google_protobuf_value *list;
    size_t list_n;
} known;
#define PTR(member, of, n) EDO_FIELD_PTR_OF(known, member, of, .number = (n), .optional = true)
EDO_DESCRIBE(known, PTR(at, google_protobuf_timestamp_desc, 1),
             PTR(within, google_protobuf_duration_desc, 2),
             PTR(mask, google_protobuf_field_mask_desc, 3),
             PTR(object, google_protobuf_struct_desc, 4), PTR(value, google_protobuf_value_desc, 5),
             PTR(values, google_protobuf_list_value_desc, 6), PTR(any, google_protobuf_any_desc, 7),
             PTR(big, google_protobuf_int64_value_desc, 8),
             PTR(word, google_protobuf_string_value_desc, 9),
             PTR(empty, google_protobuf_empty_desc, 10),
             EDO_FIELD_OF(known, none, google_protobuf_null_value_desc, .number = 11,
                          .optional = true, EDO_HAS(known, has_none)),
             EDO_FIELD_LIST_OF(known, odd, odd_n, odd_entry_desc, .number = 12, .map = true,
                               .optional = true),
             EDO_FIELD_LIST_OF(known, list, list_n, google_protobuf_value_desc, .number = 13,
                               .optional = true))

typedef struct renamed {
    int32_t foo_bar, a, plain_one;
} renamed;
EDO_DESCRIBE(renamed,
             EDO_FIELD(renamed, foo_bar, EDO_AS_JSON("foo_bar", "x_y"), .number = 1,
                       .optional = true),
             EDO_FIELD(renamed, a, EDO_AS_JSON("a", "a \"b\""), .number = 2, .optional = true),
             EDO_FIELD(renamed, plain_one, .number = 3, .optional = true))

typedef struct names {
    int32_t *some_numbers;
    size_t some_numbers_n;
} names;
EDO_DESCRIBE(names,
             EDO_FIELD_LIST(names, some_numbers, some_numbers_n, .number = 1, .optional = true))

/* Enums of proto2. */
typedef struct closed_entry {
    edo_str name;
    color value;
} closed_entry;
EDO_DESCRIBE(closed_entry, EDO_FIELD(closed_entry, name, .number = 1),
             EDO_FIELD_OF(closed_entry, value, color_desc, .number = 2, .wire = EDO_WIRE_CLOSED))
typedef struct closed {
    color one;
    color *many;
    size_t many_n;
    closed_entry *named;
    size_t named_n;
} closed;
EDO_DESCRIBE(closed,
             EDO_FIELD_OF(closed, one, color_desc, .number = 1, .optional = true,
                          .wire = EDO_WIRE_CLOSED),
             EDO_FIELD_LIST_OF(closed, many, many_n, color_desc, .number = 2, .optional = true,
                               .wire = EDO_WIRE_CLOSED),
             EDO_FIELD_LIST_OF(closed, named, named_n, closed_entry_desc, .number = 3, .map = true,
                               .optional = true, .wire = EDO_WIRE_CLOSED))

typedef struct demanding {
    int32_t must;
    bool has_must;
} demanding;
EDO_DESCRIBE(demanding, EDO_FIELD(demanding, must, .number = 1, .wire = EDO_WIRE_REQUIRED,
                                  .optional = true, EDO_HAS(demanding, has_must)))

static const edo_protobuf_type types[] = {
    { "test.Leaf", &leaf_desc },
    GOOGLE_PROTOBUF_DURATION_TYPES,
};

/* From JSON to the struct, over its message, to JSON; what is wrong is in the trail. */
static int through(edo_buf *out, edo_str text, const edo_desc *desc,
                   const edo_protobuf_json_opts *opts) {
    edo_arena arena = { 0 };
    edo_buf message = { 0 };
    void *value = edo_arena_alloc(&arena, desc->size);
    out->len = 0;
    int err = value ? edo_protobuf_json_decode(value, desc, text, &arena, opts) : -ENOMEM;
    if (err == 0) err = edo_protobuf_encode(&message, value, desc);
    const edo_str bytes = { message.ptr, message.len };
    if (err == 0) err = edo_protobuf_decode(value, desc, bytes, &arena);
    if (err == 0) err = edo_protobuf_json_encode(out, value, desc, opts);
    edo_buf_deinit(&message);
    edo_arena_deinit(&arena);
    return err;
}

typedef struct row {
    const char *in, *out; // NULL: the same
} row;

static void check_rows(const row *rows, size_t n, const edo_desc *desc) {
    const edo_protobuf_json_opts opts = { .types = types, .types_n = EDO_COUNT(types) };
    edo_buf out = { 0 };
    for (size_t i = 0; i < n; i++) {
        const char *want = rows[i].out ? rows[i].out : rows[i].in;
        int err = through(&out, edo_str_of(rows[i].in), desc, &opts);
        if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
        if (err < 0 || !edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(want)))
            fail_msg("%s\nis %.*s", rows[i].in, (int)out.len, out.len ? out.ptr : "");
    }
    edo_buf_deinit(&out);
}

static void plain_fields_are_written_as_the_mapping_has_them(void **state) {
    (void)state;
    static const row rows[] = {
        { "{\"i32\":-1,\"i64\":\"-5\",\"u32\":4294967295,\"u64\":\"18446744073709551615\","
          "\"within\":{}}",
          NULL },
        { "{\"real\":0.1,\"precise\":0.1,\"flag\":true,\"text\":\"\\\"\xc3\xa9\",\"bytes\":\"AP+"
          "A\","
          "\"within\":{}}",
          NULL },
        { "{\"real\":16777217.0000000001,\"within\":{}}", "{\"real\":16777218.0,\"within\":{}}" },
        { "{\"real\":\"7.038531e-26\",\"within\":{}}", "{\"real\":7.038531e-26,\"within\":{}}" },
        { "{\"real\":\"NaN\",\"precise\":\"-Infinity\",\"within\":{}}", NULL },
        { "{\"paint\":\"RED\",\"maybe\":{\"name\":\"m\"},\"within\":{\"n\":1}}", NULL },
        { "{\"within\":{},\"packed\":[1,2],\"loose\":[\"3\"],\"leaves\":[{},{\"n\":4}]}", NULL },
        { "{\"within\":{},\"prices\":{\"tea\":{\"n\":1},\"\":{}}}", NULL },
        { "{\"within\":{},\"tree\":{\"n\":9},\"level\":0,\"bigNumber\":3}", NULL },
        // what else may come
        { "{\"i32\":\"7\",\"i64\":8,\"u32\":1e2,\"u64\":\"5.0\",\"big_number\":1}",
          "{\"i32\":7,\"i64\":\"8\",\"u32\":100,\"u64\":\"5\",\"within\":{},\"bigNumber\":1}" },
        { "{\"real\":\"1.5\",\"precise\":3,\"bytes\":\"_-8\",\"paint\":3,\"maybe\":null}",
          "{\"real\":1.5,\"precise\":3.0,\"bytes\":\"/+8=\",\"paint\":\"RED\",\"within\":{}}" },
        { "{\"paint\":99,\"small\":-128}", "{\"paint\":99,\"within\":{},\"small\":-128}" },
    };
    check_rows(rows, EDO_COUNT(rows), &everything_desc);
}

static void known_messages_have_their_own_forms(void **state) {
    (void)state;
    static const row rows[] = {
        { "{\"at\":\"1972-01-01T10:00:20.021Z\"}", NULL },
        { "{\"at\":\"0001-01-01T00:00:00Z\"}", NULL },
        { "{\"at\":\"9999-12-31T23:59:59.999999999Z\"}", NULL },
        { "{\"at\":\"1969-12-31T23:59:59.500Z\"}", NULL },
        { "{\"at\":\"2000-02-29T00:30:00+01:30\"}", "{\"at\":\"2000-02-28T23:00:00Z\"}" },
        { "{\"at\":\"2024-05-06T07:08:09.1Z\"}", "{\"at\":\"2024-05-06T07:08:09.100Z\"}" },
        { "{\"within\":\"3.000000001s\"}", NULL },
        { "{\"within\":\"-0.500s\"}", NULL },
        { "{\"within\":\"-315576000000s\"}", NULL },
        { "{\"within\":\"1.5s\"}", "{\"within\":\"1.500s\"}" },
        { "{\"mask\":\"user.displayName,photo\"}", NULL },
        { "{\"mask\":\"\"}", NULL },
        { "{\"mask\":\"a,\"}", NULL }, // an empty path, last as anywhere
        { "{\"mask\":\",a\"}", NULL },
        { "{\"object\":{\"a\":null,\"b\":[1.0,\"x\",{}],\"c\":{\"d\":true}}}", NULL },
        { "{\"value\":null}", NULL },
        { "{\"value\":[false]}", NULL },
        { "{\"values\":[null,1.5]}", NULL },
        { "{\"list\":[null,{\"a\":1.0}]}", NULL },
        { "{\"any\":{\"@type\":\"type.googleapis.com/test.Leaf\",\"name\":\"x\",\"n\":2}}", NULL },
        { "{\"any\":{\"n\":2,\"@type\":\"type.googleapis.com/test.Leaf\"}}",
          "{\"any\":{\"@type\":\"type.googleapis.com/test.Leaf\",\"n\":2}}" },
        { "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1s\"}}", NULL },
        // those with a form of their own are known
        { "{\"any\":{\"@type\":\"x/"
          "google.protobuf.Timestamp\",\"value\":\"2000-01-01T00:00:00Z\"}}",
          NULL },
        { "{\"any\":{\"@type\":\"x/google.protobuf.Any\",\"value\":{}}}", NULL },
        { "{\"big\":\"-9223372036854775808\",\"word\":\"\",\"empty\":{}}", NULL },
        { "{\"any\":{}}", NULL },
        { "{\"none\":null}", NULL },
        { "{\"odd\":{\"-5\":true,\"9223372036854775807\":false}}", NULL },
        { "{\"big\":null,\"at\":null}", "{}" },
    };
    check_rows(rows, EDO_COUNT(rows), &known_desc);
}

/* A message may have a key twice, a text of JSON not. */
static void of_equal_keys_the_last_is_written(void **state) {
    (void)state;
    odd_entry odd[] = { { 7, true }, { -5, true }, { 7, false }, { 2, false }, { -5, false } };
    google_protobuf_struct_fields_entry named[] = {
        { .key = EDO_STR("b"), .value = { .kind = GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE } },
        { .key = EDO_STR("a"), .value = { .kind = GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE } },
        { .key = EDO_STR("b"),
          .value = { .kind = GOOGLE_PROTOBUF_VALUE_KIND_NUMBER_VALUE, .number_value = 2 } },
        { .key = EDO_STR(""), .value = { .kind = GOOGLE_PROTOBUF_VALUE_KIND_NULL_VALUE } },
    };
    google_protobuf_struct object = { .fields = named, .fields_n = EDO_COUNT(named) };
    const known v = { .odd = odd, .odd_n = EDO_COUNT(odd), .object = &object };
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_protobuf_json_encode(&out, &v, &known_desc, NULL));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len },
                              EDO_STR("{\"object\":{\"a\":null,\"b\":2.0,\"\":null},"
                                      "\"odd\":{\"7\":false,\"2\":false,\"-5\":false}}")));
    edo_buf_deinit(&out);
}

static void a_field_may_have_another_name_in_json(void **state) {
    (void)state;
    static const row rows[] = {
        { "{\"x_y\":1,\"a \\\"b\\\"\":2,\"plainOne\":3}", NULL },
        { "{\"foo_bar\":1,\"a\":2,\"plain_one\":3}",
          "{\"x_y\":1,\"a \\\"b\\\"\":2,\"plainOne\":3}" },
    };
    const edo_protobuf_json_opts opts = { .keeps_names = true };
    const renamed v = { 1, 2, 3 };
    edo_buf out = { 0 };
    check_rows(rows, EDO_COUNT(rows), &renamed_desc);
    EDO_TEST_OK(edo_protobuf_json_encode(&out, &v, &renamed_desc, &opts));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len },
                              EDO_STR("{\"foo_bar\":1,\"a\":2,\"plain_one\":3}")));
    edo_buf_deinit(&out);
}

static void what_is_not_of_the_message_is_refused_with_its_path(void **state) {
    (void)state;
    static const struct {
        const edo_desc *desc;
        const char *in, *says;
    } rows[] = {
        { &everything_desc, "[]", "must be an object" },
        { &everything_desc, "{\"other\":1}", "\"other\" is not known" },
        { &everything_desc, "{\"rest\":\"x\"}", "\"rest\" is not known" },
        { &everything_desc, "{\"leaves\":[{},{\"a\":1}]}", "\"leaves[1].a\" is not known" },
        { &everything_desc, "{\"i32\":1.5}",
          "\"i32\" must be an integer in the range of its type" },
        { &everything_desc, "{\"i32\":2147483648}",
          "\"i32\" must be an integer in the range of its type" },
        { &everything_desc, "{\"i32\":\"1 \"}", "\"i32\" must be an integer" },
        { &everything_desc, "{\"u64\":-1}", "\"u64\" must be an integer in the range of its type" },
        { &everything_desc, "{\"u64\":\"18446744073709551616\"}",
          "\"u64\" must be an integer in the range of its type" },
        { &everything_desc, "{\"real\":1e39}", "\"real\" must be in the range of its type" },
        { &everything_desc, "{\"flag\":\"true\"}", "\"flag\" must be true or false" },
        { &everything_desc, "{\"bytes\":\"a\"}", "\"bytes\" must be base64" },
        { &everything_desc, "{\"paint\":\"GREEN\"}",
          "\"paint\" must be one of the names of its enum" },
        { &everything_desc, "{\"packed\":{}}", "\"packed\" must be an array" },
        { &everything_desc, "{\"packed\":[1,null]}", "\"packed[1]\" must not be null" },
        { &everything_desc, "{\"word\":\"w\",\"number\":1}",
          "\"number\" must be the only one of its oneof" },
        { &everything_desc, "{\"few\":[3,3,3]}", "\"few[2]\" must have fewer elements" },
        { &known_desc, "{\"at\":\"2023-02-29T00:00:00Z\"}",
          "\"at\" must be a time such as \"1972-01-01T10:00:20Z\"" },
        { &known_desc, "{\"at\":\"2023-02-28 00:00:00Z\"}",
          "\"at\" must be a time such as \"1972-01-01T10:00:20Z\"" },
        { &known_desc, "{\"within\":\"1\"}", "\"within\" must be a duration such as \"1.5s\"" },
        { &known_desc, "{\"within\":\"315576000001s\"}",
          "\"within\" must be a duration such as \"1.5s\"" },
        { &known_desc, "{\"any\":{\"@type\":\"x/google.protobuf.NullValue\"}}",
          "\"any\" must be of a type that is known" },
        { &known_desc, "{\"any\":{\"@type\":\"x/none\"}}",
          "\"any\" must be of a type that is known" },
        { &known_desc, "{\"any\":{\"@type\":\"x/google.protobuf.Duration\"}}",
          "\"any\" must have a member \"value\"" },
        { &known_desc, "{\"any\":{\"@type\":\"x/google.protobuf.Value\"}}",
          "\"any\" must have a member \"value\"" },
        { &known_desc, "{\"mask\":\"a,foo_bar\"}", "\"mask\" must be paths in lowerCamelCase" },
        { &renamed_desc, "{\"fooBar\":1}", "\"fooBar\" is not known" },
        { &known_desc, "{\"odd\":{\"x\":true}}", "\"odd[0]\" must be an integer" },
        { &demanding_desc, "{}", "\"must\" is missing" },
        { &names_desc, "{\"someNumbers\":[1],\"some_numbers\":[2]}",
          "\"some_numbers\" must be there once" },
        { &everything_desc, "{\"bigNumber\":1,\"big_number\":2}",
          "\"big_number\" must be there once" },
        { &closed_desc, "{\"one\":99}", "\"one\" must be one of the numbers of its enum" },
        { &closed_desc, "{\"many\":[3,99]}", "\"many[1]\" must be one of the numbers of its enum" },
        { &closed_desc, "{\"named\":{\"a\":99}}",
          "\"named[0]\" must be one of the numbers of its enum" },
    };
    const edo_protobuf_json_opts opts = { .types = types, .types_n = EDO_COUNT(types) };
    edo_buf out = { 0 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        EDO_TEST_EQ(through(&out, edo_str_of(rows[i].in), rows[i].desc, &opts), -EDO_EJSON);
        assert_string_equal(edo_trail_find(-EDO_EJSON)->text, rows[i].says);
        edo_trail_clear();
    }
    edo_buf_deinit(&out);
}

static void values_without_a_form_are_not_written(void **state) {
    (void)state;
    edo_buf out = { 0 };
    google_protobuf_timestamp far = { .seconds = INT64_C(253402300800) };
    google_protobuf_duration mixed = { .seconds = 1, .nanos = -1 };
    google_protobuf_any any = { .type_url = EDO_STR("x/test.Leaf"),
                                .value = { EDO_STR("\xff"), NULL } };
    google_protobuf_value none = { .kind = 0 };
    edo_str path = EDO_STR("fooBar"), end = EDO_STR("foo_"), digit = EDO_STR("foo_1");
    google_protobuf_field_mask masks[] = {
        { .paths = &path, .paths_n = 1 },
        { .paths = &end, .paths_n = 1 },
        { .paths = &digit, .paths_n = 1 },
    };
    const known values[] = { { .at = &far },       { .within = &mixed },  { .any = &any },
                             { .value = &none },   { .mask = &masks[0] }, { .mask = &masks[1] },
                             { .mask = &masks[2] } };
    const edo_protobuf_json_opts opts = { .types = types, .types_n = EDO_COUNT(types) };
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        EDO_TEST_EQ(edo_protobuf_json_encode(&out, &values[i], &known_desc, &opts), -EDO_EJSON);
        assert_int_equal(out.len, 0);
        edo_trail_clear();
    }
    edo_buf_deinit(&out);
}

static void options_choose_the_form(void **state) {
    (void)state;
    edo_buf out = { 0 };
    EDO_TEST_OK(through(&out,
                        EDO_STR("{\"bigNumber\":1,\"leaves\":[{\"x\":[]}],\"paint\":\"GREEN\"}"),
                        &everything_desc,
                        &(edo_protobuf_json_opts){ .keeps_names = true, .ignores_unknown = true }));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len },
                              EDO_STR("{\"within\":{},\"leaves\":[{}],\"big_number\":1}")));
    EDO_TEST_OK(through(&out, EDO_STR("{\"one\":99,\"many\":[99,3],\"named\":{\"a\":99,\"b\":3}}"),
                        &closed_desc, &(edo_protobuf_json_opts){ .ignores_unknown = true }));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len },
                              EDO_STR("{\"many\":[\"RED\"],\"named\":{\"b\":\"RED\"}}")));
    EDO_TEST_OK(through(&out, EDO_STR("{}"), &leaf_desc,
                        &(edo_protobuf_json_opts){ .writes_zeros = true, .indent = 2 }));
    assert_true(edo_str_equal((edo_str){ out.ptr, out.len },
                              EDO_STR("{\n  \"name\": \"\",\n  \"n\": 0\n}")));
    edo_buf_deinit(&out);
}

static void memory_and_depth_are_bounded(void **state) {
    (void)state;
    enum { N = 40000 };
    static char text[3 * N + 32];
    edo_arena arena = { 0 };
    everything v;
    size_t n = 0;
    memcpy(text, "{\"leaves\":[", 11);
    for (size_t i = 0; i < N; i++) memcpy(text + 11 + 3 * i, "{},", 3);
    memcpy(text + 11 + 3 * N - 1, "]}", 2);
    EDO_TEST_OK(edo_protobuf_json_decode(&v, &everything_desc, (edo_str){ text, 12 + 3 * N },
                                         &arena, NULL));
    assert_int_equal(v.leaves_n, N);
    edo_arena_deinit(&arena);
    for (size_t i = 0; i < 102; i++) n += (size_t)snprintf(text + n, sizeof text - n, "[");
    for (size_t i = 0; i < 102; i++) n += (size_t)snprintf(text + n, sizeof text - n, "]");
    google_protobuf_value deep;
    EDO_TEST_EQ(edo_protobuf_json_decode(&deep, &google_protobuf_value_desc, (edo_str){ text, n },
                                         &arena, NULL),
                -EDO_EJSON);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

/* Each of them has the bytes of all that it holds. */
static void an_any_in_an_any_counts_again(void **state) {
    (void)state;
    enum { DEPTH = 90, N = 20000 };
    static char text[DEPTH * 50 + N + 100];
    static const edo_protobuf_type holds[] = { { "test.Leaf", &leaf_desc },
                                               GOOGLE_PROTOBUF_ANY_TYPES };
    const edo_protobuf_json_opts opts = { .types = holds, .types_n = EDO_COUNT(holds) };
    edo_arena arena = { 0 };
    google_protobuf_any any;
    size_t n = 0;
    for (int i = 0; i < DEPTH; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "{\"@type\":\"x/google.protobuf.Any\",\"value\":");
    n += (size_t)snprintf(text + n, sizeof text - n,
                          "{\"@type\":\"x/test.Leaf\",\"name\":\"%0*d\"}", N, 0);
    for (int i = 0; i < DEPTH; i++) text[n++] = '}';
    EDO_TEST_EQ(edo_protobuf_json_decode(&any, &google_protobuf_any_desc, (edo_str){ text, n },
                                         &arena, &opts),
                -EMSGSIZE);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_fields_are_written_as_the_mapping_has_them),
        cmocka_unit_test(known_messages_have_their_own_forms),
        cmocka_unit_test(of_equal_keys_the_last_is_written),
        cmocka_unit_test(a_field_may_have_another_name_in_json),
        cmocka_unit_test(what_is_not_of_the_message_is_refused_with_its_path),
        cmocka_unit_test(values_without_a_form_are_not_written),
        cmocka_unit_test(options_choose_the_form),
        cmocka_unit_test(memory_and_depth_are_bounded),
        cmocka_unit_test(an_any_in_an_any_counts_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
