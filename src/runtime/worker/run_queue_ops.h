/* SPDX-License-Identifier: MIT */
/* runtime/worker/run_queue_ops.h: the operations on a worker's run queue (run_queue.h): push,
 * pop, and the deferring of tasks that went pending. The scheduler and spawn call them. */
#ifndef EDOI_RUNTIME_WORKER_RUN_QUEUE_OPS_H
#define EDOI_RUNTIME_WORKER_RUN_QUEUE_OPS_H

#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

#include <edo/runtime.h>

/* ---- Push: the worker's thread, inside (places.h), with a task that it holds ----------------- */

/* Moves `t` to the ring, where it has no holder. */
void edoi_run_queue_share(edoi_worker *w, edo_task *t);

/* Queues `t` at the back of `to`. A task that need not stay here goes to the end of the batch
 * instead while the ring is empty and the batch is worth less than a wake, otherwise to the
 * ring. */
EDOI_INLINE void edoi_run_queue_push_to(edoi_worker *w, edoi_task_queue *to, edo_task *t) {
    edoi_run_queue *q = &w->run;
    // relaxed: the holder set it, and we hold the task
    if (w->shares && edoi_load_rlx_u16(&t->home) == OWNER_NONE) {
        if (EDOI_UNLIKELY(q->batch_end - q->batch_at >= q->keep_now)) {
            edoi_run_queue_share(w, t);
            return;
        }
        t->own = OWN_QUEUED;
        q->batch[q->batch_end++ % EDOI_RING_BATCH] = t;
        return;
    }
    t->own = OWN_QUEUED;
    edoi_task_queue_push(to, t);
}

EDOI_INLINE void edoi_run_queue_push_back(edoi_worker *w, edo_task *t) {
    edoi_run_queue_push_to(w, &w->run.queue, t);
}

/* edoi_run_queue_push_next() where the front slot is taken, or `wakes_to` names another place. */
void edoi_run_queue_push_next_slowly(edoi_worker *w, edo_task *t);

/* Queues a woken task where `wakes_to` says: in the front slot, as a rule. */
EDOI_INLINE void edoi_run_queue_push_next(edoi_worker *w, edo_task *t) {
    t->own = OWN_QUEUED;
    if (EDOI_LIKELY(!w->run.lifo && w->run.wakes_to == EDOI_WAKE_NEXT)) {
        w->run.lifo = t;
    } else {
        edoi_run_queue_push_next_slowly(w, t);
    }
}

/* ---- Push: any thread, with a task that no worker holds -------------------------------------- */

/* Wakes a sleeping worker, unless a worker searches already; returns whether it did. */
bool edoi_scheduler_call_one(edo_runtime *rt);

/* Queues a task in the injection list, for any worker of `rt`; wakes one if none searches. */
void edoi_run_queue_inject(edo_runtime *rt, edo_task *t);

/* Queues a task in the inbox of its home, and wakes that worker if it sleeps; a task without a
 * home, or with a single worker, in the injection list. */
void edoi_run_queue_send_home(edo_runtime *rt, edo_task *t);

/* ---- Pop: the worker's thread, between polls ------------------------------------------------- */

/* With an empty batch: takes a new one from the ring or the injection list, in turn. False: both
 * are empty. */
EDO_MUST_USE bool edoi_run_queue_refill(edoi_worker *w);

/* Pops the next task of the batch, or of a new one; NULL: there is none. */
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

/* For a worker with siblings whose `queue` is not empty: pops from `queue` and from the batch, in
 * turn. */
EDO_MUST_USE edo_task *edoi_run_queue_pop_either(edoi_worker *w);

/* Pops the oldest queued task; NULL: there is none. */
EDO_MUST_USE EDOI_INLINE edo_task *edoi_run_queue_pop(edoi_worker *w) {
    edoi_task_queue *q = &w->run.queue;
    if (w->shares) return q->first ? edoi_run_queue_pop_either(w) : edoi_run_queue_pop_movable(w);
    edo_task *t = edoi_task_queue_pop(q);
    w->run.queue_pops_n += t != NULL;
    if (q->first) EDOI_PREFETCH(q->first); // NULL would cost as much as a poll
    return t;
}

/* For a worker without siblings: what `queue_pops_n` is once all tasks that are now in `queue` have
 * been popped. */
EDO_MUST_USE uint64_t edoi_run_queue_back(const edoi_worker *w);

/* Queues the tasks of the inbox and, on a worker without siblings, those of the injection list.
 * True: there were some in the inbox. */
bool edoi_run_queue_take(edoi_worker *w);

/* Moves all of the batch but one task to the ring. */
void edoi_run_queue_give_batch(edoi_worker *w);

/* Called in a poll; enters by itself. Settles the deferred tasks, and moves all tasks that siblings
 * may run to the ring. */
void edoi_run_queue_give_all(edoi_worker *w);

/* ---- Deferred tasks -------------------------------------------------------------------------- */

/* A deferred task, already out of its slot, goes idle, or to the back if another thread has woken
 * it. */
void edoi_run_queue_settle_one(edoi_worker *w, edo_task *t);

/* Defers a task that went pending. If its slot still holds a task, that one is settled: it has been
 * deferred for longest. */
EDOI_INLINE void edoi_run_queue_defer(edoi_worker *w, edo_task *t) {
    edoi_run_queue *q = &w->run;
    uint32_t slot = (uint32_t)(q->deferred_n++ % EDOI_DEFERRED_MAX);
    edo_task *displaced = q->deferred[slot];
    q->deferred[slot] = t;
    t->own = OWN_DEFERRED;
    t->slot = (uint8_t)slot;
    if (displaced) edoi_run_queue_settle_one(w, displaced);
}

/* Settles all deferred tasks. Between polls, or inside. */
void edoi_run_queue_settle(edoi_worker *w);

/* ---- All of it ------------------------------------------------------------------------------- */

/* Is any task of this worker runnable, apart from `fired` and `spent`? */
EDOI_INLINE bool edoi_run_queue_has_other_work(const edoi_worker *w) {
    const edoi_run_queue *q = &w->run;
    return q->lifo || q->queue.first || q->batch_at != q->batch_end || edoi_ring_len(&w->ring) > 0;
}

/* Is any task of this worker runnable? */
EDOI_INLINE bool edoi_run_queue_has_work(const edoi_worker *w) {
    return w->run.fired.first || w->run.spent.first || edoi_run_queue_has_other_work(w);
}

/* Empties the queues, whose tasks the shutdown has abandoned. */
void edoi_run_queue_forget(edoi_worker *w);

/* Walks the queues and asserts the invariants that hold between polls; for tests. */
void edoi_run_queue_check(const edoi_worker *w);

#endif
