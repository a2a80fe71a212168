/* SPDX-License-Identifier: MIT */
/* seq/limits/take_until.c: a sequence that ends when a future is ready.
 *
 * The future cannot be begun anew for each reader. So it is in a set of its own, which gives it a
 * waker that stays when a reader goes; the reader's waker is with the set's next future.
 *
 * inv. 1: after a read neither the source nor the set keeps the reader's waker. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <edo/future_set.h>

typedef struct take_until {
    edo_seq base;
    edo_seq *source;                      /* owned */
    edo_future_set set;                   /* the future, until it is ready */
    edo_future_set_done_next_future next; /* for its end */
    edo_future *done;                     /* written by `next` */
    bool waits;                           /* `next` is pending */
} take_until;

static take_until *until_of(edo_seq *s) {
    return (take_until *)(void *)s;
}

/* True: the future is ready; a box is freed, another one keeps its result. */
static bool until_is_ready(take_until *self, edo_cx *cx) {
    if (!self->waits) (void)edo_future_set_done_next_init(&self->next, &self->set, &self->done);
    self->waits = edo_poll(&self->next.base, cx) == EDO_PENDING;
    if (self->waits) return false;
    bool is_done = edo_result(&self->next) > 0;
    if (is_done && (self->done->ops->flags & EDO_FUTURE_BOXED)) edo_drop(self->done);
    return true;
}

static void until_leave(edo_seq *s) {
    take_until *self = until_of(s);
    if (self->waits) edo_drop(&self->next.base);
    self->waits = false;
    edo_seq_leave(self->source);
}

static edo_polled until_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    take_until *self = until_of(s);
    *result = 0;
    bool is_over = until_is_ready(self, cx);
    if (!is_over && edo_seq_poll_next(self->source, cx, item, result) == EDO_PENDING)
        return EDO_PENDING;
    until_leave(s);
    EDO_INV("take_until inv. 1", !self->waits && !self->source->waits);
    return EDO_READY;
}

static edo_polled until_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(until_of(s)->source, cx);
}

static void until_drop(edo_seq *s) {
    edo_future_set_deinit(&until_of(s)->set);
    edo_seq_free(until_of(s)->source);
    edoi_cache_put(s, sizeof(take_until));
}

static edo_seq_size until_size(const edo_seq *s) {
    const take_until *self = (const take_until *)(const void *)s;
    return (edo_seq_size){ 0, edo_seq_size_hint(self->source).most };
}

edo_seq *edo_seq_take_until(edo_seq *s, edo_future *until) {
    static const edo_seq_ops ops = { .poll_next = until_poll,
                                     .leave = until_leave,
                                     .drop = until_drop,
                                     .stop = until_stop,
                                     .name = "edo_seq_take_until",
                                     .size = until_size };
    take_until *self = s && until ? edoi_cache_get(sizeof *self) : NULL;
    bool is_made = false;
    if (self) {
        *self = (take_until){ .source = s, .set = EDO_FUTURE_SET_INIT };
        is_made = edo_future_set_push(&self->set, until) == 0;
    }
    if (is_made) return edo_seq_init(&self->base, &ops, s->item_size);
    edoi_cache_put(self, sizeof *self);
    edo_drop(until);
    edo_seq_free(s);
    return NULL;
}
