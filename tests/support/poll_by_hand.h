/* SPDX-License-Identifier: MIT */
/* support/poll_by_hand.h: polls futures without a runtime, with a waker that only counts.
 *
 *     hand_waker w = HAND_WAKER;
 *     assert_int_equal(hand_poll(f, &w), EDO_PENDING);
 *     …the event…
 *     assert_int_equal(hand_woken(&w), 1);
 *
 * The counters are atomic, so an event may come from another thread. */
#ifndef EDO_TESTS_POLL_BY_HAND_H
#define EDO_TESTS_POLL_BY_HAND_H

#include <edo/future.h>

typedef struct hand_waker {
    edo_waker base;
    edo_atomic_u32 woken; /* times it was marked */
    edo_atomic_u32 refs;  /* edo_waker_ref() less edo_waker_unref() */
} hand_waker;

static inline edo_waker *hand_mark(edo_waker *base) {
    hand_waker *w = (hand_waker *)(void *)base;
    (void)EDOI_ATOMIC_FETCH_ADD(&w->woken.edoi_value, 1u, EDOI_ACQ_REL);
    return NULL; // nothing is left to deliver
}

static inline void hand_deliver(edo_waker *base) {
    (void)base;
}

static inline void hand_ref(edo_waker *base) {
    hand_waker *w = (hand_waker *)(void *)base;
    (void)EDOI_ATOMIC_FETCH_ADD(&w->refs.edoi_value, 1u, EDOI_ACQ_REL);
}

static inline void hand_unref(edo_waker *base) {
    hand_waker *w = (hand_waker *)(void *)base;
    (void)EDOI_ATOMIC_FETCH_SUB(&w->refs.edoi_value, 1u, EDOI_ACQ_REL);
}

static const edo_waker_ops hand_waker_ops = { hand_mark, hand_deliver, hand_ref, hand_unref };

#define HAND_WAKER                                                                                 \
    { .base.ops = &hand_waker_ops }

/* Times that `w` was woken since it was made or hand_reset(). */
static inline uint32_t hand_woken(hand_waker *w) {
    return EDOI_ATOMIC_LOAD(&w->woken.edoi_value, EDOI_ACQUIRE);
}

/* References held on `w` now. */
static inline uint32_t hand_refs(hand_waker *w) {
    return EDOI_ATOMIC_LOAD(&w->refs.edoi_value, EDOI_ACQUIRE);
}

static inline void hand_reset(hand_waker *w) {
    EDOI_ATOMIC_STORE(&w->woken.edoi_value, 0u, EDOI_RELEASE);
}

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
