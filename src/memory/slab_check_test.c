/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a slab names what is broken. Method: slab.c is included; a slab with some
 * free blocks on this thread's shelf, and one thing wrong with it. */
#include "broken.h"

#include "memory/slab.c"

typedef struct harm {
    const char *name;
    void (*fn)(edo_slab *s, shelf *mine);
} harm;

static int walk_after(void *arg) {
    const harm *h = arg;
    edo_slab *s;
    void *some[5];
    assert_int_equal(edo_slab_new(&s, 32, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(some); i++) some[i] = edo_slab_get(s);
    for (size_t i = 0; i < EDO_COUNT(some); i++) edo_slab_put(s, some[i]);
    slab_check(s);
    h->fn(s, shelf_here(s));
    slab_check(s);
    return 0;
}

static void lose_a_block(edo_slab *s, shelf *mine) {
    (void)s;
    mine->first = mine->first->next;
}

static void give_too_much_room(edo_slab *s, shelf *mine) {
    (void)s;
    set_room(mine, mine->share + 1);
}

static void lose_a_share(edo_slab *s, shelf *mine) {
    (void)mine;
    s->room_left--;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "slab inv. 1: ", lose_a_block },
        { "slab inv. 1: ", give_too_much_room },
        { "slab inv. 2: ", lose_a_share },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
