/* SPDX-License-Identifier: MIT */
/* Question: what does a message cost, from one producer to eight consumers of one queue?
 * Guards: that a consumer which finds values, and a producer which finds room, do not wait. */
#include "cases/bench.h"

#include <edo/chan.h>

#define CAPACITY  100
#define CONSUMERS 8

EDO_ASYNC(feeder, edo_chan_tx *tx; uint64_t i; uint64_t n; edo_chan_send_future send;) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->n; self->i++)
        EDO_TRY_AWAIT(edo_chan_send_init(&self->send, self->tx, &self->i));
    EDO_CLEANUP;
    edo_chan_tx_unref(self->tx);
    EDO_END;
}

EDO_ASYNC(consumer, edo_chan_rx *rx; int got; uint64_t value; edo_chan_recv_future recv;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_chan_recv_init(&self->recv, self->rx, &self->value));
        if (edo_result(&self->recv) < 0) EDO_RETURN(self->got);
        self->got++;
    }
    EDO_CLEANUP;
    edo_chan_rx_unref(self->rx);
    EDO_END;
}

static void spawn_feeder(edo_chan_tx *tx, uint64_t n) {
    feeder one;
    one.tx = tx;
    one.n = n;
    bench_must(edo_spawn_future_detached(feeder_init(&one)));
}

static edo_task *spawn_consumer(edo_chan_rx *rx) {
    consumer one;
    one.rx = edo_chan_rx_ref(rx);
    one.got = 0;
    return bench_spawned(edo_spawn_future(consumer_init(&one)));
}

EDO_ASYNC(queue, bench *b; edo_chan_rx * rx; edo_task * consumers[CONSUMERS]; uint64_t got;
          size_t i; edo_task_join_future join;) {
    EDO_BEGIN;
    edo_chan_tx *tx;
    bench_must(edo_chan_new(&tx, &self->rx, sizeof(uint64_t), CAPACITY, NULL));
    bench_start(self->b);
    for (size_t i = 0; i < CONSUMERS; i++) self->consumers[i] = spawn_consumer(self->rx);
    spawn_feeder(tx, self->b->n);
    for (self->i = 0; self->i < CONSUMERS; self->i++) {
        EDO_AWAIT(edo_task_join_init(&self->join, self->consumers[self->i]));
        bench_must(edo_result(&self->join));
        self->got += (uint64_t)edo_result(&self->join);
    }
    bench_stop(self->b, self->got);
    EDO_CLEANUP;
    edo_chan_rx_unref(self->rx);
    EDO_END;
}
BENCH_STATE(chan_8c, queue, .got = 0)

/* What the fibers share. */
typedef struct shared {
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    uint64_t n;
} shared;

static int feeder_fiber(void *arg) {
    const shared *s = arg;
    edo_chan_tx *tx = s->tx;
    for (uint64_t i = 0; i < s->n; i++) bench_must(edo_chan_send(tx, &i));
    edo_chan_tx_unref(tx);
    return 0;
}

static int consumer_fiber(void *arg) {
    const shared *s = arg;
    uint64_t value;
    int got = 0;
    while (edo_chan_recv(s->rx, &value) >= 0) got++;
    return got;
}

int chan_8c_fiber(void *arg) {
    bench *b = arg;
    shared s = { .n = b->n };
    bench_must(edo_chan_new(&s.tx, &s.rx, sizeof(uint64_t), CAPACITY, NULL));
    bench_start(b);
    edo_task *consumers[CONSUMERS];
    for (size_t i = 0; i < CONSUMERS; i++) consumers[i] = edo_spawn(consumer_fiber, &s);
    bench_must(edo_spawn_detached(feeder_fiber, &s));
    uint64_t got = 0;
    for (size_t i = 0; i < CONSUMERS; i++) {
        int taken = edo_task_join(consumers[i]);
        bench_must(taken);
        got += (uint64_t)taken;
    }
    bench_stop(b, got);
    edo_chan_rx_unref(s.rx);
    return 0;
}
