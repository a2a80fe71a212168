/* SPDX-License-Identifier: MIT */
/* future/select.c: waits for the first of several futures. All branches are polled with the task's
 * own waker: a wake does not tell which branch it is for, so each poll polls all pending
 * branches. */
#include "base/assert.h"
#include "base/world/worlds.h"
#include "future/budget.h"
#include "future/describe.h"
#include "future/twins.h"

#include <edo/future.h>

#include <errno.h>

#define RANDOM_STEP UINT64_C(0x9e3779b97f4a7c15)

/* For contexts without a seed, as a program's own executor or a plain thread may have: a new seed
 * for each poll, since otherwise each poll would begin at the same branch. */
static EDOI_THREAD_LOCAL uint64_t seeds;

static EDOI_OPAQUE uint64_t seed(void) {
    uint64_t drawn;
    return edoi_world_draws(&drawn) ? drawn | 1 : (seeds += RANDOM_STEP);
}

/* A number below `n`, the starting branch; steps a counter and mixes it (splitmix64). */
static uint32_t random_below(edo_cx *cx, uint32_t n) {
    if (EDOI_UNLIKELY(cx->random == 0)) cx->random = seed();
    uint64_t x = cx->random += RANDOM_STEP;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(((x >> 32) * n) >> 32);
}

/* The k-th branch from `start` on. Uses a mask instead of a jump: the start is random, so a jump
 * would be mispredicted every other time, which costs more than the rest of a select. */
static uint32_t select_turned(const edo_select_future *self, uint32_t start, uint32_t k) {
    uint32_t i = start + k;
    return i - (self->n & (0u - (uint32_t)(i >= self->n)));
}

/* Drops all but the k-th branch from `start` on; k == n: all. */
static void drop_all_but(edo_select_future *self, uint32_t start, uint32_t k) {
    for (uint32_t j = 0; j < self->n; j++)
        if (j != k) edo_drop(self->futures[select_turned(self, start, j)]);
}

static void select_drop_all(edo_select_future *self) {
    drop_all_but(self, 0, self->n);
}

static edo_polled won(edo_select_future *self, uint32_t start, uint32_t k) {
    if (!(self->flags & EDO_SELECT_KEEP)) drop_all_but(self, start, k);
    return edo_future_finish(&self->base, (int)select_turned(self, start, k));
}

/* With EDO_SELECT_OK a failure only disables its branch; the last failure is the result. */
static bool failure_disables(edo_select_future *self, uint32_t i) {
    if (!(self->flags & EDO_SELECT_OK) || self->futures[i]->result >= 0) return false;
    self->over |= UINT64_C(1) << i;
    self->base.result = self->futures[i]->result;
    return true;
}

/* The common case: two branches, both enabled, no options. */
static edo_polled select_two(edo_select_future *self, edo_cx *cx) {
    uint32_t first = random_below(cx, 2);
    edo_future *one = self->futures[first], *other = self->futures[first ^ 1u];
    if (edo_poll(one, cx) == EDO_READY) {
        edo_drop(other);
        return edo_future_finish(&self->base, (int)first);
    }
    if (edo_poll(other, cx) == EDO_PENDING) return EDO_PENDING;
    edo_drop(one);
    return edo_future_finish(&self->base, (int)(first ^ 1u));
}

/* All other cases; not inlined, since they are rare. */
static EDOI_NOINLINE edo_polled select_any(edo_select_future *self, edo_cx *cx) {
    edo_future *f = &self->base;
    if (self->n > EDO_FUTURES_MAX) return edo_future_finish(f, -EINVAL);
    uint32_t start = 0, pending = 0;
    if (!(self->flags & EDO_SELECT_BIASED) && self->n > 1) start = random_below(cx, self->n);
    for (uint32_t k = 0; k < self->n; k++) {
        uint32_t i = select_turned(self, start, k);
        if (!self->futures[i] || self->over >> i & 1) continue;
        if (edo_poll(self->futures[i], cx) == EDO_PENDING) {
            pending++;
        } else if (!failure_disables(self, i)) {
            return won(self, start, k);
        }
    }
    if (pending == 0) {
        bool failed = self->over != 0;
        if (failed && !(self->flags & EDO_SELECT_KEEP)) select_drop_all(self);
        return edo_future_finish(f, failed ? f->result : -EDO_ENOBRANCH);
    }
    if (self->flags & EDO_SELECT_NOWAIT) {
        // A branch spent the rest of the budget, which may be all that the others wait for: polls
        // again after other tasks' turn.
        if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
        if (!(self->flags & EDO_SELECT_KEEP)) select_drop_all(self);
        return edo_future_finish(f, -EAGAIN);
    }
    return EDO_PENDING;
}

static edo_polled select_poll(edo_future *f, edo_cx *cx) {
    edo_select_future *self = (edo_select_future *)(void *)f;
    uint32_t before = cx->budget;
    if (EDOI_UNLIKELY(before == 0)) return edoi_budget_wait(cx);
    bool is_plain =
        EDOI_LIKELY(self->n == 2 && self->flags == 0) && self->futures[0] && self->futures[1];
    edo_polled polled = is_plain ? select_two(self, cx) : select_any(self, cx);
    // So that a loop of selects yields even if a branch is always ready and debits nothing. A poll
    // that finds nothing ready costs no more than a pending branch.
    if (polled == EDO_READY && cx->budget == before && f->result != -EAGAIN) edoi_budget_debit(cx);
    return polled;
}

static void select_drop(edo_future *f) {
    edo_select_future *self = (edo_select_future *)(void *)f;
    bool ours = !edo_future_is_over(f) && self->n <= EDO_FUTURES_MAX;
    if (ours && !(self->flags & EDO_SELECT_KEEP)) select_drop_all(self);
    edo_future_retire(f);
}

/* With EDO_SELECT_KEEP, too: then the program drops them. */
static void select_hold(edo_future *f) {
    edo_select_future *self = (edo_select_future *)(void *)f;
    for (uint32_t i = 0; i < self->n && self->n <= EDO_FUTURES_MAX; i++)
        if (self->futures[i]) edo_future_hold(self->futures[i]);
}

static void select_describe(const edo_future *base, edo_description *to) {
    const edo_select_future *f = (const edo_select_future *)(const void *)base;
    edoi_describe_all(to, f->futures, f->n);
}

static const edo_future_ops select_ops = { .poll = select_poll,
                                           .drop = select_drop,
                                           .name = "edo_select",
                                           .size = sizeof(edo_select_future),
                                           .describe = select_describe,
                                           .hold = select_hold };

/* Debug builds: reports a future that must not be dropped half way, as a loser is. */
static void refuse_unsafe(edo_future **futures, size_t n) {
#ifdef EDO_DEBUG
    for (size_t i = 0; i < n; i++) {
        bool is_made = futures[i] && !edoi_future_is_unmade(futures[i]);
        bool unsafe = is_made && (futures[i]->ops->flags & EDO_FUTURE_NOT_CANCEL_SAFE);
        (void)EDO_MISUSE(unsafe, "a future that is not cancel-safe cannot be a branch of select");
    }
#else
    (void)futures;
    (void)n;
#endif
}

edo_future *edo_select_init(edo_select_future *f, edo_future **futures, size_t n, uint32_t flags) {
    edoi_futures_refuse_twins(futures, n);
    if (!(flags & EDO_SELECT_KEEP)) refuse_unsafe(futures, n);
    f->futures = futures;
    f->n = n > EDO_FUTURES_MAX ? EDO_FUTURES_MAX + 1 : (uint32_t)n;
    f->flags = flags;
    f->over = 0;
    return edo_future_init(&f->base, &select_ops);
}
