/* SPDX-License-Identifier: MIT */
/* Goal: the thread that ceases to drive a runtime wakes n threads that wait for it in n steps.
 * Method: waiters whose wakers count how often they are looked at. */
#include "inside.h"
#include "runtime/runtime.h"

#define WAITERS 6400u

static uint32_t marks_n, delivers_n;

/* As a parker's: what is marked already is not marked again. */
static edo_waker *count_mark(edo_waker *w) {
    edoi_parker *p = (edoi_parker *)(void *)w;
    marks_n++;
    return edoi_swap_rlx_u32(&p->state, 1) == 0 ? w : NULL; // relaxed: one thread
}

static void count_deliver(edo_waker *w) {
    (void)w;
    delivers_n++;
}

static void each_waiter_is_looked_at_once(void **state) {
    (void)state;
    static const edo_waker_ops ops = { .mark = count_mark, .deliver = count_deliver };
    static edoi_drive_waiter waiters[WAITERS];
    static edoi_parker parkers[WAITERS];
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    for (uint32_t i = 0; i < WAITERS; i++) {
        parkers[i].waker.ops = &ops;
        waiters[i].parker = &parkers[i];
        waiters[i].next = i + 1 < WAITERS ? &waiters[i + 1] : NULL;
    }
    assert_true(edoi_drive_begin(rt, NULL, NULL));
    rt->drive_waiters = waiters;
    edoi_drive_end(rt);
    assert_int_equal(marks_n, WAITERS);
    assert_int_equal(delivers_n, WAITERS);
    rt->drive_waiters = NULL; // they never waited
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_waiter_is_looked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
