/* SPDX-License-Identifier: MIT */
/* runtime/blocking/job.h: a function that runs on a thread of a pool, while a future waits for its
 * end.
 *
 * Two own a job: the future that waits and the pool that runs it. Either may be done with it first.
 *
 *                   queued               taken                ended
 *     pool takes    taken                (never)              (never)
 *     fn returns    (never)              ended, wake          (never)
 *     pool refuses  ended, drop, wake    (never)              (never)
 *     future goes   withdrawn, drop      left to itself       freed
 *
 * inv. 1: queued means linked in the pool's queue, under the pool's lock: so exactly one of the
 *         pool and the future takes it out.
 * inv. 2: `waker` is borrowed from a future that is pending; it is marked under `lock`, and the
 *         future clears it under `lock` before it goes.
 * inv. 3: exactly one of `fn` and `drop` is called; of a job that a child of fork() has inherited,
 *         in the parent. The child touches nothing of it. */
#ifndef EDOI_RUNTIME_BLOCKING_JOB_H
#define EDOI_RUNTIME_BLOCKING_JOB_H

#include "base/lock.h"

#include <edo/blocking.h>

struct edoi_blocking;

typedef struct edoi_job {
    edo_atomic_u32 refs;      /* atomic: JB1 */
    edo_atomic_u32 cancelled; /* atomic, relaxed: a flag for `fn` to look at */
    uint32_t forks;           /* const: edoi_forks() when it was made */
    edoi_lock lock;           /* leaf; guards the next three */
    bool ended;
    int result;
    edo_waker *waker; /* NULL: nobody waits */
    edo_task_fn *fn;  /* this and the next four: const once queued */
    void *arg;
    void (*drop)(void *arg);                 /* may be NULL */
    bool (*withdraw)(struct edoi_job *self); /* takes it out of the queue; false: it is not there */
    struct edoi_blocking
        *home; /* its queue, or (compute) where it is counted; shared; may be NULL */
    struct edoi_job *next, *prev; /* in the queue; lock: the pool's */
    bool queued;                  /* lock: the pool's */
    bool awaited;                 /* it counts at `home`; belongs to the future */
    bool promised;                /* const once queued: it runs, also if the pool closes */
    int64_t queued_ns;            /* when */
} edoi_job;

/* Jobs in order of arrival. lock: the pool's */
typedef struct edoi_job_queue {
    edoi_job *first, *last;
    uint32_t n;
} edoi_job_queue;

/* A job with one reference, in no queue; NULL without memory. Shares `home`, which may be NULL. */
EDO_MUST_USE edoi_job *edoi_job_new(edo_task_fn *fn, void *arg, void (*drop)(void *arg),
                                    struct edoi_blocking *home);
void edoi_job_unref(edoi_job *j);

/* The job of which this thread runs a part, NULL if none. edoi_job_run() sets it for the whole. */
edoi_job *edoi_job_here(void);
void edoi_job_set_here(edoi_job *j);

/* The pool's half; each consumes the pool's reference. */
void edoi_job_run(edoi_job *j);
void edoi_job_refuse(edoi_job *j, int err);

void edoi_job_push(edoi_job_queue *q, edoi_job *j);
void edoi_job_remove(edoi_job_queue *q, edoi_job *j);
edoi_job *edoi_job_pop(edoi_job_queue *q);

/* Gives a fresh job to its pool, with a reference. It may be refused at once. */
typedef void edoi_job_submit_fn(edoi_job *j);

/* Fills in what is not the base. Options that make no sense leave `fn` NULL, for poll to say so. */
void edoi_job_init(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                   const edo_blocking_opts *opts);

/* The future's half: poll and drop of an edo_blocking_future. */
edo_polled edoi_job_poll(edo_blocking_future *f, edo_cx *cx, struct edoi_blocking *home,
                         edoi_job_submit_fn *submit);
void edoi_job_drop(edo_future *base);

/* Awaits `f`; cut short, it withdraws the job, or waits on for one that has begun. */
EDO_MUST_USE int edoi_job_await(edo_blocking_future *f);

#endif
