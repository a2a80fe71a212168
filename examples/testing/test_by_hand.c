/* SPDX-License-Identifier: MIT */
/* test_by_hand.c: a test of a future that polls it step by step, without a runtime. */
#include <edo/edo.h>
#include <edo/test.h>

#include <stdio.h>

int main(void) {
    edo_sem places = EDO_SEM_INIT(1);
    EDO_TEST_TRUE(edo_sem_try_acquire(&places, 1) == 0);

    edo_sem_acquire_future acquire;
    edo_test_task t;
    edo_test_task_init(&t, edo_sem_acquire_init(&acquire, &places, 1));
    EDO_TEST_PENDING(&t);
    EDO_TEST_EQ(edo_test_task_woken(&t), 0);

    edo_sem_release(&places, 1);
    EDO_TEST_EQ(edo_test_task_woken(&t), 1);
    EDO_TEST_READY(&t, 0);
    EDO_TEST_EQ(edo_sem_available(&places), 0);
    printf("passed\n");
    return 0;
}
