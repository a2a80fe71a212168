/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to take the first of two channels that both have something?
 * Guards: select's random start and the drop of the branch that lost. */
#include "cases/bench.h"

#include <edo/mpsc.h>

#define FILL 1000

/* Two channels without bound. */
typedef struct two {
    edo_mpsc_tx *tx[2];
    edo_mpsc_rx *rx[2];
    uint64_t got;
    double ns;
} two;

static void open_two(two *t) {
    for (int i = 0; i < 2; i++)
        bench_must(edo_mpsc_new(&t->tx[i], &t->rx[i], sizeof(uint64_t), EDO_MPSC_UNBOUNDED, NULL));
    t->got = 0;
    t->ns = 0;
}

static void close_two(two *t) {
    for (int i = 0; i < 2; i++) {
        edo_mpsc_tx_unref(t->tx[i]);
        edo_mpsc_rx_free(t->rx[i]);
    }
}

/* Fills both, outside the clock. */
static void fill(bench *b, two *t) {
    for (uint64_t i = 0; i < FILL; i++)
        for (int k = 0; k < 2; k++) bench_must(edo_mpsc_try_send(t->tx[k], &i));
    bench_start(b);
}

static void count_round(bench *b, two *t) {
    t->ns += (double)(bench_wall_ns() - b->start_ns);
}

static void finish(bench *b, two *t) {
    b->ns = t->ns;
    b->done = t->got;
    close_two(t);
}

EDO_ASYNC(select_2, bench *b; two t; uint64_t round; uint64_t i; uint64_t value;
          edo_mpsc_recv_future recv[2]; edo_future * futures[2]; edo_select_future select;) {
    EDO_BEGIN;
    open_two(&self->t);
    for (self->round = bench_each(self->b->n, 2 * FILL); self->round > 0; self->round--) {
        fill(self->b, &self->t);
        for (self->i = 0; self->i < 2 * FILL; self->i++) {
            self->futures[0] = edo_mpsc_recv_init(&self->recv[0], self->t.rx[0], &self->value);
            self->futures[1] = edo_mpsc_recv_init(&self->recv[1], self->t.rx[1], &self->value);
            EDO_TRY_AWAIT(edo_select_init(&self->select, self->futures, 2, 0));
            self->t.got++;
        }
        count_round(self->b, &self->t);
    }
    EDO_CLEANUP;
    finish(self->b, &self->t);
    EDO_END;
}
BENCH_STATE(select_2, select_2, .round = 0)

int select_2_fiber(void *arg) {
    bench *b = arg;
    two t;
    uint64_t value;
    edo_mpsc_recv_future first, second;
    open_two(&t);
    for (uint64_t round = bench_each(b->n, 2 * FILL); round > 0; round--) {
        fill(b, &t);
        for (uint64_t i = 0; i < 2 * FILL; i++) {
            bench_must(edo_select(edo_mpsc_recv_init(&first, t.rx[0], &value),
                                  edo_mpsc_recv_init(&second, t.rx[1], &value)));
            t.got++;
        }
        count_round(b, &t);
    }
    finish(b, &t);
    return 0;
}
