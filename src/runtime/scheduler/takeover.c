/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/takeover.c: see takeover.h. */
#include "runtime/scheduler/takeover.h"

#include "base/backoff.h"
#include "base/membarrier.h"
#include "recorder/note.h"
#include "runtime/task/ring.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/count.h"
#include "runtime/worker/places.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

/* ---- The worker's thread --------------------------------------------------------------------- */

EDOI_COLD void edoi_places_regain(edoi_worker *w) {
    edoi_places *p = &w->places;
    if (edoi_places_enter_slowly(p)) return;
    for (edoi_backoff b = { 0 };; edoi_backoff_wait(&b)) {
        uint32_t taken = edoi_load_acq_u32(&p->taken); // TK2: pairs with TK2 in edoi_takeover()
        uint32_t fenced = taken & EDOI_PLACES_FENCED;
        if (taken == (EDOI_PLACES_FREE | fenced)) return; // the helper took nothing
        if (taken == (EDOI_PLACES_TAKING | fenced)) {
            if (edoi_runtime_is_forked(w->runtime)) edoi_fork_task_returned(); // no helper here
            continue;
        }
        EDO_INV("places inv. 2", taken == (EDOI_PLACES_REVOKED | fenced));
        // Relaxed: a helper that comes now sees by TK3 that this thread is inside.
        edoi_store_rlx_u32(&p->taken, EDOI_PLACES_FREE | fenced);
        return;
    }
}

/* ---- The helper ------------------------------------------------------------------------------ */

static bool may_move(const edo_task *t) {
    return edoi_load_rlx_u16(&t->home) == OWNER_NONE; // relaxed: the helper holds it
}

/* Moves a queued task of `v` to the ring of `w`. */
static void worker_take(edoi_worker *w, edoi_worker *v, edo_task *t) {
    w->tally.stolen++;
    v->tally.given--;
    edoi_run_queue_share(w, t);
}

/* Takes the front slot, if its task may move, and the batch. */
static uint32_t take_queued(edoi_worker *w, edoi_worker *v) {
    edo_task *next = v->run.lifo;
    uint32_t n = 0;
    if (next && may_move(next)) {
        v->run.lifo = NULL;
        worker_take(w, v, next);
        n++;
    }
    for (; v->run.batch_at != v->run.batch_end; v->run.batch_at++, n++)
        worker_take(w, v, v->run.batch[v->run.batch_at % EDOI_RING_BATCH]);
    return n;
}

/* A deferred task of `v` goes idle, or is queued if another thread has woken it meanwhile. True: it
 * is in the ring of `w`. */
static bool settle_one(edoi_worker *w, edoi_worker *v, edo_task *t) {
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE); // before we let go: task.h, inv. 2
    v->tally.settled++;
    if (edoi_task_settle(t)) return false;
    if (w->tally.stamps) edoi_stats_stamp(t);
    if (!may_move(t)) {
        edoi_run_queue_send_home(w->runtime, t);
        return false;
    }
    w->tally.stolen++;
    edoi_run_queue_share(w, t);
    return true;
}

static uint32_t take_deferred(edoi_worker *w, edoi_worker *v) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < EDOI_DEFERRED_MAX; i++) {
        edo_task *t = v->run.deferred[i];
        v->run.deferred[i] = NULL;
        if (t && settle_one(w, v, t)) n++;
    }
    return n;
}

uint32_t edoi_takeover(edoi_worker *w, edoi_worker *v) {
    edoi_places *p = &v->places;
    uint32_t fenced = edoi_load_rlx_u32(&p->taken) & EDOI_PLACES_FENCED; // relaxed: const
    uint32_t taken = EDOI_PLACES_FREE | fenced, n = 0;
    // relaxed: what the thread has written is acquired with `inside`
    if (!edoi_cas_rlx_u32(&p->taken, &taken, EDOI_PLACES_TAKING | fenced)) return 0;
    bool ordered = true;
    if (fenced) {
        edoi_fence_seq(); // TK3: pairs with TK3 in edoi_places_enter_slowly()
    } else {
        ordered = edoi_membarrier(); // TK3
    }
    bool may = ordered && edoi_load_acq_u16(&p->inside) ==
                              EDOI_PLACES_OUTSIDE; // TK1: pairs with TK1 in places.h
    if (may) n = take_queued(w, v) + take_deferred(w, v);
    if (n > 0) {
        edoi_show_more(&w->shown.steals, 1);
        edoi_show_more(&w->shown.stolen, n);
        if (EDOI_RECORDS(EDO_RECORDER_TURNS))
            edoi_recorder_note(EDOI_REC_TAKEOVER, NULL, v->index, n);
    }
    // TK2: pairs with TK2 in edoi_places_regain()
    edoi_store_rel_u32(&p->taken, (may ? EDOI_PLACES_REVOKED : EDOI_PLACES_FREE) | fenced);
    return n;
}
