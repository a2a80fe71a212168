/* SPDX-License-Identifier: MIT */
/* support/counted_lock.h: how many waiters are woken under one hold of a lock. A white-box test
 * includes it, and then the source that it tests. */
#ifndef EDO_TESTS_COUNTED_LOCK_H
#define EDO_TESTS_COUNTED_LOCK_H

#include "base/lock.h"

#include <edo/future.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNTED_WAITERS 1000u

static uint32_t held_n, held_most, marked_all, delivered_n; /* held_n: marks of this hold */
static uint32_t retaken_n; /* holds before which a thread that waits would have had the lock */
static bool by_mark;       /* nothing is left to deliver */

static edo_waker *counted_mark(edo_waker *w) {
    marked_all++;
    if (++held_n > held_most) held_most = held_n;
    return by_mark ? NULL : w;
}

static void counted_deliver(edo_waker *w) {
    (void)w;
    delivered_n++;
}

static void counted_keep(edo_waker *w) {
    (void)w;
}

static const edo_waker_ops counted_ops = { counted_mark, counted_deliver, counted_keep,
                                           counted_keep };
static edo_waker counted_waker = { &counted_ops };

/* `marks_only`: as tasks of the worker that wakes them, which the mark itself delivers. */
static void counted_begin(bool marks_only) {
    by_mark = marks_only;
    held_n = held_most = marked_all = delivered_n = retaken_n = 0;
}

/* All were woken, a few under each hold, and others come first between two. */
static void counted_check(void) {
    assert_int_equal(marked_all, COUNTED_WAITERS);
    assert_int_equal(delivered_n, by_mark ? 0 : COUNTED_WAITERS);
    assert_in_range(held_most, 1, 32);
    assert_in_range(retaken_n, COUNTED_WAITERS / 32, COUNTED_WAITERS);
}

#define edoi_lock_acquire(lock)        (held_n = 0, edoi_lock_acquire(lock))
#define edoi_lock_retake(lock, offers) (retaken_n++, held_n = 0, edoi_lock_retake(lock, offers))

#endif
