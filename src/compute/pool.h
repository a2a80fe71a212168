/* SPDX-License-Identifier: MIT */
/* compute/pool.h: the threads that compute, and the forks that they take from each other.
 *
 * A fork lies on the stack of the thread that made it, its owner, which does not return before the
 * fork has ended. Forks are ended in reverse order, so an owner that takes from its own deque finds
 * the fork it made last, or, if that was stolen, nothing. */
#ifndef EDOI_COMPUTE_POOL_H
#define EDOI_COMPUTE_POOL_H

#include "runtime/blocking/job.h"

struct edoi_computer;

typedef struct edoi_fork {
    void (*run)(struct edoi_fork *self, bool stolen);
    struct edoi_computer *owner; /* the rest is the pool's */
    edoi_job *root;              /* of which job it is part */
    edo_atomic_u32 ended;        /* atomic: E1, E2; only if it was stolen */
    bool pushed;
} edoi_fork;

/* The pool's thread that this is, NULL for any other. */
struct edoi_computer *edoi_computer_here(void);

/* Offers `f`, whose `run` is set, to others; the thread goes on. */
void edoi_fork_begin(struct edoi_computer *me, edoi_fork *f);

/* Returns when `f` has ended: runs it, or waits for who took it, and works for others meanwhile. */
void edoi_fork_end(struct edoi_computer *me, edoi_fork *f);

/* Threads of the pool, which is started if it was not. 0: there are none. */
uint32_t edoi_compute_start(void);

/* An edoi_job_submit_fn. */
void edoi_compute_submit(edoi_job *j);

#endif
