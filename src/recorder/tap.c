/* SPDX-License-Identifier: MIT */
/* recorder/tap.c: see tap.h. */
#include "recorder/tap.h"

#include "recorder/clock.h"
#include "recorder/region.h"

#include <errno.h>
#include <stdlib.h>

#define TAP_BATCH   256u /* events of a ring that are copied at once */
#define CLOCK_TRIES 4u   /* readings of both clocks; the quickest one counts */

/* A ring as it is read. */
typedef struct tap_ring {
    uint64_t next; /* the number of the first event that is not copied yet */
    uint32_t at, n;
    edoi_recorder_seen seen[TAP_BATCH]; /* from `at` to `n`: copied, and not told yet */
} tap_ring;

struct edoi_recorder_tap {
    const edoi_recorder_head *head; /* of the rings that are read */
    uint64_t except;
    uint64_t until;             /* ticks of the latest event of this turn */
    uint64_t now_ticks, now_ns; /* the same moment by both clocks */
    uint64_t lost;
    uint32_t rings_n;
    tap_ring rings[];
};

/* Begins with the rings as they are now. */
static void tap_begin(edoi_recorder_tap *t) {
    t->head = edoi_recorder_head_now();
    for (uint32_t i = 0; i < t->rings_n; i++) {
        const edoi_recorder_ring *r = edoi_recorder_ring_at(t->head, i);
        t->rings[i].next = edoi_load_acq_u64(&r->head); // RR2: pairs with RR2 in ring_put
        t->rings[i].at = t->rings[i].n = 0;
    }
}

int edoi_recorder_tap_new(edoi_recorder_tap **out, uint64_t except) {
    const uint32_t rings_n = edoi_recorder_region_of.rings_n;
    if (!edoi_recorder_head_now()) return -ENODATA;
    edoi_recorder_tap *t = calloc(1, sizeof *t + rings_n * sizeof t->rings[0]);
    if (!t) return -ENOMEM;
    t->except = except;
    t->rings_n = rings_n;
    tap_begin(t);
    *out = t;
    return 0;
}

void edoi_recorder_tap_free(edoi_recorder_tap *t) {
    free(t);
}

/* A thread that is interrupted between the two clocks would tell all times of a turn too early. */
static void tap_read_clocks(edoi_recorder_tap *t) {
    uint64_t quickest = UINT64_MAX;
    for (uint32_t i = 0; i < CLOCK_TRIES; i++) {
        const uint64_t from = edoi_recorder_now(), ns = edoi_recorder_clock_ns();
        const uint64_t took = edoi_recorder_now() - from;
        if (took >= quickest) continue;
        quickest = took;
        t->now_ns = ns;
        t->now_ticks = from + took / 2;
    }
}

void edoi_recorder_tap_turn(edoi_recorder_tap *t) {
    if (t->head != edoi_recorder_head_now()) tap_begin(t); // it has another file
    tap_read_clocks(t);
    t->until = t->now_ticks;
}

static void tap_fill(edoi_recorder_tap *t, uint32_t i) {
    const edoi_recorder_ring *r = edoi_recorder_ring_at(t->head, i);
    tap_ring *to = &t->rings[i];
    // relaxed: a ring that changes hands just now is shown, or passed over, for one batch
    bool is_own = edoi_load_rlx_u32(&r->whose) == EDOI_RECORDER_WORKER &&
                  edoi_load_rlx_u64(&r->runtime) == t->except;
    uint64_t first;
    to->at = 0;
    to->n = (uint32_t)edoi_recorder_ring_copy_from(r, edoi_recorder_region_of.mask, to->next,
                                                   to->seen, TAP_BATCH, &first);
    if (!is_own && first > to->next) t->lost += first - to->next;
    to->next = first + to->n;
    if (is_own) to->n = 0;
}

static bool tap_is_before(const edoi_recorder_seen *a, const edoi_recorder_seen *b) {
    return edoi_recorder_ticks_apart(a->when >> 8, b->when >> 8) < 0;
}

/* The ring with the earliest event that is not told yet; NULL: there is none. */
static tap_ring *tap_earliest(edoi_recorder_tap *t) {
    tap_ring *earliest = NULL;
    for (uint32_t i = 0; i < t->rings_n; i++) {
        tap_ring *r = &t->rings[i];
        if (r->at == r->n) tap_fill(t, i);
        if (r->at == r->n) continue;
        if (!earliest || tap_is_before(&r->seen[r->at], &earliest->seen[earliest->at]))
            earliest = r;
    }
    return earliest;
}

/* By the rate of the ticks since the recorder began, from now back: of an event it is as right as
 * the clocks were read at once, then and now. */
static int64_t tap_ns_of(const edoi_recorder_tap *t, uint64_t ticks) {
    const int64_t ago = edoi_recorder_ticks_apart(t->now_ticks, ticks);
    const uint64_t ns = t->now_ns - edoi_recorder_clock_of.began_ns;
    if (ago <= 0) return (int64_t)t->now_ns;
    return (int64_t)t->now_ns - (int64_t)((double)ago * (double)ns / (double)t->now_ticks);
}

bool edoi_recorder_tap_next(edoi_recorder_tap *t, edoi_recorder_tapped *out) {
    tap_ring *r = tap_earliest(t);
    if (!r || edoi_recorder_ticks_apart(r->seen[r->at].when >> 8, t->until) > 0) return false;
    const edoi_recorder_seen *e = &r->seen[r->at++];
    *out = (edoi_recorder_tapped){ .ns = tap_ns_of(t, e->when >> 8),
                                   .task = e->task >> 16,
                                   .arg = e->arg,
                                   .small = (uint16_t)e->task,
                                   .kind = (uint8_t)e->when };
    return true;
}

uint64_t edoi_recorder_tap_lost(const edoi_recorder_tap *t) {
    return t->lost;
}

uint64_t edoi_recorder_tap_room(void) {
    return edoi_recorder_region_of.mask + 1;
}

const char *edoi_recorder_tap_site(uint64_t site, bool enter) {
    if (enter) edoi_recorder_enter(site);
    return edoi_recorder_site_text(site);
}
