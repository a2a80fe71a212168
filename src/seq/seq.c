/* SPDX-License-Identifier: MIT */
/* seq/seq.c: reads from a sequence of any kind (contract: edo/seq.h).
 *
 * inv. 1: a sequence that keeps a borrowed waker `waits`: after a poll that was ready, for an item
 *         or for its stop, and after edo_seq_leave(), it keeps none. So a reader may go as soon as
 *         its read has ended. */
#include "seq/seq.h"

#include "base/assert.h"
#include "base/error/trail.h"

#include "future/budget.h"

#include <errno.h>

edo_seq *edo_seq_init(edo_seq *self, const edo_seq_ops *ops, size_t item_size) {
    *self = (edo_seq){ .ops = ops, .item_size = item_size };
    return self;
}

edo_polled edo_seq_poll_next(edo_seq *s, edo_cx *cx, void *item, int *result) {
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    uint32_t budget = cx->budget;
    *result = 0;
    if (!s->over) {
        s->waits = s->ops->poll_next(s, cx, item, result) == EDO_PENDING;
        if (s->waits) return EDO_PENDING;
        s->over = *result == 0;
    }
    if (cx->budget == budget) edoi_budget_debit(cx);
    return EDO_READY;
}

edo_polled edo_seq_poll_stop(edo_seq *s, edo_cx *cx) {
    if (!s->over) edo_seq_leave(s); // a poll for an item may be pending, whose waker must go
    s->over = true;
    if (!s->ops->stop) return EDO_READY;
    edoi_trail_kept kept = edoi_trail_keep(); // what the tasks return is lost
    s->waits = s->ops->stop(s, cx) == EDO_PENDING;
    (void)edoi_trail_kept_end(kept, 0);
    return s->waits ? EDO_PENDING : EDO_READY;
}

void edo_seq_leave(edo_seq *s) {
    if (!s->waits) return;
    s->waits = false;
    if (s->ops->leave) s->ops->leave(s);
}

edo_seq_size edo_seq_size_hint(const edo_seq *s) {
    if (!s || s->over) return (edo_seq_size){ 0, 0 };
    return s->ops->size ? s->ops->size(s) : (edo_seq_size){ 0, UINT64_MAX };
}

void edo_seq_free(edo_seq *s) {
    if (!s) return;
    edo_seq_leave(s);
    EDO_INV("seq inv. 1", !s->waits);
    s->ops->drop(s);
}

/* ---- The next item --------------------------------------------------------------------------- */

static edo_polled seq_next_poll(edo_future *base, edo_cx *cx) {
    edo_seq_next_future *f = (edo_seq_next_future *)(void *)base;
    int result = -ENOMEM;
    if (f->seq && edo_seq_poll_next(f->seq, cx, f->item, &result) == EDO_PENDING)
        return EDO_PENDING;
    return edo_future_finish(base, result);
}

static void seq_next_drop(edo_future *base) {
    edo_seq_next_future *f = (edo_seq_next_future *)(void *)base;
    if (edo_future_is_over(base)) return; // the sequence may be gone
    if (f->seq) edo_seq_leave(f->seq);
    edo_future_retire(base);
}

static void seq_next_describe(const edo_future *base, edo_description *to) {
    const edo_seq *s = ((const edo_seq_next_future *)(const void *)base)->seq;
    if (s) edo_describe_text(to, " of %s", s->ops->name);
}

edo_future *edo_seq_next_init(edo_seq_next_future *f, edo_seq *s, void *item) {
    static const edo_future_ops ops = { .poll = seq_next_poll,
                                        .drop = seq_next_drop,
                                        .name = "edo_seq_next",
                                        .size = sizeof(edo_seq_next_future),
                                        .describe = seq_next_describe };
    f->seq = s;
    f->item = item;
    return edo_future_init(&f->base, &ops);
}

int edo_seq_next(edo_seq *s, void *item) {
    edo_seq_next_future f;
    return edo_await(edo_seq_next_init(&f, s, item));
}

/* ---- The end --------------------------------------------------------------------------------- */

static edo_polled seq_shutdown_poll(edo_future *base, edo_cx *cx) {
    edo_seq_shutdown_future *f = (edo_seq_shutdown_future *)(void *)base;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    uint32_t budget = cx->budget;
    if (f->seq && edo_seq_poll_stop(f->seq, cx) == EDO_PENDING) return EDO_PENDING;
    if (cx->budget == budget) edoi_budget_debit(cx);
    edo_seq_free(f->seq);
    return edo_future_finish(base, 0);
}

static void shutdown_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    edo_seq_free(((edo_seq_shutdown_future *)(void *)base)->seq);
    edo_future_retire(base);
}

edo_future *edo_seq_shutdown_init(edo_seq_shutdown_future *f, edo_seq *s) {
    static const edo_future_ops ops = { .poll = seq_shutdown_poll,
                                        .drop = shutdown_drop,
                                        .name = "edo_seq_shutdown",
                                        .size = sizeof(edo_seq_shutdown_future) };
    f->seq = s;
    return edo_future_init(&f->base, &ops);
}

int edo_seq_shutdown(edo_seq *s) {
    edo_seq_shutdown_future f;
    return edo_await(edo_seq_shutdown_init(&f, s));
}
