/* SPDX-License-Identifier: MIT */
/* Goal: a release of many permits releases the short lock after a few waiters, whether or not their
 * wakes have to be delivered.
 * Method: sem.c is included; wakers count how many are marked under one hold of the lock. */
#include "counted_lock.h"

#include "sync/sem.c"

static edo_sem_acquire_future waiters[COUNTED_WAITERS];

static void release_of_many_permits_feeds_waiters_by_a_few(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        edo_sem s = EDO_SEM_INIT(0);
        counted_begin(i == 0);
        for (size_t k = 0; k < COUNTED_WAITERS; k++) {
            (void)edo_sem_acquire_init(&waiters[k], &s, 1);
            edoi_wait_push(&s.waiters, &waiters[k].node, &counted_waker);
            edo_future_next_step(&waiters[k].base, WAITING);
        }
        edo_sem_release(&s, COUNTED_WAITERS);
        counted_check();
        assert_int_equal(s.free, 0);
        assert_null(s.waiters.first);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(release_of_many_permits_feeds_waiters_by_a_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
