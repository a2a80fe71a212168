/* SPDX-License-Identifier: MIT */
/* Goal: a thread that waits for a short lock takes it when it is released: after some pauses while
 * the holder runs, and by sleeps, longer each time up to a bound, while the holder does not run. So
 * a holder of lower priority gets the core.
 * Method: lock.c is included; one thread also plays the holder, at each pause and each sleep. */
#include "base/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#define PAUSES_FEW  20   /* 0.5 us: longer than a hold of such a lock */
#define PAUSES_MANY 1000 /* 25 us: a hundredth of a time slice */

static void pass_pause(void);
static int pass_nap(const struct timespec *t);

#undef EDOI_CPU_RELAX
#define EDOI_CPU_RELAX()                       pass_pause()
#define clock_nanosleep(clock, flags, t, rest) pass_nap(t)
#include "base/backoff.c"
#include "base/lock.c"
#undef clock_nanosleep

static edoi_lock lock;
static int pauses_left, naps_left; /* until the holder releases the lock */
static int pauses_n, naps_n;
static long nap_ns; /* the last one's length */

static void pass_pause(void) {
    assert_true(++pauses_n < PAUSES_MANY);
    if (--pauses_left == 0) edoi_lock_release(&lock);
}

static int pass_nap(const struct timespec *t) {
    long expected = naps_n == 0 ? 50000 : 2 * nap_ns;
    assert_int_equal(t->tv_sec, 0);
    assert_int_equal(t->tv_nsec, expected < 1000000 ? expected : 1000000);
    nap_ns = t->tv_nsec;
    naps_n++;
    if (--naps_left == 0) edoi_lock_release(&lock);
    return 0;
}

/* Waits for the lock, which the holder releases after `pauses` or `naps`, whichever comes first. */
static void wait_for(int pauses, int naps) {
    edoi_lock_acquire(&lock);
    pauses_left = pauses;
    naps_left = naps;
    pauses_n = naps_n = 0;
    edoi_lock_acquire(&lock);
    assert_false(edoi_lock_try(&lock));
    edoi_lock_release(&lock);
}

static void a_waiter_for_a_holder_that_runs_does_not_sleep(void **state) {
    (void)state;
    for (int pauses = 1; pauses <= PAUSES_FEW; pauses++) {
        wait_for(pauses, 1);
        assert_int_equal(naps_n, 0);
    }
}

static void a_waiter_for_a_holder_that_does_not_run_sleeps_longer_each_time(void **state) {
    (void)state;
    for (int naps = 1; naps <= 9; naps++) {
        wait_for(0, naps);
        assert_int_equal(naps_n, naps);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiter_for_a_holder_that_runs_does_not_sleep),
        cmocka_unit_test(a_waiter_for_a_holder_that_does_not_run_sleeps_longer_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
