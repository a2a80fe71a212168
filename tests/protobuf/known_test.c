/* SPDX-License-Identifier: MIT */
/* Goal: an Any gives back what was packed, by its type and by no other; times of edo and of
 * protobuf are each other's, and those that the other cannot have are refused.
 * Method: there and back at the ends of all ranges; each request for memory fails in turn. */
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

/* ---- Times ----------------------------------------------------------------------------------- */

static void timestamps_are_walls_of_ten_thousand_years(void **state) {
    static const struct {
        int64_t s;
        int32_t ns;
        int err;
    } rows[] = {
        { 0, 0, 0 },
        { 1714979289, 500000000, 0 },
        { -1, 999999999, 0 },
        { INT64_C(-62135596800), 0, 0 },
        { INT64_C(253402300799), 999999999, 0 },
        { INT64_C(-62135596801), 999999999, -ERANGE },
        { INT64_C(253402300800), 0, -ERANGE },
        { INT64_MAX, 0, -ERANGE },
        { INT64_MIN, 0, -ERANGE },
        { 0, -1, -ERANGE },
        { 0, 1000000000, -ERANGE },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        google_protobuf_timestamp t = { .seconds = 7, .unknown = EDO_STR("x") };
        edo_wall back = { 7, 7 };
        const edo_wall w = { rows[i].s, rows[i].ns };
        assert_int_equal(edo_protobuf_timestamp_set(&t, w), rows[i].err);
        assert_int_equal(t.seconds, rows[i].err < 0 ? 7 : rows[i].s);
        t = (google_protobuf_timestamp){ .seconds = rows[i].s, .nanos = rows[i].ns };
        assert_int_equal(edo_protobuf_timestamp_get(&back, &t), rows[i].err);
        assert_true(back.s == (rows[i].err < 0 ? 7 : w.s) &&
                    back.ns == (rows[i].err < 0 ? 7 : w.ns));
    }
    edo_wall none = { 7, 7 };
    assert_int_equal(edo_protobuf_timestamp_get(&none, NULL), -ENOENT);
    assert_int_equal(none.s, 7);
}

static void durations_come_back_to_the_nanosecond(void **state) {
    static const int64_t all[] = { 0,         1,          -1,        1500000000, -1500000000,
                                   999999999, -999999999, INT64_MAX, INT64_MIN,  INT64_MIN + 1 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        google_protobuf_duration t = { .unknown = EDO_STR("x") };
        edo_duration back = { 7 };
        edo_protobuf_duration_set(&t, (edo_duration){ all[i] });
        assert_int_equal(t.unknown.len, 0);
        assert_true((t.seconds <= 0 || t.nanos >= 0) && (t.seconds >= 0 || t.nanos <= 0));
        assert_int_equal(edo_protobuf_duration_get(&back, &t), 0);
        assert_true(back.ns == all[i]);
    }
}

static void durations_that_are_none_or_too_long_are_refused(void **state) {
    static const struct {
        int64_t seconds;
        int32_t nanos;
    } rows[] = {
        { 1, -1 },
        { -1, 1 },
        { 0, 1000000000 },
        { 0, -1000000000 },
        { INT64_C(315576000001), 0 },
        { INT64_C(-315576000001), 0 },
        { INT64_C(315576000000), 0 }, // protobuf has it, edo has not
        { INT64_C(9223372036), 854775808 },
        { INT64_C(-9223372036), -854775809 },
        { INT64_C(9223372037), 0 },
        { INT64_MIN, INT32_MIN },
    };
    edo_duration out = { 7 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const google_protobuf_duration t = { .seconds = rows[i].seconds, .nanos = rows[i].nanos };
        assert_int_equal(edo_protobuf_duration_get(&out, &t), -ERANGE);
        assert_int_equal(out.ns, 7);
    }
    assert_int_equal(edo_protobuf_duration_get(&out, NULL), -ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_is_unpacked_by_its_type),
        cmocka_unit_test(empty_message_is_one_and_an_empty_any_is_none),
        cmocka_unit_test(url_may_be_of_anybody),
        cmocka_unit_test(bytes_of_a_stranger_are_checked),
        cmocka_unit_test(pack_without_memory_changes_nothing),
        cmocka_unit_test(timestamps_are_walls_of_ten_thousand_years),
        cmocka_unit_test(durations_come_back_to_the_nanosecond),
        cmocka_unit_test(durations_that_are_none_or_too_long_are_refused),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
