/* SPDX-License-Identifier: MIT */
/* runtime/starved.c: setting aside and trying again. */
#include "runtime/starved.h"

#include "runtime/core.h"
#include "runtime/fiber_task.h"

#include <stdio.h>

#define PAUSE_FIRST_NS INT64_C(1000000)
#define PAUSE_MAX_NS   INT64_C(1000000000)
#define TELL_EVERY_NS  INT64_C(1000000000) /* at most, where memory comes and goes */

/* The fiber of `t`, if it was refused its stack; else NULL. */
static edoi_fiber_task *refused_of(edo_task *t) {
    edo_future *f = edoi_task_future(t);
    edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)f;
    return edoi_is_fiber_task(f) && fiber->parked_s == EDOI_REFUSED ? fiber : NULL;
}

static void set_aside(edoi_worker *w) {
    edoi_task_queue rest = { 0 };
    edo_task *t;
    while ((t = edoi_queue_pop(&w->queue)))
        edoi_queue_push(refused_of(t) ? &w->starved.aside : &rest, t);
    w->queue = rest;
}

/* Brings `n` back, at the end of the run queue. */
static void bring_back(edoi_worker *w, uint32_t n) {
    edo_task *t;
    for (; n > 0 && (t = edoi_queue_pop(&w->starved.aside)); n--) {
        refused_of(t)->parked_s = EDOI_NOT_PARKED;
        edoi_queue_push(&w->queue, t);
    }
}

/* Once until all have gone on. */
static void tell(edoi_worker *w, int64_t now_ns) {
    edoi_starved *s = &w->starved;
    if (s->is_told || now_ns - s->told_ns < TELL_EVERY_NS) return;
    (void)fprintf(stderr,
                  "edo: no memory for the stack of %s: it waits for some, with %u others so far, "
                  "at worker %u of "
                  "runtime %s; fibers with a stack there: %u\n",
                  s->aside.first->site, (unsigned)(s->refused_n - 1), (unsigned)w->index,
                  w->runtime->opts.name, (unsigned)w->fibers_n);
    s->is_told = true;
    s->told_ns = now_ns;
}

void edoi_starved_look(edoi_worker *w) {
    edoi_starved *s = &w->starved;
    int64_t now_ns = edoi_clock_monotonic();
    bool is_over = now_ns >= s->until_ns;
    if (s->news) {
        s->news = false;
        set_aside(w);
    } else if (is_over) {
        bring_back(w, UINT32_MAX);
    }
    if (s->aside.first && is_over) { // the first refusal after a pause
        bool again = s->pause_ns > 0 && now_ns - s->until_ns < PAUSE_MAX_NS;
        s->pause_ns = again ? s->pause_ns * 2 : PAUSE_FIRST_NS; // else it is a new story
        if (s->pause_ns > PAUSE_MAX_NS) s->pause_ns = PAUSE_MAX_NS;
        s->until_ns = edoi_time_after(now_ns, s->pause_ns);
    }
    if (s->aside.first) tell(w, now_ns);
    if (w->fibers_n < s->fibers_n) bring_back(w, s->fibers_n - w->fibers_n);
    s->fibers_n = w->fibers_n;
}

int64_t edoi_starved_wait_ns(const edoi_starved *s, int64_t timeout_ns) {
    if (!s->aside.first) return timeout_ns;
    int64_t left_ns = s->until_ns - edoi_clock_monotonic();
    if (left_ns < 0) left_ns = 0;
    return timeout_ns < 0 || left_ns < timeout_ns ? left_ns : timeout_ns;
}
