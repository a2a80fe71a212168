/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a thread's list of small objects names what is broken. Method: cache.c is
 * included; a list with some objects, and one thing wrong with it. With the sanitizers there are no
 * lists. */
#include "broken.h"

#include "base/memory/cache.c"

#if !defined(EDOI_ASAN) && !defined(EDOI_TSAN)

typedef struct harm {
    const char *name;
    void (*fn)(edoi_cache *here, size_t c);
} harm;

static int walk_after(void *arg) {
    void *some[5];
    size_t c = edoi_cache_class(48);
    for (size_t i = 0; i < EDO_COUNT(some); i++) some[i] = edoi_cache_get(48);
    for (size_t i = 0; i < EDO_COUNT(some); i++) edoi_cache_put(some[i], 48);
    edoi_cache *here = edoi_cache_here();
    block_cache_check(here, c);
    ((harm *)arg)->fn(here, c);
    block_cache_check(here, c);
    return 0;
}

static void lose_an_object(edoi_cache *here, size_t c) {
    here->list[c] = here->list[c]->next;
}

static void give_too_much_room(edoi_cache *here, size_t c) {
    here->room[c]++;
}

static void keep_a_part(edoi_cache *here, size_t c) {
    static void *small;
    small = edoi_alloc(1);
    ((edoi_block *)small)->next = here->list[c]->next;
    here->list[c] = small;
}

/* The list of a thread that has ended is empty, and stays so. */
static void end_with_an_object(edoi_cache *here, size_t c) {
    here->room[c] = 0;
    here->state = ENDED;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "cache inv. 1: ", lose_an_object },
        { "cache inv. 1: ", give_too_much_room },
        { "cache inv. 2: ", keep_a_part },
        { "cache inv. 1: ", end_with_an_object },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0;
}

#endif
