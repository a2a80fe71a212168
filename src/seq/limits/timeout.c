/* SPDX-License-Identifier: MIT */
/* seq/limits/timeout.c: a sequence that tells of an item that is late, and waits on for it.
 *
 * inv. 1: after a read neither the source nor the limit keeps the reader's waker. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "seq/limits/limit.h"
#include "seq/seq.h"

typedef struct seq_timed {
    edo_seq base;
    edo_seq *source;      /* owned */
    edoi_seq_limit limit; /* runs since a read found no item */
    bool is_late;         /* the reader was told so of the next item */
} seq_timed;

static seq_timed *seq_timed_of(edo_seq *s) {
    return (seq_timed *)(void *)s;
}

/* The source makes the reader wait. Ready: the limit has passed, or there is no runtime. */
static edo_polled seq_timed_wait(seq_timed *self, edo_cx *cx, int *result) {
    if (self->is_late) return EDO_PENDING;
    if (edoi_seq_limit_poll(&self->limit, cx, result) == EDO_PENDING) return EDO_PENDING;
    self->is_late = *result == 0;
    if (self->is_late) *result = edoi_trail_limit_passed(self->limit.length.ns, 0, "");
    return EDO_READY;
}

static void seq_timed_leave(edo_seq *s) {
    edoi_seq_limit_leave(&seq_timed_of(s)->limit);
    edo_seq_leave(seq_timed_of(s)->source);
}

static edo_polled seq_timed_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    seq_timed *self = seq_timed_of(s);
    if (edo_seq_poll_next(self->source, cx, item, result) == EDO_READY) {
        edoi_seq_limit_end(&self->limit);
        self->is_late = false;
    } else if (seq_timed_wait(self, cx, result) == EDO_PENDING) {
        return EDO_PENDING;
    }
    seq_timed_leave(s); // the source of an item that is late
    EDO_INV("timeout inv. 1", !self->source->waits && !self->limit.waits);
    return EDO_READY;
}

static edo_polled seq_timed_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(seq_timed_of(s)->source, cx);
}

static void seq_timed_drop(edo_seq *s) {
    edo_seq_free(seq_timed_of(s)->source);
    edoi_cache_put(s, sizeof(seq_timed));
}

static edo_seq_size seq_timed_size(const edo_seq *s) {
    return edo_seq_size_hint(((const seq_timed *)(const void *)s)->source);
}

edo_seq *edo_seq_timeout(edo_seq *s, edo_duration limit) {
    static const edo_seq_ops ops = { .poll_next = seq_timed_poll,
                                     .leave = seq_timed_leave,
                                     .drop = seq_timed_drop,
                                     .stop = seq_timed_stop,
                                     .name = "edo_seq_timeout",
                                     .size = seq_timed_size };
    seq_timed *self = s ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        edo_seq_free(s);
        return NULL;
    }
    *self = (seq_timed){ .source = s, .limit = { .length = limit } };
    return edo_seq_init(&self->base, &ops, s->item_size);
}
