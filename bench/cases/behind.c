/* SPDX-License-Identifier: MIT */
/* Question: does a task wait behind a poll that does not end, while another core idles? Run it with
 *           -t 2.
 * Guards: the promise that nothing which may move waits behind one poll for more than 5 ms,
 * whatever ran before: each operation comes after 2,000 short tasks, by which a runtime may believe
 * that all tasks are short.
 *     long_burn_2, long_burn_4   two or four tasks that compute for 200 ms, until the last has ended
 *     long_block_2               two that block their thread for 400 ms, until the last has ended
 *     long_child                 a child whose parent blocks its thread, until the child begins; 200 ms: never
 * The time of an operation is the median of all; the extra is the worst, in ms. */
#include "cases/bench.h"

#include <edo/notify.h>

#include <stdatomic.h>
#include <time.h>

#define SHORT_TASKS 2000u
#define BURN_NS     INT64_C(200000000)
#define BLOCK_NS    INT64_C(400000000)
#define NEVER_NS    INT64_C(200000000)
#define TURNS_TIMED UINT64_C(20000000)

typedef struct kind {
    uint32_t tasks_n;
    void (*act)(void); /* each of them */
} kind;

static struct {
    const kind *kind;
    bool fibers;
    uint64_t burn_turns; /* that take BURN_NS alone */
    edo_notify done;
    atomic_uint left_n;
    int64_t from_ns;
    atomic_int_fast64_t child_ns; /* when it began */
    int64_t *took_ns;             /* of each operation */
} shared;

static uint64_t turn(uint64_t turns) {
    uint64_t x = turns | 1;
    for (; turns > 0; turns--) x = (x ^ x >> 13) * UINT64_C(0x9e3779b97f4a7c15);
    return x;
}

static void burn_turns(uint64_t turns) {
    volatile uint64_t hidden = turns;
    hidden = turn(hidden);
    (void)hidden;
}

static void burn(void) {
    burn_turns(shared.burn_turns);
}

static void block_for(int64_t ns) {
    struct timespec ts = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
    (void)nanosleep(&ts, NULL);
}

static void block(void) {
    block_for(BLOCK_NS);
}

static void end_one(void) {
    if (atomic_fetch_sub(&shared.left_n, 1) == 1) edo_notify_one(&shared.done);
}

/* ---- The tasks, in both forms ---------------------------------------------------------------- */

EDO_ASYNC(short_one, int unused;) {
    EDO_BEGIN;
    end_one();
    EDO_END;
}

EDO_ASYNC(long_one, int unused;) {
    EDO_BEGIN;
    shared.kind->act();
    end_one();
    EDO_END;
}

EDO_ASYNC(child, int unused;) {
    EDO_BEGIN;
    atomic_store(&shared.child_ns, bench_wall_ns());
    EDO_END;
}

static int short_fiber(void *arg) {
    (void)arg;
    end_one();
    return 0;
}

static int long_fiber(void *arg) {
    (void)arg;
    shared.kind->act();
    end_one();
    return 0;
}

static int child_fiber(void *arg) {
    (void)arg;
    atomic_store(&shared.child_ns, bench_wall_ns());
    return 0;
}

static void spawn_child(void) {
    child one;
    if (shared.fibers) {
        bench_must(edo_spawn_detached(child_fiber, NULL));
    } else {
        bench_must(edo_spawn_future_detached(child_init(&one)));
    }
}

/* The thread sleeps in the kernel, as in a call of a library that blocks. */
static void block_above_child(void) {
    atomic_store(&shared.child_ns, 0);
    shared.from_ns = bench_wall_ns();
    spawn_child();
    while (!atomic_load(&shared.child_ns) && bench_wall_ns() - shared.from_ns < NEVER_NS)
        block_for(200000);
    if (!atomic_load(&shared.child_ns)) atomic_store(&shared.child_ns, bench_wall_ns());
}

static void spawn_short(void) {
    atomic_store(&shared.left_n, SHORT_TASKS);
    for (uint32_t i = 0; i < SHORT_TASKS; i++) {
        short_one one;
        bench_must(shared.fibers ? edo_spawn_detached(short_fiber, NULL)
                                 : edo_spawn_future_detached(short_one_init(&one)));
    }
}

static void spawn_long(void) {
    atomic_store(&shared.left_n, shared.kind->tasks_n);
    shared.from_ns = bench_wall_ns();
    for (uint32_t i = 0; i < shared.kind->tasks_n; i++) {
        long_one one;
        bench_must(shared.fibers ? edo_spawn_detached(long_fiber, NULL)
                                 : edo_spawn_future_detached(long_one_init(&one)));
    }
}

/* ---- The operations -------------------------------------------------------------------------- */

static void begin(bench *b, bool fibers) {
    shared.fibers = fibers;
    shared.done = (edo_notify)EDO_NOTIFY_INIT;
    shared.took_ns = bench_array(b->n, sizeof *shared.took_ns);
    int64_t from_ns = bench_wall_ns();
    burn_turns(TURNS_TIMED);
    shared.burn_turns = TURNS_TIMED * (uint64_t)BURN_NS / (uint64_t)(bench_wall_ns() - from_ns);
    bench_start(b);
}

static void note(uint64_t i) {
    int64_t end_ns =
        shared.kind->act == block_above_child ? atomic_load(&shared.child_ns) : bench_wall_ns();
    shared.took_ns[i] = end_ns - shared.from_ns;
}

static int compare(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void finish(bench *b) {
    bench_stop(b, b->n);
    qsort(shared.took_ns, b->n, sizeof *shared.took_ns, compare);
    uint64_t middle = b->n / 2;
    double median_ns = (double)shared.took_ns[middle];
    b->ns = median_ns * (double)b->n;
    bench_add_extra(b, "median_ms", median_ns / 1e6);
    bench_add_extra(b, "worst_ms", (double)shared.took_ns[b->n - 1] / 1e6);
    free(shared.took_ns);
}

EDO_ASYNC(rounds, bench *b; uint64_t i; edo_notify_wait_future wait;) {
    EDO_BEGIN;
    begin(self->b, false);
    for (self->i = 0; self->i < self->b->n; self->i++) {
        spawn_short();
        EDO_AWAIT(edo_notify_wait_init(&self->wait, &shared.done));
        spawn_long();
        EDO_AWAIT(edo_notify_wait_init(&self->wait, &shared.done));
        note(self->i);
    }
    finish(self->b);
    EDO_END;
}

static int rounds_in_fiber(bench *b) {
    begin(b, true);
    for (uint64_t i = 0; i < b->n; i++) {
        spawn_short();
        bench_must(edo_notify_wait(&shared.done));
        spawn_long();
        bench_must(edo_notify_wait(&shared.done));
        note(i);
    }
    finish(b);
    return 0;
}

#define LONG_CASE(name, n, fn)                                                                     \
    static const kind name##_kind = { n, fn };                                                     \
    edo_future *name##_state(bench *b) {                                                           \
        static rounds first;                                                                       \
        shared.kind = &name##_kind;                                                                \
        first = (rounds){ .b = b };                                                                \
        return rounds_init(&first);                                                                \
    }                                                                                              \
    int name##_fiber(void *b) {                                                                    \
        shared.kind = &name##_kind;                                                                \
        return rounds_in_fiber(b);                                                                 \
    }

LONG_CASE(long_burn_2, 2, burn)
LONG_CASE(long_burn_4, 4, burn)
LONG_CASE(long_block_2, 2, block)
LONG_CASE(long_child, 1, block_above_child)
