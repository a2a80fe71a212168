/* SPDX-License-Identifier: MIT */
/* Goal: each of many fields is found by its name, also that of a struct within the struct, and a
 * name that no field has costs a few looks, however many fields there are: a form may have half a
 * million of them.
 * Method: a description of 63 fields; the table of its names is walked. */
#include "config/leaves.h"

#include "inside.h"

#include <edo/arena.h>
#include <edo/edo.h>
#include <edo/value.h>

#include <string.h>

#define TEN(x, n)                                                                                  \
    x(n##0), x(n##1), x(n##2), x(n##3), x(n##4), x(n##5), x(n##6), x(n##7), x(n##8), x(n##9)

typedef struct part {
    int64_t of, to;
} part;
EDO_DESCRIBE(part, EDO_FIELD(part, of), EDO_FIELD(part, to))

#define MEMBER(n) f##n
#define PLAIN(n)  EDO_FIELD(large, f##n)
typedef struct large {
    int64_t TEN(MEMBER, 1), TEN(MEMBER, 2), TEN(MEMBER, 3), TEN(MEMBER, 4), TEN(MEMBER, 5),
        TEN(MEMBER, 6);
    int64_t *list;
    size_t list_n;
    part in;
} large;
EDO_DESCRIBE(large, TEN(PLAIN, 1), TEN(PLAIN, 2), TEN(PLAIN, 3), TEN(PLAIN, 4), TEN(PLAIN, 5),
             TEN(PLAIN, 6), EDO_FIELD_LIST(large, list, list_n), EDO_FIELD_OF(large, in, part_desc))

static int decode_names(void *arg) {
    large l;
    edo_arena arena = { 0 };
    char text[2048];
    size_t n = 0;
    (void)arg;
    for (int i = 10; i < 70; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "x%d=1&f%d=%d&", i, i, 1000 + i);
    n += (size_t)snprintf(text + n, sizeof text - n, "list=1&list=2&in.of=3&in.to=4&in=5&f=6&f7=7");
    EDO_TEST_OK(edo_form_decode(&l, &large_desc, (edo_str){ text, n },
                                &(edo_config_opts){ .arena = &arena }));
    const int64_t *all = &l.f10;
    for (int i = 0; i < 60; i++) CHECK_EQ(all[i], 1010 + i);
    CHECK(l.list_n == 2 && l.list[0] == 1 && l.list[1] == 2);
    CHECK(l.in.of == 3 && l.in.to == 4);
    edo_arena_deinit(&arena);
    return 0;
}

static void each_of_many_fields_is_found(void **state) {
    (void)state;
    assert_int_equal(inside(decode_names, NULL), 0);
}

/* inv.: at most half of the places are full, in short rows. */
static void search_in_vain_is_short(void **state) {
    edoi_leaves l;
    large value;
    uint32_t full = 0, row = 0, longest = 0;
    (void)state;
    assert_int_equal(edoi_leaves_init(&l, &value, &large_desc, NULL), 0);
    assert_null(edoi_leaf_find(&l, EDO_STR("z")));
    assert_null(edoi_leaf_find(&l, EDO_STR("")));
    for (size_t i = 0; i < l.n; i++)
        assert_ptr_equal(edoi_leaf_find(&l, edo_str_of(l.all[i].path)), &l.all[i]);
    assert_non_null(l.places);
    for (uint32_t i = 0; i < 2 * (l.mask + 1); i++) { // twice around, for a row beyond the end
        row = l.places[i & l.mask] ? row + 1 : 0;
        longest = row > longest ? row : longest;
        full += i <= l.mask && l.places[i];
    }
    assert_int_equal(full, l.n);
    assert_true(2 * full <= l.mask + 1 && longest <= 12);
    assert_int_equal(edoi_leaves_deinit(&l, -EINVAL), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_many_fields_is_found),
        cmocka_unit_test(search_in_vain_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
