/* SPDX-License-Identifier: MIT */
/* Goal: an Any gives back what was packed, by its type and by no other.
 * Method: there and back; each request for memory fails in turn. */
#include <edo/protobuf_known.h>

#include <edo/test.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "fail_alloc.h"

typedef struct note {
    edo_str text;
    int32_t n;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, text, .number = 1, .optional = true),
             EDO_FIELD(note, n, .number = 2, .optional = true))

/* ---- Any ------------------------------------------------------------------------------------- */

static void message_is_unpacked_by_its_type(void **state) {
    edo_arena arena = { 0 };
    google_protobuf_any any;
    const note sent = { .text = EDO_STR("tea"), .n = 3 };
    note got = { .n = 9 };
    (void)state;
    assert_int_equal(edo_protobuf_any_pack(&any, "test.v1.Note", &sent, &note_desc, &arena), 0);
    assert_true(edo_str_equal(any.type_url, EDO_STR("type.googleapis.com/test.v1.Note")));
    assert_true(edo_str_equal(edo_protobuf_any_type(&any), EDO_STR("test.v1.Note")));
    assert_true(edo_protobuf_any_is(&any, "test.v1.Note"));
    assert_false(edo_protobuf_any_is(&any, "v1.Note"));
    assert_int_equal(edo_protobuf_any_unpack(&got, &note_desc, &any, "test.v1.Order", &arena),
                     -ENOENT);
    assert_int_equal(got.n, 9);
    assert_int_equal(edo_protobuf_any_unpack(&got, &note_desc, &any, "test.v1.Note", &arena), 0);
    assert_true(edo_str_equal(got.text, sent.text) && got.n == 3);
    edo_arena_deinit(&arena);
}

static void empty_message_is_one_and_an_empty_any_is_none(void **state) {
    edo_arena arena = { 0 };
    google_protobuf_any any = { .unknown = { 0 } };
    const note sent = { .n = 0 };
    note got = { .n = 9 };
    (void)state;
    assert_int_equal(edo_protobuf_any_type(&any).len, 0);
    assert_false(edo_protobuf_any_is(&any, "test.v1.Note"));
    assert_false(edo_protobuf_any_is(NULL, "test.v1.Note"));
    assert_int_equal(edo_protobuf_any_unpack(&got, &note_desc, NULL, "test.v1.Note", &arena),
                     -ENOENT);
    assert_int_equal(edo_protobuf_any_pack(&any, "test.v1.Note", &sent, &note_desc, &arena), 0);
    assert_int_equal(any.value.str.len, 0);
    assert_int_equal(edo_protobuf_any_unpack(&got, &note_desc, &any, "test.v1.Note", &arena), 0);
    assert_int_equal(got.n, 0);
    edo_arena_deinit(&arena);
}

static void url_may_be_of_anybody(void **state) {
    static const char *const urls[] = { "test.v1.Note", "/test.v1.Note",
                                        "a.example/b/test.v1.Note" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(urls); i++) {
        const google_protobuf_any any = { .type_url = edo_str_of(urls[i]) };
        assert_true(edo_protobuf_any_is(&any, "test.v1.Note"));
    }
    const google_protobuf_any none = { .type_url = EDO_STR("test.v1.Note/") };
    assert_int_equal(edo_protobuf_any_type(&none).len, 0);
}

static void bytes_of_a_stranger_are_checked(void **state) {
    edo_arena arena = { 0 };
    const google_protobuf_any any = { .type_url = EDO_STR("x/test.v1.Note"),
                                      .value = { .str = EDO_STR("\x0a\x05") } };
    note got;
    (void)state;
    assert_int_equal(edo_protobuf_any_unpack(&got, &note_desc, &any, "test.v1.Note", &arena),
                     -EDO_EPROTOBUF);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static void pack_without_memory_changes_nothing(void **state) {
    const note sent = { .text = EDO_STR("tea") };
    int err = -ENOMEM;
    (void)state;
    for (int k = 1; err < 0; k++) {
        edo_arena arena = { 0 };
        google_protobuf_any any = { .type_url = EDO_STR("as it was") };
        fail_alloc_in = k;
        err = edo_protobuf_any_pack(&any, "test.v1.Note", &sent, &note_desc, &arena);
        bool is_fired = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, is_fired ? -ENOMEM : 0);
        assert_true(err == 0 || edo_str_equal(any.type_url, EDO_STR("as it was")));
        edo_arena_deinit(&arena);
        assert_true(k > 1 || is_fired);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_unpacked_by_its_type),
        cmocka_unit_test(empty_message_is_one_and_an_empty_any_is_none),
        cmocka_unit_test(url_may_be_of_anybody),
        cmocka_unit_test(bytes_of_a_stranger_are_checked),
        cmocka_unit_test(pack_without_memory_changes_nothing),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
