/* SPDX-License-Identifier: MIT */
/* Question: how well are short tasks of one spawner spread over the workers?
 * Guards: that the second worker is woken soon, and takes enough at once; with one, that spawning
 * and running add little to a microsecond of work. */
#include "cases/bench.h"

#include <edo/notify.h>

#include <stdatomic.h>

#define TURNS        800   /* about a microsecond of dependent arithmetic */
#define SERIAL_TURNS 20000 /* pieces of work that are timed alone */

static struct {
    edo_notify done;
    atomic_uint_fast64_t left_n;
    double task_ns;
} shared;

static uint64_t work(uint64_t seed) {
    uint64_t x = seed | 1;
    for (int i = 0; i < TURNS; i++) x = (x ^ x >> 13) * UINT64_C(0x9e3779b97f4a7c15);
    return x;
}

/* The compiler knows nothing about the piece nor about its outcome. */
static void work_hidden(uint64_t i) {
    volatile uint64_t seed = i;
    seed = work(seed);
    (void)seed;
}

static void begin(bench *b) {
    int64_t start_ns = bench_wall_ns();
    for (uint64_t i = 0; i < SERIAL_TURNS; i++) work_hidden(i);
    shared.task_ns = (double)(bench_wall_ns() - start_ns) / SERIAL_TURNS;
    shared.done = (edo_notify)EDO_NOTIFY_INIT;
    atomic_init(&shared.left_n, b->n);
    bench_start(b);
}

static void finish(bench *b) {
    bench_stop(b, b->n);
    bench_add_extra(b, "task_ns", shared.task_ns);
    bench_add_extra(b, "efficiency",
                    shared.task_ns * (double)b->n / ((double)bench_threads * b->ns));
}

static void one_piece(uint64_t i) {
    work_hidden(i);
    if (atomic_fetch_sub(&shared.left_n, 1) == 1) edo_notify_one(&shared.done);
}

EDO_ASYNC(piece, uint64_t i;) {
    EDO_BEGIN;
    one_piece(self->i);
    EDO_END;
}

static void spawn_piece(uint64_t i) {
    piece one;
    one.i = i;
    bench_must(edo_spawn_future_detached(piece_init(&one)));
}

EDO_ASYNC(stealing, bench *b; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    begin(self->b);
    for (uint64_t i = 0; i < self->b->n; i++) spawn_piece(i);
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &shared.done));
    finish(self->b);
    EDO_END;
}
BENCH_STATE(steal, stealing, .wait = { .notify = NULL })

static int piece_fiber(void *arg) {
    one_piece((uint64_t)(uintptr_t)arg);
    return 0;
}

int steal_fiber(void *arg) {
    bench *b = arg;
    begin(b);
    for (uint64_t i = 0; i < b->n; i++)
        bench_must(edo_spawn_detached(piece_fiber, (void *)(uintptr_t)i));
    bench_must(edo_notify_wait(&shared.done));
    finish(b);
    return 0;
}
