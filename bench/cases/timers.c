/* SPDX-License-Identifier: MIT */
/* Question: what do a timer that never fires, a million of them, and one that fires cost?
 * Guards: the intrusive wheel: no allocation, no system call for an insertion or a cancel. */
#include "cases/bench.h"

#include <edo/time.h>

#include <errno.h>

#define STRIDE      7919 /* no common factor with the usual counts: every timer is met once */
#define TICK_MS     50
#define SPAN_MS_MIN 1000 /* ms */
#define SPAN_MS_MAX 60000

static edo_duration long_span(uint64_t *random) {
    return edo_ms((int64_t)bench_random(random, SPAN_MS_MIN, SPAN_MS_MAX));
}

/* ---- timer_churn: polled once, then dropped -------------------------------------------------- */

/* State of the loop: how many are left. */
typedef struct churn {
    uint64_t left, random;
    edo_sleep_future one;
} churn;

static void churn_once(churn *c, edo_cx *cx) {
    edo_future *f = edo_sleep_init(&c->one, long_span(&c->random));
    (void)edo_poll(f, cx);
    edo_drop(f);
}

/* All of them in one poll: the context of a poll is what files a timer. */
static edo_polled churn_all(void *arg, edo_cx *cx, int *result) {
    churn *c = arg;
    while (c->left-- > 0) churn_once(c, cx);
    *result = 0;
    return EDO_READY;
}

static edo_polled churn_one(void *arg, edo_cx *cx, int *result) {
    churn_once(arg, cx);
    *result = 0;
    return EDO_READY;
}

EDO_ASYNC(ticker, edo_interval every; edo_interval_tick_future tick;) {
    EDO_BEGIN;
    bench_must(edo_interval_init(&self->every, edo_ms(TICK_MS), EDO_TICK_BURST));
    for (;;) EDO_TRY_AWAIT(edo_interval_tick_init(&self->tick, &self->every, NULL));
    EDO_END;
}

static edo_task *spawn_ticker(void) {
    ticker one;
    return bench_spawned(edo_spawn_future(ticker_init(&one)));
}

EDO_ASYNC(churner, bench *b; bool alone; edo_task * ticker; churn c;
          EDO_ONE_OF(edo_yield_future yield; edo_poll_fn_future all; edo_task_join_future join;);) {
    EDO_BEGIN;
    if (!self->alone) {
        self->ticker = spawn_ticker();
        EDO_AWAIT(edo_yield_init(&self->yield));
    }
    self->c.left = self->b->n;
    self->c.random = BENCH_SEED;
    bench_start(self->b);
    EDO_AWAIT(edo_poll_fn_init(&self->all, churn_all, &self->c));
    bench_stop(self->b, self->b->n);
    if (self->ticker) {
        edo_task_cancel(self->ticker);
        EDO_AWAIT(edo_task_join_init(&self->join, self->ticker));
    }
    EDO_END;
}
BENCH_STATE(timer_churn, churner, .alone = false)
BENCH_STATE(timer_churn_alone, churner, .alone = true)

static int churner_fiber(bench *b, bool alone) {
    edo_task *beside = alone ? NULL : spawn_ticker();
    churn c = { .random = BENCH_SEED };
    edo_poll_fn_future once;
    if (beside) bench_must(edo_yield());
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++)
        bench_must(edo_await(edo_poll_fn_init(&once, churn_one, &c)));
    bench_stop(b, b->n);
    if (!beside) return 0;
    edo_task_cancel(beside);
    (void)edo_task_join(beside); // -ECANCELED is meant
    return 0;
}

int timer_churn_fiber(void *arg) {
    return churner_fiber(arg, false);
}

int timer_churn_alone_fiber(void *arg) {
    return churner_fiber(arg, true);
}

/* ---- timer_insert_cancel: all alive, then dropped in another order --------------------------- */

static edo_polled insert_and_cancel(void *arg, edo_cx *cx, int *result) {
    bench *b = arg;
    uint64_t random = BENCH_SEED, at = 0;
    int64_t before_kb = bench_rss_kb();
    bench_start(b);
    edo_sleep_future *sleeps = malloc(b->n * sizeof *sleeps);
    *result = -ENOMEM;
    if (!sleeps) return EDO_READY;
    for (uint64_t i = 0; i < b->n; i++)
        (void)edo_poll(edo_sleep_init(&sleeps[i], long_span(&random)), cx);
    double insert_ns = (double)(bench_wall_ns() - b->start_ns);
    b->rss_kb = bench_rss_kb() - before_kb;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        at = (at + STRIDE) % b->n;
        edo_drop(&sleeps[at].base);
    }
    bench_stop(b, b->n);
    b->ns += insert_ns;
    bench_add_extra(b, "insert_ns", insert_ns / (double)b->n);
    bench_add_extra(b, "bytes_per", (double)b->rss_kb * 1024 / (double)b->n);
    free(sleeps);
    *result = 0;
    return EDO_READY;
}

EDO_ASYNC(insert_cancel, bench *b; edo_poll_fn_future all;) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_poll_fn_init(&self->all, insert_and_cancel, self->b));
    EDO_END;
}
BENCH_STATE(timer_insert_cancel, insert_cancel, .all = { .arg = NULL })

int timer_insert_cancel_fiber(void *arg) {
    edo_poll_fn_future all;
    return edo_await(edo_poll_fn_init(&all, insert_and_cancel, arg));
}

/* ---- timer_fire: how late, and how much CPU time --------------------------------------------- */

static int late_ns(edo_instant due) {
    int64_t late = edo_instant_since(edo_now(), due).ns;
    return late < 0 ? 0 : late > INT32_MAX ? INT32_MAX : (int)late;
}

EDO_ASYNC(napper, edo_duration span; edo_instant due; edo_sleep_future nap;) {
    EDO_BEGIN;
    self->due = edo_instant_add(edo_now(), self->span);
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, self->span));
    EDO_RETURN(late_ns(self->due));
    EDO_END;
}

static edo_task *spawn_napper(edo_duration span) {
    napper one;
    one.span = span;
    return bench_spawned(edo_spawn_future(napper_init(&one)));
}

static edo_duration short_span(uint64_t *random) {
    return edo_ms((int64_t)bench_random(random, 1, 100));
}

/* How late they were. */
typedef struct lateness {
    double sum;
    int worst;
} lateness;

static void count_late(lateness *l, int ns) {
    bench_must(ns);
    l->sum += ns;
    if (ns > l->worst) l->worst = ns;
}

static void report(bench *b, const lateness *l, int64_t cpu_ns) {
    bench_stop(b, b->n);
    bench_add_extra(b, "wall_ms", b->ns / 1e6);
    bench_add_extra(b, "late_mean_us", l->sum / (double)b->n / 1e3);
    bench_add_extra(b, "late_max_us", l->worst / 1e3);
    b->ns = (double)cpu_ns;
}

EDO_ASYNC(fire, bench *b; edo_task * *tasks; uint64_t i; uint64_t random; int64_t cpu_ns;
          lateness l; edo_task_join_future join;) {
    EDO_BEGIN;
    self->tasks = bench_array(self->b->n, sizeof *self->tasks);
    bench_start(self->b);
    self->cpu_ns = bench_cpu_ns();
    for (self->i = 0; self->i < self->b->n; self->i++)
        self->tasks[self->i] = spawn_napper(short_span(&self->random));
    for (self->i = 0; self->i < self->b->n; self->i++) {
        EDO_AWAIT(edo_task_join_init(&self->join, self->tasks[self->i]));
        count_late(&self->l, edo_result(&self->join));
    }
    report(self->b, &self->l, bench_cpu_ns() - self->cpu_ns);
    EDO_CLEANUP;
    free(self->tasks);
    EDO_END;
}
BENCH_STATE(timer_fire, fire, .random = BENCH_SEED)

static int napper_fiber(void *arg) {
    edo_duration span = { (int64_t)(intptr_t)arg };
    edo_instant due = edo_instant_add(edo_now(), span);
    int err = edo_sleep(span);
    return err < 0 ? err : late_ns(due);
}

int timer_fire_fiber(void *arg) {
    bench *b = arg;
    edo_task **tasks = bench_array(b->n, sizeof *tasks);
    uint64_t random = BENCH_SEED;
    lateness l = { 0 };
    bench_start(b);
    int64_t cpu_ns = bench_cpu_ns();
    for (uint64_t i = 0; i < b->n; i++)
        tasks[i] = edo_spawn(napper_fiber, (void *)(intptr_t)short_span(&random).ns);
    for (uint64_t i = 0; i < b->n; i++) count_late(&l, edo_task_join(tasks[i]));
    report(b, &l, bench_cpu_ns() - cpu_ns);
    free(tasks);
    return 0;
}
