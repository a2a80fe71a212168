/* SPDX-License-Identifier: MIT */
/* Goal: a call that takes one future out of a large set does not keep the wakes of the others
 * waiting while it looks for it; the walker of a set names what is broken.
 * Method: future_set.c is included; the steps of its search are counted under each hold of the
 * set's lock. */
#include "base/lock.h"
#include "future/treap.h"

#include "broken.h"

#include <edo/notify.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool held;
static uint32_t steps_n, steps_held;

static void count(void) {
    steps_n++;
    if (held) steps_held++;
}

#define edoi_lock_acquire(lock)            (edoi_lock_acquire(lock), (void)(held = true))
#define edoi_lock_release(lock)            ((void)(held = false), edoi_lock_release(lock))
#define edoi_treap_add(root, n, key)       (count(), edoi_treap_add(root, n, key))
#define edoi_treap_find(root, wanted, key) (count(), edoi_treap_find(root, wanted, key))
#include "future/future_set.c"

#define MANY 1000u

static edo_notify bells[MANY];
static edo_notify_wait_future waits[MANY];

static void push(edo_future_set *set, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        assert_int_equal(edo_future_set_push(set, edo_notify_wait_init(&waits[i], &bells[i])), 0);
}

static void wakes_do_not_wait_for_the_search_of_one_that_leaves(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    push(&set, 0, MANY / 2);
    assert_int_equal(edo_future_set_remove(&set, &waits[MANY / 4].base), 0);
    assert_int_equal(steps_n, MANY / 2 + 1);
    push(&set, MANY / 2, MANY);
    assert_int_equal(edo_future_set_remove(&set, &waits[MANY - 1].base), 0);
    assert_int_equal(steps_n, MANY + 2); // those that were pushed since
    assert_int_equal(edo_future_set_remove(&set, &waits[1].base), 0);
    assert_int_equal(steps_n, MANY + 3);
    assert_int_equal(steps_held, 0);
    edo_future_set_deinit(&set);
}

typedef struct harm {
    const char *name;
    void (*fn)(edo_future_set *set);
} harm;

static int walk_after(void *arg) {
    edo_future_set set = EDO_FUTURE_SET_INIT;
    push(&set, 0, 3);
    edoi_set_check(&set);
    ((harm *)arg)->fn(&set);
    edoi_set_check(&set);
    return 0;
}

static void lose_the_set(edo_future_set *set) {
    set->last->set = NULL;
}

static void count_one_more(edo_future_set *set) {
    set->len++;
}

static void forget_that_it_is_queued(edo_future_set *set) {
    set->first->next->queued = false;
}

static void wait_beside_a_ready_one(edo_future_set *set) {
    set->waker = edo_waker_noop();
}

static void give_up_a_reference(edo_future_set *set) {
    edoi_store_rlx_u32(&set->last->refs, 0);
}

static void index_the_last_only(edo_future_set *set) {
    set->last->in_tree = true;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "future_set inv. 1: ", lose_the_set },
        { "future_set inv. 1: ", count_one_more },
        { "future_set inv. 2: ", forget_that_it_is_queued },
        { "future_set inv. 3: ", wait_beside_a_ready_one },
        { "future_set inv. 4: ", give_up_a_reference },
        { "future_set inv. 6: ", index_the_last_only },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(wakes_do_not_wait_for_the_search_of_one_that_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
