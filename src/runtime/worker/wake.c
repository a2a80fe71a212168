/* SPDX-License-Identifier: MIT */
/* runtime/worker/wake.c: see wake.h. */
#include "runtime/worker/wake.h"

#include "base/held.h"
#include "recorder/note.h"
#include "recorder/probe.h"
#include "records/handles.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/task/task_slab.h"
#include "runtime/worker/core.h"
#include "runtime/worker/count.h"
#include "runtime/worker/here.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/worker.h"

static EDOI_THREAD_LOCAL edoi_worker *here; /* the worker this thread holds */

EDOI_OPAQUE edoi_worker *edoi_worker_here(void) {
    EDOI_COMPILER_BARRIER();
    return here;
}

EDOI_OPAQUE void edoi_worker_set_here(edoi_worker *w) {
    EDOI_COMPILER_BARRIER();
    here = w;
#ifndef EDOI_MODEL
    edoi_recorder_here(w ? w->tally.recorded.writer : NULL);
#endif
}

/* Called inside (places.h). Queues a claimed task of this worker's runtime if it may run here. */
EDOI_INLINE bool submit_inside(edoi_worker *w, edo_task *t) {
    uint32_t home = edoi_load_rlx_u16(&t->home); // relaxed: we hold the task
    if (EDOI_UNLIKELY(home != OWNER_NONE && home != w->index + 1)) return false;
    edoi_store_rlx_u16(&t->owner, w->id);
    w->tally.submitted++;
    edoi_run_queue_push_next(w, t);
    return true;
}

static EDOI_NOINLINE bool submit_in_poll(edoi_worker *w, edo_task *t) {
    uint16_t outer;
    bool queued = edoi_places_enter(&w->places, w->id, &outer) && submit_inside(w, t);
    edoi_places_leave(&w->places, outer);
    return queued;
}

/* Queues a claimed task on `w`, this thread's worker or NULL. False: it is not queued, and if `w`
 * is no worker of the task's runtime, that is pinned. */
EDOI_INLINE bool submit_on(edoi_worker *w, edo_task *t) {
    if (EDOI_UNLIKELY(!w || w->runtime != edoi_task_slab_runtime(t))) {
        edoi_runtime_pin(edoi_task_slab_runtime(t));
        return false;
    }
    if (EDOI_LIKELY(edoi_places_is_inside(&w->places))) return submit_inside(w, t);
    return submit_in_poll(w, t);
}

EDOI_OPAQUE_READER bool edoi_scheduler_submit_here(edo_task *t) {
    return submit_on(here, t);
}

/* Wakes a task that `w`, this thread's worker or NULL, does not hold. */
static EDOI_NOINLINE edo_waker *wake_other(edoi_worker *w, edo_task *t, uint32_t also) {
    return !edoi_task_claim(t, also) || submit_on(w, t) ? NULL : &t->waker;
}

/* Called inside, with a task that was deferred here; leaves. */
static EDOI_NOINLINE edo_waker *worker_push_and_leave(edoi_worker *w, edo_task *t, uint16_t outer) {
    edoi_run_queue_push_next_slowly(w, t);
    edoi_places_leave(&w->places, outer);
    return NULL;
}

/* The plain wake of a task that this worker holds. Called inside; leaves. */
EDOI_INLINE edo_waker *wake_own(edoi_worker *w, edo_task *t, uint16_t outer) {
    uint8_t own = t->own;
    if (EDOI_LIKELY(own == OWN_DEFERRED)) {
        EDO_ASSERT(w->run.deferred[t->slot] == t);
        w->run.deferred[t->slot] = NULL;
        t->own = OWN_QUEUED;
        if (EDOI_UNLIKELY(w->run.lifo || w->run.wakes_to != EDOI_WAKE_NEXT))
            return worker_push_and_leave(w, t, outer);
        w->run.lifo = t;
    } else if (own & OWN_RUN) {
        t->own = own | OWN_NOTIFIED;
    }
    edoi_places_leave(&w->places, outer);
    return NULL;
}

/* Enters where edoi_places_enter_quickly() has failed: the thread has to make a fence, or the
 * places are taken. A helper never takes the task that runs, so this thread still holds it. */
static EDOI_COLD edo_waker *wake_unsurely(edoi_worker *w, edo_task *t, uint32_t also,
                                          uint16_t outer) {
    bool mine = edoi_places_enter_slowly(&w->places);
    // relaxed: task.h, inv. 2
    if (mine ? edoi_load_rlx_u16(&t->owner) == w->id : t == edoi_worker_running(w)) {
        if (also) (void)edoi_or_rlx_u32(&t->word, also); // relaxed: read on this thread
        return wake_own(w, t, outer);
    }
    edoi_places_leave(&w->places, outer);
    return wake_other(w, t, also);
}

/* `here` is not kept across a call: a fiber may move to another thread. */
EDOI_OPAQUE_READER edo_waker *edoi_scheduler_wake(edo_task *t, uint32_t also) {
    edoi_worker *w = here;
    uint16_t outer;
    EDOI_PROBE1(task_wake, t);
    if (EDOI_UNLIKELY(!w)) return wake_other(w, t, also);
    if (EDOI_UNLIKELY(!edoi_places_enter_quickly(&w->places, w->id, &outer)))
        return wake_unsurely(w, t, also, outer);
    if (edoi_load_rlx_u16(&t->owner) != w->id) { // relaxed: task.h, inv. 2
        edoi_places_leave(&w->places, outer);
        return wake_other(w, t, also);
    }
    if (also) (void)edoi_or_rlx_u32(&t->word, also); // relaxed: read on this thread
    return wake_own(w, t, outer);
}

EDOI_OPAQUE_READER void edoi_scheduler_submit(edo_task *t) {
    edo_runtime *rt = edoi_task_slab_runtime(t);
    bool pinned = !here || here->runtime != rt; // the task may be gone below
    if (edoi_runtime_is_forked(rt)) return;     // no thread runs it here
    if (pinned) {
        edoi_stats_remote(rt, t);
    } else {
        edoi_stats_on_send(here, t);
    }
    edoi_run_queue_send_home(rt, t);
    if (pinned) edoi_runtime_unpin(rt);
}

static EDOI_NOINLINE void put_slot(edo_task *t) {
    if (here && edoi_task_slab_is_of(&here->slab, t)) {
        edoi_task_slab_put(&here->slab, t);
    } else {
        edoi_task_slab_put_foreign(here ? &here->frees : NULL, t);
    }
}

static EDOI_NOINLINE void free_slowly(edo_task *t) {
    edoi_task_release(t);
    put_slot(t);
}

#if EDOI_REMEMBERS
static void wake_end_rest(void *t, size_t bytes) {
    (void)bytes;
    put_slot((edo_task *)t);
}

/* Keeps the slot unused for a while, so that a stale handle does not name a new task. False: it is
 * to be freed now. */
static bool rests(edo_task *t) {
    edoi_task_release(t);
    // TS2: pairs with TS1 in edoi_task_slab_each()
    edoi_store_rel_u32(&t->word, TASK_DONE | TASK_FREED);
    return edoi_handle_keep(EDOI_TASK, t, t, edoi_task_slab_bytes(t), wake_end_rest);
}
#endif

EDOI_OPAQUE_READER void edoi_task_free(edo_task *t) {
#if EDOI_REMEMBERS
    if (rests(t)) return;
#endif
    edoi_worker *w = here;
    bool usual = w && edoi_task_slab_is_of(&w->slab, t) && !*edoi_task_trail(t);
    if (EDOI_LIKELY(usual)) {
        edoi_task_slab_put(&w->slab, t);
    } else {
        free_slowly(t);
    }
}

/* ---- A task as a waker ----------------------------------------------------------------------- */

static edo_waker *task_mark(edo_waker *w) {
    return edoi_scheduler_wake(edoi_task_of(w), 0);
}

static void task_deliver(edo_waker *w) {
    edoi_scheduler_submit(edoi_task_of(w));
}

static void task_ref(edo_waker *w) {
    edoi_task_ref(edoi_task_of(w));
}

void edoi_task_unref(edo_task *t) {
    edoi_held_check("a task's reference is given back");
    uint32_t old = edoi_load_acq_u32(&t->word); // TR1: pairs with TR2: the last unref sees all
    if (EDOI_UNLIKELY(TASK_REFS(old) >= TASK_REFS_PINNED)) return;
    if (TASK_REFS(old) == 1) {
        EDO_INV("task inv. 4", old & TASK_DONE);
        edoi_task_free(t);
        return;
    }
    old = edoi_sub_acqrel_u32(&t->word, TASK_REF); // TR2: pairs with TR1
    if (TASK_REFS(old) == 1) edoi_task_free(t);
}

static void task_unref(edo_waker *w) {
    edoi_task_unref(edoi_task_of(w));
}

const edo_waker_ops edoi_task_waker_ops = { task_mark, task_deliver, task_ref, task_unref };

/* ---- Cancelling ------------------------------------------------------------------------------ */

edo_waker *edoi_task_mark_cancel(edo_task *t, edo_cancel_cause cause) {
    uint32_t old = edoi_load_rlx_u32(&t->word);
    if (old & (TASK_DONE | TASK_CANCEL)) return NULL;
    edoi_store_rlx_u16(&t->cause, (uint16_t)cause); // ordered by edoi_task_claim()
    return edoi_scheduler_wake(t, TASK_CANCEL);
}
