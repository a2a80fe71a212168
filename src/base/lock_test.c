/* SPDX-License-Identifier: MIT */
/* Goal: who waits for a short lock takes it when it is left: within some pauses while its holder runs, and by
 * giving the thread up, each time anew, when the holder does not.
 * Method: the lock's own code; one thread is also the holder, beside each pause and at each yield. */
#include "base/lock.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PAUSES_FEW  20   /* 0.5 us: longer than what such a lock guards */
#define PAUSES_MANY 1000 /* 25 us: a time slice is a hundred times as long */

static void pass_pause(void);
static int pass_yield(void);

#undef EDOI_CPU_RELAX
#define EDOI_CPU_RELAX() pass_pause()
#define sched_yield()    pass_yield()
#include "base/lock.c"
#undef sched_yield

static edoi_lock lock;
static int pauses_left, yields_left; /* until the holder leaves the lock */
static int pauses_n, yields_n;

static void pass_pause(void) {
    assert_true(++pauses_n < PAUSES_MANY);
    if (--pauses_left == 0) edoi_lock_leave(&lock);
}

static int pass_yield(void) {
    yields_n++;
    if (--yields_left == 0) edoi_lock_leave(&lock);
    return 0;
}

/* Waits for the lock; its holder leaves it after so many pauses or yields, whichever comes first. */
static void wait_for(int pauses, int yields) {
    edoi_lock_take(&lock);
    pauses_left = pauses;
    yields_left = yields;
    pauses_n = yields_n = 0;
    edoi_lock_take(&lock);
    assert_false(edoi_lock_try(&lock));
    edoi_lock_leave(&lock);
}

static void who_waits_for_one_that_runs_keeps_its_thread(void **state) {
    (void)state;
    for (int pauses = 1; pauses <= PAUSES_FEW; pauses++) {
        wait_for(pauses, 1);
        assert_int_equal(yields_n, 0);
    }
}

static void who_waits_for_one_that_does_not_run_gives_its_thread_up(void **state) {
    (void)state;
    for (int yields = 1; yields <= 3; yields++) {
        wait_for(0, yields);
        assert_int_equal(yields_n, yields);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_for_one_that_runs_keeps_its_thread),
        cmocka_unit_test(who_waits_for_one_that_does_not_run_gives_its_thread_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
