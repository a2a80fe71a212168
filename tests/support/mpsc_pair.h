/* SPDX-License-Identifier: MIT */
/* support/mpsc_pair.h: an mpsc channel of numbers that counts the values it drops. */
#ifndef EDO_TESTS_MPSC_PAIR_H
#define EDO_TESTS_MPSC_PAIR_H

#include <edo/mpsc.h>

#include "poll_by_hand.h"

#include <string.h>

static uint32_t dropped_n; /* values that the channel dropped */
static uint64_t dropped_sum;

static inline void count_drop(void *elem) {
    uint64_t value;
    memcpy(&value, elem, sizeof value);
    dropped_n++;
    dropped_sum += value;
}

static const edo_mpsc_opts counting = { .drop = count_drop };

typedef struct pair {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} pair;

static inline pair make(size_t cap) {
    pair p = { NULL, NULL };
    dropped_n = 0;
    dropped_sum = 0;
    assert_int_equal(edo_mpsc_new(&p.tx, &p.rx, sizeof(uint64_t), cap, &counting), 0);
    return p;
}

static inline void unmake(pair p) {
    edo_mpsc_tx_unref(p.tx);
    edo_mpsc_rx_free(p.rx);
}

static inline int try_send(pair p, uint64_t value) {
    return edo_mpsc_try_send(p.tx, &value);
}

static inline void expect(pair p, uint64_t want) {
    uint64_t got = 0;
    assert_int_equal(edo_mpsc_try_recv(p.rx, &got), 0);
    assert_int_equal(got, want);
}

static inline void expect_code(pair p, int code) {
    uint64_t got = 77;
    assert_int_equal(edo_mpsc_try_recv(p.rx, &got), code);
    assert_int_equal(got, 77);
}

#endif
