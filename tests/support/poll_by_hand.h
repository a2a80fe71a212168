/* SPDX-License-Identifier: MIT */
/* support/poll_by_hand.h: polls any number of futures without a runtime, with one waker that only
 * counts. For one future: edo_test_task of edo/test.h.
 *
 *     hand_waker w = HAND_WAKER;
 *     assert_int_equal(hand_poll(f, &w), EDO_PENDING);
 *     …the event…
 *     assert_int_equal(hand_woken(&w), 1);
 */
#ifndef EDO_TESTS_POLL_BY_HAND_H
#define EDO_TESTS_POLL_BY_HAND_H

#include <edo/test.h>

typedef edo_test_waker hand_waker;

#define HAND_WAKER EDO_TEST_WAKER_INIT
#define hand_woken edo_test_waker_woken
#define hand_refs  edo_test_waker_refs
#define hand_reset edo_test_waker_reset

/* The context of a poll that wakes `w` and may do `budget` operations. */
static inline edo_cx hand_cx(hand_waker *w, uint32_t budget) {
    edo_cx cx = { .waker = &w->base, .budget = budget };
    return cx;
}

/* Polls `f` once with a full budget. */
static inline edo_polled hand_poll(edo_future *f, hand_waker *w) {
    edo_cx cx = hand_cx(w, EDO_BUDGET);
    return edo_poll(f, &cx);
}

#endif
