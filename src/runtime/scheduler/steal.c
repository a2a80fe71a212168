/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.c: see steal.h. */
#include "runtime/scheduler/steal.h"

#include "driver/clock.h"
#include "recorder/note.h"
#include "runtime/scheduler/stats.h"
#include "runtime/task/ring.h"
#include "runtime/worker/core.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/run_queue_ops.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

#define LEVEL_FROM 2u /* tasks that must be too many at a sibling */
#define EVEN_FROM  8u /* likewise, where polls are short: fewer are not worth their cache lines */

bool edoi_steal_is_there(const edoi_worker *w) {
    const edo_runtime *rt = w->runtime;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (!edoi_ring_is_empty_now(&rt->workers[i]->ring)) return true;
    return false;
}

/* The sibling after the one that was asked last. */
static edoi_worker *next_sibling(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    w->thief.victim = (w->thief.victim + 1) % rt->workers_n;
    if (w->thief.victim == w->index) w->thief.victim = (w->thief.victim + 1) % rt->workers_n;
    return rt->workers[w->thief.victim];
}

static void count_stolen(edoi_worker *w, uint32_t n) {
    if (n == 0) return;
    w->tally.stolen += n;
    edoi_show_more(&w->shown.steals, 1);
    edoi_show_more(&w->shown.stolen, n);
    if (EDOI_RECORDS(EDO_RECORDER_ALL)) edoi_recorder_note(EDOI_REC_STEAL, NULL, 0, n);
}

/* Takes half of a sibling's ring, at most `most` and as much as a batch has room for, as the batch.
 * False: the ring was empty. */
static bool take_from(edoi_worker *w, edoi_worker *victim, uint32_t most) {
    if (most > EDOI_RING_BATCH) most = EDOI_RING_BATCH;
    w->run.batch_at = 0;
    w->run.batch_end = edoi_ring_take(&victim->ring, w->run.batch, most);
    count_stolen(w, w->run.batch_end);
    return w->run.batch_end > 0;
}

/* Takes a batch from the ring of a sibling, beginning with the one after the last one asked.
 * Returns the sibling; NULL: all rings are empty. */
static edoi_worker *worker_steal(edoi_worker *w) {
    for (uint32_t i = 1; i < w->runtime->workers_n; i++) {
        edoi_worker *victim = next_sibling(w);
        if (take_from(w, victim, EDOI_RING_BATCH)) return victim;
    }
    return NULL;
}

/* How many tasks are ready in this worker's ring and queue; counts up to `most`. */
static uint32_t worker_ready_n(const edoi_worker *w, uint32_t most) {
    uint32_t n = edoi_ring_len(&w->ring);
    for (const edo_task *t = w->run.queue.first; t && n < most; t = t->next) n++;
    return n < most ? n : most;
}

void edoi_steal_level(edoi_worker *w, uint32_t most) {
    // relaxed: a hint. Injected tasks come first: they wait for this batch to be empty.
    if (w->run.batch_at != w->run.batch_end || edoi_load_rlx_u32(&w->runtime->inject.n) > 0) return;
    edoi_worker *victim = next_sibling(w);
    uint32_t theirs = edoi_ring_len(&victim->ring);
    uint32_t part = (theirs - worker_ready_n(w, theirs)) / 2;
    if (part >= LEVEL_FROM) (void)take_from(w, victim, part < most ? part : most);
}

void edoi_steal_even(edoi_worker *w) {
    edo_task *some[EDOI_RING_BATCH];
    edoi_worker *victim = next_sibling(w);
    uint32_t theirs = edoi_ring_len(&victim->ring);
    uint32_t ours = worker_ready_n(w, theirs) + (w->run.batch_end - w->run.batch_at);
    if (theirs < ours + EVEN_FROM) return;
    uint32_t part = (theirs - ours) / 2;
    uint32_t n =
        edoi_ring_take(&victim->ring, some, part < EDOI_RING_BATCH ? part : EDOI_RING_BATCH);
    count_stolen(w, n);
    for (uint32_t i = 0; i < n; i++) edoi_run_queue_share(w, some[i]);
}

bool edoi_steal_end(edoi_worker *w) {
    w->searching = false;
    return edoi_search_end(&w->runtime->idle);
}

/* Called when the last searching worker has found work, which it may run for a long time: wakes a
 * sleeper if there is more, since threads that inject have relied on this search. */
static void look_once_more(edoi_worker *w, const edoi_worker *victim) {
    edo_runtime *rt = w->runtime;
    uint32_t ours = edoi_run_queue_has_work(w) ? 0 : 1;     // injected tasks that it takes next
    uint32_t injected_n = edoi_load_seq_u32(&rt->inject.n); // WK3: pairs with WK1
    if (injected_n > ours || (victim && edoi_ring_len(&victim->ring) > 0))
        (void)edoi_scheduler_call_one(rt);
}

void edoi_steal_search(edoi_worker *w) {
    if (!w->searching) {
        if (!edoi_search_begin(&w->runtime->idle)) return;
        w->searching = true;
    }
    bool has_work = edoi_run_queue_has_work(w) ||
                    edoi_load_rlx_u32(&w->runtime->inject.n) > 0; // relaxed: sleep looks once more
    const edoi_worker *victim = has_work ? NULL : worker_steal(w);
    bool last = edoi_steal_end(w);
    if (last && (has_work || victim)) look_once_more(w, victim);
}

void edoi_steal_offer(edoi_worker *w) {
    // The batch has to become empty, so that injected tasks get their turn.
    if (edoi_load_rlx_u32(&w->runtime->inject.n) > 0) w->run.keep_now = 0; // relaxed: a hint
    bool wanted = edoi_search_any(&w->runtime->idle);
    if (!wanted && !edoi_idle_any(&w->runtime->idle)) return;
    uint32_t private_n = w->run.batch_end - w->run.batch_at;
    if (private_n < 2 && edoi_ring_len(&w->ring) == 0) return;
    if (edoi_cost_is_measure_due(w)) edoi_stats_measure(w, edoi_clock_now(&w->clock));
    if (wanted || private_n > w->cost.keep_most) edoi_run_queue_give_batch(w);
    if (edoi_cost_is_worth_a_wake(w, edoi_ring_len(&w->ring)))
        (void)edoi_scheduler_call_one(w->runtime);
}
