/* SPDX-License-Identifier: MIT */
/* Question: what CPU time does it take to start a program and to wait for its end?
 * Guards: no more than a spawn of the C library, a descriptor of the process and a turn of the
 * driver; the time of the program itself does not count. */
#include "cases/bench.h"

#include <edo/process.h>

static const char *const command[] = { "/bin/true", NULL };

static edo_process *started(void) {
    edo_process *p;
    bench_must(edo_process_spawn(&p, command, NULL));
    return p;
}

static void stop(bench *b, int64_t cpu_began) {
    bench_stop(b, b->n);
    b->ns = (double)(bench_cpu_ns() - cpu_began);
}

EDO_ASYNC(spawner, bench *b; int64_t cpu_began; uint64_t left; edo_process * process;
          edo_process_wait_future wait;) {
    EDO_BEGIN;
    self->cpu_began = bench_cpu_ns();
    for (self->left = self->b->n; self->left > 0; self->left--) {
        self->process = started();
        EDO_TRY_AWAIT(edo_process_wait_init(&self->wait, self->process));
        edo_process_unref(self->process);
    }
    stop(self->b, self->cpu_began);
    EDO_END;
}
BENCH_STATE(spawn_true, spawner, .left = 0)

int spawn_true_fiber(void *arg) {
    bench *b = arg;
    int64_t cpu_began = bench_cpu_ns();
    for (uint64_t i = 0; i < b->n; i++) {
        edo_process *p = started();
        bench_must(edo_process_wait(p));
        edo_process_unref(p);
    }
    stop(b, cpu_began);
    return 0;
}
