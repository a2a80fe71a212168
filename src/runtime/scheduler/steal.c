/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.c: see steal.h. */
#include "runtime/scheduler/steal.h"

#include "runtime/runtime.h"
#include "runtime/scheduler/scheduler.h"

#define WAKE_WORTH_NS   20000 /* what a sleeper costs until it runs its first task, about */
#define MEAN_FIRST_NS   1000  /* of a worker that has not polled yet */
#define OFFER_WITHIN_NS 10000 /* of polls that take as long as of late */
#ifdef EDOI_MODEL
#    define OFFER_POLLS_MAX 1u /* so that short runs look too */
#else
#    define OFFER_POLLS_MAX 31u /* they may get longer */
#endif

static void set_mean(edoi_worker *w, int64_t ns) {
    w->mean_poll_ns = ns > 0 ? ns : 1;
    if (!w->shares) return;
    int64_t most = WAKE_WORTH_NS / w->mean_poll_ns, within = OFFER_WITHIN_NS / w->mean_poll_ns;
    w->offer_in = within < OFFER_POLLS_MAX ? (uint32_t)within : OFFER_POLLS_MAX;
    if (within == 0) w->offer_in = 1;
    w->keep_most = most < EDOI_RING_BATCH ? (uint32_t)most : EDOI_RING_BATCH;
    if (w->keep_now > 0) w->keep_now = w->keep_most;
}

void edoi_steal_init(edoi_worker *w) {
    set_mean(w, MEAN_FIRST_NS);
    w->keep_now = w->keep_most;
}

static bool is_worth(const edoi_worker *w, uint32_t tasks_n) {
    return tasks_n * w->mean_poll_ns >= WAKE_WORTH_NS;
}

#define OVERFLOW_AT_ONCE (EDOI_RING_SIZE / 2 < 128 ? EDOI_RING_SIZE / 2 : 128)

/* The ring is full: a part of it goes to the injection list, then there is room. */
static EDOI_NOINLINE void share_slowly(edoi_worker *w, edo_task *t) {
    edo_runtime *rt = w->runtime;
    edo_task *some[OVERFLOW_AT_ONCE];
    while (!edoi_ring_push(&w->ring, t)) {
        uint32_t n = edoi_ring_take(&w->ring, some, OVERFLOW_AT_ONCE);
        if (n == 0) continue;
        edoi_show_more(&w->shown.overflows, 1);
        for (uint32_t i = 0; i + 1 < n; i++) some[i]->next = some[i + 1];
        some[n - 1]->next = NULL;
        edoi_lock_acquire(&rt->inject_lock);
        if (rt->injected.first) {
            rt->injected.last->next = some[0];
        } else {
            rt->injected.first = some[0];
        }
        rt->injected.last = some[n - 1];
        edoi_lock_release(&rt->inject_lock);
        (void)edoi_add_rlx_u32(&rt->injected_n,
                               n); // relaxed: no sleeper has to see it, we are awake
        if (edoi_idle_any(&rt->idle) && is_worth(w, n)) (void)edoi_scheduler_call_one(rt);
    }
}

EDOI_NOINLINE void edoi_steal_share(edoi_worker *w, edo_task *t) {
    w->keep_now = 0;
    if (EDOI_UNLIKELY(w->tally.stamps)) edoi_stats_share(w, t);
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE); // before we let go: task.h, inv. 2
    if (EDOI_UNLIKELY(!edoi_ring_push(&w->ring, t))) share_slowly(w, t);
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
        w->batch_end = edoi_ring_take(&victim->ring, w->batch, EDOI_RING_BATCH);
        if (w->batch_end == 0) continue;
        w->tally.stolen += w->batch_end;
        edoi_show_more(&w->shown.steals, 1);
        edoi_show_more(&w->shown.stolen, w->batch_end);
        return victim;
    }
    return NULL;
}

bool edoi_steal_end(edoi_worker *w) {
    w->searching = false;
    return edoi_search_end(&w->runtime->idle);
}

/* The last who searched has found something, and may run it for long, while others relied on
 * him. */
static void look_once_more(edoi_worker *w, const edoi_worker *victim) {
    edo_runtime *rt = w->runtime;
    uint32_t ours = edoi_scheduler_has_work(w) ? 0 : 1;       // of the injected
    uint32_t injected_n = edoi_load_seq_u32(&rt->injected_n); // S3: pairs with S1
    if (injected_n > ours || (victim && edoi_ring_len(&victim->ring) > 0))
        (void)edoi_scheduler_call_one(rt);
}

void edoi_steal_search(edoi_worker *w) {
    if (!w->searching) {
        if (!edoi_search_begin(&w->runtime->idle)) return;
        w->searching = true;
    }
    bool has_work = edoi_scheduler_has_work(w) || edoi_load_rlx_u32(&w->runtime->injected_n) >
                                                      0; // relaxed: sleep looks once more
    const edoi_worker *victim = has_work ? NULL : steal(w);
    bool last = edoi_steal_end(w);
    if (last && (has_work || victim)) look_once_more(w, victim);
}

/* ---- The owner's side ------------------------------------------------------------------------ */

/* A share of the injection list; returns how many. */
static uint32_t take_injected(edoi_worker *w, uint32_t left, uint32_t most) {
    edo_runtime *rt = w->runtime;
    uint32_t share = left / rt->workers_n + 1, n = 0;
    if (share > most) share = most;
    edoi_lock_acquire(&rt->inject_lock);
    for (edo_task *t; n < share && (t = edoi_queue_pop(&rt->injected)); n++) w->batch[n] = t;
    edoi_lock_release(&rt->inject_lock);
    if (n > 0) (void)edoi_sub_rlx_u32(&rt->injected_n, n);
    w->tally.given += n;
    return n;
}

bool edoi_steal_refill(edoi_worker *w) {
    uint32_t most = w->keep_most > 0 ? w->keep_most : 1, n = 0;
    // relaxed: sleep looks once more, S2
    uint32_t injected_n = edoi_load_rlx_u32(&w->runtime->injected_n);
    w->from_ring = !w->from_ring || injected_n == 0; // in turn
    if (!w->from_ring) n = take_injected(w, injected_n, most);
    if (n == 0) {
        // Half, so that others find some too; but all of little that nobody wants.
        bool all = !edoi_search_any(&w->runtime->idle);
        uint64_t left;
        n = edoi_ring_take_some(&w->ring, w->batch, most, all, &left);
        w->tally.refilled += n;
        w->keep_now = left > 0 ? 0 : w->keep_most;
    }
    if (n == 0 && w->from_ring && injected_n > 0) n = take_injected(w, injected_n, most);
    w->batch_at = 0;
    w->batch_end = n;
    return n > 0;
}

/* What is private goes to the ring, but for one. */
static void give_batch(edoi_worker *w) {
    while (w->batch_end - w->batch_at > 1)
        edoi_steal_share(w, w->batch[--w->batch_end % EDOI_RING_BATCH]);
}

void edoi_steal_give_all(edoi_worker *w) {
    edo_task *next = w->lifo;
    // relaxed: we hold it
    if (next && edoi_load_rlx_u16(&next->home) == OWNER_NONE) {
        w->lifo = NULL;
        edoi_steal_share(w, next);
    }
    while (w->batch_at != w->batch_end)
        edoi_steal_share(w, w->batch[w->batch_at++ % EDOI_RING_BATCH]);
}

/* The clock is read once a turn anyway; more often only where polls are, or may be, long. */
static bool is_measure_due(edoi_worker *w) {
    return edoi_worker_steps(w) - w->measured_at > OFFER_POLLS_MAX || w->offer_in < OFFER_POLLS_MAX;
}

void edoi_steal_offer(edoi_worker *w) {
    // The batch has to become empty, so that what was injected gets its turn.
    if (edoi_load_rlx_u32(&w->runtime->injected_n) > 0) w->keep_now = 0; // relaxed: a hint
    bool wanted = edoi_search_any(&w->runtime->idle);
    if (!wanted && !edoi_idle_any(&w->runtime->idle)) return;
    uint32_t private_n = w->batch_end - w->batch_at;
    if (private_n < 2 && edoi_ring_len(&w->ring) == 0) return;
    if (is_measure_due(w)) edoi_stats_measure(w, edoi_clock_now(&w->clock));
    if (wanted || private_n > w->keep_most) give_batch(w);
    if (is_worth(w, edoi_ring_len(&w->ring))) (void)edoi_scheduler_call_one(w->runtime);
}

void edoi_steal_learn(edoi_worker *w, int64_t mean_ns) {
    int64_t before_ns = w->mean_poll_ns; // 0: the first
    set_mean(w, before_ns > 0 ? before_ns + (mean_ns - before_ns) / 4 : mean_ns);
}

/* The places are taken: what the poll spawns from now on lies in the ring. */
static EDOI_NOINLINE void push_taken(edoi_worker *w, edo_task *t) {
    edoi_steal_share(w, t);
    if (edoi_idle_any(&w->runtime->idle)) (void)edoi_scheduler_call_one(w->runtime);
}

void edoi_steal_push_fresh(edoi_worker *w, edo_task *t) {
    uint16_t outer;
    if (EDOI_LIKELY(edoi_places_enter(&w->places, w->id, &outer))) {
        edoi_steal_push(w, t);
    } else {
        push_taken(w, t);
    }
    edoi_places_leave(&w->places, outer);
}
