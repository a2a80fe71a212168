/* SPDX-License-Identifier: MIT */
/* fs/tree/pooled.h: a sequence whose parts are made by jobs of the blocking pool.
 *
 * The reader polls edoi_pooled_poll() when it needs a part, and uses the part when that is ready.
 * A reader that goes (edoi_pooled_leave) loses nothing: a job that has begun runs to its end, and
 * its part lies there for the next poll.
 *
 * inv. 1: a job holds a reference and, while it makes a part, `lock`. Once it has `lock` it makes
 *         nothing if a part lies there, or if its own reader is gone.
 * inv. 2: so when the reader's latest job has ended no other job changes the object: the older jobs
 *         that are left have no reader. Until it asks for the next part the reader owns all but
 *         `lock` and `refs`. */
#ifndef EDOI_FS_TREE_POOLED_H
#define EDOI_FS_TREE_POOLED_H

#include "base/atomic.h"

#include <edo/blocking.h>
#include <edo/seq.h>

#include <pthread.h>

typedef struct edoi_pooled edoi_pooled;

typedef struct edoi_pooled_ops {
    int (*make)(edoi_pooled *self);  /* makes a part; on a thread that may block */
    void (*free)(edoi_pooled *self); /* with the last reference, on any thread */
} edoi_pooled_ops;

struct edoi_pooled {
    edo_seq base; /* first */
    const edoi_pooled_ops *ops;
    edo_atomic_u32 refs; /* atomic: PL1 */
    uint32_t forks;      /* const: edoi_forks() when it was made */
    pthread_mutex_t lock;
    bool is_made;            /* a part lies there that the reader has not taken; lock: lock */
    int made;                /* what `make` returned; lock: lock */
    bool waits;              /* `job` is pending; the reader's */
    edo_blocking_future job; /* the reader's */
};

void edoi_pooled_init(edoi_pooled *self, const edoi_pooled_ops *ops);

/* Ready with what `make` returned in `*made`, and a negative code in `*result` if no part could be
 * made, otherwise 0. */
edo_polled edoi_pooled_poll(edoi_pooled *self, edo_cx *cx, int *made, int *result);

/* For edo_seq_ops: leave and drop. */
void edoi_pooled_leave(edo_seq *s);
void edoi_pooled_drop(edo_seq *s);

#endif
