/* SPDX-License-Identifier: MIT */
/* Question: what does a call pay for its connection, of ten that are ready: a pick by two choices,
 * and giving it back?
 * Guards: a pick costs the same whatever the number of endpoints, and takes one lock. */
#include "cases/bench.h"

#include <edo/balance.h>

#define ENDPOINTS 10

static int connects(void *arg, const edo_endpoint *to, void **conn) {
    (void)to;
    *conn = arg;
    return 0;
}

static void closes(void *arg, void *conn) {
    (void)arg, (void)conn;
}

int balance_pick_fiber(void *arg) {
    static const edo_balance_ops ops = { .connect = connects, .close = closes };
    bench *b = arg;
    edo_endpoint endpoints[ENDPOINTS] = { { .weight = 1 } };
    edo_balance *self;
    for (int i = 0; i < ENDPOINTS; i++) endpoints[i].address[0] = (char)('a' + i);
    bench_must(edo_balance_new(&self, edo_discover_list(endpoints, ENDPOINTS), &ops, b, NULL));
    bench_must(edo_sleep(edo_ms(20))); // all have connected
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        edo_balance_lease lease;
        bench_must(edo_balance_pick(self, &lease, EDO_PICK_WAIT));
        edo_balance_done(&lease, 0);
    }
    bench_stop(b, b->n);
    edo_balance_unref(self);
    return 0;
}

/* A balance is for fibers: the state machine waits for one. */
EDO_ASYNC(balance_user, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(balance_pick_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(balance_pick, balance_user, .join = { .keep = false })
