/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/recorded.c: see recorded.h. */
#include "runtime/scheduler/recorded.h"

#include "recorder/clock.h"
#include "recorder/put.h"
#include "runtime/worker/core.h"
#include "runtime/worker/tally.h"

#define CLOCK_EVERY_NS INT64_C(100000000)
#define LONG_PER_S     1000u /* a poll is long from 1 ms on */

static void put_at(edoi_recorded *r, uint64_t ticks, edoi_recorder_kind kind, const edo_task *t,
                   uint32_t small, uint64_t arg) {
    if (EDOI_LIKELY(r->writer)) {
        edoi_recorder_put(r->writer, ticks, kind, t, small, arg);
    } else {
        edoi_recorder_note_of_others(ticks, kind, t, small, arg);
    }
}

static void recorded_know(edoi_recorded *r, const char *site) {
    if (EDOI_LIKELY(r->writer)) {
        edoi_recorder_know(r->writer, (uintptr_t)site);
    } else {
        edoi_recorder_enter((uintptr_t)site);
    }
}

void edoi_recorded_event(edoi_recorded *r, edoi_recorder_kind kind, const edo_task *t,
                         uint32_t small, uint64_t arg) {
    put_at(r, edoi_recorder_now(), kind, t, small, arg);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

bool edoi_recorded_look(edoi_recorded *r) {
    // RS2: pairs with RS2 in recorder_start: the rings are there
    uint32_t depth = edoi_load_acq_u32(&edoi_recorder_depth);
    if (EDOI_LIKELY(depth == r->depth)) return false;
    r->depth = depth;
    r->task = NULL;
    r->clock_ns = 0;
    return true;
}

void edoi_recorded_begin(edoi_recorded *r, uint64_t polls_n, uint32_t index,
                         const edo_runtime *rt) {
    r->polls_n = polls_n;
    if (r->depth == EDO_RECORDER_OFF || r->writer) return;
    r->writer = edoi_recorder_claim(index, rt->id, rt->opts.name);
    edoi_recorder_here(r->writer);
}

void edoi_recorded_turn(edoi_recorded *r, uint64_t polls_n, int64_t now_ns) {
    if (polls_n != r->polls_n) edoi_recorded_event(r, EDOI_REC_TURN, NULL, 0, polls_n - r->polls_n);
    r->polls_n = polls_n;
    if (now_ns - r->clock_ns < CLOCK_EVERY_NS) return;
    r->clock_ns = now_ns; // which may be virtual
    edoi_recorded_event(r, EDOI_REC_CLOCK, NULL, 0, edoi_recorder_clock_ns());
}

/* ---- Polls ----------------------------------------------------------------------------------- */

static void put_poll_begin(edoi_recorded *r, const edo_task *t) {
    recorded_know(r, r->site);
    put_at(r, r->began, EDOI_REC_POLL_BEGIN, t, 0, (uintptr_t)r->site);
}

void edoi_recorded_poll_begin(edoi_recorded *r, edo_task *t, const char *site, uint64_t ended_n) {
    r->task = t;
    r->site = site;
    r->ended_n = ended_n;
    r->began = edoi_recorder_now();
    if (r->depth == EDO_RECORDER_ALL) put_poll_begin(r, t);
}

edo_task *edoi_recorded_poll_over(edoi_recorded *r) {
    edo_task *t = r->task;
    r->task = NULL;
    if (!t) return NULL;
    r->ended = edoi_recorder_now();
    bool is_long = r->ended - r->began >= edoi_recorder_clock_of.per_s / LONG_PER_S;
    return r->depth == EDO_RECORDER_ALL || EDOI_UNLIKELY(is_long) ? t : NULL;
}

void edoi_recorded_poll_end(edoi_recorded *r, const edo_task *t, edoi_recorder_end how,
                            const char *what) {
    if (r->depth != EDO_RECORDER_ALL) put_poll_begin(r, t);
    if (what) recorded_know(r, what);
    put_at(r, r->ended, EDOI_REC_POLL_END, t, (uint32_t)how, (uintptr_t)what);
}
