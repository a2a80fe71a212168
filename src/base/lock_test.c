/* SPDX-License-Identifier: MIT */
/* Goal: a thread that waits for a short lock takes it when it is released: after some pauses while
 * the holder runs, and by sleeps, longer each time up to a bound, while the holder does not run. So
 * a holder of lower priority gets the core. And a thread that takes the lock again and again gives
 * way to one that waits, for a bounded time.
 * Method: lock.c is included; one thread also plays the other one, at each pause and each sleep, or
 * there is another one, which is known to wait. */
#include "base/lock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PAUSES_FEW  20   /* 0.5 us: longer than a hold of such a lock */
#define PAUSES_MANY 1000 /* 25 us: a hundredth of a time slice */

static void pass_pause(void);
static int pass_nap(const struct timespec *t);
static int pass_time(struct timespec *t);

#undef EDOI_CPU_RELAX
#define EDOI_CPU_RELAX()                       pass_pause()
#define syscall(number, clock, flags, t, rest) pass_nap(t)
#define clock_gettime(clock, t)                pass_time(t)
#include "base/backoff.c"
#include "base/lock.c"
#undef syscall
#undef clock_gettime

static edoi_lock lock;
static int pauses_left, naps_left; /* until the holder releases the lock */
static int pauses_n, naps_n;
static long nap_ns;           /* the last one's length */
static int64_t time_ns;       /* naps make it pass */
static void (*between)(void); /* what the other thread does at a pause; NULL: as `pauses_left` */
static pthread_t other;
static bool has_other; /* a thread of its own waits */

static void pass_pause(void) {
    if (has_other) return;
    assert_true(++pauses_n < PAUSES_MANY);
    if (between) {
        between();
    } else if (--pauses_left == 0) {
        edoi_lock_release(&lock);
    }
}

static int pass_time(struct timespec *t) {
    *t = (struct timespec){ .tv_sec = time_ns / 1000000000, .tv_nsec = time_ns % 1000000000 };
    return 0;
}

static int nap_beside_another(void);

static int pass_nap(const struct timespec *t) {
    if (has_other) return nap_beside_another();
    pauses_n = 0;
    time_ns += t->tv_nsec;
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

/* ---- A lock that is free for moments --------------------------------------------------------- */

/* The other thread holds the lock but for the time between the third pause and the fourth, which
 * comes after a sleep. */
static void hold_but_for_a_moment(void) {
    if (naps_n == 0) return;
    if (pauses_n == 3) edoi_lock_release(&lock);
    if (pauses_n > 3 && edoi_load_rlx_u32(&lock.word) == 0) assert_true(edoi_lock_try(&lock));
}

static void a_waiter_looks_several_times_after_each_sleep(void **state) {
    (void)state;
    between = hold_but_for_a_moment;
    wait_for(0, 0);
    between = NULL;
    assert_int_equal(naps_n, 1);
}

/* ---- Giving way ------------------------------------------------------------------------------ */

static edo_atomic_u32 had; /* the other thread has had the lock */

static void *take_once(void *arg) {
    (void)arg;
    edoi_lock_acquire(&lock);
    edoi_store_rlx_u32(&had, 1);
    edoi_lock_release(&lock);
    return NULL;
}

static void wait_a_moment(void) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
}

/* The thread that gives way sleeps until the other one has had the lock, for 30 s at most. */
static int nap_beside_another(void) {
    bool is_other = pthread_equal(pthread_self(), other);
    wait_a_moment();
    for (int i = 0; !is_other && edoi_load_rlx_u32(&had) == 0 && i < 600000; i++) wait_a_moment();
    return 0;
}

static void a_thread_that_waits_has_the_lock_before_the_next_batch(void **state) {
    (void)state;
    for (int round = 0; round < 100; round++) {
        edoi_lock_offers offers = { 0 };
        edoi_store_rlx_u32(&had, 0);
        has_other = true;
        edoi_lock_acquire(&lock);
        assert_int_equal(pthread_create(&other, NULL, take_once, NULL), 0);
        for (int i = 0; !(edoi_load_rlx_u32(&lock.word) & EDOI_LOCK_AWAITED); i++) {
            assert_true(i < 600000); // 30 s at least
            wait_a_moment();
        }
        edoi_lock_offer(&lock);
        edoi_lock_retake(&lock, &offers);
        assert_int_equal(edoi_load_rlx_u32(&had), 1);
        edoi_lock_release(&lock);
        assert_int_equal(pthread_join(other, NULL), 0);
        has_other = false;
    }
}

/* Offers the lock to a thread that waits and does not come; returns how often it slept for it. */
static int offer_in_vain(edoi_lock_offers *offers) {
    pauses_n = naps_n = 0;
    (void)edoi_or_rlx_u32(&lock.word, EDOI_LOCK_AWAITED);
    edoi_lock_offer(&lock);
    edoi_lock_retake(&lock, offers);
    assert_int_equal(edoi_load_rlx_u32(&lock.word), EDOI_LOCK_HELD);
    return naps_n;
}

static void a_thread_that_does_not_come_stops_the_other_for_half_of_the_time(void **state) {
    (void)state;
    edoi_lock_offers offers = { 0 };
    time_ns = 1000000000;
    edoi_lock_acquire(&lock);
    assert_int_equal(offer_in_vain(&offers), NAPS_MAX);
    int64_t stay_ns = time_ns - 1000000000;
    assert_in_range(stay_ns, 1000000, 2000000);
    assert_int_equal(offer_in_vain(&offers), 0); // but for some pauses
    time_ns += stay_ns - 1;
    assert_int_equal(offer_in_vain(&offers), 0);
    time_ns++;
    assert_int_equal(offer_in_vain(&offers), NAPS_MAX);
    edoi_lock_release(&lock);
}

static void a_lock_that_nobody_waits_for_is_taken_again_at_once(void **state) {
    (void)state;
    edoi_lock_offers offers = { 0 };
    pauses_n = naps_n = 0;
    edoi_lock_acquire(&lock);
    edoi_lock_offer(&lock);
    assert_int_equal(edoi_load_rlx_u32(&lock.word), 0);
    edoi_lock_retake(&lock, &offers);
    assert_int_equal(pauses_n + naps_n, 0);
    edoi_lock_release(&lock);
    assert_int_equal(edoi_load_rlx_u32(&lock.word), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiter_for_a_holder_that_runs_does_not_sleep),
        cmocka_unit_test(a_waiter_for_a_holder_that_does_not_run_sleeps_longer_each_time),
        cmocka_unit_test(a_waiter_looks_several_times_after_each_sleep),
        cmocka_unit_test(a_thread_that_waits_has_the_lock_before_the_next_batch),
        cmocka_unit_test(a_thread_that_does_not_come_stops_the_other_for_half_of_the_time),
        cmocka_unit_test(a_lock_that_nobody_waits_for_is_taken_again_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
