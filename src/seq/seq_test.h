/* SPDX-License-Identifier: MIT */
/* seq/seq_test.h: for white-box tests of sequences: a source that is watched, and reads without a
 * runtime. */
#ifndef EDOI_SEQ_SEQ_TEST_H
#define EDOI_SEQ_SEQ_TEST_H

#include <edo/seq.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- A source that is watched ---------------------------------------------------------------- */

/* Counts from 1; every third item has failed; ends after `n`. */
typedef struct seq_counter {
    edo_seq base;
    int next, n;
    int polls, leaves, drops, stops;
    edo_waker *waker; /* of the pending poll; borrowed */
    bool is_pending;
} seq_counter;

static inline edo_polled counter_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    seq_counter *self = (seq_counter *)(void *)s;
    self->polls++;
    if (self->is_pending) {
        self->waker = edo_cx_waker(cx);
        return EDO_PENDING;
    }
    self->waker = NULL;
    *result = 0;
    if (self->next > self->n) return EDO_READY;
    *result = self->next % 3 == 0 ? -EIO : 1;
    if (*result == 1) *(int *)item = self->next;
    self->next++;
    return EDO_READY;
}

static inline void counter_leave(edo_seq *s) {
    ((seq_counter *)(void *)s)->leaves++;
    ((seq_counter *)(void *)s)->waker = NULL;
}

static inline void counter_drop(edo_seq *s) {
    seq_counter *self = (seq_counter *)(void *)s;
    assert_null(self->waker);
    self->drops++;
}

static inline edo_polled counter_stop(edo_seq *s, edo_cx *cx) {
    seq_counter *self = (seq_counter *)(void *)s;
    self->stops++;
    self->waker = self->is_pending ? edo_cx_waker(cx) : NULL;
    return self->is_pending ? EDO_PENDING : EDO_READY;
}

static const edo_seq_ops counter_ops = { .poll_next = counter_poll,
                                         .leave = counter_leave,
                                         .drop = counter_drop,
                                         .stop = counter_stop,
                                         .name = "counter" };

static inline edo_seq *counter_init(seq_counter *c, int n) {
    *c = (seq_counter){ .next = 1, .n = n };
    return edo_seq_init(&c->base, &counter_ops, sizeof(int));
}

/* ---- Reading by hand ------------------------------------------------------------------------- */

static inline int next_now(edo_seq *s, void *item) {
    edo_seq_next_future f;
    edo_cx cx = { .waker = edo_waker_noop(), .budget = 1000 };
    assert_int_equal(edo_poll(edo_seq_next_init(&f, s, item), &cx), EDO_READY);
    return edo_result(&f);
}

static inline void reads(edo_seq *s, const int *items, size_t n) {
    for (size_t i = 0; i < n; i++) {
        int item = -7;
        int rc = next_now(s, &item);
        if (items[i] > 0) {
            assert_int_equal(rc, 1);
            assert_int_equal(item, items[i]);
        } else {
            assert_int_equal(rc, items[i]);
            assert_int_equal(item, -7); // not written
        }
    }
}

#endif
