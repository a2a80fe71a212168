/* SPDX-License-Identifier: MIT */
/* Question: what does a message of many cost, from one or eight producers to one consumer?
 * Guards: that a producer which finds room, and a consumer which finds values, do not wait. */
#include "cases/bench.h"

#include <edo/mpsc.h>

#define CAPACITY    100
#define YIELD_EVERY 1000 /* messages of the producer without bound */

/* ---- mpsc_1p, mpsc_8p ------------------------------------------------------------------------ */

EDO_ASYNC(producer, edo_mpsc_tx *tx; uint64_t i; uint64_t each; edo_mpsc_send_future send;) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->each; self->i++)
        EDO_TRY_AWAIT(edo_mpsc_send_init(&self->send, self->tx, &self->i));
    EDO_CLEANUP;
    edo_mpsc_tx_unref(self->tx);
    EDO_END;
}

static void spawn_producer(edo_mpsc_tx *tx, uint64_t each) {
    producer one;
    one.tx = edo_mpsc_tx_ref(tx);
    one.each = each;
    bench_must(edo_spawn_future_detached(producer_init(&one)));
}

EDO_ASYNC(producers, bench *b; uint64_t producers_n; edo_mpsc_rx * rx; uint64_t got; uint64_t value;
          edo_mpsc_recv_future recv;) {
    EDO_BEGIN;
    edo_mpsc_tx *tx;
    bench_must(edo_mpsc_new(&tx, &self->rx, sizeof(uint64_t), CAPACITY, NULL));
    bench_start(self->b);
    for (uint64_t i = 0; i < self->producers_n; i++)
        spawn_producer(tx, bench_each(self->b->n, self->producers_n));
    edo_mpsc_tx_unref(tx);
    for (;;) {
        EDO_AWAIT(edo_mpsc_recv_init(&self->recv, self->rx, &self->value));
        if (edo_result(&self->recv) < 0) break;
        self->got++;
    }
    bench_stop(self->b, self->got);
    EDO_CLEANUP;
    edo_mpsc_rx_free(self->rx);
    EDO_END;
}
BENCH_STATE(mpsc_1p, producers, .producers_n = 1)
BENCH_STATE(mpsc_8p, producers, .producers_n = 8)

/* What the producing fibers share. */
typedef struct shared {
    edo_mpsc_tx *tx;
    uint64_t each;
} shared;

static int producer_fiber(void *arg) {
    const shared *s = arg;
    edo_mpsc_tx *tx = s->tx;
    for (uint64_t i = 0; i < s->each; i++) bench_must(edo_mpsc_send(tx, &i));
    edo_mpsc_tx_unref(tx);
    return 0;
}

static void consume(bench *b, edo_mpsc_rx *rx) {
    uint64_t got = 0, value;
    while (edo_mpsc_recv(rx, &value) >= 0) got++;
    bench_stop(b, got);
}

static int producers_fiber(bench *b, uint64_t producers_n) {
    shared s = { .each = bench_each(b->n, producers_n) };
    edo_mpsc_rx *rx;
    bench_must(edo_mpsc_new(&s.tx, &rx, sizeof(uint64_t), CAPACITY, NULL));
    bench_start(b);
    for (uint64_t i = 0; i < producers_n; i++) {
        (void)edo_mpsc_tx_ref(s.tx);
        bench_must(edo_spawn_detached(producer_fiber, &s));
    }
    edo_mpsc_tx_unref(s.tx);
    consume(b, rx);
    edo_mpsc_rx_free(rx);
    return 0;
}

int mpsc_1p_fiber(void *arg) {
    return producers_fiber(arg, 1);
}

int mpsc_8p_fiber(void *arg) {
    return producers_fiber(arg, 8);
}

/* ---- mpsc_unbounded: sending never waits ----------------------------------------------------- */

EDO_ASYNC(pourer, edo_mpsc_tx *tx; uint64_t i; uint64_t n; edo_yield_future yield;) {
    EDO_BEGIN;
    for (self->i = 1; self->i <= self->n; self->i++) {
        bench_must(edo_mpsc_try_send(self->tx, &self->i));
        if (self->i % YIELD_EVERY == 0) EDO_AWAIT(edo_yield_init(&self->yield));
    }
    EDO_CLEANUP;
    edo_mpsc_tx_unref(self->tx);
    EDO_END;
}

static void spawn_pourer(edo_mpsc_tx *tx, uint64_t n) {
    pourer one;
    one.tx = tx;
    one.n = n;
    bench_must(edo_spawn_future_detached(pourer_init(&one)));
}

EDO_ASYNC(unbounded, bench *b; edo_mpsc_rx * rx; uint64_t got; uint64_t value;
          edo_mpsc_recv_future recv;) {
    EDO_BEGIN;
    edo_mpsc_tx *tx;
    bench_must(edo_mpsc_new(&tx, &self->rx, sizeof(uint64_t), EDO_MPSC_UNBOUNDED, NULL));
    bench_start(self->b);
    spawn_pourer(tx, self->b->n);
    for (;;) {
        EDO_AWAIT(edo_mpsc_recv_init(&self->recv, self->rx, &self->value));
        if (edo_result(&self->recv) < 0) break;
        self->got++;
    }
    bench_stop(self->b, self->got);
    EDO_CLEANUP;
    edo_mpsc_rx_free(self->rx);
    EDO_END;
}
BENCH_STATE(mpsc_unbounded, unbounded, .got = 0)

static int pourer_fiber(void *arg) {
    const shared *s = arg;
    edo_mpsc_tx *tx = s->tx;
    for (uint64_t i = 1; i <= s->each; i++) {
        bench_must(edo_mpsc_try_send(tx, &i));
        if (i % YIELD_EVERY == 0) bench_must(edo_yield());
    }
    edo_mpsc_tx_unref(tx);
    return 0;
}

int mpsc_unbounded_fiber(void *arg) {
    bench *b = arg;
    shared s = { .each = b->n };
    edo_mpsc_rx *rx;
    bench_must(edo_mpsc_new(&s.tx, &rx, sizeof(uint64_t), EDO_MPSC_UNBOUNDED, NULL));
    bench_start(b);
    bench_must(edo_spawn_detached(pourer_fiber, &s));
    consume(b, rx);
    edo_mpsc_rx_free(rx);
    return 0;
}
