/* SPDX-License-Identifier: MIT */
/* edo/stats.h: numbers of a runtime, read on any thread while it runs.
 *
 *     edo_runtime_stats before = { 0 }, now = { 0 }, since = { 0 };
 *     edo_runtime_get_stats(rt, &before);
 *     …
 *     edo_runtime_get_stats(rt, &now);
 *     edo_runtime_stats_delta(&since, &before, &now);
 *
 * Reading stops no thread: each number is read by itself, so two of them may be of slightly
 * different moments. Counters count from the start of the runtime and never decrease. A worker
 * publishes most of its numbers before it sleeps, and about every millisecond while it is busy;
 * numbers that change rarely it publishes at once.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_STATS_H
#define EDO_STATS_H

#include <edo/runtime.h>

EDO_BEGIN_DECLS

/* Numbers of one worker, or of all together. */
typedef struct edo_worker_stats {
    /* now */
    uint32_t tid;           /* the system's id of its thread; 0: no thread drives it, or in `all` */
    uint32_t timers;        /* armed */
    uint64_t depth;         /* tasks in its queue */
    uint64_t fibers;        /* fibers that have begun and not ended */
    edo_duration mean_poll; /* mean of recent polls */
    /* in total */
    uint64_t polls;
    uint64_t busy_ns;      /* time not asleep in the driver, by the runtime's clock */
    uint64_t parks;        /* times that it went to sleep */
    uint64_t park_unparks; /* times that it went to sleep or woke up: odd while it sleeps */
    uint64_t noops;        /* times that it woke, had no task to run, and slept again */
    uint64_t local_sched;  /* tasks that its own thread queued here: spawned, woken, yielding */
    uint64_t sent;         /* tasks that it woke and that live on another worker */
    uint64_t overflows;    /* times that its queue was full, and half went to the global queue */
    uint64_t steals;       /* steals from other workers that got at least one task */
    uint64_t stolen;       /* tasks that these steals got */
    uint64_t reserved[4];
} edo_worker_stats;

/* Numbers of a runtime. Begin with all zero. It owns nothing. */
typedef struct edo_runtime_stats {
    edo_worker_stats *w; /* yours: filled for the first `w_max` workers; may be NULL */
    uint32_t w_max;      /* elements of `w` */
    uint32_t workers;    /* workers of the runtime */
    edo_worker_stats all;
    /* now */
    uint64_t tasks_alive;
    uint64_t global_depth;                     /* tasks in the queue for any worker */
    uint32_t blk_threads, blk_idle, blk_queue; /* as edo_blocking_get_stats() */
    uint32_t timers;                           /* armed */
    uint64_t stack_bytes; /* address space of all stacks, of the whole process; it only grows */
    /* deepest use of a stack seen, of the whole process: measured when the stack rests */
    uint64_t stack_high;
    edo_duration longest_poll; /* with poll_hist, else 0 */
    const char *longest_site;  /* the task's name, or "fn at file:line"; NULL: none */
    /* in total */
    uint64_t tasks_spawned;
    uint64_t remote_sched;     /* tasks spawned or woken by threads that are not its workers */
    uint64_t forced_yields;    /* polls that ended because the budget was spent */
    uint64_t fd_reg, fd_dereg; /* descriptors registered with the drivers, and removed */
    uint64_t io_ready;         /* events that the drivers took */
    uint64_t stack_pages_back; /* pages of stacks given back to the system, of the whole process */
    uint64_t ring_ops;         /* operations on files that ended in an io_uring */
    uint64_t reserved[7];
} edo_runtime_stats;

/** Reads the numbers of `rt`.
 * Owns:    borrows `rt`; fills `*s` and the first `s->w_max` elements of `s->w`, which stays yours.
 * Threads: any, at once; also after the shutdown, while you have a reference. */
EDO_API void edo_runtime_get_stats(edo_runtime *rt, edo_runtime_stats *s);

/** Computes what happened between two readings of one runtime: totals are those of `to` minus those
 * of `from`; numbers of now are those of `to`.
 * Owns:    borrows; fills `*out`, which may be `from` or `to`, and as many elements of `out->w` as
 *          `out->w_max` and both readings have.
 * Threads: any. */
EDO_API void edo_runtime_stats_delta(edo_runtime_stats *out, const edo_runtime_stats *from,
                                     const edo_runtime_stats *to);

#define EDO_WORKER_NONE (UINT32_MAX - 1)

/** Returns which worker of its runtime runs the caller: the index of its numbers in `w` of
 * edo_runtime_stats. After an await a task may be on another one.
 * Errors:  EDO_WORKER_NONE on a thread that holds no worker, as in edo_block_in_place(). */
EDO_API uint32_t edo_worker_index(void);

/* ---- Histograms ------------------------------------------------------------------------------ */

/* The histograms. Both are off unless the options `poll_hist` and `sched_hist` ask for them: each
 * reads the clock at every poll. */
typedef enum edo_runtime_hist {
    EDO_RUNTIME_HIST_POLL,  /* how long polls took */
    EDO_RUNTIME_HIST_SCHED, /* how long tasks waited, from their wake or spawn to their poll;
                               unknown beyond 4 minutes */
} edo_runtime_hist;

/* A bucket: at least `from`, less than `to`. The last bucket has no end: `to` is INT64_MAX ns. */
typedef struct edo_hist_range {
    edo_duration from, to;
} edo_hist_range;

#define EDO_WORKER_ALL UINT32_MAX

/** Returns how many buckets a histogram of `rt` has; 0: it is off. */
EDO_API uint32_t edo_runtime_hist_len(const edo_runtime *rt, edo_runtime_hist which);

/** Returns the range of times that bucket `at` counts; `at` is below edo_runtime_hist_len(). */
EDO_API edo_hist_range edo_runtime_hist_range(const edo_runtime *rt, edo_runtime_hist which,
                                              uint32_t at);

/** Reads the buckets of a histogram, of one worker or (EDO_WORKER_ALL) of all together. Returns how
 * many buckets it wrote: at most `max`; 0 if the histogram is off or there is no such worker.
 * Owns:    borrows `rt`; fills `counts`. */
EDO_API uint32_t edo_runtime_get_hist(edo_runtime *rt, uint64_t *counts, uint32_t max,
                                      edo_runtime_hist which, uint32_t worker);

EDO_END_DECLS

#endif
