/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to give each of 100 receivers a message? And if the sender waits for
 * all of them, in a lossless channel, instead of asking for acknowledgements?
 * Guards: that a receive of what is already there takes no lock of the channel's; that a lossless
 * one takes it once, and wakes the sender only when there is room for it. */
#include "cases/bench.h"

#include <edo/broadcast.h>
#include <edo/mpsc.h>
#include <edo/tracker.h>

#define CAPACITY  128
#define RECEIVERS UINT64_C(100)
#define PER_ROUND UINT64_C(100)

/* A channel for the messages, and one for the acknowledgements of a whole round. */
typedef struct crowd {
    edo_broadcast_tx *tx;
    edo_mpsc_tx *ack_tx;
    edo_mpsc_rx *ack_rx;
    uint64_t rounds, round;
} crowd;

/* What a receiver takes along. */
typedef struct seat {
    edo_broadcast_rx *rx;
    edo_mpsc_tx *ack;
} seat;

static void open_crowd(crowd *c, uint64_t n) {
    edo_broadcast_rx *unused;
    bench_must(edo_broadcast_new(&c->tx, &unused, sizeof(uint64_t), CAPACITY, NULL));
    edo_broadcast_rx_free(unused);
    bench_must(edo_mpsc_new(&c->ack_tx, &c->ack_rx, 0, RECEIVERS, NULL));
    c->rounds = bench_each(n, RECEIVERS * PER_ROUND);
}

static seat take_seat(crowd *c) {
    seat s = { .ack = edo_mpsc_tx_ref(c->ack_tx) };
    bench_must(edo_broadcast_subscribe(&s.rx, c->tx));
    return s;
}

static void leave_seat(seat *s) {
    edo_broadcast_rx_free(s->rx);
    edo_mpsc_tx_unref(s->ack);
}

static void send_round(crowd *c) {
    for (uint64_t i = 0; i < PER_ROUND; i++) bench_must(edo_broadcast_send(c->tx, &i));
}

/* The receivers end when the sender is gone. */
static void close_crowd(crowd *c) {
    edo_broadcast_tx_unref(c->tx);
    edo_mpsc_tx_unref(c->ack_tx);
    edo_mpsc_rx_free(c->ack_rx);
}

EDO_ASYNC(receiver, seat s; uint64_t got; uint64_t value;
          EDO_ONE_OF(edo_broadcast_recv_future recv; edo_mpsc_send_future ack;);) {
    EDO_BEGIN;
    for (self->got = 1;; self->got++) {
        EDO_TRY_AWAIT(edo_broadcast_recv_init(&self->recv, self->s.rx, &self->value, NULL));
        if (self->got % PER_ROUND == 0)
            EDO_TRY_AWAIT(edo_mpsc_send_init(&self->ack, self->s.ack, NULL));
    }
    EDO_CLEANUP;
    leave_seat(&self->s);
    EDO_END;
}

static void spawn_receivers(crowd *c) {
    for (uint64_t i = 0; i < RECEIVERS; i++) {
        receiver one;
        one.s = take_seat(c);
        bench_must(edo_spawn_future_detached(receiver_init(&one)));
    }
}

EDO_ASYNC(broadcast_100, bench *b; crowd c; uint64_t acks; edo_mpsc_recv_future recv;) {
    EDO_BEGIN;
    open_crowd(&self->c, self->b->n);
    spawn_receivers(&self->c);
    bench_start(self->b);
    for (self->c.round = 0; self->c.round < self->c.rounds; self->c.round++) {
        send_round(&self->c);
        for (self->acks = 0; self->acks < RECEIVERS; self->acks++)
            EDO_TRY_AWAIT(edo_mpsc_recv_init(&self->recv, self->c.ack_rx, NULL));
    }
    bench_stop(self->b, self->c.rounds * RECEIVERS * PER_ROUND);
    EDO_CLEANUP;
    close_crowd(&self->c);
    EDO_END;
}
BENCH_STATE(broadcast_100, broadcast_100, .acks = 0)

static int receiver_fiber(void *arg) {
    seat s = *(seat *)arg;
    free(arg);
    uint64_t value;
    int err = 0;
    for (uint64_t got = 1; err >= 0; got++) {
        err = edo_broadcast_recv(s.rx, &value, NULL);
        if (err >= 0 && got % PER_ROUND == 0) err = edo_mpsc_send(s.ack, NULL);
    }
    leave_seat(&s);
    return 0;
}

int broadcast_100_fiber(void *arg) {
    bench *b = arg;
    crowd c;
    open_crowd(&c, b->n);
    for (uint64_t i = 0; i < RECEIVERS; i++) {
        seat *s = bench_array(1, sizeof *s);
        *s = take_seat(&c);
        bench_must(edo_spawn_detached(receiver_fiber, s));
    }
    bench_start(b);
    for (c.round = 0; c.round < c.rounds; c.round++) {
        send_round(&c);
        for (uint64_t i = 0; i < RECEIVERS; i++) bench_must(edo_mpsc_recv(c.ack_rx, NULL));
    }
    bench_stop(b, c.rounds * RECEIVERS * PER_ROUND);
    close_crowd(&c);
    return 0;
}

/* ---- Lossless -------------------------------------------------------------------------------- */

/* A lossless channel, and a count of those that listen to it. */
typedef struct audience {
    edo_broadcast_tx *tx;
    edo_tracker listeners;
    uint64_t values, sent;
} audience;

/* A task that listens until the sender is gone. */
typedef struct place {
    edo_broadcast_rx *rx;
    edo_tracker *listeners;
} place;

static void open_audience(audience *a, uint64_t n) {
    static const edo_broadcast_opts opts = { .lossless = true };
    bench_must(edo_broadcast_new(&a->tx, NULL, sizeof(uint64_t), CAPACITY, &opts));
    edo_tracker_init(&a->listeners);
    a->values = bench_each(n, RECEIVERS);
}

static place take_place(audience *a) {
    place p = { .listeners = &a->listeners };
    bench_must(edo_broadcast_subscribe(&p.rx, a->tx));
    edo_tracker_add(p.listeners);
    return p;
}

static void leave_place(place *p) {
    edo_broadcast_rx_free(p->rx);
    edo_tracker_done(p->listeners);
}

/* All is sent: the listeners end when they have received it. */
static void end_show(audience *a) {
    edo_broadcast_tx_unref(a->tx);
    (void)edo_tracker_close(&a->listeners);
}

EDO_ASYNC(listener, place p; uint64_t value; edo_broadcast_recv_future recv;) {
    EDO_BEGIN;
    for (;;) EDO_TRY_AWAIT(edo_broadcast_recv_init(&self->recv, self->p.rx, &self->value, NULL));
    EDO_CLEANUP;
    leave_place(&self->p);
    EDO_END;
}

EDO_ASYNC(broadcast_lossless_100, bench *b; audience a;
          EDO_ONE_OF(edo_broadcast_send_future send; edo_tracker_wait_future wait;);) {
    EDO_BEGIN;
    open_audience(&self->a, self->b->n);
    for (uint64_t i = 0; i < RECEIVERS; i++) {
        listener one;
        one.p = take_place(&self->a);
        bench_must(edo_spawn_future_detached(listener_init(&one)));
    }
    bench_start(self->b);
    for (self->a.sent = 0; self->a.sent < self->a.values; self->a.sent++)
        EDO_TRY_AWAIT(edo_broadcast_send_init(&self->send, self->a.tx, &self->a.sent));
    end_show(&self->a);
    EDO_TRY_AWAIT(edo_tracker_wait_init(&self->wait, &self->a.listeners));
    bench_stop(self->b, self->a.values * RECEIVERS);
    EDO_END;
}
BENCH_STATE(broadcast_lossless_100, broadcast_lossless_100, .a.sent = 0)

static int listener_fiber(void *arg) {
    place p = *(place *)arg;
    free(arg);
    uint64_t value;
    while (edo_broadcast_recv(p.rx, &value, NULL) >= 0) {
    }
    leave_place(&p);
    return 0;
}

int broadcast_lossless_100_fiber(void *arg) {
    bench *b = arg;
    audience a;
    open_audience(&a, b->n);
    for (uint64_t i = 0; i < RECEIVERS; i++) {
        place *p = bench_array(1, sizeof *p);
        *p = take_place(&a);
        bench_must(edo_spawn_detached(listener_fiber, p));
    }
    bench_start(b);
    for (uint64_t i = 0; i < a.values; i++) bench_must(edo_broadcast_send(a.tx, &i));
    end_show(&a);
    bench_must(edo_tracker_wait(&a.listeners));
    bench_stop(b, a.values * RECEIVERS);
    return 0;
}
