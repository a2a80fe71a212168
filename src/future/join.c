/* SPDX-License-Identifier: MIT */
/* future/join.c: waits for all of several futures, polled in turn on one task. */
#include "future/describe.h"
#include "future/twins.h"

#include <edo/future.h>

#include <errno.h>

/* Drops finished futures too: that frees boxes among them. */
static void join_drop_all(edo_join_future *self) {
    for (uint32_t i = 0; i < self->n; i++) edo_drop(self->futures[i]);
}

static int first_failure(const edo_join_future *self) {
    for (uint32_t i = 0; i < self->n; i++)
        if (self->futures[i] && self->futures[i]->result < 0) return self->futures[i]->result;
    return 0;
}

/* Polls the pending branches in `some`; false: a failure ended the join. */
static bool poll_some(edo_join_future *self, uint64_t some, edo_cx *cx) {
    for (; some != 0; some &= some - 1) {
        uint32_t i = (uint32_t)EDOI_CTZ64(some);
        if (edo_poll(self->futures[i], cx) == EDO_PENDING) continue;
        self->left &= ~(UINT64_C(1) << i);
        if ((self->flags & EDO_JOIN_FAIL_FAST) && self->futures[i]->result < 0) {
            self->base.result = self->futures[i]->result;
            return false;
        }
    }
    return true;
}

static edo_polled future_join_poll(edo_future *f, edo_cx *cx) {
    edo_join_future *self = (edo_join_future *)(void *)f;
    if (self->n > EDO_FUTURES_MAX) return edo_future_finish(f, -EINVAL);
    // In rotation, so that the first branch does not use up the others' budget at each wake.
    uint64_t below = (UINT64_C(1) << self->turn) - 1;
    if (!(self->flags & EDO_JOIN_BIASED) && self->n > 0) self->turn = (self->turn + 1) % self->n;
    bool on = poll_some(self, self->left & ~below, cx) && poll_some(self, self->left & below, cx);
    if (!on) {
        join_drop_all(self);
        return edo_future_finish(f, f->result);
    }
    if (self->left != 0) return EDO_PENDING;
    return edo_future_finish(f, first_failure(self));
}

static void future_join_drop(edo_future *f) {
    edo_join_future *self = (edo_join_future *)(void *)f;
    bool ours = !edo_future_is_over(f) && self->n <= EDO_FUTURES_MAX;
    if (ours) join_drop_all(self);
    edo_future_retire(f);
}

static void future_join_hold(edo_future *f) {
    edo_join_future *self = (edo_join_future *)(void *)f;
    for (uint32_t i = 0; i < self->n && self->n <= EDO_FUTURES_MAX; i++)
        if (self->futures[i]) edo_future_hold(self->futures[i]);
}

static void future_join_describe(const edo_future *base, edo_description *to) {
    const edo_join_future *f = (const edo_join_future *)(const void *)base;
    edoi_describe_all(to, f->futures, f->n);
}

static const edo_future_ops join_ops = { .poll = future_join_poll,
                                         .drop = future_join_drop,
                                         .name = "edo_join",
                                         .size = sizeof(edo_join_future),
                                         .describe = future_join_describe,
                                         .hold = future_join_hold };

edo_future *edo_join_init(edo_join_future *f, edo_future **futures, size_t n, uint32_t flags) {
    edoi_futures_refuse_twins(futures, n);
    f->futures = futures;
    f->n = n > EDO_FUTURES_MAX ? EDO_FUTURES_MAX + 1 : (uint32_t)n;
    f->flags = flags;
    f->left = 0;
    f->turn = 0;
    for (uint32_t i = 0; i < f->n && f->n <= EDO_FUTURES_MAX; i++)
        if (futures[i]) f->left |= UINT64_C(1) << i;
    return edo_future_init(&f->base, &join_ops);
}
