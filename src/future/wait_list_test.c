/* SPDX-License-Identifier: MIT */
/* Goal: a thread that wakes a long list lets others have its lock after a few waiters, whether or
 * not they have to be delivered.
 * Method: wait_list.c is included; wakers count how many are marked under one hold of the lock. */
#include "broken.h"
#include "counted_lock.h"

#include "future/fate.h"

#include "future/wait_list.c"

static edo_wait_node nodes[COUNTED_WAITERS];
static edo_wait_list list;
static edoi_lock lock;

static void begin(bool marks_only) {
    counted_begin(marks_only);
    for (size_t i = 0; i < COUNTED_WAITERS; i++) edoi_wait_push(&list, &nodes[i], &counted_waker);
    edoi_lock_acquire(&lock);
}

static void check(void) {
    assert_null(list.first);
    counted_check();
}

static void the_lock_is_released_between_a_few_waiters(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(i == 0);
        edoi_wait_wake_all(&lock, &list, NULL);
        edoi_lock_release(&lock);
        check();
    }
}

static void so_it_is_where_the_last_waiter_may_free_it(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        begin(i == 0);
        edoi_wait_wake_all_and_leave(&lock, &list, edoi_woken_set);
        check();
    }
}

static int push_without_waker(void *arg) {
    (void)arg;
    edoi_wait_push(&list, &nodes[0], NULL);
    return 0;
}

static int lose_a_link(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 3; i++) edoi_wait_push(&list, &nodes[i], &counted_waker);
    edoi_wait_check(&list);
    nodes[2].prev = &nodes[0]; // as if nodes[1] had been unlinked without the lock
    edoi_wait_check(&list);
    return 0;
}

static int lose_the_end(void *arg) {
    (void)arg;
    for (size_t i = 0; i < 3; i++) edoi_wait_push(&list, &nodes[i], &counted_waker);
    list.last = &nodes[1];
    edoi_wait_check(&list);
    return 0;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    assert_broken("wait_list inv. 1: ", lose_a_link, NULL);
    assert_broken("wait_list inv. 1: ", lose_the_end, NULL);
    assert_broken("wait_list inv. 3: ", push_without_waker, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
        cmocka_unit_test(the_lock_is_released_between_a_few_waiters),
        cmocka_unit_test(so_it_is_where_the_last_waiter_may_free_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
