/* SPDX-License-Identifier: MIT */
/* service/overload/gate.c: places and their line. */
#include "service/overload/gate.h"

#include "base/assert.h"
#include "future/fate.h"

#include <edo/time.h>

/* Steps of the future. */
#define FRESH   0u
#define WAITING 1u

void edoi_gate_init(edoi_gate *g, uint32_t max, int64_t busy_after_ns) {
    *g = (edoi_gate){ .max = max, .busy_after_ns = busy_after_ns };
}

/* Called with the lock held, before it is released. */
static void gate_check(const edoi_gate *g) {
    EDO_INV("gate inv. 1", !g->waiters.first || g->taken >= g->max);
    EDO_INV("gate inv. 2", !g->waiters.first == (g->since_ns == 0));
}

/* Called with the lock held. By inv. 1 nobody waits if a place is free. */
static bool gate_take(edoi_gate *g) {
    if (g->taken >= g->max) return false;
    g->taken++;
    return true;
}

uint32_t edoi_gate_try(edoi_gate *g) {
    edoi_lock_acquire(&g->lock);
    uint32_t taken = gate_take(g) ? g->taken : 0;
    edoi_lock_release(&g->lock);
    return taken;
}

/* Called with the lock held. */
static void gate_link(edoi_gate *g, edoi_gate_future *f, edo_waker *waker) {
    if (!g->waiters.first) g->since_ns = f->now_ns > 0 ? f->now_ns : 1; // inv. 2: not 0
    edoi_wait_push(&g->waiters, &f->node, waker);
    g->waiting_n++;
}

static void gate_unlink(edoi_gate *g, edo_wait_node *node) {
    edoi_wait_remove(&g->waiters, node);
    g->waiting_n--;
    if (!g->waiters.first) g->since_ns = 0;
}

static bool gate_is_busy(const edoi_gate *g, int64_t now_ns) {
    if (!g->waiters.first) return false;
    return g->busy_after_ns == 0 || now_ns - g->since_ns >= g->busy_after_ns;
}

/* Called with the lock held: gives a free place to one that waits. Its waker is to be delivered
 * if it is not NULL. */
static edo_waker *gate_grant(edoi_gate *g, int64_t now_ns) {
    if (!g->waiters.first || !gate_take(g)) return NULL;
    edo_wait_node *node = gate_is_busy(g, now_ns) ? g->waiters.last : g->waiters.first;
    gate_unlink(g, node);
    edoi_granted_set(node);
    return edo_waker_mark(node->waker);
}

/* Called with the lock held; releases it. */
static void gate_give(edoi_gate *g, int64_t now_ns) {
    EDO_ASSERT(g->taken > 0);
    g->taken--;
    edo_waker *marked = gate_grant(g, now_ns);
    gate_check(g);
    edoi_lock_release(&g->lock);
    edo_waker_deliver(marked);
}

void edoi_gate_give(edoi_gate *g) {
    int64_t now_ns = edo_now_coarse().ns;
    edoi_lock_acquire(&g->lock);
    gate_give(g, now_ns);
}

void edoi_gate_resize(edoi_gate *g, uint32_t max) {
    int64_t now_ns = edo_now_coarse().ns;
    edoi_lock_acquire(&g->lock);
    while (g->max < max && g->waiters.first) { // one by one: inv. 1 holds when the lock is released
        g->max++;
        edo_waker *marked = gate_grant(g, now_ns);
        gate_check(g);
        edoi_lock_release(&g->lock);
        edo_waker_deliver(marked);
        edoi_lock_acquire(&g->lock);
    }
    g->max = max;
    gate_check(g);
    edoi_lock_release(&g->lock);
}

uint32_t edoi_gate_waiting(edoi_gate *g, int64_t now_ns, bool *is_busy) {
    edoi_lock_acquire(&g->lock);
    uint32_t n = g->waiting_n;
    *is_busy = gate_is_busy(g, now_ns);
    edoi_lock_release(&g->lock);
    return n;
}

/* ---- The future ------------------------------------------------------------------------------ */

/* Called with the lock held: is the place there? */
static bool gate_wait_step(edoi_gate_future *f, edo_cx *cx) {
    edoi_gate *g = f->gate;
    if (edo_future_step(&f->base) == WAITING) {
        if (edoi_granted(&f->node)) return true;
        edoi_wait_renew(&f->node, edo_cx_waker(cx));
        return false;
    }
    if (gate_take(g)) return true;
    gate_link(g, f, edo_cx_waker(cx));
    return false;
}

static edo_polled gate_wait_poll(edo_future *base, edo_cx *cx) {
    edoi_gate_future *f = (edoi_gate_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    edoi_lock_acquire(&f->gate->lock);
    bool has_place = gate_wait_step(f, cx);
    gate_check(f->gate);
    edoi_lock_release(&f->gate->lock);
    if (has_place) return edo_future_finish(base, 0);
    edo_future_next_step(base, WAITING);
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void gate_wait_drop(edo_future *base) {
    edoi_gate_future *f = (edoi_gate_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == WAITING) {
        int64_t now_ns = edo_now_coarse().ns;
        edoi_lock_acquire(&f->gate->lock);
        if (edoi_granted(&f->node)) {
            gate_give(f->gate, now_ns); // releases the lock
        } else {
            gate_unlink(f->gate, &f->node);
            edoi_lock_release(&f->gate->lock);
        }
    }
    edo_future_retire(base);
}

static const edo_future_ops gate_wait_ops = { .poll = gate_wait_poll,
                                              .drop = gate_wait_drop,
                                              .name = "place behind a gate",
                                              .size = sizeof(edoi_gate_future) };

edo_future *edoi_gate_wait_init(edoi_gate_future *f, edoi_gate *g, int64_t now_ns) {
    f->gate = g;
    f->now_ns = now_ns;
    return edo_future_init(&f->base, &gate_wait_ops);
}
