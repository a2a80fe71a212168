/* SPDX-License-Identifier: MIT */
/* Goal: a described struct comes back from its message, byte for byte what other implementations
 * write; what is no message is refused with its place, and nothing takes more memory than said.
 * Method: one struct with every kind and shape and its bytes; tables of messages; a cut at each
 * byte; each allocation failing in turn. */
#include "everything.h"

#include "../support/fail_alloc.h"

#include <edo/json.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define ROW(literal)                                                                               \
    { "" literal, sizeof(literal) - 1 }
#define BYTES(literal) ((edo_str){ "" literal, sizeof(literal) - 1 })

static const edo_str full = { EVERYTHING_TEXT, sizeof EVERYTHING_TEXT - 1 };

static edo_str text_of(const edo_buf *b) {
    return (edo_str){ b->ptr, b->len };
}

static void check_scalars(const everything *v) {
    assert_true(v->i32 == -1 && v->i64 == INT64_MIN);
    assert_true(v->u32 == UINT32_MAX && v->u64 == UINT64_MAX);
    assert_true(v->s32 == INT32_MIN && v->s64 == INT64_MIN);
    assert_true(v->f32 == 0x04030201 && v->sf64 == -2 && v->real == 0.5f && v->precise == 2.5);
    assert_true(v->flag && edo_str_equal(v->text, EDO_STR("na\xc3\xafve, a day")));
    assert_true(edo_str_equal(v->bytes.str, BYTES("\0\xff\x80")) && !v->bytes.owner);
    assert_true(v->paint == COLOR_BLUE && v->has_level && v->level == 0 && v->small == -128);
    assert_string_equal(v->chars, "hi");
    assert_string_equal(v->string, "yo");
    assert_true(v->big_number == 42 && v->rest.len == 0);
}

static void check_full(const everything *v) {
    check_scalars(v);
    assert_true(v->maybe && edo_str_equal(v->maybe->name, EDO_STR("m")) && v->maybe->n == 7);
    assert_true(v->within.name.len == 0 && v->within.n == 8);
    assert_true(v->packed_n == 3 && v->packed[0] == 1 && v->packed[1] == 150 && v->packed[2] == 0);
    assert_true(v->doubles_n == 2 && v->doubles[0] == 1.0 && v->doubles[1] == -2.0);
    assert_true(v->loose_n == 2 && v->loose[0] == 1 && v->loose[1] == 2);
    assert_true(v->texts_n == 2 && v->texts[0].len == 0 &&
                edo_str_equal(v->texts[1], EDO_STR("x")));
    assert_true(v->leaves_n == 2 && v->leaves[0].name.len == 0);
    assert_true(edo_str_equal(v->leaves[1].name, EDO_STR("y")));
    assert_true(v->prices_n == 1 && edo_str_equal(v->prices[0].name, EDO_STR("tea")));
    assert_true(v->prices[0].value.n == 5);
    assert_true(v->choice == 25 && v->of.tree->n == 99);
    assert_true(v->few_n == 2 && v->few[0] == COLOR_RED && v->few[1] == COLOR_NONE);
}

static void every_kind_and_shape_comes_back(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    for (int borrows = 0; borrows < 2; borrows++) {
        everything v;
        edo_buf out = { 0 };
        const edo_protobuf_opts opts = { .borrows = borrows };
        EDO_TEST_OK(edo_protobuf_decode_with(&v, &everything_desc, full, &arena, &opts));
        check_full(&v);
        bool points = v.text.ptr >= full.ptr && v.text.ptr < full.ptr + full.len;
        assert_int_equal(points, borrows);
        EDO_TEST_OK(edo_buf_append(&out, "before", 6));
        EDO_TEST_OK(edo_protobuf_encode(&out, &v, &everything_desc));
        edo_buf_advance(&out, 6);
        assert_int_equal(out.len, full.len);
        assert_memory_equal(out.ptr, full.ptr, full.len);
        edo_buf_deinit(&out);
        edo_arena_reset(&arena);
    }
    edo_arena_deinit(&arena);
}

static void zeros_are_not_written_but_by_presence(void **state) {
    (void)state;
    edo_buf out = { 0 };
    leaf empty = { 0 };
    everything v = { .maybe = &empty, .has_level = true, .choice = 24, .text = EDO_STR("") };
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &everything_desc));
    assert_true(edo_str_equal(text_of(&out), BYTES("\x7a\x00\xc0\x01\x00\xd0\x01\x00")));
    out.len = 0;
    v = (everything){ 0 };
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &everything_desc));
    assert_int_equal(out.len, 0);
    edo_buf_deinit(&out);
}

/* Decodes and encodes again; what is wrong is in the trail. */
static int through(edo_buf *out, edo_str message, const edo_protobuf_opts *opts) {
    edo_arena arena = { 0 };
    everything v;
    out->len = 0;
    int err = edo_protobuf_decode_with(&v, &everything_desc, message, &arena, opts);
    if (err == 0) err = edo_protobuf_encode(out, &v, &everything_desc);
    edo_arena_deinit(&arena);
    return err;
}

static void what_may_come_otherwise_is_read(void **state) {
    (void)state;
    static const struct {
        const char *name;
        edo_str in, out;
    } rows[] = {
        { "the last of two stands", ROW("\x08\x01\x08\x02"), ROW("\x08\x02") },
        { "any order", ROW("\x10\x01\x08\x02"), ROW("\x08\x02\x10\x01") },
        { "messages are merged", ROW("\x7a\x03\x0a\x01m\x7a\x02\x10\x07"),
          ROW("\x7a\x05\x0a\x01m\x10\x07") },
        { "numbers one by one", ROW("\x88\x01\x01\x88\x01\x02"), ROW("\x8a\x01\x02\x01\x02") },
        { "packed and one by one", ROW("\x8a\x01\x01\x01\x88\x01\x02\x8a\x01\x00\x8a\x01\x01\x03"),
          ROW("\x8a\x01\x03\x01\x02\x03") },
        { "packed though it is not written so", ROW("\x9a\x01\x02\x01\x02"),
          ROW("\x98\x01\x01\x98\x01\x02") },
        { "a later one of a union stands", ROW("\xba\x01\x01w\xc0\x01\x05"), ROW("\xc0\x01\x05") },
        { "and comes anew", ROW("\xca\x01\x02\x10\x01\xba\x01\x01w\xca\x01\x03\x0a\x01z"),
          ROW("\xca\x01\x03\x0a\x01z") },
        { "one of a union is merged", ROW("\xca\x01\x02\x10\x01\xca\x01\x03\x0a\x01z"),
          ROW("\xca\x01\x05\x0a\x01z\x10\x01") },
        { "long varints", ROW("\x88\x80\x00\x85\x80\x80\x00"), ROW("\x08\x05") },
        { "more bits than the type has", ROW("\x08\x81\x80\x80\x80\x10\x58\x80\x80\x01"),
          ROW("\x08\x01\x58\x01") },
        { "a value of an enum without a name", ROW("\x70\x63"), ROW("\x70\x63") },
        { "an entry without its parts", ROW("\xb2\x01\x00"), ROW("\xb2\x01\x04\x0a\x00\x12\x00") },
        { "minus zero is not zero", ROW("\x4d\0\0\0\x80"), ROW("\x4d\0\0\0\x80") },
        { "nothing", ROW(""), ROW("") },
    };
    edo_buf out = { 0 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        if (through(&out, rows[i].in, NULL) < 0 || !edo_str_equal(text_of(&out), rows[i].out))
            fail_msg("%s", rows[i].name);
    }
    edo_buf_deinit(&out);
}

static void unknown_fields_are_kept(void **state) {
    (void)state;
    static const struct {
        const char *name;
        edo_str in, kept; // behind the field 1, if that is there
    } rows[] = {
        { "each type", ROW("\xc0\x02\x07\xc9\x02\1\2\3\4\5\6\7\x08\xd2\x02\x01z\xdd\x02\1\2\3\4"),
          ROW("\xc0\x02\x07\xc9\x02\1\2\3\4\5\6\7\x08\xd2\x02\x01z\xdd\x02\1\2\3\4") },
        { "a group", ROW("\xc3\x02\x08\x01\x13\x14\xc4\x02"),
          ROW("\xc3\x02\x08\x01\x13\x14\xc4\x02") },
        { "around a field", ROW("\xc0\x02\x01\x08\x05\xc0\x02\x02\x08\x06\xc0\x02\x03"),
          ROW("\x08\x06\xc0\x02\x01\xc0\x02\x02\xc0\x02\x03") },
        { "a field of another type", ROW("\x0a\x01q"), ROW("\x0a\x01q") },
        { "bytes where one number is", ROW("\x0d\1\2\3\4"), ROW("\x0d\1\2\3\4") },
        { "in a message", ROW("\x7a\x03\xc0\x02\x01"), ROW("\x7a\x03\xc0\x02\x01") },
    };
    edo_buf out = { 0 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        if (through(&out, rows[i].in, NULL) < 0 || !edo_str_equal(text_of(&out), rows[i].kept))
            fail_msg("%s", rows[i].name);
    }
    EDO_TEST_OK(through(&out, rows[0].in, &(edo_protobuf_opts){ .drops_unknown = true }));
    assert_int_equal(out.len, 0);
    edo_buf_deinit(&out);
}

/* ---- Closed enums ---------------------------------------------------------------------------- */

typedef enum hue { HUE_NONE, HUE_RED = 3, HUE_BLUE = -1 } hue;
EDO_DESCRIBE_ENUM(hue, EDO_UNIT(HUE_NONE, "NONE"), EDO_UNIT(HUE_RED, "RED"),
                  EDO_UNIT(HUE_BLUE, "BLUE"))

typedef enum tone { TONE_LOW = -2, TONE_MID, TONE_HIGH = 7, TONE_SHRILL = 7 } tone;
EDO_DESCRIBE_ENUM(tone, EDO_UNIT(TONE_LOW, "LOW"), EDO_UNIT(TONE_MID, "MID"),
                  EDO_UNIT(TONE_HIGH, "HIGH"), EDO_UNIT(TONE_SHRILL, "SHRILL"))

typedef struct paint {
    edo_str name;
    hue value;
} paint;
EDO_DESCRIBE(paint, EDO_FIELD(paint, name, .number = 1),
             EDO_FIELD_OF(paint, value, hue_desc, .number = 2, .wire = EDO_WIRE_CLOSED))

typedef struct closed {
    hue one;
    bool has_one;
    hue *many;
    size_t many_n;
    tone few[2];
    size_t few_n;
    paint *paints;
    size_t paints_n;
    uint32_t choice;
    union {
        hue hue;
        int32_t number;
    } of;
    edo_str rest;
} closed;
EDO_DESCRIBE(closed,
             EDO_FIELD_OF(closed, one, hue_desc, .number = 1, .optional = true,
                          .wire = EDO_WIRE_CLOSED, EDO_HAS(closed, has_one), .preset = "RED"),
             EDO_FIELD_LIST_OF(closed, many, many_n, hue_desc, .number = 2, .optional = true,
                               .wire = EDO_WIRE_CLOSED),
             EDO_FIELD_UPTO_OF(closed, few, few_n, tone_desc, .number = 3, .optional = true,
                               .wire = EDO_WIRE_CLOSED | EDO_WIRE_UNPACKED),
             EDO_FIELD_LIST_OF(closed, paints, paints_n, paint_desc, .number = 4, .map = true,
                               .optional = true, .wire = EDO_WIRE_CLOSED),
             EDO_FIELD_OF(closed, of.hue, hue_desc, EDO_AS("hue"), .number = 5, .optional = true,
                          .wire = EDO_WIRE_CLOSED, EDO_ONEOF(closed, choice)),
             EDO_FIELD(closed, of.number, EDO_AS("number"), .number = 6, .optional = true,
                       EDO_ONEOF(closed, choice)),
             EDO_FIELD(closed, rest, .wire = EDO_WIRE_REST, .skip = true))

#define MINUS_ONE "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"

static void numbers_that_a_closed_enum_has_not_are_unknown(void **state) {
    (void)state;
    static const struct {
        edo_str in, out;
        edo_str rest; // of `out`
    } rows[] = {
        { ROW("\x08\x03"), ROW("\x08\x03"), ROW("") },
        { ROW("\x08" MINUS_ONE), ROW("\x08" MINUS_ONE), ROW("") },
        { ROW("\x08\x09"), ROW("\x08\x09"), ROW("\x08\x09") },
        { ROW("\x08\x03\x08\x09"), ROW("\x08\x03\x08\x09"), ROW("\x08\x09") },
        { ROW("\x10\x03\x10\x09\x10\x00"), ROW("\x12\x02\x03\x00\x10\x09"), ROW("\x10\x09") },
        // of a packed list those are taken out
        { ROW("\x12\x0e\x03\x09" MINUS_ONE "\x08\x00"),
          ROW("\x12\x0c\x03" MINUS_ONE "\x00\x10\x09\x10\x08"), ROW("\x10\x09\x10\x08") },
        { ROW("\xc8\x01\x05\x12\x01\x09\x12\x01\x08\xc8\x01\x06"),
          ROW("\xc8\x01\x05\x10\x09\x10\x08\xc8\x01\x06"),
          ROW("\xc8\x01\x05\x10\x09\x10\x08\xc8\x01\x06") },
        { ROW("\x18\x07\x18\x00\x18" MINUS_ONE), ROW("\x18\x07\x18" MINUS_ONE "\x18\x00"),
          ROW("\x18\x00") },
        // an entry goes as a whole, by the last of its values
        { ROW("\x22\x04\x0a\x00\x10\x03\x22\x05\x0a\x01x\x10\x09"),
          ROW("\x22\x04\x0a\x00\x10\x03\x22\x05\x0a\x01x\x10\x09"),
          ROW("\x22\x05\x0a\x01x\x10\x09") },
        { ROW("\x22\x06\x10\x09\x0a\x00\x10\x03"), ROW("\x22\x04\x0a\x00\x10\x03"), ROW("") },
        // the one that is there stays
        { ROW("\x30\x05\x28\x09"), ROW("\x30\x05\x28\x09"), ROW("\x28\x09") },
        { ROW("\x30\x05\x28\x03"), ROW("\x28\x03"), ROW("") },
        { ROW("\x0d\1\2\3\4"), ROW("\x0d\1\2\3\4"), ROW("\x0d\1\2\3\4") },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        for (int borrows = 0; borrows < 2; borrows++) {
            const edo_protobuf_opts opts = { .borrows = borrows == 1 };
            edo_arena arena = { 0 };
            edo_buf out = { 0 };
            closed v;
            EDO_TEST_OK(edo_protobuf_decode_with(&v, &closed_desc, rows[i].in, &arena, &opts));
            EDO_TEST_OK(edo_protobuf_encode(&out, &v, &closed_desc));
            if (!edo_str_equal(text_of(&out), rows[i].out) || !edo_str_equal(v.rest, rows[i].rest))
                fail_msg("row %zu", i);
            assert_true(v.has_one || v.one == HUE_RED);
            edo_buf_deinit(&out);
            edo_arena_deinit(&arena);
        }
    }
}

static void closed_enums_are_refused_where_messages_are(void **state) {
    (void)state;
    static const edo_str bad[] = { ROW("\x08"),
                                   ROW("\x08\x80"),
                                   ROW("\x12\x02\x03\x80"),
                                   ROW("\x12\x05\x03"),
                                   ROW("\x22\x03\x10"),
                                   ROW("\x22\x01\x80"),
                                   ROW("\x22\x04\x13\x10\x09\x10"),
                                   ROW("\x0e\x01"),
                                   ROW("\x1a\x03\x07\x07\x07") };
    edo_arena arena = { 0 };
    closed v;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        EDO_TEST_EQ(edo_protobuf_decode(&v, &closed_desc, bad[i], &arena), -EDO_EPROTOBUF);
        edo_trail_clear();
    }
    const edo_str strange = ROW("\x08\x09\x12\x01\x09\x22\x02\x10\x09");
    const edo_protobuf_opts drops = { .drops_unknown = true };
    EDO_TEST_OK(edo_protobuf_decode_with(&v, &closed_desc, strange, &arena, &drops));
    assert_true(v.rest.len == 0 && v.many_n == 0 && v.paints_n == 0);
    edo_arena_deinit(&arena);
}

/* Each run that is kept lies apart from the one before, so that they are copied together. */
static void unknown_fields_cost_in_proportion(void **state) {
    (void)state;
    enum { RUNS = 20000, RUN = 5 };
    static char message[RUNS * RUN];
    edo_arena arena = { 0 };
    everything v;
    for (size_t i = 0; i < RUNS; i++) memcpy(message + i * RUN, "\xc0\x02\x01\x08\x05", RUN);
    EDO_TEST_OK(edo_protobuf_decode_with(&v, &everything_desc, (edo_str){ message, sizeof message },
                                         &arena, &(edo_protobuf_opts){ .times_max = 4 }));
    assert_int_equal(v.rest.len, RUNS * 3);
    for (size_t i = 0; i < RUNS; i++) assert_memory_equal(v.rest.ptr + i * 3, "\xc0\x02\x01", 3);
    edo_arena_deinit(&arena);
}

static void what_is_no_message_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        edo_str in;
        const char *says;
    } rows[] = {
        { ROW("\x08"), "byte 1: \"i32\" the message is cut off" },
        { ROW("\x08\x80"), "byte 1: \"i32\" the message is cut off" },
        { ROW("\x88"), "byte 0: the message is cut off" },
        { ROW("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"),
          "byte 1: \"i32\" a varint must have at most 10 bytes" },
        { ROW("\x00\x00"), "byte 0: the number of a field must be from 1 to 536870911" },
        { ROW("\x80\x80\x80\x80\x10"),
          "byte 0: the number of a field must be from 1 to 536870911" },
        { ROW("\x0e\x00"), "byte 1: \"i32\" a field must be of a type that there is" },
        { ROW("\xc4\x02"), "byte 2: a group ends that did not begin" },
        { ROW("\xc3\x02\x08\x01"), "byte 4: the message is cut off" },
        { ROW("\xc3\x02\xcc\x02"), "byte 4: a group ends that did not begin" },
        { { "\x62\x02"
            "a\xff",
            4 },
          "byte 3: \"text\" must be UTF-8" },
        { ROW("\x62\x03\xed\xa0\x80"), "byte 2: \"text\" must be UTF-8" },
        { ROW("\x62\x05xy"), "byte 2: \"text\" the message is cut off" },
        { ROW("\x62\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x"),
          "byte 11: \"text\" the message is cut off" },
        { ROW("\xaa\x01\x00\xaa\x01\x03\x0a\x01\xff"), "byte 8: \"leaves[1].name\" must be UTF-8" },
        { ROW("\xb2\x01\x05\x12\x03\x0a\x01\x80"),
          "byte 7: \"prices[0].value.name\" must be UTF-8" },
        { ROW("\x7a\x03\x0a\x05x"), "byte 4: \"maybe.name\" the message is cut off" },
        { ROW("\x8a\x01\x02\x01\x80"), "byte 4: \"packed\" the message is cut off" },
        { ROW("\x92\x01\x07\1\2\3\4\5\6\7"), "byte 3: \"doubles\" the message is cut off" },
        { ROW("\xd8\x01\x80\x01"), "byte 2: \"small\" must be in the range of its type" },
        { { "\xe2\x01\x08"
            "12345678",
            11 },
          "byte 3: \"chars\" must have at most 7 bytes" },
        { ROW("\xe2\x01\x02x\0"), "byte 3: \"chars\" must have no NUL" },
        { ROW("\xf2\x01\x03\0\0\0"), "byte 3: \"few\" must have at most 2 elements" },
    };
    edo_buf out = { 0 };
    char says[EDO_TRAIL_TEXT_MAX];
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        int err = through(&out, rows[i].in, NULL);
        const edo_trail_entry *told = edo_trail_find(err);
        (void)snprintf(says, sizeof says, "%s", told ? told->text : "nothing");
        assert_int_equal(err, -EDO_EPROTOBUF);
        assert_string_equal(says, rows[i].says);
        edo_trail_clear();
    }
    edo_buf_deinit(&out);
}

/* A cut between two fields leaves a message; any other is refused. After a failure all is zero. */
static void a_cut_at_each_byte_is_found(void **state) {
    (void)state;
    static const everything zero;
    edo_arena arena = { 0 };
    size_t whole = 0;
    for (size_t n = 0; n < full.len; n++) {
        everything v;
        char *copy = malloc(n + 1); // so that the sanitizer sees each byte behind it
        assert_non_null(copy);
        memcpy(copy, full.ptr, n);
        int err = edo_protobuf_decode(&v, &everything_desc, (edo_str){ copy, n }, &arena);
        assert_true(err == 0 || err == -EDO_EPROTOBUF);
        if (err < 0) assert_memory_equal(&v, &zero, sizeof v);
        whole += err == 0;
        free(copy);
        edo_trail_clear();
        edo_arena_reset(&arena);
    }
    assert_int_equal(whole, 32); // each field, and elements that come one by one
    edo_arena_deinit(&arena);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

typedef struct node {
    struct node *next;
    int32_t n;
} node;
EDO_DESCRIBE(node, EDO_FIELD_PTR_OF(node, next, node_desc, .number = 1, .optional = true),
             EDO_FIELD(node, n, .number = 2, .optional = true))

/* A message that holds `depth` messages in one another, at the end of `to`; its length. */
static size_t nested(char *to, size_t room, int depth) {
    size_t n = 0;
    for (int i = 0; i < depth; i++) {
        char head[3] = { 0x0a, (char)(n | 0x80), (char)(n >> 7) };
        memcpy(to + room - n - 3, head, 3);
        n += 3;
    }
    return n;
}

static void messages_are_at_most_a_hundred_deep(void **state) {
    (void)state;
    char room[400];
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    node v, above;
    size_t n = nested(room, sizeof room, 100);
    EDO_TEST_OK(
        edo_protobuf_decode(&v, &node_desc, (edo_str){ room + sizeof room - n, n }, &arena));
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &node_desc));
    above = (node){ .next = &v };
    const size_t before = out.len;
    EDO_TEST_EQ(edo_protobuf_encode(&out, &above, &node_desc), -EDO_EPROTOBUF);
    assert_int_equal(out.len, before);
    n = nested(room, sizeof room, 101);
    edo_str deeper = { room + sizeof room - n, n };
    EDO_TEST_EQ(edo_protobuf_decode(&v, &node_desc, deeper, &arena), -EDO_EPROTOBUF);
    const edo_protobuf_opts flat = { .depth_max = 1 };
    edo_str two = BYTES("\x0a\x02\x0a\x00"), one = BYTES("\x0a\x00");
    EDO_TEST_OK(edo_protobuf_decode_with(&v, &node_desc, one, &arena, &flat));
    EDO_TEST_EQ(edo_protobuf_decode_with(&v, &node_desc, two, &arena, &flat), -EDO_EPROTOBUF);
    edo_trail_clear();
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

static void groups_are_at_most_as_deep(void **state) {
    (void)state;
    char groups[400];
    edo_arena arena = { 0 };
    node v;
    memset(groups, 0x1b, 200), memset(groups + 200, 0x1c, 200);
    EDO_TEST_OK(edo_protobuf_decode(&v, &node_desc, (edo_str){ groups + 100, 200 }, &arena));
    EDO_TEST_EQ(edo_protobuf_decode(&v, &node_desc, (edo_str){ groups + 99, 202 }, &arena),
                -EDO_EPROTOBUF);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

typedef struct large {
    char bytes[500];
} large;
EDO_DESCRIBE(large, EDO_FIELD(large, bytes, .number = 1, .optional = true))

typedef struct many {
    large *all;
    size_t all_n;
} many;
EDO_DESCRIBE(many, EDO_FIELD_LIST_OF(many, all, all_n, large_desc, .number = 1))

static void memory_is_at_most_what_is_said(void **state) {
    (void)state;
    enum { N = 30000 };
    static char message[2 * N];
    for (size_t i = 0; i < N; i++) memcpy(message + 2 * i, "\x0a\x00", 2);

    edo_arena arena = { 0 };
    many v;
    const edo_str empty = { message, sizeof message };
    EDO_TEST_EQ(edo_protobuf_decode(&v, &many_desc, empty, &arena), -EMSGSIZE);
    assert_true(arena.bytes <=
                sizeof message * EDO_PROTOBUF_TIMES + EDO_PROTOBUF_TIMES_FREE + 70000);
    edo_arena_reset(&arena);
    EDO_TEST_OK(edo_protobuf_decode_with(&v, &many_desc, empty, &arena,
                                         &(edo_protobuf_opts){ .times_max = 2000 }));
    assert_int_equal(v.all_n, N);
    edo_arena_deinit(&arena);
    arena = (edo_arena){ .bytes_max = 100000 };
    EDO_TEST_EQ(edo_protobuf_decode(&v, &many_desc, empty, &arena), -ENOMEM);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    for (int k = 1, err = -ENOMEM; err < 0; k++) {
        edo_arena arena = { .chunk_bytes = 64 };
        edo_buf out = { 0 };
        everything v;
        fail_alloc_in = k;
        err = edo_protobuf_decode(&v, &everything_desc, full, &arena);
        if (err == 0) err = edo_protobuf_encode(&out, &v, &everything_desc);
        fail_alloc_in = 0;
        assert_true(err == 0 || (err == -ENOMEM && out.len == 0));
        assert_true(k < 100);
        edo_buf_deinit(&out);
        edo_arena_deinit(&arena);
    }
}

/* The buffer is small at first, so that it grows at every place. */
static void a_buffer_that_grows_gets_the_same_bytes(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    everything v;
    EDO_TEST_OK(edo_protobuf_decode(&v, &everything_desc, full, &arena));
    for (size_t before = 0; before < 700; before++) {
        edo_buf out = { 0 };
        EDO_TEST_OK(edo_buf_reserve(&out, before + 1));
        memset(out.ptr, 'b', before);
        out.len = before;
        EDO_TEST_OK(edo_protobuf_encode(&out, &v, &everything_desc));
        assert_int_equal(out.len, before + full.len);
        assert_memory_equal(out.ptr + before, full.ptr, full.len);
        for (size_t i = 0; i < before; i++) assert_int_equal(out.ptr[i], 'b');
        edo_buf_deinit(&out);
    }
    edo_arena_deinit(&arena);
}

/* ---- proto2, descriptions -------------------------------------------------------------------- */

typedef struct settings {
    edo_str host;
    int32_t port;
    color paint;
    leaf *must;
    int32_t id;
    bool has_host, has_port, has_id;
} settings;
EDO_DESCRIBE(settings,
             EDO_FIELD(settings, host, .number = 1, .optional = true, .preset = "localhost",
                       EDO_HAS(settings, has_host)),
             EDO_FIELD(settings, port, .number = 2, .optional = true, .preset = "80",
                       EDO_HAS(settings, has_port)),
             EDO_FIELD_OF(settings, paint, color_desc, .number = 3, .optional = true,
                          .preset = "RED"),
             EDO_FIELD_PTR_OF(settings, must, leaf_desc, .number = 4, .wire = EDO_WIRE_REQUIRED,
                              .optional = true),
             EDO_FIELD(settings, id, .number = 5, .wire = EDO_WIRE_REQUIRED, .optional = true,
                       EDO_HAS(settings, has_id)))

static void presets_stand_for_what_is_not_there(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    settings v;
    EDO_TEST_OK(edo_protobuf_decode(&v, &settings_desc, BYTES("\x22\x00\x28\x00"), &arena));
    assert_true(edo_str_equal(v.host, EDO_STR("localhost")) && v.port == 80 &&
                v.paint == COLOR_RED);
    assert_true(!v.has_host && !v.has_port && v.has_id && v.must);
    v.has_port = true;
    v.paint = COLOR_NONE;
    EDO_TEST_OK(edo_protobuf_encode(&out, &v, &settings_desc));
    // 0 is written where it is not what the field is without
    assert_true(edo_str_equal(text_of(&out), BYTES("\x10\x50\x18\x00\x22\x00\x28\x00")));
    EDO_TEST_OK(edo_protobuf_decode(&v, &settings_desc, text_of(&out), &arena));
    assert_true(v.paint == COLOR_NONE);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

typedef struct bare {
    edo_str host;
    int32_t port;
    double ratio;
} bare;
EDO_DESCRIBE(bare, EDO_FIELD(bare, host, .number = 1, .optional = true, .preset = "localhost"),
             EDO_FIELD(bare, port, .number = 2, .optional = true, .preset = "80"),
             EDO_FIELD(bare, ratio, .number = 3, .optional = true, .preset = "1"))

/* Defaults of fields that have no member for their presence. */
static void what_is_zero_beside_a_default_comes_back(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    const bare zero = { .host = EDO_STR("") };
    bare v;
    EDO_TEST_OK(edo_protobuf_encode(&out, &zero, &bare_desc));
    EDO_TEST_OK(edo_protobuf_decode(&v, &bare_desc, text_of(&out), &arena));
    assert_true(v.host.len == 0 && v.port == 0 && v.ratio == 0);
    out.len = 0;
    EDO_TEST_OK(edo_protobuf_json_encode(&out, &zero, &bare_desc, NULL));
    EDO_TEST_OK(edo_protobuf_json_decode(&v, &bare_desc, text_of(&out), &arena, NULL));
    assert_true(v.host.len == 0 && v.port == 0 && v.ratio == 0);
    EDO_TEST_OK(edo_protobuf_decode(&v, &bare_desc, EDO_STR(""), &arena));
    assert_true(edo_str_equal(v.host, EDO_STR("localhost")) && v.port == 80 && v.ratio == 1);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

typedef struct holder {
    settings *inner;
    settings *others;
    size_t others_n;
} holder;
EDO_DESCRIBE(holder, EDO_FIELD_PTR_OF(holder, inner, settings_desc, .number = 1, .optional = true),
             EDO_FIELD_LIST_OF(holder, others, others_n, settings_desc, .number = 2,
                               .optional = true))

/* A message that comes in parts is whole when they are merged. */
static void what_is_required_may_come_in_another_part(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    holder v;
    EDO_TEST_OK(
        edo_protobuf_decode(&v, &holder_desc, BYTES("\x0a\x02\x28\x07\x0a\x02\x22\x00"), &arena));
    assert_true(v.inner->id == 7 && v.inner->must);
    EDO_TEST_EQ(edo_protobuf_decode(&v, &holder_desc, BYTES("\x0a\x02\x28\x07\x12\x00"), &arena),
                -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text, "byte 4: \"inner.must\" is missing");
    edo_trail_clear();
    EDO_TEST_EQ(edo_protobuf_decode(&v, &holder_desc,
                                    BYTES("\x12\x04\x22\x00\x28\x00\x12\x02\x22\x00"), &arena),
                -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text,
                        "byte 10: \"others[1].id\" is missing");
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

static void a_required_field_must_be_there(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    settings v;
    EDO_TEST_EQ(edo_protobuf_decode(&v, &settings_desc, BYTES("\x28\x00"), &arena), -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text, "byte 2: \"must\" is missing");
    edo_trail_clear();
    EDO_TEST_EQ(edo_protobuf_decode(&v, &settings_desc, BYTES("\x22\x00"), &arena), -EDO_EPROTOBUF);
    edo_trail_clear();
    v = (settings){ .has_id = true };
    EDO_TEST_EQ(edo_protobuf_encode(&out, &v, &settings_desc), -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text, "\"must\" is missing");
    edo_trail_clear();
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
}

static void text_that_is_not_utf8_is_not_written(void **state) {
    (void)state;
    edo_buf out = { 0 };
    leaf one = { .name = EDO_STR("\xff") };
    everything v = { .leaves = &one, .leaves_n = 1 };
    EDO_TEST_EQ(edo_protobuf_encode(&out, &v, &everything_desc), -EDO_EPROTOBUF);
    assert_string_equal(edo_trail_find(-EDO_EPROTOBUF)->text, "\"leaves[0].name\" must be UTF-8");
    edo_trail_clear();
    edo_buf_deinit(&out);
}

typedef struct odd {
    int32_t pair[2];
} odd;
EDO_DESCRIBE(odd, EDO_FIELD_FIXED(odd, pair, .number = 1))

/* The heap, so that the sanitizer sees what a refused text leaves. */
static void of_a_union_json_has_one(void **state) {
    (void)state;
    edo_buf out = { 0 };
    everything v;
    const edo_str tree = EDO_STR("{\"tree\":{\"name\":\"oak\",\"n\":1}}");
    EDO_TEST_OK(edo_json_decode(&v, &everything_desc, tree));
    assert_true(v.choice == 25 && edo_str_equal(v.of.tree->name, EDO_STR("oak")));
    EDO_TEST_OK(edo_json_encode(&out, &v, &everything_desc));
    out.ptr[out.len - 1] = '\0';
    assert_non_null(strstr(out.ptr, "\"tree\":{\"name\":\"oak\",\"n\":1}"));
    assert_null(strstr(out.ptr, "\"word\""));
    edo_value_deinit(&v, &everything_desc);
    EDO_TEST_OK(edo_json_decode(&v, &everything_desc, EDO_STR("{\"word\":\"w\"}")));
    assert_true(v.choice == 23 && edo_str_equal(v.of.word, EDO_STR("w")));
    edo_value_deinit(&v, &everything_desc);
    const edo_str two = EDO_STR("{\"word\":\"w\",\"number\":1}");
    EDO_TEST_EQ(edo_json_decode(&v, &everything_desc, two), -EDO_EJSON);
    assert_string_equal(edo_trail_find(-EDO_EJSON)->text,
                        "line 1, column 22: \"number\" must be the only one");
    const edo_str cut = EDO_STR("{\"tree\":{\"name\":\"oak\",");
    EDO_TEST_EQ(edo_json_decode(&v, &everything_desc, cut), -EDO_EJSON);
    edo_trail_clear();
    edo_buf_deinit(&out);
}

/* Else the other end would read something else, or miss it. */
static void forms_on_the_wire_that_a_field_cannot_have_are_refused(void **state) {
    (void)state;
    static const struct {
        uint8_t kind, size, wire;
        const char *says;
    } rows[] = {
        { EDO_VALUE_U32, 4, EDO_WIRE_ZIGZAG,
          "\"n\" must be a signed integer, and not fixed, to be zigzag" },
        { EDO_VALUE_I32, 4, EDO_WIRE_ZIGZAG | EDO_WIRE_FIXED,
          "\"n\" must be a signed integer, and not fixed, to be zigzag" },
        { EDO_VALUE_U16, 2, EDO_WIRE_FIXED,
          "\"n\" must be an integer of 32 or 64 bits, to be fixed" },
        { EDO_VALUE_I32, 4, EDO_WIRE_REQUIRED,
          "\"n\" must be a pointer, or have EDO_HAS(), to be required" },
    };
    edo_arena arena = { 0 };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_field f = { .key = ",\"n\":",
                              .name_len = 1,
                              .kind = rows[i].kind,
                              .size = rows[i].size,
                              .number = 1,
                              .wire = rows[i].wire };
        const edo_desc desc = { .name = "x", .fields = &f, .fields_n = 1, .size = 8 };
        int64_t v;
        EDO_TEST_EQ(edo_protobuf_decode(&v, &desc, EDO_STR(""), &arena), -ENOTSUP);
        assert_string_equal(edo_trail_find(-ENOTSUP)->text, rows[i].says);
        edo_trail_clear();
    }
    edo_arena_deinit(&arena);
}

static void descriptions_and_options_that_cannot_be_are_refused(void **state) {
    (void)state;

    edo_arena arena = { 0 };
    edo_buf out = { 0 };
    odd v = { { 0 } };
    EDO_TEST_EQ(edo_protobuf_decode(&v, &odd_desc, EDO_STR(""), &arena), -ENOTSUP);
    assert_string_equal(edo_trail_find(-ENOTSUP)->text,
                        "\"pair\" must not have a fixed number of elements");
    EDO_TEST_EQ(edo_protobuf_encode(&out, &v, &odd_desc), -ENOTSUP);
    const edo_protobuf_opts wrong[] = { { .depth_max = 101 },
                                        { .reserved_word = 1 },
                                        { .reserved = { 1 } } };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        node n;
        EDO_TEST_EQ(edo_protobuf_decode_with(&n, &node_desc, EDO_STR(""), &arena, &wrong[i]),
                    -EINVAL);
    }
    edo_buf_deinit(&out);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_and_shape_comes_back),
        cmocka_unit_test(zeros_are_not_written_but_by_presence),
        cmocka_unit_test(what_may_come_otherwise_is_read),
        cmocka_unit_test(unknown_fields_are_kept),
        cmocka_unit_test(numbers_that_a_closed_enum_has_not_are_unknown),
        cmocka_unit_test(closed_enums_are_refused_where_messages_are),
        cmocka_unit_test(unknown_fields_cost_in_proportion),
        cmocka_unit_test(what_is_no_message_is_refused_with_its_place),
        cmocka_unit_test(a_cut_at_each_byte_is_found),
        cmocka_unit_test(messages_are_at_most_a_hundred_deep),
        cmocka_unit_test(groups_are_at_most_as_deep),
        cmocka_unit_test(memory_is_at_most_what_is_said),
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(a_buffer_that_grows_gets_the_same_bytes),
        cmocka_unit_test(presets_stand_for_what_is_not_there),
        cmocka_unit_test(what_is_zero_beside_a_default_comes_back),
        cmocka_unit_test(a_required_field_must_be_there),
        cmocka_unit_test(what_is_required_may_come_in_another_part),
        cmocka_unit_test(text_that_is_not_utf8_is_not_written),
        cmocka_unit_test(of_a_union_json_has_one),
        cmocka_unit_test(forms_on_the_wire_that_a_field_cannot_have_are_refused),
        cmocka_unit_test(descriptions_and_options_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
