/* SPDX-License-Identifier: MIT */
/* runtime/metrics/stats.h: the counters of a worker, and those that any thread may read.
 *
 * A number has one writer, the thread that holds the worker: so it is stored without a
 * read-modify-write; any thread may read it at any time, each number by itself. Nothing is counted
 * in every poll and wake; these numbers are computed from others:
 *
 *     polls     from the countdown to the next turn
 *     requeued  = polls - ended - deferred: a poll ends in one of these ways
 *     woken     = deferred - settled - still deferred: a deferred task is settled, or woken here
 *     waiting   = spawned - placed + requeued + woken + submitted + given + stolen + refilled
 *                 - polls - pushed to the ring
 *
 * inv. 1: `waiting` is the number of tasks in the worker's queues other than the ring. New code
 *         that adds a task there or removes one has to count it: edoi_stats_park() asserts the sum.
 *
 * The tally is not atomic; it is published before the worker waits, and every millisecond while it
 * is busy. Counts of rare events are published at once. */
#ifndef EDOI_RUNTIME_METRICS_STATS_H
#define EDOI_RUNTIME_METRICS_STATS_H

#include "base/atomic.h"

#include <edo/stats.h>

struct edoi_worker;

/* The layout of a histogram; n is 0 if it is off. */
typedef struct edoi_buckets {
    edo_hist_kind kind;
    uint32_t n;
    uint32_t precision; /* log: 2^precision buckets per octave */
    uint32_t octave;    /* log: the first bucket ends at 2^octave ns */
    int64_t width_ns;   /* linear */
} edoi_buckets;

/* The worker's thread only, or the one that has taken over its places (takeover.h). */
typedef struct edoi_tally {
    bool timed;         /* const: the clock is read at each poll */
    bool stamps;        /* const: tasks are stamped when they are queued */
    bool monitors;      /* const: some tasks may have a monitor */
    uint64_t settled;   /* deferred tasks that went idle, or were woken by other threads */
    uint64_t submitted; /* idle tasks that this thread woke and queued here */
    uint64_t placed;    /* spawned here for another worker */
    uint64_t given;     /* tasks that other threads have woken or spawned */
    uint64_t refilled;  /* taken from its own ring */
    uint64_t stolen;    /* taken from other workers' rings */
    uint64_t parked_at; /* polls at the last sleep */
    int64_t show_at_ns; /* the next publication while busy */
    bool is_stale;      /* not published since the last turn */
    edo_task *polled;   /* timed: the task whose poll began and was not seen to end; may be gone */
    const char *site;   /* its name */
    edo_task_monitor *monitor; /* its monitor, shared; NULL: none */
    int64_t poll_ns;           /* when its poll began */
    int64_t looked_ns;         /* timed: the last clock read */
} edoi_tally;

/* Read by any thread, each word by itself; written by the worker's thread. */
typedef struct edoi_shown {
    edo_atomic_u64 busy_ns, local_sched, waiting, fibers, mean_poll_ns, forced; /* at turns */
    edo_atomic_u64 parks, park_unparks, noops, steals, stolen, overflows, sent; /* at once */
    edo_atomic_u32 longest_seq; /* atomic: ST1, ST2; odd: the next two are being written */
    edo_atomic_u64 longest_ns;
    edo_atomic_ptr longest_site;
    edo_atomic_u64 *poll_hist, *sched_hist; /* const; NULL: off */
} edoi_shown;

/* Access to a worker's shown number on the worker's own thread. It orders nothing; so in models,
 * where each access of an atomic multiplies the work, it is plain memory. */
#ifdef EDOI_MODEL
#    define EDOI_OWN_LOAD(n)     ((n)->edoi_value)
#    define EDOI_OWN_STORE(n, v) ((void)((n)->edoi_value = (v)))
#else
#    define EDOI_OWN_LOAD(n)     EDOI_ATOMIC_LOAD(&(n)->edoi_value, EDOI_RELAXED)
#    define EDOI_OWN_STORE(n, v) EDOI_ATOMIC_STORE(&(n)->edoi_value, (v), EDOI_RELAXED)
#endif

/* In models publication is left out. */
EDOI_INLINE void edoi_show(edo_atomic_u64 *to, uint64_t n) {
#ifdef EDOI_MODEL
    (void)to, (void)n;
#else
    edoi_store_rlx_u64(to, n);
#endif
}

/* For the writer only. */
EDOI_INLINE void edoi_show_more(edo_atomic_u64 *to, uint64_t n) {
#ifdef EDOI_MODEL
    (void)to, (void)n;
#else
    edoi_store_rlx_u64(to, edoi_load_rlx_u64(to) + n);
#endif
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Fills in a layout from options. Errors: -EINVAL. */
EDO_MUST_USE int edoi_buckets_init(edoi_buckets *b, const edo_runtime_hist_opts *opts);

/* The bucket that counts `ns`, and the lower bound of a bucket. */
uint32_t edoi_bucket_of(const edoi_buckets *b, uint64_t ns);
int64_t edoi_bucket_from(const edoi_buckets *b, uint32_t at);

/* Initialises the tally of a fresh worker; the runtime's layouts are set. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stats_init(struct edoi_worker *w);
void edoi_stats_deinit(struct edoi_worker *w);

/* This thread takes, or releases, the worker. */
void edoi_stats_enter(struct edoi_worker *w);
void edoi_stats_leave(struct edoi_worker *w);

/* ---- The worker's thread --------------------------------------------------------------------- */

/* Measures how long the polls since `ran_from_ns` took: for thieves, and for the shown numbers. */
void edoi_stats_measure(struct edoi_worker *w, int64_t now_ns);

/* At the beginning of a turn. */
void edoi_stats_turn(struct edoi_worker *w, int64_t now_ns);

/* Before and after a wait in the driver. */
void edoi_stats_park(struct edoi_worker *w);
void edoi_stats_unpark(struct edoi_worker *w);

/* Its queues were emptied at the runtime's end. */
void edoi_stats_forget(struct edoi_worker *w);

/* The number of tasks in its queues other than the ring: inv. 1. Called between runs. */
uint64_t edoi_stats_waiting(const struct edoi_worker *w);

/* A task goes to the ring: a task just polled has no stamp yet. Only if `stamps`. */
void edoi_stats_share(struct edoi_worker *w, edo_task *t);

/* If `timed`, before each pick of a task: reads the clock and ends the previous poll, if any. The
 * queues must not have changed in between: the task is still where its poll has put it. */
void edoi_stats_poll_end(struct edoi_worker *w);

/* After that: a poll begins. */
void edoi_stats_poll_begin(struct edoi_worker *w, edo_task *t);

/* ---- Any thread ------------------------------------------------------------------------------ */

/* Records when a task is queued. Called by its holder; only if `stamps`. */
EDOI_COLD void edoi_stats_stamp(edo_task *t);

/* This worker is about to pass a task that it woke to another worker. */
void edoi_stats_sent(struct edoi_worker *w, edo_task *t);

/* A thread that is not a worker of `rt` is about to queue a task there. */
void edoi_stats_remote(edo_runtime *rt, edo_task *t);

#endif
