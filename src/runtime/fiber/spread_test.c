/* SPDX-License-Identifier: MIT */
/* Goal: a walk through the placed fibers of a worker, in parts, comes to each of them, goes on
 * where the last part stopped, and never to one that has ended in between.
 * Method: every sequence of six steps (one arrives, one ends, a part of the walk) on a worker
 * without a thread, against an array in the order of the list. */
#include "runtime/fiber/spread.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/task/fiber_task.h"
#include "runtime/worker/here.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STEPS   6
#define CHOICES 6 /* arrive; end the first, the second or the last; walk one or two */

typedef struct placed {
    edo_task header;
    edoi_fiber_task fiber;
    edoi_fiber_ctx ctx;
} placed;

typedef struct reference {
    edo_task *live[STEPS]; /* the newest first */
    uint32_t live_n, at;   /* at: where the walk goes on; live_n: from the first */
    uint32_t arrived_n;
} reference;

static placed all[STEPS];
static edo_task *seen[STEPS];
static uint32_t seen_n;

static void see(void *arg, edo_task *t) {
    (void)arg;
    assert_true(seen_n < STEPS);
    seen[seen_n++] = t;
}

static void arrive(edoi_worker *w, reference *r) {
    placed *p = &all[r->arrived_n++];
    p->ctx.fiber.arg = &p->fiber;
    edoi_spread_arrived(w, &p->ctx);
    // A walk that has not begun, or is through, begins with the newest.
    bool from_first = r->at == r->live_n;
    memmove(r->live + 1, r->live, r->live_n * sizeof r->live[0]);
    r->live[0] = &p->header;
    r->live_n++;
    r->at = from_first ? r->live_n : r->at + 1;
}

static edoi_fiber_ctx *ctx_of(edo_task *t) {
    return &((placed *)(void *)t)->ctx;
}

static void end(edoi_worker *w, reference *r, uint32_t which) {
    if (which >= r->live_n) return;
    edoi_fiber_ctx *ctx = ctx_of(r->live[which]);
    edoi_spread_ended(w, ctx);
    memset(ctx, 0xee, sizeof *ctx); // its stack may be another's at once
    r->live_n--;
    memmove(r->live + which, r->live + which + 1, (r->live_n - which) * sizeof r->live[0]);
    if (which < r->at) r->at--;
}

static void walk(edoi_worker *w, reference *r, uint32_t most) {
    seen_n = 0;
    edoi_spread_some(w, most, see, NULL);
    uint32_t at = r->at == r->live_n ? 0 : r->at;
    uint32_t n = r->live_n - at < most ? r->live_n - at : most;
    assert_int_equal(seen_n, n);
    for (uint32_t i = 0; i < n; i++) assert_ptr_equal(seen[i], r->live[at + i]);
    r->at = at + n;
}

static void step(edoi_worker *w, reference *r, uint32_t choice) {
    switch (choice) {
    case 0: arrive(w, r); break;
    case 1: end(w, r, 0); break;
    case 2: end(w, r, 1); break;
    case 3: end(w, r, r->live_n - 1); break;
    default: walk(w, r, choice - 3); break;
    }
}

static void walk_in_parts_meets_all_live_fibers(void **state) {
    (void)state;
    static edoi_worker w;
    uint32_t sequences = 1;
    for (int i = 0; i < STEPS; i++) sequences *= CHOICES;
    for (uint32_t sequence = 0; sequence < sequences; sequence++) {
        memset(&w, 0, sizeof w);
        reference r = { .live_n = 0 };
        for (uint32_t i = 0, left = sequence; i < STEPS; i++, left /= CHOICES)
            step(&w, &r, left % CHOICES);
        // Twice through: each of them was met, from the first to the last.
        walk(&w, &r, STEPS);
        walk(&w, &r, STEPS);
        assert_int_equal(w.placement.arrived_n, r.arrived_n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_in_parts_meets_all_live_fibers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
