/* SPDX-License-Identifier: MIT */
/* service/overload/gate.h: a number of places that may change, and the queue of waiters for one.
 * The gate is busy when the queue has not been empty for `busy_after_ns`: then it serves the newest
 * waiter first, which still has time, while the callers of the oldest are about to give up.
 * Otherwise it serves the queue in order.
 *
 * inv. 1: while a waiter is queued, no place is free.
 * inv. 2: `since_ns` is when the line was last empty while somebody waits, else 0.
 *
 * Any thread. `lock` is a leaf; under it wakers are marked. */
#ifndef EDOI_SERVICE_OVERLOAD_GATE_H
#define EDOI_SERVICE_OVERLOAD_GATE_H

#include "base/lock.h"

#include <edo/future.h>

typedef struct edoi_gate {
    edoi_lock lock; /* guards all that is not const */
    edo_wait_list waiters;
    uint32_t max, taken, waiting_n;
    int64_t since_ns;
    int64_t busy_after_ns; /* const; 0: it is busy while somebody waits */
} edoi_gate;

/* A gate of `max` places. There is nothing to release. */
void edoi_gate_init(edoi_gate *g, uint32_t max, int64_t busy_after_ns);

/* Takes a place, if one is free. Returns how many are taken then, this one included; 0: none was
 * free. */
EDO_MUST_USE uint32_t edoi_gate_try(edoi_gate *g);

/* A wait for a place. */
typedef struct edoi_gate_future {
    edo_future base;
    edoi_gate *gate;    /* borrowed */
    edo_wait_node node; /* lock: gate->lock while pending */
    int64_t now_ns;     /* when it was made */
} edoi_gate_future;

/* Waits for a place, and takes it. Cancel: safe. */
EDO_MUST_USE edo_future *edoi_gate_wait_init(edoi_gate_future *f, edoi_gate *g, int64_t now_ns);

/* Gives a place back: one that waits gets it. */
void edoi_gate_give(edoi_gate *g);

/* Changes the number of places. Waiters get new places; if there are fewer, running calls keep
 * theirs. */
void edoi_gate_resize(edoi_gate *g, uint32_t max);

/* Returns how many wait; sets `*is_busy`. */
uint32_t edoi_gate_waiting(edoi_gate *g, int64_t now_ns, bool *is_busy);

#endif
