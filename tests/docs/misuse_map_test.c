/* SPDX-License-Identifier: MIT */
/* Goal: each breach of the contracts of edo/map.h is named, with its place, in a debug build.
 * Method: as misuse_locks_test.c. */
#include <edo/edo.h>
#include <edo/map.h>

#include "breaches.h"

#include <stdlib.h>

static int adds_during_a_walk(void *arg) {
    edo_map m = { 0 };
    (void)arg;
    if (edo_map_put(&m, EDO_STR("a"), NULL) < 0) abort();
    for (edo_map_at at = { 0 }; edo_map_next(&m, &at);)
        if (edo_map_put(&m, EDO_STR("b"), NULL) < 0) abort();
    edo_map_deinit(&m);
    return 0;
}

/* So that there are as many as before. */
static int swaps_during_a_walk(void *arg) {
    edo_map m = { 0 };
    (void)arg;
    if (edo_map_put(&m, EDO_STR("a"), NULL) < 0) abort();
    for (edo_map_at at = { 0 }; edo_map_next(&m, &at);) {
        edo_map_remove_at(&m, &at);
        if (edo_map_put(&m, EDO_STR("b"), NULL) < 0) abort();
    }
    edo_map_deinit(&m);
    return 0;
}

static int ends_during_a_walk(void *arg) {
    edo_map m = { 0 };
    (void)arg;
    if (edo_map_put(&m, EDO_STR("a"), NULL) < 0) abort();
    for (edo_map_at at = { 0 }; edo_map_next(&m, &at);) edo_map_deinit(&m);
    return 0;
}

static int removes_twice(void *arg) {
    edo_map m = { 0 };
    edo_map_at at = { 0 };
    (void)arg;
    if (edo_map_put(&m, EDO_STR("a"), NULL) < 0 || !edo_map_next(&m, &at)) abort();
    edo_map_remove_at(&m, &at);
    edo_map_remove_at(&m, &at);
    edo_map_deinit(&m);
    return 0;
}

static int asks_for_a_pointer_that_is_none(void *arg) {
    const edo_map m = { .value_size = 1 };
    (void)arg;
    return edo_map_get_ptr(&m, EDO_STR("a")) != NULL;
}

static int shares_a_key_that_is_borrowed(void *arg) {
    edo_map m = { 0 };
    edo_bytes key = edo_bytes_from_static(EDO_STR("a"));
    (void)arg;
    return edo_map_add_bytes(&m, &key) != NULL;
}

static int adds_a_text_to_numbers(void *arg) {
    edo_map m = { .by_number = true };
    (void)arg;
    return edo_map_put(&m, EDO_STR("a"), NULL);
}

static int looks_for_a_number_among_texts(void *arg) {
    const edo_map m = { 0 };
    (void)arg;
    return edo_map_has_by_number(&m, 1);
}

static int asks_for_a_pointer_by_number_that_is_none(void *arg) {
    const edo_map m = { .value_size = 1, .by_number = true };
    (void)arg;
    return edo_map_get_ptr_by_number(&m, 1) != NULL;
}

static const breach rows[] = {
    { "a map was added to, given room or deinitialised during a walk over it", adds_during_a_walk },
    { "a map was added to, given room or deinitialised during a walk over it",
      swaps_during_a_walk },
    { "a map was added to, given room or deinitialised during a walk over it", ends_during_a_walk },
    { "edo_map_remove_at() of a key that is not in the map", removes_twice },
    { "edo_map_get_ptr() of values of another size", asks_for_a_pointer_that_is_none },
    { "edo_map_add_bytes() to a map that borrows its keys", shares_a_key_that_is_borrowed },
    { "a text as a key of a map by number", adds_a_text_to_numbers },
    { "a number as a key of a map of texts", looks_for_a_number_among_texts },
    { "edo_map_get_ptr_by_number() of values of another size",
      asks_for_a_pointer_by_number_that_is_none },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build goes on\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_map_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
