/* SPDX-License-Identifier: MIT */
/* runtime/worker/run_queue_ops.c: see run_queue.h and run_queue_ops.h. */
#include "runtime/worker/run_queue_ops.h"

#include "driver/driver.h"
#include "recorder/note.h"
#include "runtime/task/inbox.h"
#include "runtime/task/ring.h"
#include "runtime/task/run_queue.h"
#include "runtime/task/task.h"
#include "runtime/task/task_queue.h"
#include "runtime/worker/core.h"
#include "runtime/worker/cost.h"
#include "runtime/worker/count.h"
#include "runtime/worker/idle.h"
#include "runtime/worker/places.h"
#include "runtime/worker/tally.h"
#include "runtime/worker/worker.h"

bool edoi_scheduler_call_one(edo_runtime *rt) {
    uint32_t at = edoi_idle_pick(&rt->idle);
    if (at == EDOI_NOBODY) return false;
    edoi_driver_kick(rt->workers[at]->driver);
    return true;
}

/* ---- Push ------------------------------------------------------------------------------------ */

EDOI_NOINLINE void edoi_run_queue_push_next_slowly(edoi_worker *w, edo_task *t) {
    edoi_wake_place place = w->run.wakes_to;
    if (EDOI_UNLIKELY(w->tally.stamps)) edoi_stats_stamp(t);
    if (EDOI_RECORDS(EDO_RECORDER_ALL))
        edoi_recorder_note(EDOI_REC_WAKE, t, 0, (uintptr_t)edoi_worker_running(w));
    if (place == EDOI_WAKE_BACK) {
        edoi_run_queue_push_back(w, t);
    } else if (place == EDOI_WAKE_FIRED) {
        edoi_run_queue_push_to(w, &w->run.fired, t);
    } else {
        if (w->run.lifo) edoi_run_queue_push_back(w, w->run.lifo);
        w->run.lifo = t;
    }
}

/* Queues a task that other threads have spawned or woken, and that no worker holds. */
static void push_given(edoi_worker *w, edo_task *t) {
    w->tally.given++;
    edoi_store_rlx_u16(&t->owner, w->id);
    edoi_run_queue_push_back(w, t);
}

#define OVERFLOW_AT_ONCE (EDOI_RING_SIZE / 2 < 128 ? EDOI_RING_SIZE / 2 : 128)

/* The ring is full: moves a part of it to the injection list, and pushes. */
static EDOI_NOINLINE void share_slowly(edoi_worker *w, edo_task *t) {
    edo_runtime *rt = w->runtime;
    edo_task *some[OVERFLOW_AT_ONCE];
    while (!edoi_ring_push(&w->ring, t)) {
        uint32_t n = edoi_ring_take(&w->ring, some, OVERFLOW_AT_ONCE);
        if (n == 0) continue;
        edoi_show_more(&w->shown.overflows, 1);
        for (uint32_t i = 0; i + 1 < n; i++) some[i]->next = some[i + 1];
        some[n - 1]->next = NULL;
        edoi_lock_acquire(&rt->inject.lock);
        if (rt->inject.tasks.first) {
            rt->inject.tasks.last->next = some[0];
        } else {
            rt->inject.tasks.first = some[0];
        }
        rt->inject.tasks.last = some[n - 1];
        edoi_lock_release(&rt->inject.lock);
        (void)edoi_add_rlx_u32(&rt->inject.n,
                               n); // relaxed: no sleeper has to see it, this worker is awake
        if (edoi_idle_any(&rt->idle) && edoi_cost_is_worth_a_wake(w, n))
            (void)edoi_scheduler_call_one(rt);
    }
}

EDOI_NOINLINE void edoi_run_queue_share(edoi_worker *w, edo_task *t) {
    w->run.keep_now = 0;
    if (EDOI_UNLIKELY(w->tally.stamps)) edoi_stats_share(w, t);
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE); // before we let go: task.h, inv. 2
    if (EDOI_UNLIKELY(!edoi_ring_push(&w->ring, t))) share_slowly(w, t);
}

void edoi_run_queue_inject(edo_runtime *rt, edo_task *t) {
    edoi_lock_acquire(&rt->inject.lock);
    edoi_task_queue_push(&rt->inject.tasks, t);
    edoi_lock_release(&rt->inject.lock);
    (void)edoi_add_seq_u32(&rt->inject.n, 1); // WK1: pairs with WK2, see idle.h
    (void)edoi_scheduler_call_one(rt);
}

void edoi_run_queue_send_home(edo_runtime *rt, edo_task *t) {
    uint32_t home = edoi_load_rlx_u16(&t->home); // relaxed: we hold the task
    if (home == OWNER_NONE || rt->workers_n == 1) {
        edoi_run_queue_inject(rt, t);
    } else if (edoi_inbox_push(&rt->workers[home - 1]->inbox, t)) {
        edoi_driver_kick(rt->workers[home - 1]->driver);
    }
}

/* ---- Pop ------------------------------------------------------------------------------------- */

/* Takes this worker's share of the injection list into the batch; returns how many tasks. */
static uint32_t take_share(edoi_worker *w, uint32_t left, uint32_t most) {
    edo_runtime *rt = w->runtime;
    uint32_t share = left / rt->workers_n + 1, n = 0;
    if (share > most) share = most;
    edoi_lock_acquire(&rt->inject.lock);
    for (edo_task *t; n < share && (t = edoi_task_queue_pop(&rt->inject.tasks)); n++)
        w->run.batch[n] = t;
    edoi_lock_release(&rt->inject.lock);
    if (n > 0) (void)edoi_sub_rlx_u32(&rt->inject.n, n);
    w->tally.given += n;
    return n;
}

bool edoi_run_queue_refill(edoi_worker *w) {
    uint32_t most = w->cost.keep_most > 0 ? w->cost.keep_most : 1, n = 0;
    // relaxed: sleep looks once more, WK2
    uint32_t injected_n = edoi_load_rlx_u32(&w->runtime->inject.n);
    w->run.from_ring = !w->run.from_ring || injected_n == 0; // by turns
    if (!w->run.from_ring) n = take_share(w, injected_n, most);
    if (n == 0) {
        // Half, so that siblings find some too; all of a short ring if no worker searches.
        bool all = !edoi_search_any(&w->runtime->idle);
        uint64_t left;
        n = edoi_ring_take_some(&w->ring, w->run.batch, most, all, &left);
        w->tally.refilled += n;
        w->run.keep_now = left > 0 ? 0 : w->cost.keep_most;
    }
    if (n == 0 && w->run.from_ring && injected_n > 0) n = take_share(w, injected_n, most);
    w->run.batch_at = 0;
    w->run.batch_end = n;
    return n > 0;
}

/* May edoi_run_queue_pop_movable() find a task? */
static bool may_have_movable(const edoi_worker *w) {
    // relaxed: sleep looks once more
    return w->run.batch_at != w->run.batch_end || w->run.keep_now == 0 ||
           edoi_load_rlx_u32(&w->runtime->inject.n) > 0;
}

EDOI_NOINLINE edo_task *edoi_run_queue_pop_either(edoi_worker *w) {
    w->run.from_queue = !w->run.from_queue || !may_have_movable(w);
    edo_task *t = w->run.from_queue ? NULL : edoi_run_queue_pop_movable(w);
    if (!t) t = edoi_task_queue_pop(&w->run.queue);
    if (w->run.queue.first) EDOI_PREFETCH(w->run.queue.first); // NULL would cost as much as a poll
    return t;
}

uint64_t edoi_run_queue_back(const edoi_worker *w) {
    uint64_t at = w->run.queue_pops_n;
    for (const edo_task *t = w->run.queue.first; t; t = t->next) at++;
    return at;
}

/* Has the shutdown abandoned the task while its wake was under way? */
static bool worker_is_abandoned(const edoi_worker *w, const edo_task *t) {
    return EDOI_UNLIKELY(edoi_runtime_is_closing(w->runtime)) && edoi_task_is_done(t);
}

/* Queues the list that starts at `t`; returns its length. */
static uint32_t push_all(edoi_worker *w, edo_task *t) {
    uint32_t n = 0;
    for (edo_task *next; t; t = next, n++) {
        next = t->next;
        if (!worker_is_abandoned(w, t)) push_given(w, t);
    }
    return n;
}

/* Takes all of the injection list, on a worker without siblings. */
static void take_injected(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    edoi_lock_acquire(&rt->inject.lock);
    edo_task *first = rt->inject.tasks.first;
    rt->inject.tasks = (edoi_task_queue){ 0 };
    edoi_lock_release(&rt->inject.lock);
    (void)edoi_sub_rlx_u32(&rt->inject.n, push_all(w, first));
}

/* Is there a task in the inbox or, on a worker without siblings, in the injection list? */
EDOI_INLINE bool has_outside(const edoi_worker *w) {
    // relaxed: sleep looks once more, WK2
    return edoi_inbox_may_have(&w->inbox) ||
           (!w->shares && edoi_load_rlx_u32(&w->runtime->inject.n) > 0);
}

bool edoi_run_queue_take(edoi_worker *w) {
    if (!has_outside(w)) return false;
    uint32_t n = push_all(w, edoi_inbox_take(&w->inbox));
    if (!w->shares) take_injected(w);
    return n > 0;
}

void edoi_run_queue_give_batch(edoi_worker *w) {
    while (w->run.batch_end - w->run.batch_at > 1)
        edoi_run_queue_share(w, w->run.batch[--w->run.batch_end % EDOI_RING_BATCH]);
}

static void give_movable(edoi_worker *w) {
    edo_task *next = w->run.lifo;
    // relaxed: we hold it
    if (next && edoi_load_rlx_u16(&next->home) == OWNER_NONE) {
        w->run.lifo = NULL;
        edoi_run_queue_share(w, next);
    }
    while (w->run.batch_at != w->run.batch_end)
        edoi_run_queue_share(w, w->run.batch[w->run.batch_at++ % EDOI_RING_BATCH]);
}

void edoi_run_queue_give_all(edoi_worker *w) {
    uint16_t outer;
    if (edoi_places_enter(&w->places, w->id, &outer)) { // otherwise a helper takes the tasks
        edoi_run_queue_settle(w);
        give_movable(w);
    }
    edoi_places_leave(&w->places, outer);
}

/* ---- Deferred tasks -------------------------------------------------------------------------- */

void edoi_run_queue_settle_one(edoi_worker *w, edo_task *t) {
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE); // before we let go: task.h, inv. 2
    w->tally.settled++;
    if (edoi_task_settle(t)) return;
    if (EDOI_UNLIKELY(w->tally.stamps)) edoi_stats_stamp(t); // the waking thread could not
    push_given(w, t);
}

void edoi_run_queue_settle(edoi_worker *w) {
    for (uint32_t i = 0; i < EDOI_DEFERRED_MAX; i++) {
        edo_task *t = w->run.deferred[i];
        w->run.deferred[i] = NULL;
        if (t) edoi_run_queue_settle_one(w, t);
    }
}

/* ---- All of it ------------------------------------------------------------------------------- */

void edoi_run_queue_forget(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    w->run.lifo = NULL;
    w->run.queue = w->run.fired = w->run.spent = (edoi_task_queue){ 0 };
    w->run.batch_at = w->run.batch_end = 0;
    while (edoi_ring_take(&w->ring, w->run.batch, EDOI_RING_BATCH) > 0) {
    }
    (void)edoi_inbox_take(&w->inbox);
    edoi_lock_acquire(&rt->inject.lock);
    rt->inject.tasks = (edoi_task_queue){ 0 };
    edoi_lock_release(&rt->inject.lock);
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++)
        w->stack_wait.tasks[at] = (edoi_task_queue){ 0 };
    w->stack_wait.listed_n = 0;
    edoi_stack_pool_wait_end(&w->stacks);
    edoi_stats_forget(w);
}

/* Asserts that this worker holds `t`, in the place that `own` names. */
static void check_held(const edoi_worker *w, const edo_task *t, uint8_t own) {
    uint32_t word = edoi_load_rlx_u32(&t->word);
    EDO_INV("task inv. 1", t->own == own);
    EDO_INV("run_queue inv. 1", edoi_load_rlx_u16(&t->owner) == w->id);
    EDO_INV("task inv. 3", (word & (TASK_BUSY | TASK_DONE)) == TASK_BUSY);
    EDO_INV("task inv. 4", TASK_REFS(word) >= 1);
}

/* Checks each task of `q`; returns its length. */
static uint64_t check_queue(const edoi_worker *w, const edoi_task_queue *q) {
    const edo_task *last = NULL;
    uint64_t n = 0;
    for (const edo_task *t = q->first; t; t = t->next, n++) {
        check_held(w, t, OWN_QUEUED);
        EDO_INV("task inv. 1", t != w->run.lifo);
        last = t;
    }
    EDO_INV("task inv. 1", !last || last == q->last);
    return n;
}

static bool has_home(const edo_task *t) {
    return (edoi_load_rlx_u16(&t->home) & ~HOME_NO_STACK) != OWNER_NONE;
}

static void check_batch(const edoi_worker *w) {
    for (uint32_t at = w->run.batch_at; at != w->run.batch_end; at++) {
        const edo_task *t = w->run.batch[at % EDOI_RING_BATCH];
        uint16_t owner = edoi_load_rlx_u16(&t->owner);
        EDO_INV("run_queue inv. 1", owner == w->id || owner == OWNER_NONE);
        EDO_INV("run_queue inv. 2", !has_home(t));
    }
}

/* While no other thread takes. */
static void ring_check(const edoi_ring *r) {
    uint64_t head = edoi_load_rlx_u64(&r->head), tail = edoi_load_rlx_u64(&r->tail);
    EDO_INV("ring inv. 2", head <= tail && tail - head <= EDOI_RING_SIZE);
    for (; head != tail; head++) {
        const edo_task *t = edoi_load_rlx_ptr(&r->slots[head % EDOI_RING_SIZE]);
        EDO_INV("ring inv. 1", edoi_load_rlx_u16(&t->owner) == OWNER_NONE);
        EDO_INV("run_queue inv. 2", !has_home(t));
    }
}

void edoi_run_queue_check(const edoi_worker *w) {
    check_batch(w);
    if (!w->shares) ring_check(&w->ring);
    uint64_t waiting_n = check_queue(w, &w->run.queue) + check_queue(w, &w->run.fired) +
                         check_queue(w, &w->run.spent) + (w->run.lifo != NULL) +
                         (uint32_t)(w->run.batch_end - w->run.batch_at);
    uint64_t listed_n = 0;
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++)
        listed_n += check_queue(w, &w->stack_wait.tasks[at]);
    EDO_INV("stack_wait inv. 1", listed_n == w->stack_wait.listed_n);
    EDO_INV("tally inv. 1", waiting_n + listed_n == edoi_stats_waiting(w));
    if (w->run.lifo) check_held(w, w->run.lifo, OWN_QUEUED);
    for (uint32_t i = 0; i < EDOI_DEFERRED_MAX; i++) {
        if (!w->run.deferred[i]) continue;
        check_held(w, w->run.deferred[i], OWN_DEFERRED);
        EDO_INV("task inv. 1", w->run.deferred[i]->slot == i);
    }
    EDO_ASSERT(!w->now.waker && !w->fiber && !w->polled_for);
}
