/* SPDX-License-Identifier: MIT */
/* Goal: what a short text may take is bounded by a multiple of its length, on the heap, in an arena
 * and as a tree, with an error of its own; nothing is left of what was refused.
 * Method: lists of large structs that the text does not spell out, pointers, and trees. */
#include "inside.h"

#include <edo/arena.h>
#include <edo/json.h>

#include <errno.h>
#include <string.h>

typedef struct item {
    double numbers[100];
    struct item *next;
} item;
EDO_DESCRIBE(item, EDO_FIELD_FIXED(item, numbers, .optional = true),
             EDO_FIELD_PTR_OF(item, next, item_desc, .optional = true))

typedef struct many {
    item *items;
    size_t items_n;
} many;
EDO_DESCRIBE(many, EDO_FIELD_LIST_OF(many, items, items_n, item_desc))

#define ITEMS 10000u

/* "{"items":[{},{}, …]}" */
static edo_buf items(void) {
    edo_buf b = { 0 };
    EDO_TEST_OK(edo_buf_append(&b, "{\"items\":[{}", 12));
    for (uint32_t i = 1; i < ITEMS; i++) EDO_TEST_OK(edo_buf_append(&b, ",{}", 3));
    EDO_TEST_OK(edo_buf_append(&b, "]}", 2));
    return b;
}

static void list_of_large_structs_is_bounded(void **state) {
    (void)state;
    edo_buf b = items();
    edo_str text = { b.ptr, b.len };
    many m;
    for (int in_arena = 0; in_arena < 2; in_arena++) {
        edo_arena arena = { 0 };
        edo_json_opts o = { .arena = in_arena ? &arena : NULL, .times_max = 64 };
        assert_int_equal(edo_json_decode_with(&m, &many_desc, text, &o), -EMSGSIZE);
        assert_true(arena.bytes <= 2 * (64 * text.len + 131072));
        edo_trail_clear();
        o.times_max = 2000;
        EDO_TEST_OK(edo_json_decode_with(&m, &many_desc, text, &o));
        assert_int_equal(m.items_n, ITEMS);
        if (!in_arena) edo_value_deinit(&m, &many_desc);
        edo_arena_deinit(&arena);
    }
    EDO_TEST_OK(edo_json_decode(&m, &many_desc, text)); // no limit unless one is set
    edo_value_deinit(&m, &many_desc);
    edo_buf_deinit(&b);
}

static void pointers_are_bounded(void **state) {
    (void)state;
    edo_buf b = { 0 };
    many m;
    const edo_json_opts o = { .times_max = 1 };
    EDO_TEST_OK(edo_buf_append(&b, "{\"items\":[", 10));
    for (int i = 0; i < 100; i++)
        EDO_TEST_OK(
            edo_buf_append(&b, i > 0 ? ",{\"next\":{}}" : "{\"next\":{}}", i > 0 ? 12 : 11));
    EDO_TEST_OK(edo_buf_append(&b, "]}", 2));
    assert_int_equal(edo_json_decode_with(&m, &many_desc, (edo_str){ b.ptr, b.len }, &o),
                     -EMSGSIZE);
    edo_trail_clear();
    EDO_TEST_OK(edo_json_decode_with(&m, &many_desc, EDO_STR("{\"items\":[{\"next\":{}}]}"), &o));
    assert_non_null(m.items[0].next);
    edo_value_deinit(&m, &many_desc);
    edo_buf_deinit(&b);
}

static void tree_is_bounded(void **state) {
    (void)state;
    edo_buf b = items();
    edo_json_value *v;
    edo_json_opts o = { .times_max = 4 };
    assert_int_equal(edo_json_value_parse(&v, (edo_str){ b.ptr, b.len }, &o), -EMSGSIZE);
    edo_trail_clear();
    o.times_max = 40;
    EDO_TEST_OK(edo_json_value_parse(&v, (edo_str){ b.ptr, b.len }, &o));
    edo_json_value_free(v);
    o = (edo_json_opts){ .reserved_word = 1 };
    assert_int_equal(edo_json_value_parse(&v, EDO_STR("1"), &o), -EINVAL);
    edo_buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_of_large_structs_is_bounded),
        cmocka_unit_test(pointers_are_bounded),
        cmocka_unit_test(tree_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
