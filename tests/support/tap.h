/* SPDX-License-Identifier: MIT */
/* support/tap.h: a sequence of numbers that are put into it by hand; it counts what is done to it.
 *
 *     tap t;
 *     edo_seq *s = tap_init(&t); // t stays the test's, also when s is freed
 *     tap_put(&t, 7);            // wakes a reader that waits; a negative number is a failed item
 *     tap_end(&t);
 */
#ifndef EDO_TESTS_TAP_H
#define EDO_TESTS_TAP_H

#include <edo/seq.h>
#include <edo/test.h>

#define TAP_ITEMS 16u /* that may be there unread */

typedef struct tap {
    edo_seq base;
    int items[TAP_ITEMS];
    uint32_t put_n, read_n;
    bool is_over;
    bool stops_late;  /* its stop waits for tap_stop() */
    edo_waker *waker; /* of a pending poll; borrowed */
    int polls, leaves, stops, drops;
} tap;

static inline edo_polled tap_waits(tap *t, edo_cx *cx) {
    t->waker = edo_cx_waker(cx);
    return EDO_PENDING;
}

static inline edo_polled tap_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    tap *t = (tap *)(void *)s;
    t->polls++;
    if (t->read_n == t->put_n && !t->is_over) return tap_waits(t, cx);
    t->waker = NULL;
    *result = 0;
    if (t->read_n == t->put_n) return EDO_READY;
    int value = t->items[t->read_n++ % TAP_ITEMS];
    *result = value < 0 ? value : 1;
    if (value >= 0) *(int *)item = value;
    return EDO_READY;
}

static inline void tap_leave(edo_seq *s) {
    tap *t = (tap *)(void *)s;
    t->leaves++;
    t->waker = NULL;
}

static inline edo_polled tap_poll_stop(edo_seq *s, edo_cx *cx) {
    tap *t = (tap *)(void *)s;
    t->stops++;
    if (t->stops_late) return tap_waits(t, cx);
    t->waker = NULL;
    return EDO_READY;
}

static inline void tap_drop(edo_seq *s) {
    tap *t = (tap *)(void *)s;
    EDO_TEST_TRUE(!t->waker);
    t->drops++;
}

static inline edo_seq *tap_init(tap *t) {
    static const edo_seq_ops ops = { .poll_next = tap_poll,
                                     .leave = tap_leave,
                                     .drop = tap_drop,
                                     .stop = tap_poll_stop,
                                     .name = "tap" };
    *t = (tap){ .is_over = false };
    return edo_seq_init(&t->base, &ops, sizeof(int));
}

static inline void tap_wake(tap *t) {
    edo_waker *w = t->waker;
    t->waker = NULL;
    if (w) edo_waker_wake(w);
}

static inline void tap_put(tap *t, int value) {
    EDO_TEST_TRUE(t->put_n - t->read_n < TAP_ITEMS);
    t->items[t->put_n++ % TAP_ITEMS] = value;
    tap_wake(t);
}

static inline void tap_end(tap *t) {
    t->is_over = true;
    tap_wake(t);
}

static inline void tap_stop(tap *t) {
    t->stops_late = false;
    tap_wake(t);
}

#endif
