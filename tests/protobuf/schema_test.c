/* SPDX-License-Identifier: MIT */
/* Goal: descriptions made of descriptors are as those that protoc-gen-edo makes, and descriptors
 * that no .proto has are refused, with the place and the reason. Method: sets written as JSON;
 * generated_test.sh and python_test.py have .proto files beside their generated headers. */
#include <edo/protobuf_schema.h>

#include <google/protobuf/descriptor.edo.h>

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The set that a JSON text says, as protoc would write it; numbers that an enum has not are left
 * out, as a set is read. */
static edo_str set_of(const char *json, edo_arena *arena) {
    const edo_protobuf_json_opts opts = { .ignores_unknown = true };
    google_protobuf_file_descriptor_set set;
    edo_buf out = { 0 };
    assert_int_equal(edo_protobuf_json_decode(&set, &google_protobuf_file_descriptor_set_desc,
                                              edo_str_of(json), arena, &opts),
                     0);
    assert_int_equal(edo_protobuf_encode(&out, &set, &google_protobuf_file_descriptor_set_desc), 0);
    const edo_str copy = { edo_arena_copy(arena, out.ptr ? out.ptr : "", out.len), out.len };
    assert_non_null(copy.ptr);
    edo_buf_deinit(&out);
    return copy;
}

/* From JSON to a message and back by the description of a name; `json` is what comes back. */
static void goes_through(const edo_protobuf_schema *s, const char *name, const char *json) {
    edo_arena arena = { 0 };
    edo_buf message = { 0 }, text = { 0 };
    const edo_desc *desc = edo_protobuf_schema_find(s, edo_str_of(name));
    edo_protobuf_json_opts opts = { 0 };
    opts.types = edo_protobuf_schema_types(s, &opts.types_n);
    assert_non_null(desc);
    void *value = edo_arena_alloc(&arena, desc->size), *again = edo_arena_alloc(&arena, desc->size);
    assert_true(value && again);
    assert_int_equal(edo_protobuf_json_decode(value, desc, edo_str_of(json), &arena, &opts), 0);
    assert_int_equal(edo_protobuf_encode(&message, value, desc), 0);
    const edo_str bytes = { message.ptr ? message.ptr : "", message.len };
    assert_int_equal(edo_protobuf_decode(again, desc, bytes, &arena), 0);
    assert_int_equal(edo_protobuf_json_encode(&text, again, desc, &opts), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    assert_string_equal(text.ptr, json);
    edo_buf_deinit(&message);
    edo_buf_deinit(&text);
    edo_arena_deinit(&arena);
}

#define FILE_OF(parts)    "{\"file\":[{\"name\":\"a.proto\",\"package\":\"p.v1\"," parts "}]}"
#define MESSAGE_OF(parts) FILE_OF("\"messageType\":[{\"name\":\"M\"," parts "}]")
#define FIELD_OF(parts)   MESSAGE_OF("\"field\":[{\"name\":\"x\"," parts "}]")

#define ENTRY_OF(key, value) MESSAGE_OF(ENTRY_PARTS(key, value))
#define ENTRY_PARTS(key, value)                                                                    \
    "\"field\":[{\"name\":\"x\",\"number\":1,\"label\":\"LABEL_REPEATED\","                        \
    "\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M.XEntry\"}],"                                 \
    "\"nestedType\":[{\"name\":\"XEntry\",\"options\":{\"mapEntry\":true},\"field\":["             \
    "{\"name\":\"key\",\"number\":1," key "},{\"name\":\"value\",\"number\":2," value "}]}]"

/* ---- What is good ---------------------------------------------------------------------------- */

static const char good[] = FILE_OF(
    "\"syntax\":\"proto3\",\"enumType\":[{\"name\":\"Color\",\"value\":["
    "{\"name\":\"RED\",\"number\":0},{\"name\":\"BLUE\",\"number\":-7}]}],"
    "\"messageType\":[{\"name\":\"M\",\"oneofDecl\":[{\"name\":\"one\"},{\"name\":\"_opt\"}],"
    "\"field\":["
    "{\"name\":\"deep_er\",\"number\":9,\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M\"},"
    "{\"name\":\"id\",\"number\":1,\"type\":\"TYPE_SINT64\"},"
    "{\"name\":\"a\",\"number\":2,\"type\":\"TYPE_STRING\",\"oneofIndex\":0},"
    "{\"name\":\"b\",\"number\":3,\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M\","
    "\"oneofIndex\":0},"
    "{\"name\":\"c\",\"number\":4,\"type\":\"TYPE_BYTES\",\"oneofIndex\":0},"
    "{\"name\":\"opt\",\"number\":5,\"type\":\"TYPE_BOOL\",\"oneofIndex\":1,"
    "\"proto3Optional\":true},"
    "{\"name\":\"many\",\"number\":6,\"type\":\"TYPE_FLOAT\",\"label\":\"LABEL_REPEATED\"},"
    "{\"name\":\"map\",\"number\":7,\"label\":\"LABEL_REPEATED\",\"type\":\"TYPE_MESSAGE\","
    "\"typeName\":\".p.v1.M.MapEntry\"},"
    "{\"name\":\"color\",\"number\":8,\"type\":\"TYPE_ENUM\",\"typeName\":\".p.v1.Color\"},"
    "{\"name\":\"odd\",\"number\":10,\"type\":\"TYPE_UINT32\",\"jsonName\":\"@odd\"},"
    "{\"name\":\"at\",\"number\":11,\"type\":\"TYPE_MESSAGE\","
    "\"typeName\":\".google.protobuf.Timestamp\"},"
    "{\"name\":\"any\",\"number\":12,\"type\":\"TYPE_MESSAGE\","
    "\"typeName\":\".google.protobuf.Any\"}],"
    "\"nestedType\":[{\"name\":\"MapEntry\",\"options\":{\"mapEntry\":true},\"field\":["
    "{\"name\":\"value\",\"number\":2,\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M\"},"
    "{\"name\":\"key\",\"number\":1,\"type\":\"TYPE_INT32\"}]}]}]");

static void messages_of_a_schema_go_through(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{}",
        "{\"id\":\"-5\",\"many\":[1.5,-0.25],\"color\":\"BLUE\"}",
        "{\"a\":\"\",\"opt\":false}",
        "{\"b\":{\"b\":{\"c\":\"AAE=\"}}}",
        "{\"map\":{\"-1\":{\"id\":\"2\"},\"7\":{}},\"deepEr\":{\"deepEr\":{}}}",
        "{\"@odd\":4294967295,\"at\":\"1972-01-01T10:00:20Z\"}",
        "{\"any\":{\"@type\":\"x/p.v1.M\",\"id\":\"1\"}}",
        "{\"any\":{\"@type\":\"x/google.protobuf.Duration\",\"value\":\"1.500s\"}}",
    };
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(good, &arena), &arena), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) goes_through(s, "p.v1.M", rows[i]);
    edo_arena_deinit(&arena);
}

static void what_a_schema_has_is_found_by_name(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    size_t n = 0;
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(good, &arena), &arena), 0);
    assert_non_null(edo_protobuf_schema_find(s, EDO_STR("p.v1.M.MapEntry")));
    assert_non_null(edo_protobuf_schema_find(s, EDO_STR("google.protobuf.Any")));
    assert_null(edo_protobuf_schema_find(s, EDO_STR("p.v1.Color"))); // an enum
    assert_null(edo_protobuf_schema_find(s, EDO_STR("p.v1")));
    assert_null(edo_protobuf_schema_find(s, EDO_STR(".p.v1.M")));
    assert_null(edo_protobuf_schema_find(s, (edo_str){ NULL, 0 }));
    const edo_protobuf_type *types = edo_protobuf_schema_types(s, &n);
    assert_string_equal(types[n - 1].name, "p.v1.M");
    assert_ptr_equal(types[n - 1].desc, edo_protobuf_schema_find(s, EDO_STR("p.v1.M")));
    assert_int_equal(edo_protobuf_schema_files(s)->file_n, 1);
    edo_arena_deinit(&arena);
}

/* A hostile set cannot give another form to a struct that edo's own code reads. */
static void the_types_of_edo_stay_what_they_are(void **state) {
    (void)state;
    static const char hostile[] =
        "{\"file\":[{\"name\":\"a.proto\",\"package\":\"google.protobuf\",\"messageType\":["
        "{\"name\":\"Any\",\"field\":[{\"name\":\"value\",\"number\":1,\"type\":\"TYPE_FIXED64\"},"
        "{\"name\":\"b\",\"number\":2,\"type\":\"TYPE_FIXED64\"}]}]},"
        "{\"name\":\"b.proto\",\"messageType\":[{\"name\":\"google_protobuf_any\",\"field\":["
        "{\"name\":\"a\",\"number\":1,\"type\":\"TYPE_FIXED64\",\"label\":\"LABEL_REPEATED\"},"
        "{\"name\":\"b\",\"number\":2,\"type\":\"TYPE_FIXED64\",\"label\":\"LABEL_REPEATED\"},"
        "{\"name\":\"c\",\"number\":3,\"type\":\"TYPE_FIXED64\"}]}]}]}";
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(hostile, &arena), &arena), 0);
    goes_through(s, "google.protobuf.Any",
                 "{\"@type\":\"x/google.protobuf.BoolValue\","
                 "\"value\":true}");
    goes_through(s, "google_protobuf_any", "{\"a\":[\"1\"],\"c\":\"2\"}");
    edo_arena_deinit(&arena);
}

static void defaults_of_proto2_are_presets(void **state) {
    (void)state;
    static const char json[] = MESSAGE_OF(
        "\"field\":[{\"name\":\"n\",\"number\":1,\"type\":\"TYPE_INT32\",\"defaultValue\":\"-3\"},"
        "{\"name\":\"t\",\"number\":2,\"type\":\"TYPE_STRING\",\"defaultValue\":\"a\\\"b\"},"
        "{\"name\":\"b\",\"number\":3,\"type\":\"TYPE_BYTES\",\"defaultValue\":\"\\\\001\\\\n\"},"
        "{\"name\":\"inf\",\"number\":4,\"type\":\"TYPE_DOUBLE\",\"defaultValue\":\"inf\"},"
        "{\"name\":\"less\",\"number\":5,\"type\":\"TYPE_FLOAT\",\"defaultValue\":\"-inf\"},"
        "{\"name\":\"nan\",\"number\":6,\"type\":\"TYPE_DOUBLE\",\"defaultValue\":\"nan\"}]");
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    edo_buf out = { 0 };
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(json, &arena), &arena), 0);
    const edo_desc *desc = edo_protobuf_schema_find(s, EDO_STR("p.v1.M"));
    void *value = edo_arena_alloc(&arena, desc->size);
    assert_non_null(value);
    assert_int_equal(edo_protobuf_decode(value, desc, EDO_STR(""), &arena), 0);
    const edo_field *n = edo_desc_find(desc, EDO_STR("n")), *b = edo_desc_find(desc, EDO_STR("b")),
                    *t = edo_desc_find(desc, EDO_STR("t"));
    assert_int_equal(*(int32_t *)(void *)((char *)value + n->offset), -3);
    assert_true(edo_str_equal(*(edo_str *)(void *)((char *)value + t->offset), EDO_STR("a\"b")));
    const edo_field *inf = edo_desc_find(desc, EDO_STR("inf")),
                    *less = edo_desc_find(desc, EDO_STR("less")),
                    *nan_field = edo_desc_find(desc, EDO_STR("nan"));
    const double number = *(double *)(void *)((char *)value + nan_field->offset);
    assert_true(*(double *)(void *)((char *)value + inf->offset) == INFINITY);
    assert_true(*(float *)(void *)((char *)value + less->offset) == -INFINITY);
    assert_true(number != number);
    const edo_bytes *bytes = (const edo_bytes *)(void *)((char *)value + b->offset);
    assert_true(edo_str_equal(bytes->str, EDO_STR("\001\n")));
    assert_int_equal(edo_protobuf_encode(&out, value, desc), 0);
    assert_int_equal(out.len, 0); // none of them is there
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

static void enums_of_proto2_begin_as_their_first_value(void **state) {
    (void)state;
    static const char json[] =
        FILE_OF("\"enumType\":[{\"name\":\"Color\",\"value\":["
                "{\"name\":\"BLUE\",\"number\":7},{\"name\":\"RED\",\"number\":1}]}],"
                "\"messageType\":[{\"name\":\"M\",\"field\":["
                "{\"name\":\"c\",\"number\":1,\"type\":\"TYPE_ENUM\",\"typeName\":\".p.v1.Color\"},"
                "{\"name\":\"d\",\"number\":2,\"type\":\"TYPE_ENUM\",\"typeName\":\".p.v1.Color\","
                "\"defaultValue\":\"RED\"}]}]");
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(json, &arena), &arena), 0);
    const edo_desc *desc = edo_protobuf_schema_find(s, EDO_STR("p.v1.M"));
    char *value = edo_arena_alloc(&arena, desc->size);
    assert_non_null(value);
    assert_int_equal(edo_protobuf_decode(value, desc, EDO_STR(""), &arena), 0);
    const edo_field *c = edo_desc_find(desc, EDO_STR("c")), *d = edo_desc_find(desc, EDO_STR("d"));
    assert_int_equal(*(int32_t *)(void *)(value + c->offset), 7);
    assert_int_equal(*(int32_t *)(void *)(value + d->offset), 1);
    goes_through(s, "p.v1.M", "{\"c\":\"RED\"}");
    edo_arena_deinit(&arena);
}

static void groups_are_kept_as_unknown(void **state) {
    (void)state;
    static const char json[] =
        MESSAGE_OF("\"field\":[{\"name\":\"g\",\"number\":1,\"type\":\"TYPE_GROUP\",\"typeName\":"
                   "\".p.v1.M.G\"},"
                   "{\"name\":\"unknown\",\"number\":2,\"type\":\"TYPE_INT32\"}],"
                   "\"nestedType\":[{\"name\":\"G\"}]");
    static const char message[] = "\x10\x05\x0b\x08\x01\x0c";
    edo_arena arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    edo_buf out = { 0 };
    assert_int_equal(edo_protobuf_schema_decode(&s, set_of(json, &arena), &arena), 0);
    const edo_desc *desc = edo_protobuf_schema_find(s, EDO_STR("p.v1.M"));
    void *value = edo_arena_alloc(&arena, desc->size);
    assert_non_null(value);
    assert_int_equal(edo_protobuf_decode(value, desc, edo_str_of(message), &arena), 0);
    assert_int_equal(edo_protobuf_encode(&out, value, desc), 0);
    assert_int_equal(out.len, sizeof message - 1);
    assert_memory_equal(out.ptr, message, out.len);
    edo_buf_deinit(&out);
    goes_through(s, "p.v1.M", "{\"unknown\":5}");
    edo_arena_deinit(&arena);
}

/* ---- What is refused ------------------------------------------------------------------------- */

static const struct {
    const char *json, *reason;
    int err;
} refused[] = {
    { FIELD_OF("\"number\":0,\"type\":\"TYPE_INT32\""),
      "p.v1.M.x: a number must be from 1 to 536870911", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":-1,\"type\":\"TYPE_INT32\""),
      "p.v1.M.x: a number must be from 1 to 536870911", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":536870912,\"type\":\"TYPE_INT32\""),
      "p.v1.M.x: a number must be from 1 to 536870911", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1"), "p.v1.M.x: must have a type that there is", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":19"), "p.v1.M.x: must have a type that there is",
      -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":-2147483648"), "p.v1.M.x: must have a type that there is",
      -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.Gone\""),
      "p.v1.M.x: no type is p.v1.Gone", -ENOENT },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_MESSAGE\",\"typeName\":\"M\""),
      "p.v1.M.x: must have a type's full name, with a '.'", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_MESSAGE\""),
      "p.v1.M.x: must have a type's full name, with a '.'", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_ENUM\",\"typeName\":\".p.v1.M\""),
      "p.v1.M.x: must have a type of its kind", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_INT32\",\"oneofIndex\":0"),
      "p.v1.M.x: must be of a oneof that there is", -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_INT32\",\"oneofIndex\":-1"),
      "p.v1.M.x: must be of a oneof that there is", -EDO_EPROTOBUF },
    { MESSAGE_OF("\"oneofDecl\":[{\"name\":\"o\"}],\"field\":[{\"name\":\"x\",\"number\":1,"
                 "\"type\":\"TYPE_INT32\",\"label\":\"LABEL_REPEATED\",\"oneofIndex\":0}]"),
      "p.v1.M.x: must be one in a oneof", -EDO_EPROTOBUF },
    { MESSAGE_OF("\"field\":[{\"name\":\"x\",\"number\":1,\"type\":\"TYPE_INT32\"},"
                 "{\"name\":\"y\",\"number\":1,\"type\":\"TYPE_INT32\"}]"),
      NULL, -EDO_EPROTOBUF },
    { MESSAGE_OF("\"field\":[{\"name\":\"x\",\"number\":1,\"type\":\"TYPE_INT32\"},"
                 "{\"name\":\"x\",\"number\":2,\"type\":\"TYPE_INT32\"}]"),
      "p.v1.M.x: another field has this name", -EDO_EPROTOBUF },
    { FILE_OF("\"messageType\":[{\"name\":\"M\"}],\"enumType\":[{\"name\":\"M\"}]"),
      "p.v1.M: is there more than once", -EDO_EPROTOBUF },
    { FILE_OF("\"messageType\":[{\"name\":\"M\\\"\"}]"),
      "p.v1.M\": must have a name of letters, digits and '_'", -EDO_EPROTOBUF },
    { FILE_OF("\"messageType\":[{}]"), "p.v1: must have a name of letters, digits and '_'",
      -EDO_EPROTOBUF },
    { MESSAGE_OF("\"field\":[{\"name\":\"1x\",\"number\":1,\"type\":\"TYPE_INT32\"}]"),
      "p.v1.M.1x: must have a name of letters, digits and '_'", -EDO_EPROTOBUF },
    { FILE_OF("\"enumType\":[{\"name\":\"E\",\"value\":[{\"name\":\"a b\",\"number\":0}]}]"),
      "p.v1.E.a b: must have a name of letters, digits and '_'", -EDO_EPROTOBUF },
    { "{\"file\":[{\"name\":\"a.proto\",\"package\":\"p..v1\"}]}", NULL, -EDO_EPROTOBUF },
    { "{\"file\":[{\"name\":\"a.proto\",\"package\":\"p.\"}]}", NULL, -EDO_EPROTOBUF },
    { "{\"file\":[{\"name\":\"a.proto\",\"syntax\":\"editions\"}]}",
      "a.proto: neither proto2 nor proto3", -ENOTSUP },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_INT32\",\"defaultValue\":\"blue\""), NULL,
      -EDO_EPROTOBUF },
    { FIELD_OF("\"number\":1,\"type\":\"TYPE_STRING\",\"defaultValue\":\"a\\u0000b\""),
      "p.v1.M.x: its default has a NUL", -ENOTSUP },
    // As protoc: a value that is not there is 0.
    { FILE_OF(
          "\"enumType\":[{\"name\":\"E\",\"value\":[{\"name\":\"B\",\"number\":7},"
          "{\"name\":\"A\",\"number\":0}]}],\"messageType\":[{\"name\":\"M\"," ENTRY_PARTS(
              "\"type\":\"TYPE_INT32\"", "\"type\":\"TYPE_ENUM\",\"typeName\":\".p.v1.E\"") "}]"),
      "p.v1.M.XEntry.value: must be an enum whose first value is 0", -EDO_EPROTOBUF },
    // Maps: an entry in itself would have no size.
    { ENTRY_OF("\"type\":\"TYPE_FLOAT\"", "\"type\":\"TYPE_INT32\""),
      "p.v1.M.XEntry.key: must not be the key of a map", -EDO_EPROTOBUF },
    { ENTRY_OF("\"type\":\"TYPE_BYTES\"", "\"type\":\"TYPE_INT32\""),
      "p.v1.M.XEntry.key: must not be the key of a map", -EDO_EPROTOBUF },
    { ENTRY_OF("\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M\"", "\"type\":\"TYPE_INT32\""),
      "p.v1.M.XEntry.key: must not be the key of a map", -EDO_EPROTOBUF },
    { ENTRY_OF("\"type\":\"TYPE_INT32\"",
               "\"type\":\"TYPE_MESSAGE\",\"typeName\":\".p.v1.M.XEntry\""),
      "p.v1.M.XEntry.value: must be repeated: it is a map", -EDO_EPROTOBUF },
    { ENTRY_OF("\"type\":\"TYPE_INT32\"", "\"type\":\"TYPE_INT32\",\"label\":\"LABEL_REPEATED\""),
      "p.v1.M.XEntry.value: must be one in an entry", -EDO_EPROTOBUF },
    { MESSAGE_OF("\"options\":{\"mapEntry\":true},\"field\":[{\"name\":\"key\",\"number\":1,"
                 "\"type\":\"TYPE_INT32\"}]"),
      "p.v1.M: the entry of a map has a key and a value", -EDO_EPROTOBUF },
    { MESSAGE_OF("\"options\":{\"mapEntry\":true},\"field\":[{\"name\":\"x\",\"number\":3,"
                 "\"type\":\"TYPE_INT32\"}]"),
      "p.v1.M.x: must be the key or the value of an entry", -EDO_EPROTOBUF },
};

static void what_no_proto_could_say_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(refused); i++) {
        edo_arena arena = { 0 };
        const edo_protobuf_schema *s = NULL;
        int err = edo_protobuf_schema_decode(&s, set_of(refused[i].json, &arena), &arena);
        const edo_trail_entry *told = edo_trail_find(err);
        if (err != refused[i].err) fail_msg("%s: %s", refused[i].json, edo_strerror(err));
        assert_null(s);
        assert_non_null(told);
        if (refused[i].reason) assert_string_equal(told->text, refused[i].reason);
        edo_trail_clear();
        edo_arena_deinit(&arena);
    }
}

static void a_set_that_is_cut_is_refused(void **state) {
    (void)state;
    edo_arena whole = { 0 };
    const edo_str set = set_of(good, &whole);
    for (size_t n = 1; n < set.len; n++) {
        edo_arena arena = { 0 };
        const edo_protobuf_schema *s = NULL;
        int err = edo_protobuf_schema_decode(&s, (edo_str){ set.ptr, n }, &arena);
        assert_true(err == -EDO_EPROTOBUF || err == -ENOENT);
        edo_trail_clear();
        edo_arena_deinit(&arena);
    }
    edo_arena_deinit(&whole);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* `n` messages without fields in a package with a long name, which each has in its own. */
static edo_str long_names(size_t n, size_t name_bytes, edo_arena *arena) {
    google_protobuf_descriptor_proto *all = edo_arena_alloc(arena, n * sizeof *all);
    char *name = edo_arena_alloc(arena, name_bytes);
    assert_true(all && name);
    memset(all, 0, n * sizeof *all);
    memset(name, 'p', name_bytes);
    for (size_t i = 0; i < n; i++) {
        all[i].name = edo_arena_print(arena, "M%zu", i);
        all[i].has_name = true;
    }
    google_protobuf_file_descriptor_proto file = { .package = { name, name_bytes },
                                                   .has_package = true,
                                                   .message_type = all,
                                                   .message_type_n = n };
    const google_protobuf_file_descriptor_set set = { .file = &file, .file_n = 1 };
    edo_buf out = { 0 };
    assert_int_equal(edo_protobuf_encode(&out, &set, &google_protobuf_file_descriptor_set_desc), 0);
    const edo_str copy = { edo_arena_copy(arena, out.ptr, out.len), out.len };
    edo_buf_deinit(&out);
    assert_non_null(copy.ptr);
    return copy;
}

static void a_set_takes_no_more_memory_than_said(void **state) {
    (void)state;
    edo_arena from = { 0 }, arena = { 0 };
    const edo_protobuf_schema *s = NULL;
    const edo_str few = long_names(100, 10, &from), many = long_names(10000, 60000, &from);
    assert_int_equal(edo_protobuf_schema_decode(&s, few, &arena), 0);
    assert_int_equal(edo_protobuf_schema_decode(&s, many, &arena), -EMSGSIZE);
    assert_true(arena.bytes <= EDO_PROTOBUF_SCHEMA_TIMES * (few.len + many.len) +
                                   3 * EDO_PROTOBUF_SCHEMA_TIMES_FREE);
    edo_trail_clear();
    edo_arena_deinit(&arena);
    arena = (edo_arena){ .bytes_max = 1 << 20 };
    assert_int_equal(edo_protobuf_schema_decode(&s, many, &arena), -ENOMEM);
    edo_arena_deinit(&arena);
    edo_arena_deinit(&from);
}

/* Messages in one another: 100 levels of descriptors are read, and no more. */
static void nested_types_have_a_depth(void **state) {
    (void)state;
    static google_protobuf_descriptor_proto levels[200];
    for (size_t n = 90; n <= 200; n += 110) {
        edo_arena arena = { 0 };
        edo_buf out = { 0 };
        const edo_protobuf_schema *s = NULL;
        for (size_t i = 0; i < n; i++)
            levels[i] = (google_protobuf_descriptor_proto){ .name = EDO_STR("L"),
                                                            .has_name = true,
                                                            .nested_type = &levels[i + 1],
                                                            .nested_type_n = i + 1 < n };
        google_protobuf_file_descriptor_proto file = { .message_type = levels,
                                                       .message_type_n = 1 };
        const google_protobuf_file_descriptor_set set = { .file = &file, .file_n = 1 };
        int err = edo_protobuf_encode(&out, &set, &google_protobuf_file_descriptor_set_desc);
        if (err == 0) err = edo_protobuf_schema_decode(&s, (edo_str){ out.ptr, out.len }, &arena);
        assert_int_equal(err, n == 90 ? 0 : -EDO_EPROTOBUF);
        edo_trail_clear();
        edo_buf_deinit(&out);
        edo_arena_deinit(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_a_schema_go_through),
        cmocka_unit_test(what_a_schema_has_is_found_by_name),
        cmocka_unit_test(the_types_of_edo_stay_what_they_are),
        cmocka_unit_test(defaults_of_proto2_are_presets),
        cmocka_unit_test(enums_of_proto2_begin_as_their_first_value),
        cmocka_unit_test(groups_are_kept_as_unknown),
        cmocka_unit_test(what_no_proto_could_say_is_refused),
        cmocka_unit_test(a_set_that_is_cut_is_refused),
        cmocka_unit_test(a_set_takes_no_more_memory_than_said),
        cmocka_unit_test(nested_types_have_a_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
