/* SPDX-License-Identifier: MIT */
/* runtime/worker/count.c: see count.h. */
#include "runtime/worker/count.h"

#include "base/memory/alloc.h"
#include "driver/clock.h"
#include "recorder/note.h"
#include "recorder/region.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

void edoi_stats_deinit(edoi_worker *w) {
    edoi_free(w->shown.poll_hist);
    edoi_free(w->shown.sched_hist);
    w->shown.poll_hist = w->shown.sched_hist = NULL;
#ifndef EDOI_MODEL
    edoi_recorder_release(w->tally.recorded.writer);
    w->tally.recorded.writer = NULL;
#endif
}

/* Tasks that their own poll left ready to run. */
static uint64_t requeued(const edoi_worker *w) {
    uint64_t ended_n = edoi_load_rlx_u64(&w->count.ended); // relaxed: our own
    return edoi_worker_polls(w) - ended_n - w->run.deferred_n;
}

/* Deferred tasks that this worker woke. */
static uint64_t woken(const edoi_worker *w) {
    uint64_t n = w->run.deferred_n - w->tally.settled;
    for (uint32_t i = 0; i < EDOI_DEFERRED_MAX; i++) n -= w->run.deferred[i] != NULL;
    return n;
}

uint64_t edoi_stats_local_sched(const edoi_worker *w) {
    uint64_t spawned_n = edoi_load_rlx_u64(&w->count.spawned); // relaxed: our own
    return spawned_n - w->tally.placed + requeued(w) + woken(w) + w->tally.submitted;
}

uint64_t edoi_stats_waiting(const edoi_worker *w) {
    const edoi_tally *t = &w->tally;
    // relaxed: our own
    uint64_t in = edoi_stats_local_sched(w) + t->given + t->refilled + t->stolen;
    return in - edoi_worker_polls(w) - edoi_load_rlx_u64(&w->ring.tail);
}

void edoi_stats_forget(edoi_worker *w) {
    w->tally.given -= edoi_stats_waiting(w);
}

void edoi_stats_stamp(edo_task *t) {
    t->queued_at = edoi_stamp_of(edoi_clock_monotonic());
}

void edoi_stats_remote(edo_runtime *rt, edo_task *t) {
#ifndef EDOI_MODEL
    (void)edoi_add_rlx_u64(&rt->inject.remote_n, 1); // relaxed: a count
#endif
    if (rt->stamps) edoi_stats_stamp(t);
    if (EDOI_RECORDS(EDO_RECORDER_ALL))
        edoi_recorder_note(EDOI_REC_WAKE, t, 1, (uintptr_t)edoi_task_here());
}

void edoi_stats_on_send(edoi_worker *w, edo_task *t) {
    edoi_show_more(&w->shown.sent, 1);
    if (w->tally.stamps) edoi_stats_stamp(t);
    if (EDOI_RECORDS(EDO_RECORDER_ALL))
        edoi_recorder_note(EDOI_REC_WAKE, t, 1, (uintptr_t)edoi_worker_running(w));
}

void edoi_stats_share(edoi_worker *w, edo_task *t) {
    if (t == w->tally.polled) edoi_stats_stamp(t);
}
