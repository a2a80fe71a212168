/* SPDX-License-Identifier: MIT */
/* Question: what does a message cost, there and back, and one way?
 * Guards: the wake between two tasks of one worker, which takes no read-modify-write of the task's
 * word, and the short way through a channel that has room. */
#include "cases/bench.h"

#include <edo/mpsc.h>
#include <edo/oneshot.h>

/* ---- oneshot_pingpong: each message is the sender of a fresh oneshot for the answer ---------- */

/* One side; with `rx` its first sender comes from there. */
EDO_ASYNC(volley, edo_oneshot_rx *rx; edo_oneshot_tx * to; uint64_t left; edo_oneshot_tx * next;
          edo_oneshot_recv_future recv;) {
    EDO_BEGIN;
    if (self->rx) {
        EDO_TRY_AWAIT(edo_oneshot_recv_init(&self->recv, self->rx, (void *)&self->to));
        edo_oneshot_rx_free(self->rx);
    }
    while (self->left-- > 0) {
        bench_must(edo_oneshot_new(&self->next, &self->rx, sizeof self->next, NULL));
        bench_must(edo_oneshot_send(self->to, (void *)&self->next));
        self->to = NULL;
        EDO_AWAIT(edo_oneshot_recv_init(&self->recv, self->rx, (void *)&self->to));
        edo_oneshot_rx_free(self->rx);
        if (edo_result(&self->recv) < 0) break;
    }
    EDO_CLEANUP;
    edo_oneshot_tx_free(self->to);
    EDO_END;
}

static edo_task *spawn_volley(edo_oneshot_rx *rx, edo_oneshot_tx *to, uint64_t each) {
    volley one;
    one.rx = rx;
    one.to = to;
    one.left = each;
    return bench_spawned(edo_spawn_future(volley_init(&one)));
}

EDO_ASYNC(volleys, bench *b; uint64_t each; edo_task * a; edo_task * z;
          edo_task_join_future join;) {
    EDO_BEGIN;
    self->each = bench_each(self->b->n, 2);
    bench_start(self->b);
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    bench_must(edo_oneshot_new(&tx, &rx, sizeof tx, NULL));
    self->a = spawn_volley(NULL, tx, self->each);
    self->z = spawn_volley(rx, NULL, self->each);
    EDO_AWAIT(edo_task_join_init(&self->join, self->a));
    EDO_AWAIT(edo_task_join_init(&self->join, self->z));
    bench_stop(self->b, self->each * 2);
    EDO_END;
}
BENCH_STATE(oneshot_pingpong, volleys, .each = 0)

/* Where a side of the fibers begins. */
typedef struct side {
    edo_oneshot_rx *rx;
    edo_oneshot_tx *to;
    uint64_t left;
} side;

static int volley_fiber(void *arg) {
    side *s = arg;
    edo_oneshot_tx *to = s->to, *next;
    edo_oneshot_rx *rx = s->rx;
    if (rx) {
        bench_must(edo_oneshot_recv(rx, (void *)&to));
        edo_oneshot_rx_free(rx);
    }
    while (s->left-- > 0) {
        bench_must(edo_oneshot_new(&next, &rx, sizeof(edo_oneshot_tx *), NULL));
        bench_must(edo_oneshot_send(to, (void *)&next));
        to = NULL;
        int err = edo_oneshot_recv(rx, (void *)&to);
        edo_oneshot_rx_free(rx);
        if (err < 0) break;
    }
    edo_oneshot_tx_free(to);
    return 0;
}

int oneshot_pingpong_fiber(void *arg) {
    bench *b = arg;
    uint64_t each = bench_each(b->n, 2);
    side a = { .left = each }, z = { .left = each };
    bench_start(b);
    bench_must(edo_oneshot_new(&a.to, &z.rx, sizeof(edo_oneshot_tx *), NULL));
    edo_task *first = edo_spawn(volley_fiber, &a), *second = edo_spawn(volley_fiber, &z);
    bench_must(edo_task_join(first));
    bench_must(edo_task_join(second));
    bench_stop(b, each * 2);
    return 0;
}

/* ---- mpsc_pingpong: two channels of one slot ------------------------------------------------- */

/* Two channels and the number of rounds. */
typedef struct table_tennis {
    edo_mpsc_tx *ping_tx, *pong_tx;
    edo_mpsc_rx *ping_rx, *pong_rx;
    uint64_t n;
} table_tennis;

static void open_table(table_tennis *t, uint64_t n) {
    bench_must(edo_mpsc_new(&t->ping_tx, &t->ping_rx, sizeof(uint64_t), 1, NULL));
    bench_must(edo_mpsc_new(&t->pong_tx, &t->pong_rx, sizeof(uint64_t), 1, NULL));
    t->n = n;
}

static void close_table(table_tennis *t) {
    edo_mpsc_rx_free(t->ping_rx);
    edo_mpsc_tx_unref(t->pong_tx);
    edo_mpsc_rx_free(t->pong_rx);
}

EDO_ASYNC(pinger, table_tennis *t; uint64_t i; uint64_t back;
          EDO_ONE_OF(edo_mpsc_send_future send; edo_mpsc_recv_future recv;);) {
    EDO_BEGIN;
    for (self->i = 0; self->i < self->t->n; self->i++) {
        EDO_TRY_AWAIT(edo_mpsc_send_init(&self->send, self->t->ping_tx, &self->i));
        EDO_TRY_AWAIT(edo_mpsc_recv_init(&self->recv, self->t->pong_rx, &self->back));
    }
    EDO_CLEANUP;
    edo_mpsc_tx_unref(self->t->ping_tx);
    EDO_END;
}

EDO_ASYNC(ponger, table_tennis *t; uint64_t value;
          EDO_ONE_OF(edo_mpsc_send_future send; edo_mpsc_recv_future recv;);) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_mpsc_recv_init(&self->recv, self->t->ping_rx, &self->value));
        if (edo_result(&self->recv) < 0) EDO_RETURN(0);
        EDO_TRY_AWAIT(edo_mpsc_send_init(&self->send, self->t->pong_tx, &self->value));
    }
    EDO_END;
}

static edo_task *spawn_pinger(table_tennis *t) {
    pinger one;
    one.t = t;
    return bench_spawned(edo_spawn_future(pinger_init(&one)));
}

static edo_task *spawn_ponger(table_tennis *t) {
    ponger one;
    one.t = t;
    return bench_spawned(edo_spawn_future(ponger_init(&one)));
}

EDO_ASYNC(mpsc_pingpong, bench *b; table_tennis t; edo_task * ping; edo_task * pong;
          edo_task_join_future join;) {
    EDO_BEGIN;
    open_table(&self->t, self->b->n);
    bench_start(self->b);
    self->ping = spawn_pinger(&self->t);
    self->pong = spawn_ponger(&self->t);
    EDO_AWAIT(edo_task_join_init(&self->join, self->ping));
    bench_must(edo_result(&self->join));
    EDO_AWAIT(edo_task_join_init(&self->join, self->pong));
    bench_must(edo_result(&self->join));
    bench_stop(self->b, self->b->n);
    close_table(&self->t);
    EDO_END;
}
BENCH_STATE(mpsc_pingpong, mpsc_pingpong, .ping = NULL)

static int pinger_fiber(void *arg) {
    table_tennis *t = arg;
    int err = 0;
    for (uint64_t i = 0, back; i < t->n && err >= 0; i++) {
        err = edo_mpsc_send(t->ping_tx, &i);
        if (err >= 0) err = edo_mpsc_recv(t->pong_rx, &back);
    }
    edo_mpsc_tx_unref(t->ping_tx);
    return err;
}

static int ponger_fiber(void *arg) {
    table_tennis *t = arg;
    uint64_t value;
    while (edo_mpsc_recv(t->ping_rx, &value) >= 0) {
        int err = edo_mpsc_send(t->pong_tx, &value);
        if (err < 0) return err;
    }
    return 0;
}

int mpsc_pingpong_fiber(void *arg) {
    bench *b = arg;
    table_tennis t;
    open_table(&t, b->n);
    bench_start(b);
    edo_task *ping = edo_spawn(pinger_fiber, &t), *pong = edo_spawn(ponger_fiber, &t);
    bench_must(edo_task_join(ping));
    bench_must(edo_task_join(pong));
    bench_stop(b, b->n);
    close_table(&t);
    return 0;
}
