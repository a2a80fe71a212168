/* SPDX-License-Identifier: MIT */
/* runtime/metrics/stats.h: what a worker counts about itself, and what of that anybody may read.
 *
 * A number has one writer, the thread that holds the worker: so it is stored without a
 * read-modify-write, and read by anybody at any time, each number by itself. Nothing is counted on
 * the way of every poll and wake; what happens there follows from what is counted beside it:
 *
 *     polls     the countdown to the next look tells
 *     requeued  = polls - ended - deferred: a poll ends in one of these ways
 *     woken     = deferred - settled - still deferred: a deferred task is settled, or woken here
 *     waiting   = spawned - placed + requeued + woken + submitted + given + stolen + refilled
 *                 - polls - pushed to the ring
 *
 * inv. 1: `waiting` is the number of tasks in the worker's queues beside the ring. Code that
 *         brings a task there, or takes it away, on a new way has to count it: edoi_stats_park()
 *         asserts the sum.
 *
 * The tally is plain; it is shown before the worker waits, and every millisecond while it is busy.
 * What is rare is shown at once. */
#ifndef EDOI_RUNTIME_METRICS_STATS_H
#define EDOI_RUNTIME_METRICS_STATS_H

#include "base/atomic.h"

#include <edo/stats.h>

struct edoi_worker;

/* The layout of a histogram; n is 0 if it is off. */
typedef struct edoi_buckets {
    edo_hist_kind kind;
    uint32_t n;
    uint32_t precision; /* log: 2^precision buckets an octave */
    uint32_t octave;    /* log: the first bucket ends at 2^octave ns */
    int64_t width_ns;   /* linear */
} edoi_buckets;

/* The worker's thread only. */
typedef struct edoi_tally {
    bool timed;         /* const: the clock is read at each poll */
    bool stamps;        /* const: tasks are stamped when they are queued */
    bool monitors;      /* const: some may have a monitor */
    uint64_t settled;   /* deferred tasks that went idle, or were woken by others */
    uint64_t submitted; /* idle tasks that this thread woke and queued here */
    uint64_t placed;    /* spawned here for another worker */
    uint64_t given;     /* tasks that others have woken or spawned */
    uint64_t refilled;  /* taken from the own ring */
    uint64_t stolen;    /* from the rings of others */
    uint64_t parked_at; /* polls at the last sleep */
    int64_t show_at_ns; /* while busy, not before that */
    bool is_stale;      /* not shown since the last turn */
    edo_task
        *polled; /* timed: the one whose poll has begun, and not been seen to end; it may be gone */
    const char *site;          /* its name */
    edo_task_monitor *monitor; /* its own, shared; NULL: it has none */
    int64_t poll_ns;           /* when its poll began */
    int64_t looked_ns;         /* timed: the last look */
} edoi_tally;

/* Read by anybody, each word by itself; written by the worker's thread. */
typedef struct edoi_shown {
    edo_atomic_u64 busy_ns, local_sched, waiting, fibers, mean_poll_ns, forced; /* at turns */
    edo_atomic_u64 parks, park_unparks, noops, steals, stolen, overflows, sent; /* at once */
    edo_atomic_u32 longest_seq; /* atomic: ST1, ST2; odd: the two below are being written */
    edo_atomic_u64 longest_ns;
    edo_atomic_ptr longest_site;
    edo_atomic_u64 *poll_hist, *sched_hist; /* const; NULL: off */
} edoi_shown;

/* A worker's number that others may see, for the worker's thread. It orders nothing, so that in
 * models, where each access of an atomic multiplies the work, it is as any other memory. */
#ifdef EDOI_MODEL
#    define EDOI_OWN_LOAD(n)     ((n)->edoi_value)
#    define EDOI_OWN_STORE(n, v) ((void)((n)->edoi_value = (v)))
#else
#    define EDOI_OWN_LOAD(n)     EDOI_ATOMIC_LOAD(&(n)->edoi_value, EDOI_RELAXED)
#    define EDOI_OWN_STORE(n, v) EDOI_ATOMIC_STORE(&(n)->edoi_value, (v), EDOI_RELAXED)
#endif

/* What is only shown is left out there. */
EDOI_INLINE void edoi_show(edo_atomic_u64 *to, uint64_t n) {
#ifdef EDOI_MODEL
    (void)to, (void)n;
#else
    edoi_store_rlx_u64(to, n);
#endif
}

/* The writer only. */
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

/* The bucket that counts `ns`, and the time with which a bucket begins. */
uint32_t edoi_bucket_of(const edoi_buckets *b, uint64_t ns);
int64_t edoi_bucket_from(const edoi_buckets *b, uint32_t at);

/* The tally of a fresh worker; its runtime's layouts are set. Errors: -ENOMEM. */
EDO_MUST_USE int edoi_stats_init(struct edoi_worker *w);
void edoi_stats_deinit(struct edoi_worker *w);

/* This thread takes the worker, and lets go of it. */
void edoi_stats_enter(struct edoi_worker *w);
void edoi_stats_leave(struct edoi_worker *w);

/* ---- The worker's thread --------------------------------------------------------------------- */

/* How long the polls since `ran_from_ns` took: for thieves, and to be shown. */
void edoi_stats_measure(struct edoi_worker *w, int64_t now_ns);

/* At the begin of a turn. */
void edoi_stats_turn(struct edoi_worker *w, int64_t now_ns);

/* Around a wait in the driver. */
void edoi_stats_park(struct edoi_worker *w);
void edoi_stats_unpark(struct edoi_worker *w);

/* Its queues were emptied at the end. */
void edoi_stats_forget(struct edoi_worker *w);

/* Tasks in its queues beside the ring: inv. 1. Between runs. */
uint64_t edoi_stats_waiting(const struct edoi_worker *w);

/* A task goes to the ring: the one that was polled has no stamp yet. Only if `stamps`. */
void edoi_stats_share(struct edoi_worker *w, edo_task *t);

/* If `timed`. At the begin of each look: the clock is read, and the poll before it has ended, if
 * any. Nobody may have touched the queues in between: the task is still where its poll has put
 * it. */
void edoi_stats_poll_end(struct edoi_worker *w);

/* After the same look: a poll begins. */
void edoi_stats_poll_begin(struct edoi_worker *w, edo_task *t);

/* ---- Anybody --------------------------------------------------------------------------------- */

/* Notes when a task is queued. Its holder; only if `stamps`. */
EDOI_COLD void edoi_stats_stamp(edo_task *t);

/* This worker is about to give a task that it woke to another. */
void edoi_stats_sent(struct edoi_worker *w, edo_task *t);

/* A thread that is no worker of `rt` is about to queue a task there. */
void edoi_stats_remote(edo_runtime *rt, edo_task *t);

#endif
