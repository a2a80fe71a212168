/* SPDX-License-Identifier: MIT */
/* Goal: a copy of a value is equal to it and shares nothing with it but counted bytes; two values
 * are equal if and only if they would be printed alike.
 * Method: a struct of all kinds and shapes, filled from JSON; each of a list of changes is seen;
 * one allocation after the other fails. */
#include "fail_alloc.h"

#include <edo/json.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef enum color { COLOR_RED, COLOR_BLUE } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"), EDO_UNIT(COLOR_BLUE, "blue"))

typedef struct point {
    double x;
    edo_str name;
} point;
EDO_DESCRIBE(point, EDO_FIELD(point, x), EDO_FIELD(point, name, .optional = true))

typedef struct shape {
    int kind;
    union {
        point circle;
        char *label;
    } of;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(0, "none"),
                   EDO_FIELD_OF(shape, of.circle, point_desc, EDO_AS("circle"), .tag = 1),
                   EDO_FIELD(shape, of.label, EDO_AS("label"), .tag = 2))

typedef struct entry {
    edo_str name;
    int32_t value;
} entry;
EDO_DESCRIBE(entry, EDO_FIELD(entry, name), EDO_FIELD(entry, value))

typedef struct all {
    bool yes, has_age;
    int8_t small;
    uint64_t large;
    int32_t age;
    float share;
    edo_str text;
    char *line;
    char code[8];
    edo_bytes data;
    edo_duration wait;
    edo_wall at;
    color color;
    shape shape, shapes[3];
    size_t shapes_n;
    point at_first, *far, *list, pair[2];
    size_t list_n;
    edo_str *words;
    size_t words_n;
    entry *map;
    size_t map_n;
    int hidden, not_described;
} all;
EDO_DESCRIBE(all, EDO_FIELD(all, yes), EDO_FIELD(all, small), EDO_FIELD(all, large),
             EDO_FIELD(all, age, EDO_HAS(all, has_age)), EDO_FIELD(all, share),
             EDO_FIELD(all, text), EDO_FIELD(all, line, .optional = true), EDO_FIELD(all, code),
             EDO_FIELD(all, data), EDO_FIELD(all, wait), EDO_FIELD(all, at),
             EDO_FIELD_OF(all, color, color_desc), EDO_FIELD_OF(all, shape, shape_desc),
             EDO_FIELD_UPTO_OF(all, shapes, shapes_n, shape_desc),
             EDO_FIELD_OF(all, at_first, point_desc),
             EDO_FIELD_PTR_OF(all, far, point_desc, .optional = true),
             EDO_FIELD_LIST_OF(all, list, list_n, point_desc),
             EDO_FIELD_FIXED_OF(all, pair, point_desc), EDO_FIELD_LIST(all, words, words_n),
             EDO_FIELD_LIST_OF(all, map, map_n, entry_desc, .map = true),
             EDO_FIELD(all, hidden, .skip = true))

/* What comes first, and then with one thing changed. */
#define TEXT(yes, age, text, line, data, at, shape, shapes, far, list, words, map)                 \
    "{\"yes\":" yes ",\"small\":-3,\"large\":18446744073709551615," age                            \
    "\"share\":0.5,\"text\":" text "," line "\"code\":\"abc\",\"data\":" data                      \
    ",\"wait\":\"5s\",\"at\":" at ",\"color\":\"blue\",\"shape\":" shape ",\"shapes\":" shapes     \
    ",\"at_first\":{\"x\":1},\"far\":" far ",\"list\":" list                                       \
    ",\"pair\":[{\"x\":1},{\"x\":2,\"name\":\"two\"}],\"words\":" words ",\"map\":" map "}"

#define YES    "true"
#define AGE    "\"age\":7,"
#define TEXT_  "\"a text\""
#define LINE   "\"line\":\"one\","
#define DATA   "\"AQID\""
#define AT     "\"2026-11-27T18:00:00Z\""
#define SHAPE  "{\"circle\":{\"x\":2,\"name\":\"c\"}}"
#define SHAPES "[\"none\",{\"label\":\"l\"}]"
#define FAR    "{\"x\":9}"
#define LIST   "[{\"x\":1},{\"x\":2,\"name\":\"b\"},{\"x\":3},{\"x\":4},{\"x\":5}]"
#define WORDS  "[\"one\",\"\",\"three\"]"
#define MAP    "{\"k\":1,\"l\":2}"

static const char *const texts[] = {
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT("false", AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, "", TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, "\"\"", LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, "", DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, "\"line\":\"\",", DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, "\"\"", AT, SHAPE, SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, "\"2026-11-27T18:00:00.5Z\"", SHAPE, SHAPES, FAR, LIST, WORDS,
         MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, "\"none\"", SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, "{\"circle\":{\"x\":2}}", SHAPES, FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, "[\"none\"]", FAR, LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, "[\"none\",{\"label\":\"m\"}]", FAR, LIST, WORDS,
         MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, "null", LIST, WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, "[]", WORDS, MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, "[\"one\",\"\",\"tree\"]", MAP),
    TEXT(YES, AGE, TEXT_, LINE, DATA, AT, SHAPE, SHAPES, FAR, LIST, WORDS, "{\"k\":1,\"l\":3}"),
};

static void read_all(all *a, size_t i) {
    assert_int_equal(edo_json_decode(a, &all_desc, edo_str_of(texts[i])), 0);
    a->hidden = a->not_described = 4711;
}

static void check_same_text(const all *a, const all *b) {
    edo_buf x = { 0 }, y = { 0 };
    assert_int_equal(edo_json_encode(&x, a, &all_desc), 0);
    assert_int_equal(edo_json_encode(&y, b, &all_desc), 0);
    assert_true(edo_str_equal(edo_buf_str(&x), edo_buf_str(&y)));
    edo_buf_deinit(&x);
    edo_buf_deinit(&y);
}

static void copy_outlives_what_it_was_made_of(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_arena arena = { 0 };
        all a, on_heap, in_arena, again;
        read_all(&a, i);
        read_all(&again, i);
        memset(&on_heap, 0xff, sizeof on_heap);
        assert_int_equal(edo_value_copy(&on_heap, &a, &all_desc, NULL), 0);
        assert_int_equal(edo_value_copy(&in_arena, &a, &all_desc, &arena), 0);
        assert_ptr_not_equal(on_heap.text.ptr, a.text.len ? a.text.ptr : NULL);
        edo_value_deinit(&a, &all_desc);
        check_same_text(&on_heap, &again);
        check_same_text(&in_arena, &again);
        assert_true(edo_value_equal(&on_heap, &in_arena, &all_desc));
        assert_int_equal(on_heap.hidden | on_heap.not_described, 0);
        edo_value_deinit(&on_heap, &all_desc);
        edo_value_deinit(&again, &all_desc);
        edo_arena_deinit(&arena);
    }
}

static void values_are_equal_if_they_are_printed_alike(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        for (size_t j = 0; j < EDO_COUNT(texts); j++) {
            all a, b;
            read_all(&a, i);
            read_all(&b, j);
            b.hidden = 1;
            if (edo_value_equal(&a, &b, &all_desc) != (i == j))
                fail_msg("%s\n%s", texts[i], texts[j]);
            edo_value_deinit(&a, &all_desc);
            edo_value_deinit(&b, &all_desc);
        }
    }
}

/* The list of a copy grows as that of any other value: its room fits its count. */
static void list_of_a_copy_grows(void **state) {
    (void)state;
    all a, b;
    read_all(&a, 0);
    assert_int_equal(edo_value_copy(&b, &a, &all_desc, NULL), 0);
    b.list[7] = (point){ .x = 1 }; // 5 elements have room for 8
    edo_value_deinit(&a, &all_desc);
    edo_value_deinit(&b, &all_desc);
}

static void copy_without_memory_is_zero(void **state) {
    (void)state;
    all zero; // its padding, too
    memset(&zero, 0, sizeof zero);
    for (int is_arena = 0; is_arena < 2; is_arena++) {
        int err = -ENOMEM, k = 1;
        all a;
        read_all(&a, 0);
        for (; err < 0; k++) {
            edo_arena arena = { 0 };
            all b;
            fail_alloc_in = k;
            err = edo_value_copy(&b, &a, &all_desc, is_arena ? &arena : NULL);
            bool has_failed = fail_alloc_in == 0;
            fail_alloc_in = 0;
            assert_int_equal(err, has_failed ? -ENOMEM : 0);
            if (has_failed) assert_memory_equal(&b, &zero, sizeof b);
            if (!has_failed && !is_arena) edo_value_deinit(&b, &all_desc);
            edo_arena_deinit(&arena);
        }
        assert_true(is_arena || k > 10);
        edo_value_deinit(&a, &all_desc);
    }
}

/* A list whose elements point to one another, as a description may say. */
typedef struct chain {
    struct chain *next;
} chain;
EDO_DESCRIBED_LATER(chain)
EDO_DESCRIBE(chain, EDO_FIELD_PTR_OF(chain, next, chain_desc))

static void value_that_is_too_deep_is_refused(void **state) {
    (void)state;
    chain links[EDO_VALUE_DEPTH_MAX + 1] = { { .next = NULL } }, copy;
    for (size_t i = 0; i < EDO_VALUE_DEPTH_MAX - 1; i++) links[i].next = &links[i + 1];
    assert_int_equal(edo_value_copy(&copy, links, &chain_desc, NULL), 0);
    assert_true(edo_value_equal(&copy, links, &chain_desc));
    edo_value_deinit(&copy, &chain_desc);
    links[EDO_VALUE_DEPTH_MAX - 1].next = &links[EDO_VALUE_DEPTH_MAX];
    assert_int_equal(edo_value_copy(&copy, links, &chain_desc, NULL), -EDO_EVALUE);
    assert_null(copy.next);
    assert_false(edo_value_equal(links, links, &chain_desc));
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_outlives_what_it_was_made_of),
        cmocka_unit_test(values_are_equal_if_they_are_printed_alike),
        cmocka_unit_test(list_of_a_copy_grows),
        cmocka_unit_test(copy_without_memory_is_zero),
        cmocka_unit_test(value_that_is_too_deep_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
