/* SPDX-License-Identifier: MIT */
/* runtime/debug/last_events.c: see last_events.h. */
#include "runtime/debug/last_events.h"

#include "recorder/clock.h"
#include "recorder/region.h"

#include <inttypes.h>

#define SHOWN 4u
#define BACK  4096u /* events of each ring that are looked at */

/* The latest events of one task, the oldest first. */
typedef struct last_events {
    uint64_t task;
    uint64_t since; /* ticks; what is older is another task's */
    bool has_since;
    edoi_recorder_seen at[SHOWN];
    uint32_t n;
} last_events;

static edoi_recorder_seen copied[BACK]; /* of one ring; the caller's lock */

static uint64_t ticks_of(const edoi_recorder_seen *e) {
    return e->when >> 8;
}

static bool last_is_before(const edoi_recorder_seen *e, uint64_t ticks) {
    return edoi_recorder_ticks_apart(ticks_of(e), ticks) < 0;
}

static bool last_is_old(const last_events *l, const edoi_recorder_seen *e) {
    return l->has_since && last_is_before(e, l->since);
}

static void last_put(last_events *l, const edoi_recorder_seen *e) {
    uint32_t i = l->n;
    if (i == SHOWN && last_is_before(e, ticks_of(&l->at[0]))) return;
    if (i == SHOWN) {
        for (i = 1; i < SHOWN; i++) l->at[i - 1] = l->at[i];
        i = --l->n;
    }
    for (; i > 0 && last_is_before(e, ticks_of(&l->at[i - 1])); i--) l->at[i] = l->at[i - 1];
    l->at[i] = *e;
    l->n++;
}

static void last_see(last_events *l, const edoi_recorder_seen *e) {
    bool is_its = e->task >> 16 == l->task && !last_is_old(l, e);
    if (!is_its || (e->when & 0xff) == EDOI_REC_NUMBER) return;
    if ((e->when & 0xff) == EDOI_REC_SPAWN) {
        l->since = ticks_of(e);
        l->has_since = true;
    }
    last_put(l, e);
}

/* Rings are told one after another: what was before the spawn goes. */
static void last_drop_old(last_events *l) {
    uint32_t kept_n = 0;
    for (uint32_t i = 0; i < l->n; i++)
        if (!last_is_old(l, &l->at[i])) l->at[kept_n++] = l->at[i];
    l->n = kept_n;
}

static void last_find(last_events *l) {
    const edoi_recorder_head *h = edoi_recorder_head_now();
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    uint64_t first;
    for (uint32_t i = 0; i < r->rings_n; i++) {
        const edoi_recorder_ring *ring = edoi_recorder_ring_at(h, i);
        size_t n = edoi_recorder_ring_copy(ring, r->mask, copied, BACK, &first);
        for (size_t at = 0; at < n; at++) last_see(l, &copied[at]);
    }
    last_drop_old(l);
}

static const char *text_of(uint64_t site) {
    const char *text = edoi_recorder_site_text(site);
    return text ? text : "?";
}

static void event_print(FILE *out, const edoi_recorder_seen *e) {
    uint32_t small = (uint32_t)(e->task & 0xffff);
    switch (e->when & 0xff) {
    case EDOI_REC_SPAWN: (void)fprintf(out, "is spawned"); break;
    case EDOI_REC_POLL_BEGIN: (void)fprintf(out, "runs"); break;
    case EDOI_REC_POLL_END:
        (void)fprintf(out, "%s", small == EDOI_REC_WAITS ? "waits" : "goes on");
        if (e->arg) (void)fprintf(out, " for %s", text_of(e->arg));
        break;
    case EDOI_REC_WAKE:
        (void)fprintf(out, "is woken");
        if (e->arg) (void)fprintf(out, " by 0x%" PRIx64, e->arg);
        break;
    case EDOI_REC_SPAN_BEGIN: (void)fprintf(out, "begins %s", text_of(e->arg)); break;
    case EDOI_REC_SPAN_END: (void)fprintf(out, "ends %s", text_of(e->arg)); break;
    case EDOI_REC_REPORT: (void)fprintf(out, "is reported: %s", text_of(e->arg)); break;
    case EDOI_REC_NOTE: (void)fprintf(out, "notes %s", text_of(e->arg)); break;
    default: (void)fprintf(out, "event %u", (unsigned)(e->when & 0xff)); break;
    }
}

/* Nothing that is older than that time of the monotonic clock, less a tenth of a second: the rate
 * is about right. */
static void last_begin(last_events *l, int64_t ns) {
    uint64_t now = edoi_recorder_now();
    double past_s = (double)((int64_t)edoi_recorder_clock_ns() - ns) / 1e9 + 0.1;
    double past = past_s * (double)edoi_recorder_clock_of.per_s;
    l->has_since = past < (double)now;
    if (l->has_since) l->since = now - (uint64_t)past;
}

void edoi_last_events_print(FILE *out, const edo_task *t, int64_t born_ns) {
    if (!edoi_recorder_head_now()) return;
    uint64_t now = edoi_recorder_now(), per_s = edoi_recorder_clock_of.per_s;
    last_events l = { .task = (uint64_t)(uintptr_t)t & UINT64_C(0xffffffffffff) };
    if (born_ns >= 0) last_begin(&l, born_ns);
    last_find(&l);
    for (uint32_t i = 0; i < l.n; i++) {
        int64_t ago = edoi_recorder_ticks_apart(now, ticks_of(&l.at[i]));
        uint64_t us = (uint64_t)((double)(ago > 0 ? ago : 0) * 1e6 / (double)per_s);
        (void)fprintf(out, "%s%" PRIu64 ".%06" PRIu64 " s ago ", i == 0 ? "      recorded: " : ", ",
                      us / 1000000, us % 1000000);
        event_print(out, &l.at[i]);
    }
    if (l.n > 0) (void)fputc('\n', out);
}
