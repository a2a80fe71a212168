/* SPDX-License-Identifier: MIT */
/* Question: what does it cost to wake one of n futures that a task awaits together, to get it, and
 *           to put it back?
 * Guards: a poll of a set asks those that were woken and no other: ten and ten thousand cost the
 *         same. */
#include "cases/bench.h"

#include <edo/future_set.h>

#define FEW  10
#define MANY 10000

/* Waits until it is switched on. */
typedef struct lamp {
    edo_future base;
    edo_waker *waker; /* NULL: not polled yet */
    bool on;
} lamp;

static edo_polled lamp_poll(edo_future *f, edo_cx *cx) {
    lamp *self = (lamp *)(void *)f;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (self->on) return edo_future_finish(f, 0);
    edo_budget_refund(cx);
    self->waker = edo_cx_waker(cx);
    return EDO_PENDING;
}

static const edo_future_ops lamp_ops = {
    .poll = lamp_poll, .drop = edo_future_retire, .name = "lamp", .size = sizeof(lamp)
};

static void put(edo_future_set *set, edo_future *f) {
    lamp *l = (lamp *)(void *)f;
    *l = (lamp){ .on = false };
    bench_must(edo_future_set_push(set, edo_future_init(f, &lamp_ops)));
}

static lamp *put_all(edo_future_set *set, uint64_t n) {
    lamp *all = bench_array(n, sizeof *all);
    edo_future_set_init(set);
    for (uint64_t i = 0; i < n; i++) put(set, &all[i].base);
    return all;
}

static void switch_on(lamp *l) {
    l->on = true;
    if (l->waker) edo_waker_wake(l->waker);
}

static void end(edo_future_set *set, lamp *all) {
    edo_future_set_deinit(set);
    free(all);
}

EDO_ASYNC(set_user, bench *b; uint64_t lamps; uint64_t i; uint64_t random; lamp * all;
          edo_future_set set; edo_future * done; edo_future_set_done_next_future next;) {
    EDO_BEGIN;
    self->all = put_all(&self->set, self->lamps);
    self->random = BENCH_SEED;
    bench_start(self->b);
    for (self->i = 0; self->i < self->b->n; self->i++) {
        switch_on(&self->all[bench_random(&self->random, 0, self->lamps - 1)]);
        EDO_TRY_AWAIT(edo_future_set_done_next_init(&self->next, &self->set, &self->done));
        put(&self->set, self->done);
    }
    bench_stop(self->b, self->b->n);
    EDO_CLEANUP;
    if (self->all) end(&self->set, self->all);
    EDO_END;
}
BENCH_STATE(set_10, set_user, .lamps = FEW)
BENCH_STATE(set_10000, set_user, .lamps = MANY)

static int use_set(bench *b, uint64_t lamps) {
    edo_future_set set;
    edo_future *done;
    uint64_t random = BENCH_SEED;
    lamp *all = put_all(&set, lamps);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        switch_on(&all[bench_random(&random, 0, lamps - 1)]);
        bench_must(edo_future_set_done_next(&set, &done));
        put(&set, done);
    }
    bench_stop(b, b->n);
    end(&set, all);
    return 0;
}

int set_10_fiber(void *arg) {
    return use_set(arg, FEW);
}

int set_10000_fiber(void *arg) {
    return use_set(arg, MANY);
}
