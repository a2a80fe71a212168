/* SPDX-License-Identifier: MIT */
/* runtime/left.c: see left.h. A look from outside finds the names, which are literals: they are printed outside
 * the lock of all pages, when the task may be gone. */
#include "runtime/left.h"

#include "runtime/core.h"
#include "runtime/hold.h"

#include <stdio.h>

#define BATCH_MAX 64u

typedef struct batch {
    const char *sites[BATCH_MAX];
    uint32_t n;
} batch;

/* False: there is no place. */
static bool note(void *arg, edo_task *t) {
    batch *b = arg;
    if (edoi_load_rlx_u32(&t->word) & TASK_DONE) return true; // relaxed: it is only named
    if (b->n == BATCH_MAX) return false;
    b->sites[b->n] = edoi_task_seen_site(t);
    if (b->sites[b->n]) b->n++;
    return true;
}

static void name_all(edoi_slab *s) {
    edoi_slab_look look;
    edoi_slab_look_begin(&look, s);
    bool more = true;
    while (more) {
        batch b = { .n = 0 };
        more = edoi_slab_look_on(&look, note, &b);
        for (uint32_t i = 0; i < b.n; i++)
            (void)fprintf(stderr, "edo: task %s is left behind\n", b.sites[i]);
    }
    edoi_slab_look_end(&look);
}

void edoi_left_name(edo_runtime *rt) {
    for (uint32_t i = 0; i < rt->workers_n; i++) name_all(&rt->workers[i]->slab);
    name_all(&rt->foreign_slab);
}

/* ---- Those that no thread has ---------------------------------------------------------------- */

static void keep(edo_task **held, edo_task *t) {
    t->next = *held;
    *held = t;
}

static bool hold_one(void *arg, edo_task *t) {
    if (edoi_task_hold(t)) keep(arg, t);
    return true;
}

static void hold_waiting(edoi_slab *s, edo_task **held) {
    edoi_slab_look look;
    edoi_slab_look_begin(&look, s);
    while (edoi_slab_look_on(&look, hold_one, held)) {
    }
    edoi_slab_look_end(&look);
}

static void keep_all(edo_task **held, edo_task *first) {
    for (edo_task *t = first, *next; t; t = next) {
        next = t->next;
        keep(held, t);
    }
}

/* Beside its worker, which may take from it, or wait. */
static void empty_inbox(edoi_inbox *b, edo_task **held) {
    void *last = edoi_load_rlx_ptr(&b->last); // relaxed: the exchange orders
    do {
        if (!last || last == EDOI_INBOX_ASLEEP) return;
    } while (!edoi_cas_acqrel_ptr(&b->last, &last, NULL)); // B2: pairs with B1
    keep_all(held, last);
}

static void empty_ring(edoi_ring *r, edo_task **held) {
    edo_task *some[EDOI_RING_BATCH];
    for (uint32_t n; (n = edoi_ring_take(r, some, EDOI_RING_BATCH)) > 0;)
        for (uint32_t i = 0; i < n; i++) keep(held, some[i]);
}

static void empty_injected(edo_runtime *rt, edo_task **held) {
    uint32_t n = 0;
    edoi_lock_take(&rt->inject_lock);
    for (edo_task *t; (t = edoi_queue_pop(&rt->injected)); n++) keep(held, t);
    edoi_lock_leave(&rt->inject_lock);
    (void)edoi_sub_rlx_u32(&rt->injected_n, n); // relaxed: less is only a look that is not needed
}

edo_task *edoi_left_hold(edo_runtime *rt) {
    edo_task *held = NULL;
    empty_injected(rt, &held);
    for (uint32_t i = 0; i < rt->workers_n; i++) {
        empty_inbox(&rt->workers[i]->inbox, &held);
        empty_ring(&rt->workers[i]->ring, &held);
        hold_waiting(&rt->workers[i]->slab, &held);
    }
    hold_waiting(&rt->foreign_slab, &held);
    return held;
}
