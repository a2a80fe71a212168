/* SPDX-License-Identifier: MIT */
/* Goal: an edo_wall is google.protobuf.Timestamp, an edo_duration google.protobuf.Duration,
 * wherever a message has them: the bytes and the JSON are those of the messages themselves.
 * Method: two structs for one message, one with edo's kinds and one with the messages, which read
 * what the other writes; tables of messages that are wrong; each allocation failing in turn. */
#include "../support/fail_alloc.h"

#include <edo/protobuf.h>

#include <google/protobuf/duration.edo.h>
#include <google/protobuf/timestamp.edo.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(literal) ((edo_str){ "" literal, sizeof(literal) - 1 })

typedef struct entry {
    edo_str key;
    edo_wall value;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, key, .number = 1), EDO_FIELD(entry, value, .number = 2))

typedef struct times {
    edo_wall at;
    edo_wall ends;
    bool has_ends;
    edo_wall *seen;
    edo_wall *list;
    size_t list_n;
    edo_duration few[3];
    size_t few_n;
    entry *named;
    size_t named_n;
    edo_duration every;
    uint32_t choice;
    union {
        edo_wall when;
        edo_duration within;
        edo_str never;
    } of;
} times;
EDO_DESCRIBE(times, EDO_FIELD(times, at, .number = 1, .optional = true),
             EDO_FIELD(times, ends, .number = 2, EDO_HAS(times, has_ends)),
             EDO_FIELD_PTR(times, seen, .number = 3, .optional = true),
             EDO_FIELD_LIST(times, list, list_n, .number = 4, .optional = true),
             EDO_FIELD_UPTO(times, few, few_n, .number = 5, .optional = true),
             EDO_FIELD_LIST_OF(times, named, named_n, entry_desc, .number = 6, .map = true,
                               .optional = true),
             EDO_FIELD(times, every, .number = 7, .optional = true),
             EDO_FIELD(times, of.when, EDO_AS("when"), .number = 8, EDO_ONEOF(times, choice)),
             EDO_FIELD(times, of.within, EDO_AS("within"), .number = 9, EDO_ONEOF(times, choice)),
             EDO_FIELD(times, of.never, EDO_AS("never"), .number = 20, EDO_ONEOF(times, choice)))

typedef struct twin_entry {
    edo_str key;
    google_protobuf_timestamp value;
} twin_entry;
EDO_DESCRIBE(twin_entry, EDO_FIELD(twin_entry, key, .number = 1),
             EDO_FIELD_OF(twin_entry, value, google_protobuf_timestamp_desc, .number = 2))

typedef struct twin {
    google_protobuf_timestamp at;
    google_protobuf_timestamp *ends, *seen;
    google_protobuf_timestamp *list;
    size_t list_n;
    google_protobuf_duration *few;
    size_t few_n;
    twin_entry *named;
    size_t named_n;
    google_protobuf_duration every;
    uint32_t choice;
    union {
        google_protobuf_timestamp *when;
        google_protobuf_duration *within;
        edo_str never;
    } of;
} twin;
EDO_DESCRIBE(
    twin, EDO_FIELD_OF(twin, at, google_protobuf_timestamp_desc, .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(twin, ends, google_protobuf_timestamp_desc, .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(twin, seen, google_protobuf_timestamp_desc, .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(twin, list, list_n, google_protobuf_timestamp_desc, .number = 4,
                      .optional = true),
    EDO_FIELD_LIST_OF(twin, few, few_n, google_protobuf_duration_desc, .number = 5,
                      .optional = true),
    EDO_FIELD_LIST_OF(twin, named, named_n, twin_entry_desc, .number = 6, .map = true,
                      .optional = true),
    EDO_FIELD_OF(twin, every, google_protobuf_duration_desc, .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(twin, of.when, google_protobuf_timestamp_desc, EDO_AS("when"), .number = 8,
                     EDO_ONEOF(twin, choice)),
    EDO_FIELD_PTR_OF(twin, of.within, google_protobuf_duration_desc, EDO_AS("within"), .number = 9,
                     EDO_ONEOF(twin, choice)),
    EDO_FIELD(twin, of.never, EDO_AS("never"), .number = 20, EDO_ONEOF(twin, choice)))

static edo_str text_of(const edo_buf *b) {
    return (edo_str){ b->len > 0 ? b->ptr : "", b->len };
}

static bool same(edo_wall a, edo_wall b) {
    return edo_wall_compare(a, b) == 0;
}

/* ---- There and back -------------------------------------------------------------------------- */

static edo_wall seen = { -1, 999999999 };
static edo_wall list[] = { { 0, 0 }, { INT64_C(-62135596800), 0 }, { 253402300799, 999999999 } };
static entry named[] = { { { "a", 1 }, { 0, 0 } }, { { "b", 1 }, { 5, 6 } } };

static times full(void) {
    return (times){ .at = { 1795791845, 500000000 },
                    .has_ends = true,
                    .seen = &seen,
                    .list = list,
                    .list_n = 3,
                    .few = { { 0 }, { -1500000000 }, { INT64_MAX } },
                    .few_n = 3,
                    .named = named,
                    .named_n = 2,
                    .every = edo_ms(1),
                    .choice = 8,
                    .of.when = { 7, 0 } };
}

static void check_full(const times *v) {
    const times f = full();
    assert_true(same(v->at, f.at) && v->has_ends && same(v->ends, (edo_wall){ 0 }));
    assert_true(v->seen && same(*v->seen, seen) && v->list_n == 3 && v->few_n == 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(same(v->list[i], list[i]));
        assert_int_equal(v->few[i].ns, f.few[i].ns);
    }
    assert_true(v->named_n == 2 && same(v->named[0].value, named[0].value));
    assert_true(same(v->named[1].value, named[1].value) && v->every.ns == 1000000);
    assert_true(v->choice == 8 && same(v->of.when, f.of.when));
}

/* Over the struct of the messages, and back; the same bytes in both directions. */
static int over_the_twin(edo_arena *arena, edo_buf *out, edo_buf *again) {
    const times v = full();
    times back;
    twin t;
    int err = edo_protobuf_encode(out, &v, &times_desc);
    if (err == 0) err = edo_protobuf_decode(&t, &twin_desc, text_of(out), arena);
    if (err == 0) err = edo_protobuf_encode(again, &t, &twin_desc);
    if (err == 0) err = edo_protobuf_decode(&back, &times_desc, text_of(again), arena);
    if (err < 0) return err;
    assert_int_equal(t.at.seconds, 1795791845);
    assert_int_equal(t.at.nanos, 500000000);
    assert_true(t.ends && t.ends->seconds == 0 && t.list_n == 3 && t.list[1].seconds == list[1].s);
    assert_true(t.few[1].seconds == -1 && t.few[1].nanos == -500000000);
    assert_true(t.choice == 8 && t.of.when->seconds == 7);
    assert_true(edo_str_equal(text_of(out), text_of(again)));
    check_full(&back);
    return 0;
}

static void times_are_the_messages_and_survive_without_memory(void **state) {
    int k = 0, err;
    (void)state;
    do {
        edo_arena arena = { 0 };
        edo_buf out = { 0 }, again = { 0 };
        fail_alloc_in = ++k;
        err = over_the_twin(&arena, &out, &again);
        assert_true(err == 0 || err == -ENOMEM);
        edo_buf_deinit(&out);
        edo_buf_deinit(&again);
        edo_arena_deinit(&arena);
    } while (err < 0);
    fail_alloc_in = 0;
    assert_true(k > 3);
}

static void what_is_zero_is_written_by_presence_alone(void **state) {
    edo_buf out = { 0 };
    edo_wall zero = { 0 };
    times v = { 0 };
    (void)state;
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &times_desc));
    assert_int_equal(out.len, 0);
    v = (times){ .has_ends = true, .seen = &zero, .few_n = 1, .choice = 9 };
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &times_desc));
    assert_true(edo_str_equal(text_of(&out), BYTES("\x12\0\x1a\0\x2a\0\x4a\0")));
    edo_buf_deinit(&out);
}

/* ---- What may come --------------------------------------------------------------------------- */

static void parts_come_in_any_order_and_the_last_one_stands(void **state) {
    static const struct {
        edo_str message;
        edo_wall at;
    } rows[] = {
        { { "\x0a\x04\x08\x05\x10\x07", 6 }, { 5, 7 } },
        { { "\x0a\x04\x10\x07\x08\x05", 6 }, { 5, 7 } },
        { { "\x0a\x06\x08\x01\x10\x07\x08\x05", 8 }, { 5, 7 } },
        { { "\x0a\x02\x10\x07\x0a\x02\x08\x05", 8 }, { 5, 0 } },    // a value, not a part of one
        { { "\x0a\x08\x08\x05\x1a\x02hi\x23\x24", 10 }, { 5, 0 } }, // and what it has not
        { { "\x0a\x05\x0d\x01\x02\x03\x04", 7 }, { 0, 0 } },        // seconds of another form
        { { "\x0a\x00", 2 }, { 0, 0 } },
    };
    edo_arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        times v;
        int err = edo_protobuf_decode(&v, &times_desc, rows[i].message, &arena);
        if (err < 0 || !same(v.at, rows[i].at)) fail_msg("row %zu: %d", i, err);
    }
    edo_arena_deinit(&arena);
}

static void one_of_several_takes_the_place(void **state) {
    edo_arena arena = { 0 };
    times v;
    (void)state;
    EDO_TEST_OK(
        edo_protobuf_decode(&v, &times_desc, BYTES("\xa2\x01\x02no\x4a\x02\x08\x03"), &arena));
    assert_true(v.choice == 9 && v.of.within.ns == edo_s(3).ns);
    EDO_TEST_OK(edo_protobuf_decode(&v, &times_desc, BYTES("\x4a\x02\x08\x03\x42\x00"), &arena));
    assert_true(v.choice == 8 && same(v.of.when, (edo_wall){ 0 }));
    edo_arena_deinit(&arena);
}

#define RANGE "must be a time of the years 1 to 9999"

static void what_no_time_is_is_refused_with_its_path(void **state) {
    static const struct {
        edo_str message;
        const char *says;
    } rows[] = {
        { { "\x0a\x0b\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13 }, "byte 2: \"at\" " RANGE },
        { { "\x0a\x06\x10\x80\x94\xeb\xdc\x03", 8 }, "byte 2: \"at\" " RANGE }, // a second of ns
        { { "\x0a\x07\x08\x80\x83\xd1\xff\xaf\x07", 9 }, "byte 2: \"at\" " RANGE },
        { { "\x22\x00\x22\x07\x08\x80\x83\xd1\xff\xaf\x07", 11 }, "byte 4: \"list[1]\" " RANGE },
        { { "\x3a\x0d\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15 },
          "byte 2: \"every\" must have nanoseconds of less than a second, with the sign of its "
          "seconds" },
        { { "\x3a\x06\x08\x85\xfa\x85\xae\x22", 8 },
          "byte 2: \"every\" must be at most 292 years" },
        { { "\x0a\x03\x08\x05", 4 }, "byte 2: \"at\" the message is cut off" },
        { { "\x0a\x02\x08\x80", 4 }, "byte 3: \"at\" the message is cut off" },
        { { "\x0a\x01\x0c", 3 }, "byte 3: \"at\" a group ends that did not begin" },
    };
    edo_arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        times v;
        int err = edo_protobuf_decode(&v, &times_desc, rows[i].message, &arena);
        if (err != -EDO_EPROTOBUF) fail_msg("row %zu: %d", i, err);
        assert_string_equal(edo_trail_find(err)->text, rows[i].says);
        edo_trail_clear();
    }
    edo_buf out = { 0 };
    edo_wall far[] = { { 0, 0 }, { 0, 1000000000 } };
    const times v = { .list = far, .list_n = 2 };
    EDO_TEST_EQ(edo_protobuf_encode(&out, &v, &times_desc), -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text, "\"list[1]\" " RANGE);
    edo_trail_clear();
    EDO_TEST_EQ(edo_protobuf_json_encode(&out, &v, &times_desc, NULL), -EDO_EJSON);
    assert_string_equal(edo_trail_find(-EDO_EJSON)->text, "\"list[1]\" " RANGE);
    edo_trail_clear();
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

/* ---- JSON of protobuf ------------------------------------------------------------------------ */

static void json_is_that_of_the_messages(void **state) {
    const times v = full();
    edo_buf out = { 0 }, wire = { 0 }, twins = { 0 };
    edo_arena arena = { 0 };
    times back;
    twin t;
    (void)state;
    EDO_TEST_OK(edo_protobuf_json_encode(&out, &v, &times_desc, NULL));
    EDO_TEST_OK(edo_protobuf_encode(&wire, &v, &times_desc));
    EDO_TEST_OK(edo_protobuf_decode(&t, &twin_desc, text_of(&wire), &arena));
    EDO_TEST_OK(edo_protobuf_json_encode(&twins, &t, &twin_desc, NULL));
    assert_true(edo_str_equal(text_of(&out), text_of(&twins)));
    EDO_TEST_OK(edo_protobuf_json_decode(&back, &times_desc, text_of(&out), &arena, NULL));
    check_full(&back);
    EDO_TEST_OK(
        edo_protobuf_json_decode(&back, &times_desc, EDO_STR("{\"seen\":null}"), &arena, NULL));
    assert_null(back.seen);
    EDO_TEST_OK(edo_protobuf_set_text(&back, &times_desc, EDO_STR("seen"),
                                      EDO_STR("1970-01-01T01:00:00+01:00"), &arena));
    EDO_TEST_OK(
        edo_protobuf_set_text(&back, &times_desc, EDO_STR("every"), EDO_STR("1.5s"), &arena));
    assert_true(back.seen && same(*back.seen, (edo_wall){ 0 }) && back.every.ns == edo_ms(1500).ns);
    edo_buf_deinit(&out);
    edo_buf_deinit(&wire);
    edo_buf_deinit(&twins);
    edo_arena_deinit(&arena);
}

static void json_refuses_a_time_by_its_path(void **state) {
    static const char *const rows[][2] = {
        { "{\"at\":\"2026-11-31T00:00:00Z\"}",
          "\"at\" must be a time such as \"1972-01-01T10:00:20Z\"" },
        { "{\"at\":\"2026-11-27t00:00:00Z\"}", // the mapping has capital letters
          "\"at\" must be a time such as \"1972-01-01T10:00:20Z\"" },
        { "{\"at\":\"2016-12-31T23:59:60Z\"}",
          "\"at\" must be a time such as \"1972-01-01T10:00:20Z\"" },
        { "{\"list\":[\"2026-11-27T00:00:00Z\",1]}", "\"list[1]\" must be a string" },
        { "{\"every\":\"PT1S\"}", "\"every\" must be a duration such as \"1.5s\"" },
        { "{\"every\":\"9223372037s\"}", "\"every\" must be at most 292 years" },
        { "{\"ends\":\"1970-01-01T00:00:00Z\",\"ends\":5}", "\"ends\" must be a string" },
    };
    edo_arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        times v;
        int err = edo_protobuf_json_decode(&v, &times_desc, edo_str_of(rows[i][0]), &arena, NULL);
        if (err != -EDO_EJSON) fail_msg("%s: %d", rows[i][0], err);
        assert_string_equal(edo_trail_find(err)->text, rows[i][1]);
        edo_trail_clear();
    }
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_the_messages_and_survive_without_memory),
        cmocka_unit_test(what_is_zero_is_written_by_presence_alone),
        cmocka_unit_test(parts_come_in_any_order_and_the_last_one_stands),
        cmocka_unit_test(one_of_several_takes_the_place),
        cmocka_unit_test(what_no_time_is_is_refused_with_its_path),
        cmocka_unit_test(json_is_that_of_the_messages),
        cmocka_unit_test(json_refuses_a_time_by_its_path),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
