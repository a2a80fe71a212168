/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.h: how work gets from busy workers to idle ones, in a multi-thread
 * runtime. */
#ifndef EDOI_RUNTIME_SCHEDULER_STEAL_H
#define EDOI_RUNTIME_SCHEDULER_STEAL_H

#include "runtime/scheduler/core.h"

/* Of a fresh worker. */
void edoi_steal_init(edoi_worker *w);

/* The batch is empty: takes one from the ring or from the injection list. False: there is none. */
EDO_MUST_USE bool edoi_steal_refill(edoi_worker *w);

/* With nothing to run: takes a batch from a sibling, or from the injection list. */
void edoi_steal_search(edoi_worker *w);

/* The worker counts as searching no more. True: nobody does. */
bool edoi_steal_end(edoi_worker *w);

/* Whether any ring holds a task; the last look before sleep. */
bool edoi_steal_is_there(const edoi_worker *w);

/* Every few polls: wakes a sleeper if the ring holds more than that is worth. */
void edoi_steal_offer(edoi_worker *w);

/* Learns that polls took so long of late. */
void edoi_steal_learn(edoi_worker *w, int64_t mean_ns);

/* A task to the ring, where it belongs to nobody. */
void edoi_steal_share(edoi_worker *w, edo_task *t);

/* A task that this worker owns to the back: behind the batch, as if it had gone through the ring,
 * as long as that is empty and what so stays private is worth less than a wake; else to the
 * ring. */
EDOI_INLINE void edoi_steal_push(edoi_worker *w, edo_task *t) {
    if (EDOI_UNLIKELY(w->batch_end - w->batch_at >= w->keep_now)) {
        edoi_steal_share(w, t);
        return;
    }
    t->own = OWN_QUEUED;
    w->batch[w->batch_end++ % EDOI_RING_BATCH] = t;
}

/* The same in a poll, for a fresh task. */
void edoi_steal_push_fresh(edoi_worker *w, edo_task *t);

/* All that others may run goes to the ring: the batch, and what would run next. */
void edoi_steal_give_all(edoi_worker *w);

/* Whether edoi_steal_pop() may find something. */
EDOI_INLINE bool edoi_steal_may_have(const edoi_worker *w) {
    // relaxed: sleep looks once more
    return w->batch_at != w->batch_end || w->keep_now == 0 ||
           edoi_load_rlx_u32(&w->runtime->injected_n) > 0;
}

/* The next of the batch, or of a new one; NULL: there is none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_steal_pop(edoi_worker *w) {
    uint32_t at = w->batch_at, end = w->batch_end;
    if (at == end) {
        if (!edoi_steal_refill(w)) return NULL;
        at = w->batch_at;
        end = w->batch_end;
    }
    edo_task *t = w->batch[at++ % EDOI_RING_BATCH];
    w->batch_at = at;
    if (at != end) EDOI_PREFETCH(w->batch[at % EDOI_RING_BATCH]);
    edoi_store_rlx_u16(&t->owner, w->id);
    return t;
}

#endif
