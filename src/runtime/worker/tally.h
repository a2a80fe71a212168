/* SPDX-License-Identifier: MIT */
/* runtime/worker/tally.h: the counters of a worker, and those that any thread may read.
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
#ifndef EDOI_RUNTIME_WORKER_TALLY_H
#define EDOI_RUNTIME_WORKER_TALLY_H

#include "base/atomic.h"

#include <edo/stats.h>

/* The layout of a histogram; n is 0 if it is off. */
typedef struct edoi_buckets {
    edo_hist_kind kind;
    uint32_t n;
    uint32_t precision; /* log: 2^precision buckets per octave */
    uint32_t octave;    /* log: the first bucket ends at 2^octave ns */
    int64_t width_ns;   /* linear */
} edoi_buckets;

/* What a worker remembers of what it records: recorded.h. Its thread only. */
typedef struct edoi_recorded {
    uint32_t depth;                      /* edo_recorder_depth, as of the last turn */
    struct edoi_recorder_writer *writer; /* NULL: none yet, or there was none left */
    uint64_t polls_n;                    /* polls as of the last turn that was recorded */
    int64_t clock_ns;                    /* when the clock was recorded last */
    edo_task *task;   /* the task whose poll began and was not seen to end; may be gone; or NULL */
    const char *site; /* its name */
    uint64_t began;   /* ticks when its poll began */
    uint64_t ended;   /* and when it ended */
    uint64_t ended_n; /* tasks that had ended here by then */
} edoi_recorded;

/* The worker's thread only, or the one that has taken over its places (takeover.h). */
typedef struct edoi_tally {
    bool timed;         /* there is a look before each poll: `clocked`, or it records */
    bool clocked;       /* const: the clock is read at each poll */
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
    edo_task *polled; /* clocked: the task whose poll began and was not seen to end; may be gone */
    const char *site; /* its name */
    edo_task_monitor *monitor; /* its monitor, shared; NULL: none */
    int64_t poll_ns;           /* when its poll began */
    int64_t looked_ns;         /* clocked: the last clock read */
    edoi_recorded recorded;
} edoi_tally;

/* Read by any thread, each word by itself; written by the worker's thread. */
typedef struct edoi_shown {
    edo_atomic_u64 busy_ns, local_sched, waiting, fibers, mean_poll_ns, forced; /* at turns */
    edo_atomic_u64 ran_from_ns; /* likewise: `busy_ns` has the time until then */
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

#endif
