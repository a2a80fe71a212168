/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a map of fields names what is broken. Method: a small map, and one that is
 * large enough for an index, with one thing wrong. */
#include "broken.h"

#include "http/headers/map.h"

#include "http/headers/index.h"

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
    h->n = EDO_HEADERS_PLACED + 1;
}

static void swap_two_names(edo_headers *h) {
    edo_header *fields = edoi_headers_fields(h);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
