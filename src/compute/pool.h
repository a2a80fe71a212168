/* SPDX-License-Identifier: MIT */
/* compute/pool.h: the compute threads, and the forks that they steal from each other.
 *
 * A fork lies on the stack of its owner, the thread that made it, which does not return before the
 * fork has ended. Forks are ended in reverse order, so an owner that takes from its own deque finds
 * its latest fork or, if that was stolen, nothing. */
#ifndef EDOI_COMPUTE_POOL_H
#define EDOI_COMPUTE_POOL_H

#include "runtime/blocking/job.h"

struct edoi_computer;

typedef struct edoi_fork {
    void (*run)(struct edoi_fork *self, bool stolen);
    struct edoi_computer *owner; /* the remaining members are the pool's */
    edoi_job *root;              /* the job it is part of */
    edo_atomic_u32 ended;        /* atomic: FK1, FK2; used only if it was stolen */
    bool pushed;
} edoi_fork;

/* The pool's thread that is calling; NULL for any other thread. */
struct edoi_computer *edoi_computer_here(void);

/* Offers `f`, whose `run` is set, to other threads; the caller continues. */
void edoi_fork_begin(struct edoi_computer *me, edoi_fork *f);

/* Returns when `f` has ended: runs it, or waits for the thief and works for others meanwhile. */
void edoi_fork_end(struct edoi_computer *me, edoi_fork *f);

/* The number of threads in the pool, which is started if necessary. 0: threads are refused. */
uint32_t edoi_compute_start(void);

/* An edoi_job_submit_fn. */
void edoi_compute_submit(edoi_job *j);

#endif
