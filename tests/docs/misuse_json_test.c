/* SPDX-License-Identifier: MIT */
/* Goal: each breach of the contracts of edo/json.h is named, with its place, in a debug build.
 * Method: as misuse_locks_test.c; the place is the call in this file, or the static function of
 * src/json that found it, by what the compiler has inlined. */
#include <edo/edo.h>
#include <edo/json.h>

#include "breaches.h"

typedef struct named {
    edo_str name;
} named;
EDO_DESCRIBE(named, EDO_FIELD(named, name))

static int borrows_from_the_heap(void *arg) {
    named n;
    (void)arg;
    return edo_json_decode_with(&n, &named_desc, EDO_STR("{\"name\":\"x\"}"),
                                &(edo_json_opts){ .borrows = true });
}

static int decodes_a_name(void *arg) {
    edo_json_reader reader;
    edo_json_token token;
    named n;
    (void)arg;
    int err = edo_json_reader_init(&reader, EDO_STR("{\"a\":{\"name\":\"x\"}}"), NULL);
    if (err == 0) err = edo_json_reader_next(&reader, &token);
    if (err == 1) err = edo_json_reader_decode(&reader, &n, &named_desc);
    edo_json_reader_deinit(&reader);
    return err;
}

static int writes_a_second_value(void *arg) {
    edo_json_writer writer;
    edo_buf out = { 0 };
    (void)arg;
    int err = edo_json_writer_init(&writer, &out, NULL);
    if (err == 0) err = edo_json_writer_int(&writer, 1);
    if (err == 0) err = edo_json_writer_int(&writer, 2);
    edo_buf_deinit(&out);
    return err;
}

static int names_an_element(void *arg) {
    edo_json_writer writer;
    edo_buf out = { 0 };
    (void)arg;
    int err = edo_json_writer_init(&writer, &out, NULL);
    if (err == 0) err = edo_json_writer_begin_array(&writer);
    if (err == 0) err = edo_json_writer_name(&writer, EDO_STR("a"));
    edo_buf_deinit(&out);
    return err;
}

static int ends_an_array_as_an_object(void *arg) {
    edo_json_writer writer;
    edo_buf out = { 0 };
    (void)arg;
    int err = edo_json_writer_init(&writer, &out, NULL);
    if (err == 0) err = edo_json_writer_begin_array(&writer);
    if (err == 0) err = edo_json_writer_end_object(&writer);
    edo_buf_deinit(&out);
    return err;
}

static int reads_from_null(void *arg) {
    edo_json_reader reader;
    (void)arg;
    int err = edo_json_reader_init_stream(&reader, NULL, NULL);
    edo_json_reader_deinit(&reader);
    return err;
}

static const breach rows[] = {
    { "a value that borrows its text needs an arena", borrows_from_the_heap },
    { "a value is decoded where none can be", decodes_a_name },
    { "a JSON value cannot stand here", writes_a_second_value },
    { "a JSON name cannot stand here", names_an_element },
    { "this end of JSON cannot stand here", ends_an_array_as_an_object },
    { "a stream is used that is NULL", reads_from_null },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), ".c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
