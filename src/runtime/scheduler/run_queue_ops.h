/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/run_queue_ops.h: what may be done with a worker's run queue (run_queue.h). */
#ifndef EDOI_RUNTIME_SCHEDULER_RUN_QUEUE_OPS_H
#define EDOI_RUNTIME_SCHEDULER_RUN_QUEUE_OPS_H

#include "runtime/scheduler/core.h"

/* ---- In: the worker's thread, inside (takeover.h), with a task that it holds ----------------- */

/* To the ring, where it belongs to nobody. */
void edoi_run_queue_share(edoi_worker *w, edo_task *t);

/* To the back of what may run anywhere: behind the batch, as if it had gone through the ring, as
 * long as the ring is empty and what stays private is worth less than a wake; else to the ring. */
EDOI_INLINE void edoi_run_queue_push_movable(edoi_worker *w, edo_task *t) {
    edoi_run_queue *q = &w->run;
    if (EDOI_UNLIKELY(q->batch_end - q->batch_at >= q->keep_now)) {
        edoi_run_queue_share(w, t);
        return;
    }
    t->own = OWN_QUEUED;
    q->batch[q->batch_end++ % EDOI_RING_BATCH] = t;
}

/* To the back of `to`, or of what may run anywhere if it need not stay here. */
EDOI_INLINE void edoi_run_queue_push_to(edoi_worker *w, edoi_task_queue *to, edo_task *t) {
    // relaxed: the holder set it, and we hold the task
    if (w->shares && edoi_load_rlx_u16(&t->home) == OWNER_NONE) {
        edoi_run_queue_push_movable(w, t);
        return;
    }
    t->own = OWN_QUEUED;
    edoi_task_queue_push(to, t);
}

EDOI_INLINE void edoi_run_queue_push_back(edoi_worker *w, edo_task *t) {
    edoi_run_queue_push_to(w, &w->run.queue, t);
}

/* A woken task, where the front slot is taken or another place is meant. */
EDOI_INLINE void edoi_run_queue_push_woken_elsewhere(edoi_worker *w, edo_task *t) {
    edoi_wake_place place = w->run.wakes_to;
    if (EDOI_UNLIKELY(w->tally.stamps)) edoi_stats_stamp(t);
    if (place == EDOI_WAKE_BACK) {
        edoi_run_queue_push_back(w, t);
    } else if (place == EDOI_WAKE_FIRED) {
        edoi_run_queue_push_to(w, &w->run.fired, t);
    } else {
        if (w->run.lifo) edoi_run_queue_push_back(w, w->run.lifo);
        w->run.lifo = t;
    }
}

/* The same, out of line. */
void edoi_run_queue_push_woken_slowly(edoi_worker *w, edo_task *t);

/* A woken task: where `wakes_to` says. */
EDOI_INLINE void edoi_run_queue_push_woken(edoi_worker *w, edo_task *t) {
    t->own = OWN_QUEUED;
    if (EDOI_LIKELY(!w->run.lifo && w->run.wakes_to == EDOI_WAKE_NEXT)) {
        w->run.lifo = t;
    } else {
        edoi_run_queue_push_woken_slowly(w, t);
    }
}

/* In a poll: a task that may run anywhere, which that poll has spawned. */
void edoi_run_queue_push_fresh(edoi_worker *w, edo_task *t);

/* A task that others have spawned or woken, and that no worker holds. */
void edoi_run_queue_push_given(edoi_worker *w, edo_task *t);

/* ---- In: any thread, with a task that no worker holds ---------------------------------------- */

/* A task without a home, for any worker of `rt`; wakes one if nobody searches. */
void edoi_run_queue_inject(edo_runtime *rt, edo_task *t);

/* At its home, or for any worker of `rt`. */
void edoi_run_queue_send_home(edo_runtime *rt, edo_task *t);

/* ---- Out: the worker's thread, between polls ------------------------------------------------- */

/* The batch is empty: takes one from the ring or from the injected tasks. False: there is none. */
EDO_MUST_USE bool edoi_run_queue_refill(edoi_worker *w);

/* The next of the batch, or of a new one; NULL: there is none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_run_queue_pop_movable(edoi_worker *w) {
    edoi_run_queue *q = &w->run;
    uint32_t at = q->batch_at, end = q->batch_end;
    if (at == end) {
        if (!edoi_run_queue_refill(w)) return NULL;
        at = q->batch_at;
        end = q->batch_end;
    }
    edo_task *t = q->batch[at++ % EDOI_RING_BATCH];
    q->batch_at = at;
    if (at != end) EDOI_PREFETCH(q->batch[at % EDOI_RING_BATCH]);
    edoi_store_rlx_u16(&t->owner, w->id);
    return t;
}

/* Of a worker with siblings, whose `queue` is not empty: of that and of what may run anywhere, in
 * turn. */
EDO_MUST_USE edo_task *edoi_run_queue_pop_either(edoi_worker *w);

/* Pops the oldest queued task; NULL: there is none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_run_queue_pop(edoi_worker *w) {
    edoi_task_queue *q = &w->run.queue;
    if (w->shares) return q->first ? edoi_run_queue_pop_either(w) : edoi_run_queue_pop_movable(w);
    edo_task *t = edoi_task_queue_pop(q);
    if (q->first) EDOI_PREFETCH(q->first); // NULL would cost as much as a poll
    return t;
}

/* Queues what others have left for this worker and, if it has no siblings, for any. */
void edoi_run_queue_take(edoi_worker *w);

/* All of the batch but one task goes to the ring. */
void edoi_run_queue_give_batch(edoi_worker *w);

/* In a poll: deferred tasks are settled, and all that others may run goes to the ring. */
void edoi_run_queue_give_all(edoi_worker *w);

/* ---- Deferred tasks -------------------------------------------------------------------------- */

/* A deferred task, taken out of its slot, goes idle, or to the back if it was woken by another
 * thread. */
void edoi_run_queue_settle_one(edoi_worker *w, edo_task *t);

/* A task that went pending is deferred, in place of the one that has been so longest. */
EDOI_INLINE void edoi_run_queue_defer(edoi_worker *w, edo_task *t) {
    edoi_run_queue *q = &w->run;
    uint32_t slot = (uint32_t)(q->deferred_n++ % EDOI_DEFERRED_MAX);
    edo_task *displaced = q->deferred[slot];
    q->deferred[slot] = t;
    t->own = OWN_DEFERRED;
    t->slot = (uint8_t)slot;
    if (displaced) edoi_run_queue_settle_one(w, displaced);
}

/* All of them. Between polls. */
void edoi_run_queue_settle(edoi_worker *w);

/* The same in a poll. */
void edoi_run_queue_settle_in_poll(edoi_worker *w);

/* ---- All of it ------------------------------------------------------------------------------- */

/* Is any task runnable, not counting timer wake-ups? */
EDOI_INLINE bool edoi_run_queue_has_other_work(const edoi_worker *w) {
    const edoi_run_queue *q = &w->run;
    return q->lifo || q->queue.first || q->batch_at != q->batch_end || edoi_ring_len(&w->ring) > 0;
}

/* Is any task runnable? */
EDOI_INLINE bool edoi_run_queue_has_work(const edoi_worker *w) {
    return w->run.fired.first || edoi_run_queue_has_other_work(w);
}

/* Empties the queues: what was in them has been abandoned. */
void edoi_run_queue_forget(edoi_worker *w);

/* Walks the queues and asserts what holds between polls; for tests. */
void edoi_run_queue_check(const edoi_worker *w);

#endif
