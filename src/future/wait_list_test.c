/* SPDX-License-Identifier: MIT */
/* Goal: a thread that wakes a long list lets others have its lock after a few waiters, whether or
 * not they have to be delivered.
 * Method: wait_list.c is included; wakers count how many are marked under one hold of the lock. */
#include "base/lock.h"
#include "future/fate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint32_t held_n, held_most, marked_all, delivered_n; /* held_n: marks of this hold */

#define edoi_lock_acquire(lock) (held_n = 0, edoi_lock_acquire(lock))
#include "future/wait_list.c"
#undef edoi_lock_acquire

#define WAITERS 1000

static bool by_mark; /* nothing is left to deliver */

static edo_waker *mark(edo_waker *w) {
    marked_all++;
    if (++held_n > held_most) held_most = held_n;
    return by_mark ? NULL : w;
}

static void deliver(edo_waker *w) {
    (void)w;
    delivered_n++;
}

static void keep(edo_waker *w) {
    (void)w;
}

static const edo_waker_ops ops = { mark, deliver, keep, keep };
static edo_waker waker = { &ops };
static edo_wait_node nodes[WAITERS];
static edo_wait_list list;
static edoi_lock lock;

static void begin(bool marks_only) {
    by_mark = marks_only;
    held_n = held_most = marked_all = delivered_n = 0;
    for (int i = 0; i < WAITERS; i++) edoi_wait_push(&list, &nodes[i], &waker);
    edoi_lock_acquire(&lock);
}

static void check(void) {
    assert_null(list.first);
    assert_int_equal(marked_all, WAITERS);
    assert_int_equal(delivered_n, by_mark ? 0 : WAITERS);
    assert_in_range(held_most, 1, 32);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_released_between_a_few_waiters),
        cmocka_unit_test(so_it_is_where_the_last_waiter_may_free_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
