/* SPDX-License-Identifier: MIT */
/* bench/cases/bench.h: what a case of edo-bench is given and what it returns.
 *
 * A case has two forms: a future that is spawned as a task (the state machine), and a function that
 * is spawned as a fiber. Both run once with a tenth of the work to warm up, then once for the
 * record; between bench_start() and bench_stop() the clock runs. */
#ifndef BENCH_CASES_BENCH_H
#define BENCH_CASES_BENCH_H

#include <edo/async.h>
#include <edo/task.h>

#include <stdlib.h>

#define BENCH_EXTRAS_MAX 5

typedef struct bench_extra {
    const char *name;
    double value;
} bench_extra;

/* One run of a case. */
typedef struct bench {
    uint64_t n;       /* operations wanted */
    uint64_t done;    /* operations done */
    int64_t start_ns; /* of the clock */
    double ns;        /* time of all of them */
    int64_t rss_kb;   /* growth while everything was alive; negative: report the process's peak */
    bench_extra extras[BENCH_EXTRAS_MAX];
    size_t extras_n;
} bench;

/* The clock runs from here on. */
void bench_start(bench *b);

/* Stops the clock; `done` operations were made. */
void bench_stop(bench *b, uint64_t done);

/* One figure more on the line. `name` is a literal. */
void bench_add_extra(bench *b, const char *name, double value);

/* How many workers there are. */
extern unsigned bench_threads;

int64_t bench_wall_ns(void);
int64_t bench_cpu_ns(void); /* of the process */
int64_t bench_rss_kb(void); /* resident now */

/* Zeroed memory for `n` things, or the end of the program. */
void *bench_array(uint64_t n, size_t bytes);

/* Ends the program if an operation failed that cannot. */
void bench_must(int result);
edo_task *bench_spawned(edo_task *t);

/* The pseudo-random numbers that every peer uses (xorshift64); begin with BENCH_SEED. */
#define BENCH_SEED UINT64_C(0x9e3779b97f4a7c15)
uint64_t bench_random(uint64_t *state, uint64_t low, uint64_t high);

/* A number of things split among `parts`: at least one for each. */
EDOI_INLINE uint64_t bench_each(uint64_t n, uint64_t parts) {
    return n / parts > 0 ? n / parts : 1;
}

/* Every case: name, default N, default N in fiber form, whether a tenth of it runs before. */
#define BENCH_CASES(X)                                                                             \
    X(spawn_join, 1000000, 1000000, true)                                                          \
    X(spawn_values, 1000000, 1000000, true)                                                        \
    X(spawn_one, 1000000, 1000000, true)                                                           \
    X(chained_spawn, 1000000, 1000000, true)                                                       \
    X(yield_2, 5000000, 5000000, true)                                                             \
    X(yield_1000, 5000000, 5000000, true)                                                          \
    X(oneshot_pingpong, 1000000, 1000000, true)                                                    \
    X(mpsc_pingpong, 1000000, 1000000, true)                                                       \
    X(mpsc_1p, 2000000, 2000000, true)                                                             \
    X(mpsc_8p, 2000000, 2000000, true)                                                             \
    X(mpsc_unbounded, 2000000, 2000000, true)                                                      \
    X(chan_8c, 2000000, 2000000, true)                                                             \
    X(broadcast_100, 5000000, 5000000, true)                                                       \
    X(broadcast_lossless_100, 5000000, 5000000, true)                                              \
    X(mutex_uncontended, 10000000, 10000000, true)                                                 \
    X(rwlock_uncontended, 10000000, 10000000, true)                                                \
    X(mutex_1000, 1000000, 1000000, true)                                                          \
    X(sem_1000, 1000000, 1000000, true)                                                            \
    X(snapshot_get, 10000000, 10000000, true)                                                      \
    X(keyed_mutex, 10000000, 10000000, true)                                                       \
    X(barrier_10, 5000000, 5000000, true)                                                          \
    X(select_2, 2000000, 2000000, true)                                                            \
    X(set_10, 2000000, 2000000, true)                                                              \
    X(set_10000, 2000000, 2000000, true)                                                           \
    X(merge_one_2, 2000000, 2000000, true)                                                         \
    X(merge_one_1000, 2000000, 2000000, true)                                                      \
    X(merge_all_2, 2000000, 2000000, true)                                                         \
    X(merge_all_1000, 2000000, 2000000, true)                                                      \
    X(timer_churn, 1000000, 1000000, true)                                                         \
    X(timer_churn_alone, 1000000, 1000000, true)                                                   \
    X(timer_insert_cancel, 1000000, 1000000, false)                                                \
    X(timer_fire, 100000, 100000, false)                                                           \
    X(parked_mem, 1000000, 100000, false)                                                          \
    X(steal, 100000, 100000, true)                                                                 \
    X(long_burn_2, 20, 20, false)                                                                  \
    X(long_burn_4, 20, 20, false)                                                                  \
    X(long_block_2, 20, 20, false)                                                                 \
    X(long_child, 20, 20, false)                                                                   \
    X(long_poll, 20, 20, true)                                                                     \
    X(ready_others, 2000, 2000, true)                                                              \
    X(frames_64_fed, 5000000, 5000000, true)                                                       \
    X(frames_64_sent, 5000000, 5000000, true)                                                      \
    X(frames_16k, 200000, 200000, true)                                                            \
    X(lines_80, 5000000, 5000000, true)                                                            \
    X(spawn_true, 1000, 1000, true)                                                                \
    X(file_lines, 3355443, 3355443, true)                                                          \
    X(file_cached_1, 200000, 200000, true)                                                         \
    X(file_cached_64, 200000, 200000, true)                                                        \
    X(file_device_1, 4000, 4000, false)                                                            \
    X(file_device_64, 8000, 8000, false)                                                           \
    X(counter_add, 20000000, 20000000, true)                                                       \
    X(hist_record, 10000000, 10000000, true)                                                       \
    X(hist_record_log, 10000000, 10000000, true)                                                   \
    X(limiter_check, 10000000, 10000000, true)                                                     \
    X(limiter_check_at, 20000000, 20000000, true)                                                  \
    X(limiter_check_key, 5000000, 5000000, true)                                                   \
    X(balance_pick, 10000000, 10000000, true)                                                      \
    X(balance_ewma, 10000000, 10000000, true)                                                      \
    X(balance_hash, 10000000, 10000000, true)                                                      \
    X(pool_get, 10000000, 10000000, true)                                                          \
    X(pool_crowd, 5000000, 5000000, true)                                                          \
    X(cache_hit, 10000000, 10000000, true)                                                         \
    X(generate_next, 2000000, 2000000, true)                                                       \
    X(slab_get_put, 10000000, 10000000, true)                                                      \
    X(malloc_free, 10000000, 10000000, true)

#define BENCH_DECLARE(name, n, fibers_n, warm)                                                     \
    edo_future *name##_state(bench *b);                                                            \
    int name##_fiber(void *b);
BENCH_CASES(BENCH_DECLARE)

/* Defines name_state(): the future `frame` with its fields set, in static storage, from which the
 * spawn copies it. */
#define BENCH_STATE(name, frame, ...)                                                              \
    edo_future *name##_state(bench *b) {                                                           \
        static frame first;                                                                        \
        first = (frame){ .b = b, __VA_ARGS__ };                                                    \
        return frame##_init(&first);                                                               \
    }

#endif
