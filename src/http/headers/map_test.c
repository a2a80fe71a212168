/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a map of fields names what is broken; a map fills room that it was lent, and
 * grows beyond that. Method: a small map, and one that is large enough for an index, with one thing
 * wrong; where the fields and their texts lie. */
#include "broken.h"

#include "http/headers/map.h"

#include "http/headers/index.h"

#include <edo/test.h>

typedef struct harm {
    const char *name;
    uint32_t n; /* fields */
    void (*fn)(edo_headers *h);
} harm;

static int walk_after(void *arg) {
    const harm *row = arg;
    edo_headers h;
    edo_headers_init(&h);
    assert_int_equal(edo_headers_append(&h, EDO_HEADER_ACCEPT, EDO_STR("a/b")), 0);
    char name[16];
    for (uint32_t i = 1; i < row->n; i++) {
        (void)snprintf(name, sizeof name, "x-%u", (unsigned)i);
        assert_int_equal(edo_headers_append_named(&h, edo_str_of(name), EDO_STR("v")), 0);
    }
    edoi_headers_check(&h);
    row->fn(&h);
    edoi_headers_check(&h);
    return 0;
}

static void forget_that_it_has_some(edo_headers *h) {
    h->has[EDO_HEADER_ACCEPT / 64] &= ~(UINT64_C(1) << (EDO_HEADER_ACCEPT % 64));
}

static void say_that_it_has_another(edo_headers *h) {
    h->has[EDO_HEADER_HOST / 64] |= UINT64_C(1) << (EDO_HEADER_HOST % 64);
}

static void count_beyond_the_room(edo_headers *h) {
    h->n = h->cap + 1u;
}

static void swap_two_names(edo_headers *h) {
    edo_header *fields = h->fields;
    edo_str name = fields[1].name;
    fields[1].name = fields[2].name;
    fields[2].name = name;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "map inv. 1: ", 3, forget_that_it_has_some },
        { "map inv. 1: ", 3, say_that_it_has_another },
        { "map inv. 2: ", 3, count_beyond_the_room },
        { "map inv. 3: ", 2 * EDOI_INDEX_FROM, swap_two_names },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

/* ---- Lent room ------------------------------------------------------------------------------- */

static bool lies_in(const edoi_headers_room *room, const char *text) {
    return (uintptr_t)text - (uintptr_t)room->text < sizeof room->text;
}

static void append_nth(edo_headers *h, int i) {
    char name[] = { 'x', '-', (char)('a' + i), 0 };
    EDO_TEST_OK(edo_headers_append_named(h, edo_str_of(name), EDO_STR("v")));
}

static void lent_room_is_filled_before_memory_is_taken(void **state) {
    (void)state;
    edoi_headers_room room;
    edo_headers h;
    edo_headers_init(&h);
    edoi_headers_lend(&h, &room);
    for (int i = 0; i < EDOI_HEADERS_LENT; i++) append_nth(&h, i);
    EDO_TEST_TRUE(h.fields == room.fields);
    for (int i = 0; i < EDOI_HEADERS_LENT; i++)
        EDO_TEST_TRUE(lies_in(&room, h.fields[i].name.ptr) &&
                      lies_in(&room, h.fields[i].value.ptr));
    append_nth(&h, EDOI_HEADERS_LENT);
    EDO_TEST_TRUE(h.is_own);
    char large[EDOI_HEADERS_LENT_TEXT + 1];
    memset(large, 'v', sizeof large);
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_ACCEPT, (edo_str){ large, sizeof large }));
    EDO_TEST_TRUE(!lies_in(&room, edo_headers_get(&h, EDO_HEADER_ACCEPT).ptr));
    for (int i = 0; i <= EDOI_HEADERS_LENT; i++) EDO_TEST_EQ(h.fields[i].name.ptr[2], 'a' + i);
    edo_headers_deinit(&h);
    EDO_TEST_TRUE(!h.fields && !h.texts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(lent_room_is_filled_before_memory_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
