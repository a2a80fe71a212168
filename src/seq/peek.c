/* SPDX-License-Identifier: MIT */
/* seq/peek.c: a sequence whose next item can be looked at. */
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <edo/task.h>

#include <errno.h>

typedef struct peekable {
    edo_seq base;
    edo_seq *source; /* owned */
    size_t bytes;    /* of all of this. const */
    int result;      /* of the item that is held */
    bool held;       /* an item was read from the source, and not yet by the reader */
    bool peeks;      /* the poll that is about to run leaves its item held */
    EDOI_ALIGNED(16) unsigned char in[]; /* the item, if result is 1 */
} peekable;

static peekable *peekable_of(edo_seq *s) {
    return (peekable *)(void *)s;
}

static edo_polled peekable_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    peekable *self = peekable_of(s);
    bool peeks = self->peeks;
    self->peeks = false;
    if (!self->held && edo_seq_poll_next(self->source, cx, self->in, &self->result) == EDO_PENDING)
        return EDO_PENDING;
    self->held = peeks;
    *result = self->result;
    if (*result == 1) edoi_seq_copy(item, self->in, s->item_size);
    return EDO_READY;
}

static void peekable_leave(edo_seq *s) {
    edo_seq_leave(peekable_of(s)->source);
}

static edo_polled peekable_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(peekable_of(s)->source, cx);
}

static void peekable_drop(edo_seq *s) {
    edo_seq_free(peekable_of(s)->source);
    edoi_cache_put(s, peekable_of(s)->bytes);
}

static edo_seq_size peekable_size(const edo_seq *s) {
    const peekable *self = (const peekable *)(const void *)s;
    edo_seq_size size = edo_seq_size_hint(self->source);
    uint64_t held = self->held && self->result == 1;
    if (size.least < UINT64_MAX) size.least += held;
    if (size.most < UINT64_MAX) size.most += held;
    return size;
}

static const edo_seq_ops peekable_ops = { .poll_next = peekable_poll,
                                          .leave = peekable_leave,
                                          .drop = peekable_drop,
                                          .stop = peekable_stop,
                                          .name = "edo_seq_peekable",
                                          .size = peekable_size };

edo_seq *edo_seq_peekable(edo_seq *s) {
    if (!s) return NULL;
    size_t bytes = sizeof(peekable) + s->item_size;
    peekable *self = bytes > s->item_size ? edoi_cache_get(bytes) : NULL;
    if (!self) {
        edo_seq_free(s);
        return NULL;
    }
    *self = (peekable){ .source = s, .bytes = bytes };
    return edo_seq_init(&self->base, &peekable_ops, s->item_size);
}

/* ---- Looking --------------------------------------------------------------------------------- */

static edo_polled seq_peek_poll(edo_future *base, edo_cx *cx) {
    edo_seq_next_future *f = (edo_seq_next_future *)(void *)base;
    int result = -ENOMEM;
    if (f->seq && f->seq->ops != &peekable_ops) return edo_future_finish(base, -EINVAL);
    if (f->seq) {
        peekable_of(f->seq)->peeks = true;
        edo_polled polled = edo_seq_poll_next(f->seq, cx, f->item, &result);
        peekable_of(f->seq)->peeks = false; // also without budget, or after the end
        if (polled == EDO_PENDING) return EDO_PENDING;
    }
    return edo_future_finish(base, result);
}

static void peek_drop(edo_future *base) {
    edo_seq_next_future *f = (edo_seq_next_future *)(void *)base;
    if (edo_future_is_over(base)) return; // the sequence may be gone
    if (f->seq) edo_seq_leave(f->seq);
    edo_future_retire(base);
}

edo_future *edo_seq_peek_init(edo_seq_next_future *f, edo_seq *s, void *item) {
    static const edo_future_ops ops = { .poll = seq_peek_poll,
                                        .drop = peek_drop,
                                        .name = "edo_seq_peek",
                                        .size = sizeof(edo_seq_next_future) };
    f->seq = s;
    f->item = item;
    return edo_future_init(&f->base, &ops);
}

int edo_seq_peek(edo_seq *s, void *item) {
    edo_seq_next_future f;
    return edo_await(edo_seq_peek_init(&f, s, item));
}
