/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a parsed text names what is broken. Method: value.c is included; a small
 * tree, and one thing wrong with it. */
#include "broken.h"

#include "json/value.c"

typedef struct harm {
    const char *name;
    void (*fn)(edo_json_value *root);
} harm;

/* root, 1: "list", 2 and 3: its numbers, 4: "other", 5: "last" */
static int walk_after(void *arg) {
    static const char text[] = "{\"list\": [1, 2], \"other\": null, \"last\": null}";
    edo_json_value *root;
    assert_int_equal(edo_json_value_parse(&root, edo_str_of(text), NULL), 0);
    value_check(root - 1, 7);
    ((harm *)arg)->fn(root);
    value_check(root - 1, 7);
    return 0;
}

static void point_behind_the_end(edo_json_value *root) {
    root[4].next = 2;
}

static void lose_a_member(edo_json_value *root) {
    root[4].next = 0;
}

static void count_an_item_twice(edo_json_value *root) {
    root[1].count++;
}

static void have_another_container(edo_json_value *root) {
    root[1].len = 0;
}

static void have_one_name_twice(edo_json_value *root) {
    root[5].name = root[1].name;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "value inv. 1: ", point_behind_the_end }, { "value inv. 1: ", lose_a_member },
        { "value inv. 1: ", count_an_item_twice },  { "value inv. 1: ", have_another_container },
        { "value inv. 2: ", have_one_name_twice },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
