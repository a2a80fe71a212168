/* SPDX-License-Identifier: MIT */
/* runtime/worker/cost.c: see cost.h. */
#include "runtime/worker/cost.h"

#include "runtime/task/ring.h"
#include "runtime/worker/worker.h"

#define WAKE_WORTH_NS   20000 /* from the wake of a sleeper to its first task, about */
#define MEAN_FIRST_NS   1000  /* assumed until polls were measured */
#define OFFER_WITHIN_NS 10000 /* between two offers, if polls take as long as recent ones */
#ifdef EDOI_MODEL
#    define OFFER_POLLS_MAX 1u /* so that short runs look too */
#else
#    define OFFER_POLLS_MAX 31u /* between two offers; more would react late to longer polls */
#endif

static void set_mean(edoi_worker *w, int64_t ns) {
    edoi_cost *c = &w->cost;
    c->mean_poll_ns = ns > 0 ? ns : 1;
    if (!w->shares) return;
    int64_t most = WAKE_WORTH_NS / c->mean_poll_ns, within = OFFER_WITHIN_NS / c->mean_poll_ns;
    c->offer_in = within < OFFER_POLLS_MAX ? (uint32_t)within : OFFER_POLLS_MAX;
    if (within == 0) c->offer_in = 1;
    c->keep_most = most < EDOI_RING_BATCH ? (uint32_t)most : EDOI_RING_BATCH;
    if (w->run.keep_now > 0) w->run.keep_now = c->keep_most;
}

void edoi_cost_init(edoi_worker *w) {
    set_mean(w, MEAN_FIRST_NS);
    w->run.keep_now = w->cost.keep_most;
}

void edoi_cost_learn(edoi_worker *w, int64_t mean_ns) {
    int64_t before_ns = w->cost.mean_poll_ns; // 0: the first
    set_mean(w, before_ns > 0 ? before_ns + (mean_ns - before_ns) / 4 : mean_ns);
}

bool edoi_cost_is_worth_a_wake(const edoi_worker *w, uint32_t tasks_n) {
    return tasks_n * w->cost.mean_poll_ns >= WAKE_WORTH_NS;
}

bool edoi_cost_is_measure_due(const edoi_worker *w) {
    return edoi_worker_steps(w) - w->cost.measured_at > OFFER_POLLS_MAX ||
           w->cost.offer_in < OFFER_POLLS_MAX;
}
