/* SPDX-License-Identifier: MIT */
/* Question: what does an item of a generator cost its reader?
 * Guards: the turn from the reader to the function's fiber and back: each way one wake on the same
 * worker, one switch of stacks to the worker and one from it.
 * The extra is what a yield of that task costs, before and after: one such way without a wake. */
#include "cases/bench.h"

#include <edo/seq_generate.h>

#define YIELDS UINT64_C(200000)

static int count_up(void *arg, edo_emitter *e) {
    const bench *b = arg;
    int err = 0;
    for (uint64_t i = 0; i < b->n && err == 0; i++) err = edo_emit(e, &i);
    return err;
}

static edo_seq *counting(bench *b) {
    return edo_seq_generate(sizeof(uint64_t), count_up, b);
}

static void finish(bench *b, edo_seq *s, uint64_t sum) {
    bench_stop(b, b->n);
    if (sum != b->n * (b->n - 1) / 2) bench_must(-EDO_EMISUSE);
    edo_seq_free(s);
}

EDO_ASYNC(generate_next, bench *b; edo_seq * s; uint64_t item; uint64_t sum;
          edo_seq_next_future next;) {
    EDO_BEGIN;
    self->s = counting(self->b);
    bench_start(self->b);
    for (;;) {
        EDO_AWAIT(edo_seq_next_init(&self->next, self->s, &self->item));
        bench_must(edo_result(&self->next));
        if (edo_result(&self->next) == 0) break;
        self->sum += self->item;
    }
    finish(self->b, self->s, self->sum);
    EDO_END;
}
BENCH_STATE(generate_next, generate_next, .sum = 0)

static double yield_ns(void) {
    int64_t from_ns = bench_wall_ns();
    for (uint64_t i = 0; i < YIELDS; i++) bench_must(edo_yield());
    return (double)(bench_wall_ns() - from_ns) / (double)YIELDS;
}

int generate_next_fiber(void *arg) {
    bench *b = arg;
    uint64_t item, sum = 0;
    int rc;
    double before_ns = yield_ns();
    edo_seq *s = counting(b);
    bench_start(b);
    while ((rc = edo_seq_next(s, &item)) == 1) sum += item;
    bench_must(rc);
    finish(b, s, sum);
    bench_add_extra(b, "yield_ns", (before_ns + yield_ns()) / 2);
    return 0;
}
