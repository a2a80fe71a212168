/* SPDX-License-Identifier: MIT */
/* runtime/scope/guard.c: see guard.h. */
#include "runtime/scope/guard.h"

#include "records/handles.h"
#include "runtime/scope/monitor.h"
#include "runtime/scope/scope.h"
#include "runtime/scope/token.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/wake.h"

/* ---- The waker ------------------------------------------------------------------------------- */

static edo_waker *guard_mark(edo_waker *w) {
    const edoi_guard *g = (const edoi_guard *)(const void *)w;
    EDO_INV("guard inv. 2", g->token);
    // Relaxed: the reason was set before the token's lock was taken for this mark.
    uint32_t why = edoi_load_rlx_u32(edoi_token_reason(g->token));
    return edoi_task_mark_cancel(g->task, (edo_cancel_cause)why);
}

static void guard_nothing(edo_waker *w) {
    (void)w; // the mark returns the task's own waker, so this one is never kept
}

static const edo_waker_ops guard_ops = { guard_mark, guard_nothing, guard_nothing, guard_nothing };

/* ---- Joining and leaving a token ------------------------------------------------------------- */

/* The token's reason; 0: the token has not fired. */
static uint32_t fired(const edo_cancel_token *token) {
    // CT1: pairs with CT2 in runtime/scope/cancel.c: writes before the token fired are seen
    return edoi_load_acq_u32(edoi_token_reason(token));
}

void edoi_guard_begin(edoi_guard *g, edo_task *t, edo_cancel_token *token) {
    EDOI_ENTERS(EDOI_TOKEN, token);
    g->waker.ops = &guard_ops;
    g->token = edoi_token_hold(token);
    g->task = t;
    edoi_token_hear(token, &g->node, &g->waker);
    uint32_t why = fired(token);
    if (why == EDO_CANCEL_NONE) return; // the token marks the task when it fires
    edo_waker *w = edoi_task_mark_cancel(t, (edo_cancel_cause)why);
    EDO_ASSERT(!w); // busy and without an owner: no other thread can claim or queue it before us
    (void)w;
}

static inline bool task_is_abandoned(const edo_task *t) {
    return edoi_load_rlx_u32(&t->word) & TASK_ABANDONED;
}

void edoi_guard_end(edoi_guard *g) {
    edo_cancel_token *token = g->token;
    if (!token) return;
    EDO_INV("guard inv. 1", !edoi_task_is_done(g->task) || task_is_abandoned(g->task));
    edoi_token_leave(token, &g->node); // until here a mark reads the guard
    g->token = NULL;
    edoi_token_let_go(token);
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

/* Bytes of a fiber of this kind, guard not included. */
static size_t bytes_before(uint8_t kind) {
    bool child = kind & EDOI_FIBER_CHILD;
    if (kind & EDOI_FIBER_MONITORED)
        return child ? sizeof(edoi_monitored_child) : sizeof(edoi_monitored_fiber);
    return child ? sizeof(edoi_child) : sizeof(edoi_fiber_task);
}

size_t edoi_fiber_bytes(uint8_t kind) {
    size_t bytes = bytes_before(kind);
    if (kind & EDOI_FIBER_GUARDED) bytes += sizeof(edoi_guard);
    if (kind & EDOI_FIBER_BOUND) bytes += sizeof(void *);
    return bytes;
}

/* They lie behind everything else of the fiber. */
static struct edoi_values **place_of_values(edoi_fiber_task *fiber) {
    size_t before = edoi_fiber_bytes((uint8_t)(fiber->kind & ~EDOI_FIBER_BOUND));
    return (struct edoi_values **)(void *)((char *)fiber + before);
}

struct edoi_values *edoi_fiber_values(edoi_fiber_task *fiber) {
    return fiber->kind & EDOI_FIBER_BOUND ? *place_of_values(fiber) : NULL;
}

void edoi_fiber_bind(edoi_fiber_task *fiber, struct edoi_values *v) {
    EDO_ASSERT(fiber->kind & EDOI_FIBER_BOUND);
    *place_of_values(fiber) = v;
}

static edoi_guard *guard_of_fiber(edoi_fiber_task *fiber) {
    return (edoi_guard *)(void *)((char *)fiber + bytes_before(fiber->kind));
}

void edoi_guard_fiber(edoi_fiber_task *fiber, edo_cancel_token *token) {
    EDO_ASSERT(fiber->kind & EDOI_FIBER_GUARDED);
    edoi_guard_begin(guard_of_fiber(fiber), edoi_fiber_task_header(fiber), token);
}

void edoi_guard_fiber_end(edoi_fiber_task *fiber) {
    edoi_guard_end(guard_of_fiber(fiber));
}

bool edoi_guard_has_fired(edoi_fiber_task *fiber) {
    return (fiber->kind & EDOI_FIBER_GUARDED) && fired(guard_of_fiber(fiber)->token) != 0;
}
