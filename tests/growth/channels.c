/* SPDX-License-Identifier: MIT */
/* tests/growth/channels.c: n futures that wait for the end of a channel, and n that receive from a
 * channel each, or many at a time. */
#include "crowd.h"

#include <stdlib.h>

static const uint64_t value = 7;
static uint64_t *values;

/* ---- The end of a channel -------------------------------------------------------------------- */

static edo_chan_tx *chan_tx;
static edo_chan_rx *chan_rx;

static void chan_open(uint32_t n) {
    values = growth_alloc(n, sizeof *values);
    GROWTH_CHECK(edo_chan_new(&chan_tx, &chan_rx, sizeof value, EDO_CHAN_UNBOUNDED, NULL) == 0);
}
static void chan_closed_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_chan_closed_init(f, chan_tx);
}
static void chan_close(uint32_t n) {
    (void)n;
    edo_chan_close(chan_rx);
}
static void chan_many_make(void *f, uint32_t i) {
    (void)edo_chan_recv_many_init(f, chan_rx, &values[i], 1);
}
static void chan_fill(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_chan_try_send(chan_tx, &value) == 0);
}
static void chan_shut(uint32_t n) {
    (void)n;
    edo_chan_tx_unref(chan_tx);
    edo_chan_rx_unref(chan_rx);
    free(values);
}

static edo_watch_tx *watch_tx;
static edo_watch_rx *watch_rx;

static void watch_open(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_watch_new(&watch_tx, &watch_rx, sizeof value, &value, NULL) == 0);
}
static void watch_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_watch_closed_init(f, watch_tx);
}
static void watch_close(uint32_t n) {
    (void)n;
    edo_watch_rx_free(watch_rx);
    watch_rx = NULL;
}
static void watch_shut(uint32_t n) {
    if (watch_rx) watch_close(n);
    edo_watch_tx_unref(watch_tx);
}

static edo_broadcast_tx *broadcast_tx;
static edo_broadcast_rx *broadcast_rx;

static void broadcast_open(uint32_t n) {
    (void)n;
    GROWTH_CHECK(edo_broadcast_new(&broadcast_tx, &broadcast_rx, sizeof value, 16, NULL) == 0);
}
static void broadcast_make(void *f, uint32_t i) {
    (void)i;
    (void)edo_broadcast_closed_init(f, broadcast_tx);
}
static void broadcast_close(uint32_t n) {
    (void)n;
    edo_broadcast_rx_free(broadcast_rx);
    broadcast_rx = NULL;
}
static void broadcast_shut(uint32_t n) {
    if (broadcast_rx) broadcast_close(n);
    edo_broadcast_tx_unref(broadcast_tx);
}

/* ---- A channel each -------------------------------------------------------------------------- */

static edo_oneshot_tx **oneshot_tx;
static edo_oneshot_rx **oneshot_rx;

static void oneshot_open(uint32_t n) {
    oneshot_tx = growth_alloc(n, sizeof(edo_oneshot_tx *));
    oneshot_rx = growth_alloc(n, sizeof(edo_oneshot_rx *));
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_oneshot_new(&oneshot_tx[i], &oneshot_rx[i], sizeof value, NULL) == 0);
}
static void oneshot_make(void *f, uint32_t i) {
    (void)edo_oneshot_closed_init(f, oneshot_tx[i]);
}
static void oneshot_close(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_oneshot_close(oneshot_rx[growth_at(AT_RANDOM, i, n)]);
}
static void oneshot_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_oneshot_tx_free(oneshot_tx[i]);
        edo_oneshot_rx_free(oneshot_rx[i]);
    }
    free(oneshot_tx);
    free(oneshot_rx);
}

static edo_mpsc_tx **mpsc_tx;
static edo_mpsc_rx **mpsc_rx;

static void mpsc_open(uint32_t n) {
    mpsc_tx = growth_alloc(n, sizeof(edo_mpsc_tx *));
    mpsc_rx = growth_alloc(n, sizeof(edo_mpsc_rx *));
    values = growth_alloc(n, sizeof *values);
    for (uint32_t i = 0; i < n; i++)
        GROWTH_CHECK(edo_mpsc_new(&mpsc_tx[i], &mpsc_rx[i], sizeof value, 1, NULL) == 0);
}
static void recv_make(void *f, uint32_t i) {
    (void)edo_mpsc_recv_init(f, mpsc_rx[i], &values[i]);
}
static void recv_many_make(void *f, uint32_t i) {
    (void)edo_mpsc_recv_many_init(f, mpsc_rx[i], &values[i], 1);
}
static void mpsc_wake(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_mpsc_tx *tx = mpsc_tx[growth_at(AT_RANDOM, i, n)];
        GROWTH_CHECK(edo_mpsc_try_send(tx, &value) == 0);
    }
}
static void mpsc_shut(uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        edo_mpsc_tx_unref(mpsc_tx[i]);
        edo_mpsc_rx_free(mpsc_rx[i]);
    }
    free(mpsc_tx);
    free(mpsc_rx);
    free(values);
}

const growth_case growth_channels[] = {
    { .name = "chan_closed",
      KIND(edo_chan_closed_future, chan_open, chan_closed_make, chan_close, NULL, chan_shut) },
    { .name = "chan_recv_many",
      KIND(edo_chan_recv_many_future, chan_open, chan_many_make, chan_fill, NULL, chan_shut) },
    { .name = "watch_closed",
      KIND(edo_watch_closed_future, watch_open, watch_make, watch_close, NULL, watch_shut) },
    { .name = "broadcast_closed",
      KIND(edo_broadcast_closed_future, broadcast_open, broadcast_make, broadcast_close, NULL,
           broadcast_shut) },
    { .name = "oneshot_closed",
      KIND(edo_oneshot_closed_future, oneshot_open, oneshot_make, oneshot_close, NULL,
           oneshot_shut) },
    { .name = "mpsc_recv",
      KIND(edo_mpsc_recv_future, mpsc_open, recv_make, mpsc_wake, NULL, mpsc_shut) },
    { .name = "mpsc_recv_many",
      KIND(edo_mpsc_recv_many_future, mpsc_open, recv_many_make, mpsc_wake, NULL, mpsc_shut) },
    { .name = NULL },
};
