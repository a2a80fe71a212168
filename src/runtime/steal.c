/* SPDX-License-Identifier: MIT */
/* runtime/steal.c: see steal.h. */
#include "runtime/steal.h"

#include "runtime/runtime.h"
#include "runtime/scheduler.h"

#define WAKE_WORTH_NS  20000 /* what a sleeper costs until it runs its first task, about */
#define MEAN_FIRST_NS  1000  /* of a worker that has not polled yet */
#define OFFER_INTERVAL 8u    /* polls between two looks at the clock while somebody sleeps */

void edoi_steal_overflow(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    edo_task *half[EDOI_RING_SIZE / 2];
    uint32_t n = edoi_ring_take(&w->ring, half, EDOI_RING_SIZE / 2);
    if (n == 0) return;
    for (uint32_t i = 0; i + 1 < n; i++) half[i]->next = half[i + 1];
    half[n - 1]->next = NULL;
    edoi_lock_take(&rt->inject_lock);
    if (rt->injected.first) {
        rt->injected.last->next = half[0];
    } else {
        rt->injected.first = half[0];
    }
    rt->injected.last = half[n - 1];
    edoi_lock_leave(&rt->inject_lock);
    (void)edoi_add_rlx_u32(&rt->injected_n, n); // relaxed: wakes nobody, and we are awake
}

bool edoi_steal_is_there(const edoi_worker *w) {
    const edo_runtime *rt = w->runtime;
    for (uint32_t i = 0; i < rt->workers_n; i++)
        if (!edoi_ring_is_empty_now(&rt->workers[i]->ring)) return true;
    return false;
}

/* A batch of a sibling, each in turn from the one after the last asked; the sibling, or NULL. */
static edoi_worker *steal(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    for (uint32_t i = 1; i < rt->workers_n; i++) {
        w->victim = (w->victim + 1) % rt->workers_n;
        if (w->victim == w->index) w->victim = (w->victim + 1) % rt->workers_n;
        edoi_worker *victim = rt->workers[w->victim];
        w->batch_at = 0;
        w->batch_n = edoi_ring_take(&victim->ring, w->batch, EDOI_RING_BATCH);
        if (w->batch_n > 0) return victim;
    }
    return NULL;
}

void edoi_steal_end(edoi_worker *w, bool more) {
    w->searching = false;
    // Others may have relied on the last one who searches.
    if (edoi_search_end(&w->runtime->idle) && more) edoi_scheduler_call_one(w->runtime);
}

void edoi_steal_search(edoi_worker *w) {
    if (!w->searching) {
        if (!edoi_search_begin(&w->runtime->idle)) return;
        w->searching = true;
    }
    uint32_t injected_n =
        edoi_load_rlx_u32(&w->runtime->injected_n); // relaxed: sleep looks once more
    bool has_work = edoi_scheduler_has_work(w) || injected_n > 0;
    const edoi_worker *victim = has_work ? NULL : steal(w);
    edoi_steal_end(w, injected_n > 1 || (victim && edoi_ring_len(&victim->ring) > 0));
}

static void wake_if_worth(edoi_worker *w) {
    uint32_t len = edoi_ring_len(&w->ring);
    if (len * w->mean_poll_ns >= WAKE_WORTH_NS) edoi_scheduler_call_one(w->runtime);
}

void edoi_steal_offer_slowly(edoi_worker *w) {
    if (edoi_ring_len(&w->ring) == 0) return;
    if (w->polls_n % OFFER_INTERVAL == 0) edoi_steal_measure(w, edoi_clock_now(&w->clock));
    wake_if_worth(w);
}

void edoi_steal_measure(edoi_worker *w, int64_t now_ns) {
    if (w->mean_poll_ns == 0) w->mean_poll_ns = MEAN_FIRST_NS;
    if (w->polls_n == 0) return;
    int64_t mean_ns = (now_ns - w->ran_from_ns) / w->polls_n;
    w->mean_poll_ns += (mean_ns - w->mean_poll_ns) / 4;
    w->polls_n = 0;
    w->ran_from_ns = now_ns;
}
