/* SPDX-License-Identifier: MIT */
/* Goal: the unlock of a writer that lets many readers in releases the short lock after a few,
 * whether or not their wakes have to be delivered.
 * Method: rwlock.c is included; wakers count how many are marked under one hold of the lock. */
#include "counted_lock.h"

#include "sync/rwlock.c"

static edo_rwlock_read_future readers[COUNTED_WAITERS];

static void unlock_of_a_writer_lets_readers_in_by_a_few(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        edo_rwlock l = EDO_RWLOCK_INIT;
        assert_int_equal(edo_rwlock_try_write(&l), 0);
        counted_begin(i == 0);
        for (size_t k = 0; k < COUNTED_WAITERS; k++) {
            (void)edo_rwlock_read_init(&readers[k], &l);
            assert_false(rwlock_read_look(&readers[k], &counted_waker));
            edo_future_next_step(&readers[k].base, WAITING);
        }
        edo_rwlock_unlock(&l);
        counted_check();
        assert_int_equal(l.holders, COUNTED_WAITERS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unlock_of_a_writer_lets_readers_in_by_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
