/* SPDX-License-Identifier: MIT */
/* Question: what do a spawn, a join and a yield cost?
 * Guards: the spawn that takes no lock, the plain queue of one worker, the memory of tasks. */
#include "cases/bench.h"

#include <edo/context.h>
#include <edo/oneshot.h>

#define BATCH UINT64_C(100000)

/* ---- A task that returns a number ------------------------------------------------------------ */

EDO_ASYNC(number, int value;) {
    EDO_BEGIN;
    EDO_RETURN(self->value);
    EDO_END;
}

static edo_task *spawn_number(uint64_t value) {
    number one;
    one.value = (int)value;
    return bench_spawned(edo_spawn_future(number_init(&one)));
}

static int number_fiber(void *arg) {
    return (int)(intptr_t)arg;
}

static edo_task *spawn_number_fiber(uint64_t value) {
    return bench_spawned(edo_spawn(number_fiber, (void *)(intptr_t)value));
}

static void check_sum(const bench *b, uint64_t sum) {
    if (sum != b->n * (b->n - 1) / 2) bench_must(-EDO_EMISUSE);
}

/* ---- spawn_join: batches, then all are awaited in order -------------------------------------- */

EDO_ASYNC(spawn_join, bench *b; edo_task * *tasks; uint64_t left; uint64_t batch; uint64_t i;
          uint64_t next; uint64_t sum; edo_task_join_future join;) {
    EDO_BEGIN;
    self->tasks = bench_array(BATCH, sizeof *self->tasks);
    bench_start(self->b);
    for (self->left = self->b->n; self->left > 0; self->left -= self->batch) {
        self->batch = self->left < BATCH ? self->left : BATCH;
        for (self->i = 0; self->i < self->batch; self->i++)
            self->tasks[self->i] = spawn_number(self->next++);
        for (self->i = 0; self->i < self->batch; self->i++) {
            EDO_AWAIT(edo_task_join_init(&self->join, self->tasks[self->i]));
            self->sum += (uint64_t)edo_result(&self->join);
        }
    }
    bench_stop(self->b, self->b->n);
    check_sum(self->b, self->sum);
    EDO_CLEANUP;
    free(self->tasks);
    EDO_END;
}
BENCH_STATE(spawn_join, spawn_join, .next = 0)

int spawn_join_fiber(void *arg) {
    bench *b = arg;
    edo_task **tasks = bench_array(BATCH, sizeof *tasks);
    uint64_t next = 0, sum = 0;
    bench_start(b);
    for (uint64_t left = b->n, batch; left > 0; left -= batch) {
        batch = left < BATCH ? left : BATCH;
        for (uint64_t i = 0; i < batch; i++) tasks[i] = spawn_number_fiber(next++);
        for (uint64_t i = 0; i < batch; i++) sum += (uint64_t)edo_task_join(tasks[i]);
    }
    bench_stop(b, b->n);
    check_sum(b, sum);
    free(tasks);
    return 0;
}

/* ---- spawn_values: as spawn_join, with a value that each task inherits ----------------------- */

static const edo_context_key tenant_key = { .name = "tenant", .bytes = sizeof(uint32_t) };

int spawn_values_fiber(void *arg) {
    EDO_CONTEXT(tenant, &tenant_key, &(uint32_t){ 7 });
    return spawn_join_fiber(arg);
}

/* A block may not be open over a state machine's await: the machine inherits the value. */
EDO_ASYNC(spawn_values, bench *b; edo_task * joins; edo_task_join_future join;) {
    EDO_BEGIN;
    {
        EDO_CONTEXT(tenant, &tenant_key, &(uint32_t){ 7 });
        self->joins = bench_spawned(edo_spawn_future(spawn_join_state(self->b)));
    }
    EDO_AWAIT(edo_task_join_init(&self->join, self->joins));
    EDO_END;
}
BENCH_STATE(spawn_values, spawn_values, .joins = NULL)

/* ---- spawn_one: one at a time ---------------------------------------------------------------- */

EDO_ASYNC(spawn_one, bench *b; uint64_t i; uint64_t sum; edo_task_join_future join;) {
    EDO_BEGIN;
    bench_start(self->b);
    for (self->i = 0; self->i < self->b->n; self->i++) {
        EDO_AWAIT(edo_task_join_init(&self->join, spawn_number(self->i)));
        self->sum += (uint64_t)edo_result(&self->join);
    }
    bench_stop(self->b, self->b->n);
    check_sum(self->b, self->sum);
    EDO_END;
}
BENCH_STATE(spawn_one, spawn_one, .i = 0)

int spawn_one_fiber(void *arg) {
    bench *b = arg;
    uint64_t sum = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += (uint64_t)edo_task_join(spawn_number_fiber(i));
    bench_stop(b, b->n);
    check_sum(b, sum);
    return 0;
}

/* ---- chained_spawn: each task spawns the next ------------------------------------------------ */

static void chain(uint64_t left, edo_oneshot_tx *done);

EDO_ASYNC(chain_link, uint64_t left; edo_oneshot_tx * done;) {
    EDO_BEGIN;
    chain(self->left, self->done);
    EDO_END;
}

static void chain(uint64_t left, edo_oneshot_tx *done) {
    if (left == 0) {
        bench_must(edo_oneshot_send(done, NULL));
        return;
    }
    chain_link next;
    next.left = left - 1;
    next.done = done;
    bench_must(edo_spawn_future_detached(chain_link_init(&next)));
}

EDO_ASYNC(chained_spawn, bench *b; edo_oneshot_tx * tx; edo_oneshot_rx * rx;
          edo_oneshot_recv_future recv;) {
    EDO_BEGIN;
    bench_must(edo_oneshot_new(&self->tx, &self->rx, 0, NULL));
    bench_start(self->b);
    chain(self->b->n, self->tx);
    EDO_AWAIT(edo_oneshot_recv_init(&self->recv, self->rx, NULL));
    bench_must(edo_result(&self->recv));
    bench_stop(self->b, self->b->n);
    EDO_CLEANUP;
    edo_oneshot_rx_free(self->rx);
    EDO_END;
}
BENCH_STATE(chained_spawn, chained_spawn, .rx = NULL)

/* What the links of a chain of fibers share: one of them at a time runs. */
typedef struct fiber_chain {
    uint64_t left;
    edo_oneshot_tx *done;
} fiber_chain;

static int fiber_chain_link(void *arg) {
    fiber_chain *c = arg;
    if (c->left-- == 0) return edo_oneshot_send(c->done, NULL);
    return edo_spawn_detached(fiber_chain_link, c);
}

int chained_spawn_fiber(void *arg) {
    bench *b = arg;
    fiber_chain c = { .left = b->n };
    edo_oneshot_rx *rx;
    bench_must(edo_oneshot_new(&c.done, &rx, 0, NULL));
    bench_start(b);
    bench_must(edo_spawn_detached(fiber_chain_link, &c));
    bench_must(edo_oneshot_recv(rx, NULL));
    bench_stop(b, b->n);
    edo_oneshot_rx_free(rx);
    return 0;
}

/* ---- yield_2, yield_1000 --------------------------------------------------------------------- */

EDO_ASYNC(yielder, uint64_t left; edo_yield_future yield;) {
    EDO_BEGIN;
    while (self->left-- > 0) EDO_AWAIT(edo_yield_init(&self->yield));
    EDO_END;
}

static edo_task *spawn_yielder(uint64_t left) {
    yielder one;
    one.left = left;
    return bench_spawned(edo_spawn_future(yielder_init(&one)));
}

EDO_ASYNC(yielders, bench *b; uint64_t tasks_n; uint64_t each; edo_task * *tasks; uint64_t i;
          edo_task_join_future join;) {
    EDO_BEGIN;
    self->tasks = bench_array(self->tasks_n, sizeof *self->tasks);
    self->each = bench_each(self->b->n, self->tasks_n);
    bench_start(self->b);
    for (self->i = 0; self->i < self->tasks_n; self->i++)
        self->tasks[self->i] = spawn_yielder(self->each);
    for (self->i = 0; self->i < self->tasks_n; self->i++)
        EDO_AWAIT(edo_task_join_init(&self->join, self->tasks[self->i]));
    bench_stop(self->b, self->each * self->tasks_n);
    EDO_CLEANUP;
    free(self->tasks);
    EDO_END;
}
BENCH_STATE(yield_2, yielders, .tasks_n = 2)
BENCH_STATE(yield_1000, yielders, .tasks_n = 1000)

static int yielder_fiber(void *arg) {
    for (uint64_t left = *(const uint64_t *)arg; left > 0; left--) bench_must(edo_yield());
    return 0;
}

static int yielders_fiber(bench *b, uint64_t tasks_n) {
    edo_task **tasks = bench_array(tasks_n, sizeof *tasks);
    uint64_t each = bench_each(b->n, tasks_n);
    bench_start(b);
    for (uint64_t i = 0; i < tasks_n; i++) tasks[i] = edo_spawn(yielder_fiber, &each);
    for (uint64_t i = 0; i < tasks_n; i++) bench_must(edo_task_join(tasks[i]));
    bench_stop(b, each * tasks_n);
    free(tasks);
    return 0;
}

int yield_2_fiber(void *arg) {
    return yielders_fiber(arg, 2);
}

int yield_1000_fiber(void *arg) {
    return yielders_fiber(arg, 1000);
}
