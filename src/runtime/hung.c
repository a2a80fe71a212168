/* SPDX-License-Identifier: MIT */
/* runtime/hung.c: see hung.h. A look over the pages finds the names, which are literals: they are
 * printed after the pages' lock is released, when the task may be gone. */
#include "runtime/hung.h"

#include "base/backoff.h"
#include "runtime/scheduler/scheduler.h"
#include "runtime/task/pin.h"

#include <stdio.h>

#define BATCH_MAX     64u
#define WAKE_GRACE_NS INT64_C(100000000) /* for a thread that was preempted in a wake */
#define PINS          2u /* the handles' pin and the caller's; others are wakes in progress */

typedef struct kept {
    const char *sites[BATCH_MAX];
    uint32_t n;
} kept;

/* False: the table is full. */
static bool note(void *arg, edo_task *t) {
    kept *b = arg;
    if (edoi_load_rlx_u32(&t->word) & TASK_DONE) return true; // relaxed: the task is only named
    if (b->n == BATCH_MAX) return false;
    b->sites[b->n] = edoi_task_seen_site(t);
    if (b->sites[b->n]) b->n++;
    return true;
}

static void name_all(edoi_task_slab *s) {
    edoi_task_slab_look look;
    edoi_task_slab_look_begin(&look, s);
    bool more = true;
    while (more) {
        kept b = { .n = 0 };
        more = edoi_task_slab_look_on(&look, note, &b);
        for (uint32_t i = 0; i < b.n; i++)
            (void)fprintf(stderr, "edo: task %s is left behind\n", b.sites[i]);
    }
    edoi_task_slab_look_end(&look);
}

void edoi_hung_name(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) name_all(&rt->workers[i]->slab);
    name_all(&rt->foreign_slab);
}

/* ---- Tasks that no thread holds -------------------------------------------------------------- */

static void keep(edo_task **held, edo_task *t) {
    t->next = *held;
    *held = t;
}

static bool hold_one(void *arg, edo_task *t) {
    if (edoi_task_pin(t)) keep(arg, t);
    return true;
}

static void keep_all(edo_task **held, edo_task *first) {
    for (edo_task *t = first, *next; t; t = next) {
        next = t->next;
        keep(held, t);
    }
}

/* The worker may meanwhile take tasks from it, or go to sleep. */
static void empty_inbox(edoi_inbox *b, edo_task **held) {
    void *last = edoi_load_rlx_ptr(&b->last); // relaxed: the exchange orders
    void *empty;
    do empty = last == EDOI_INBOX_ASLEEP ? last : NULL;
    while (!edoi_cas_acqrel_ptr(&b->last, &last, empty)); // IB2: pairs with IB1
    if (last != EDOI_INBOX_ASLEEP) keep_all(held, last);
}

static void empty_ring(edoi_ring *r, edo_task **held) {
    edo_task *some[EDOI_RING_BATCH];
    for (uint32_t n; (n = edoi_ring_take(r, some, EDOI_RING_BATCH)) > 0;)
        for (uint32_t i = 0; i < n; i++) keep(held, some[i]);
}

static void empty_injected(edo_runtime *rt, edo_task **held) {
    uint32_t n = 0;
    edoi_lock_acquire(&rt->inject_lock);
    for (edo_task *t; (t = edoi_task_queue_pop(&rt->injected)); n++) keep(held, t);
    edoi_lock_release(&rt->inject_lock);
    (void)edoi_sub_rlx_u32(&rt->injected_n, n); // relaxed: a count too low costs only a search
}

/* A wake that is preempted between its claim and its pin, a few instructions, is missed: its task
 * is abandoned when the last thread has ended. */
static void wait_for_wakes(edo_runtime *rt) {
    int64_t until_ns = edoi_time_after(edoi_clock_monotonic(), WAKE_GRACE_NS);
    edoi_backoff b = { 0 };
    // relaxed: a wake that queues its task after the exchange or lock below sees them, so it has
    // not released its pin at this load
    while (edoi_load_rlx_u32(&rt->pins) > PINS && edoi_clock_monotonic() < until_ns)
        edoi_backoff_wait(&b);
}

edo_task *edoi_hung_pin(edo_runtime *rt) {
    edo_task *held = NULL;
    // First the waiting tasks, which no wake can claim after this. A task claimed before is queued,
    // or will be by a wake in progress.
    for (uint32_t i = 0; i < rt->workers_n; i++)
        edoi_task_slab_look_over(&rt->workers[i]->slab, hold_one, &held);
    edoi_task_slab_look_over(&rt->foreign_slab, hold_one, &held);
    wait_for_wakes(rt);
    empty_injected(rt, &held);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        empty_inbox(&rt->workers[i]->inbox, &held);
        empty_ring(&rt->workers[i]->ring, &held);
    }
    return held;
}

static void give_out(edoi_worker *w, edo_task *t) {
    t->own = 0;
    edoi_store_rlx_u16(&t->owner, OWNER_NONE); // before we release it: task.h, inv. 2
    (void)edoi_inbox_push(&w->inbox, t);       // false: its worker is awake
}

static void give_out_all(edoi_worker *w, edoi_task_queue *q) {
    for (edo_task *t; (t = edoi_task_queue_pop(q));) give_out(w, t);
}

void edoi_hung_give_out(edoi_worker *w) {
    if (w->run.lifo) give_out(w, w->run.lifo);
    w->run.lifo = NULL;
    give_out_all(w, &w->run.queue);
    give_out_all(w, &w->run.fired);
    give_out_all(w, &w->run.spent);
    give_out_all(w, &w->stack_wait.tasks);
    while (w->run.batch_at != w->run.batch_end)
        give_out(w, w->run.batch[w->run.batch_at++ % EDOI_RING_BATCH]);
}
