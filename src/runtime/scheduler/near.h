/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/near.h: whether one who waits could go on on this worker, without the wake of
 * another.
 *
 * A lock asks before it hands over: see sync/near.h. */
#ifndef EDOI_RUNTIME_SCHEDULER_NEAR_H
#define EDOI_RUNTIME_SCHEDULER_NEAR_H

#include "base/atomic.h"

#include <edo/future.h>

struct edoi_worker;

extern edo_atomic_u32 edoi_near_enabled; /* atomic, relaxed: set before the first worker that has a
                                            sibling runs; never cleared */

void edoi_near_enable(void);

/* Whether anybody in this process can be far from anybody. What a worker with siblings did under a
 * lock is seen together with this. */
EDOI_INLINE bool edoi_near_matters(void) {
    return edoi_load_rlx_u32(&edoi_near_enabled) != 0; // relaxed: the lock orders
}

/* The worker of this thread if it has siblings, else NULL: nobody is nearer than others. */
const struct edoi_worker *edoi_near_worker(void);

/* Whether `waker` is that of a task which this worker, the thread's own, may run. Not if it is no
 * task's, and not if it is of another runtime. The waker is alive: the caller holds the lock of the
 * list in which it found it. */
EDO_MUST_USE bool edoi_near_is(const struct edoi_worker *w, const edo_waker *waker);

/* A name of the worker, and its time in about microseconds, which wraps around. */
uint16_t edoi_near_id(const struct edoi_worker *w);
uint32_t edoi_near_us(const struct edoi_worker *w);

#endif
