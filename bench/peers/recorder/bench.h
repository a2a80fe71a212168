/* SPDX-License-Identifier: MIT */
/* bench.h: what the benches of flight recorders share: the loop, its time, and the line of JSON.
 *
 *     PROGRAM BENCH [-n N]
 *
 * Each bench is a loop of N events; `empty` is the loop without one. The CPU time of the process,
 * with what threads of a recorder do meanwhile. */
#ifndef EDO_BENCH_RECORDER_H
#define EDO_BENCH_RECORDER_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NO_SUCH_BENCH 3
#define EVENTS        20000000u

typedef void event_fn(uint64_t n);

/* An event says, in each of them, what happened to which task, by whom. */
static const char the_task[] = "a task";

/* The optimiser may not merge two rounds, nor leave one out. */
#define LOOP(name, event)                                                                          \
    static void name(uint64_t n) {                                                                 \
        for (uint64_t i = 0; i < n; i++) {                                                         \
            event;                                                                                 \
            __asm__ volatile("" ::"r"(i) : "memory");                                              \
        }                                                                                          \
    }

LOOP(loop_empty, (void)0)

static uint64_t bench_cpu_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static uint64_t bench_n(int argc, char **argv) {
    return argc > 3 && strcmp(argv[2], "-n") == 0 ? strtoull(argv[3], NULL, 10) : EVENTS;
}

static int bench_run(const char *peer, const char *bench, event_fn *loop, uint64_t n) {
    if (n == 0) return 2;
    loop(n / 10);
    const uint64_t begun = bench_cpu_ns();
    loop(n);
    const double ns = (double)(bench_cpu_ns() - begun) / (double)n;
    printf("{\"peer\":\"%s\",\"bench\":\"%s\",\"threads\":1,\"n\":%" PRIu64
           ",\"ns_per_op\":%.3f}\n",
           peer, bench, n, ns);
    return 0;
}

#endif
