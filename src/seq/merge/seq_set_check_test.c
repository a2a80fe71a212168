/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a set of sequences names what is broken.
 * Method: one harm each, in a child. */
#include "seq/merge/seq_set.h"

#include "base/atomic.h"
#include "broken.h"
#include "tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define IDLE 0u

static edoi_seq_member *first_of(edoi_seq_set *set) {
    return EDO_CONTAINER_OF(set->all.next, edoi_seq_member, all);
}

static void forget_a_wake(edoi_seq_set *set) {
    edoi_store_rlx_u32(&first_of(set)->word, IDLE);
}

static void tear_a_list(edoi_seq_set *set) {
    set->woken.next->next->prev = NULL;
}

static void keep_a_waker(edoi_seq_set *set) {
    set->waker = edo_waker_noop();
}

static void list_one_that_is_gone(edoi_seq_set *set) {
    first_of(set)->gone = true;
}

static void lose_a_reference(edoi_seq_set *set) {
    edoi_store_rlx_u32(&set->refs, 1);
}

static void lose_count_of_ends(edoi_seq_set *set) {
    set->ended_n++;
}

typedef struct harm {
    const char *name;
    void (*fn)(edoi_seq_set *set);
} harm;

static int walk_after(void *arg) {
    static tap taps[3];
    edoi_seq_set *set = edoi_seq_set_new();
    for (int i = 0; i < 3; i++) (void)edoi_seq_set_add(set, tap_init(&taps[i]), 0);
    edoi_seq_set_check(set);
    ((const harm *)arg)->fn(set);
    edoi_seq_set_check(set);
    return 0;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    static harm harms[] = {
        { "seq_set inv. 1: ", forget_a_wake },    { "seq_set inv. 2: ", tear_a_list },
        { "seq_set inv. 3: ", keep_a_waker },     { "seq_set inv. 4: ", list_one_that_is_gone },
        { "seq_set inv. 5: ", lose_a_reference }, { "seq_set inv. 6: ", lose_count_of_ends }
    };
    for (size_t i = 0; i < EDO_COUNT(harms); i++)
        assert_broken(harms[i].name, walk_after, &harms[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
