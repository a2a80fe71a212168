/* SPDX-License-Identifier: MIT */
/* runtime/blocking/job.h: a function that runs on a thread of a pool, while a future waits for its
 * end.
 *
 * A job has two owners: the future that waits and the pool that runs it. Either may release it
 * first.
 *
 *                   queued               taken                ended
 *     pool takes    taken                (never)              (never)
 *     fn returns    (never)              ended, wake          (never)
 *     pool refuses  ended, drop, wake    (never)              (never)
 *     future goes   withdrawn, drop      left to itself       freed
 *
 * inv. 1: queued means linked in the pool's queue, under the pool's lock: so exactly one of the
 *         pool and the future unlinks it.
 * inv. 2: `waker` is borrowed from a pending future; it is marked under `lock`, and the future
 *         clears it under `lock` before it ends.
 * inv. 3: exactly one of `fn` and `drop` is called; for a job inherited by a child of fork(), in
 *         the parent. The child touches nothing of it. */
#ifndef EDOI_RUNTIME_BLOCKING_JOB_H
#define EDOI_RUNTIME_BLOCKING_JOB_H

#include "base/lock.h"

#include <edo/blocking.h>

struct edoi_blocking;

typedef struct edoi_job {
    edo_atomic_u32 refs;      /* atomic: JB1 */
    edo_atomic_u32 cancelled; /* atomic, relaxed: a flag that `fn` may read */
    uint32_t forks;           /* const: edoi_forks() when it was made */
    edoi_lock lock;           /* leaf; guards the next three */
    bool ended;
    int result;
    edo_waker *waker; /* NULL: no future waits */
    /* why it failed; the pool's until it has ended, then the future's; NULL: none */
    struct edoi_trail *trail;
    edo_task_fn *fn; /* this and the next four: const once queued */
    void *arg;
    void (*drop)(void *arg);                 /* may be NULL */
    bool (*withdraw)(struct edoi_job *self); /* unlinks it from the queue; false: not queued */
    /* its queue, or (compute) where it is counted; shared; may be NULL */
    struct edoi_blocking *home;
    struct edoi_job *next, *prev; /* in the queue; lock: the pool's */
    struct edoi_job_queue *in;    /* the queue; NULL: none. lock: the pool's */
    uint64_t key;                 /* const once queued; see edoi_blocking_take_turns() */
    bool awaited;                 /* counted at `home`; belongs to the future */
    bool promised;                /* const once queued: runs even if the pool closes */
    int64_t queued_ns;            /* when it was queued */
    struct edoi_values *values;   /* const once queued: what it inherits; NULL: nothing */
} edoi_job;

/* Jobs in order of arrival. lock: the pool's */
typedef struct edoi_job_queue {
    edoi_job *first, *last;
    uint32_t n;
} edoi_job_queue;

/* A job with one reference, not queued; NULL without memory. Shares `home`, which may be NULL. */
EDO_MUST_USE edoi_job *edoi_job_new(edo_task_fn *fn, void *arg, void (*drop)(void *arg),
                                    struct edoi_blocking *home);
void edoi_job_unref(edoi_job *j);

/* The job that this thread runs, or runs a part of; NULL if none. edoi_job_run() sets it for a
 * whole job. */
edoi_job *edoi_job_here(void);
void edoi_job_set_here(edoi_job *j);

/* For the pool; each call consumes the pool's reference. */
void edoi_job_run(edoi_job *j);
void edoi_job_refuse(edoi_job *j, int err);

/* Inside the `drop` of a job that never ran: why. It is the result of the job's future, or
 * -EDO_ECLOSED if that was dropped. */
int edoi_job_drop_reason(void);

void edoi_job_push(edoi_job_queue *q, edoi_job *j);
void edoi_job_remove(edoi_job *j); /* from its queue */
edoi_job *edoi_job_pop(edoi_job_queue *q);

/* Passes a fresh job to its pool, with a reference. The pool may refuse it at once. */
typedef void edoi_job_submit_fn(edoi_job *j);

/* Sets all members except the base. Invalid options leave `fn` NULL, which poll reports. */
void edoi_job_init(edo_blocking_future *f, edo_task_fn *fn, void *arg,
                   const edo_blocking_opts *opts);

/* For the future: poll and drop of an edo_blocking_future. */
edo_polled edoi_job_poll(edo_blocking_future *f, edo_cx *cx, struct edoi_blocking *home,
                         edoi_job_submit_fn *submit);
void edoi_job_drop(edo_future *base);

/* Calls the future's `drop`, if it has one, in place of the job. */
void edoi_job_discard(edo_blocking_future *f, int err);

/* Awaits `f`; if cut short, withdraws the job, or waits on for a job that has begun. */
EDO_MUST_USE int edoi_job_await(edo_blocking_future *f);

#endif
