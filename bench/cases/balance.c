/* SPDX-License-Identifier: MIT */
/* Question: what does a call pay for its connection, of a hundred that are ready: a pick, and
 * giving it back? By two choices with the calls in flight as load and with latency, and by a key.
 * Guards: a pick costs the same whatever the number of endpoints, and takes one lock; latency costs
 * two reads of the clock more. */
#include "cases/bench.h"

#include <edo/balance.h>

#define ENDPOINTS 100

static int connects(void *arg, const edo_endpoint *to, void **conn) {
    (void)to;
    *conn = arg;
    return 0;
}

static void closes(void *arg, void *conn) {
    (void)arg, (void)conn;
}

static edo_balance *balance_begin(bench *b, const edo_balance_opts *opts) {
    static const edo_balance_ops ops = { .connect = connects, .close = closes };
    edo_endpoint endpoints[ENDPOINTS] = { { .weight = 1 } };
    edo_balance *self;
    for (int i = 0; i < ENDPOINTS; i++) {
        endpoints[i].address[0] = (char)('0' + i / 10);
        endpoints[i].address[1] = (char)('0' + i % 10);
    }
    bench_must(edo_balance_new(&self, edo_discover_list(endpoints, ENDPOINTS), &ops, b, opts));
    bench_must(edo_sleep(edo_ms(50))); // all have connected
    return self;
}

static int balance_run(bench *b, const edo_balance_opts *opts) {
    edo_balance *self = balance_begin(b, opts);
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

int balance_pick_fiber(void *arg) {
    return balance_run(arg, NULL);
}

int balance_ewma_fiber(void *arg) {
    return balance_run(arg, &(edo_balance_opts){ .load = EDO_LOAD_PEAK_EWMA });
}

int balance_hash_fiber(void *arg) {
    bench *b = arg;
    edo_balance *self = balance_begin(b, &(edo_balance_opts){ .kind = EDO_BALANCE_HASH });
    bench_must(edo_sleep(edo_ms(50))); // the table is there
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        const edo_str key = { (const char *)&i, sizeof i };
        edo_balance_lease lease;
        bench_must(edo_balance_pick_for(self, &lease, key, EDO_PICK_WAIT));
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

EDO_ASYNC(ewma_user, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(balance_ewma_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(balance_ewma, ewma_user, .join = { .keep = false })

EDO_ASYNC(hash_user, bench *b; edo_task_join_future join;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_task_join_init(&self->join, edo_spawn(balance_hash_fiber, self->b)));
    bench_must(edo_result(&self->join));
    EDO_END;
}
BENCH_STATE(balance_hash, hash_user, .join = { .keep = false })
