/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a map names what is broken; keys of one group are found wherever they lie.
 * Method: map.c is included; maps with one thing wrong, and with hashes that are all the same. */
#include "broken.h"

#include "memory/map.c"

typedef struct harm {
    const char *name;
    void (*fn)(edo_map *m, size_t taken);
} harm;

static int walk_after(void *arg) {
    static const char keys[] = "abcdefghij";
    const harm *h = arg;
    edo_map m = { 0 };
    edo_map_at at = { 0 };
    assert_int_equal(edo_map_reserve(&m, 100), 0); // so that no group is full
    for (size_t i = 0; i < sizeof keys - 1; i++)
        assert_int_equal(edo_map_put(&m, (edo_str){ &keys[i], 1 }, NULL), 1);
    assert_true(edo_map_next(&m, &at));
    edoi_map_check(&m);
    h->fn(&m, at.slot);
    edoi_map_check(&m);
    return 0;
}

static void have_three_groups(edo_map *m, size_t taken) {
    (void)taken;
    m->groups_mask = 2;
}

static void lose_a_key(edo_map *m, size_t taken) {
    m->marks[taken] = NEVER_TAKEN;
}

static void have_room_too_much(edo_map *m, size_t taken) {
    (void)taken;
    m->room++;
}

static void swap_hashes(edo_map *m, size_t taken) {
    map_slot(m, taken)->hash ^= 1; // it belongs into another group
}

static void change_a_mark(edo_map *m, size_t taken) {
    m->marks[taken] ^= 1;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "map inv. 1: ", have_three_groups },  { "map inv. 2: ", lose_a_key },
        { "map inv. 2: ", have_room_too_much }, { "map inv. 3: ", swap_hashes },
        { "map inv. 4: ", change_a_mark },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

static wanted_key key_of(const char *text) {
    return wanted_text((edo_str){ text, 1 });
}

/* Keys that all belong into one group lie in those behind it; removed ones keep the way. */
static void keys_of_one_group_are_found_in_others(void **state) {
    (void)state;
    edo_map m = { 0 };
    char text[40];
    const uint64_t hash = UINT64_C(0x5555000000000000);
    assert_int_equal(begin(&m, 8), 0);
    for (int i = 0; i < 40; i++) {
        text[i] = (char)i;
        assert_non_null(add_new(&m, key_of(&text[i]), NULL, hash));
    }
    for (int i = 0; i < 40; i += 3) remove_slot(&m, find(&m, key_of(&text[i]), hash));
    edoi_map_check(&m);
    for (int i = 0; i < 40; i++)
        assert_int_equal(find(&m, key_of(&text[i]), hash) == NOWHERE, i % 3 == 0);
    place_all_anew(&m);
    for (int i = 0; i < 40; i++)
        assert_int_equal(find(&m, key_of(&text[i]), hash) == NOWHERE, i % 3 == 0);
    edo_map_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(keys_of_one_group_are_found_in_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
