/* SPDX-License-Identifier: MIT */
/* seq/merge/flatten.c: the items of sequences that are items of a sequence, one sequence after the
 * other.
 *
 * A sequence may end while tasks of it still run, as edo_seq_try_buffered() does. So it is stopped
 * before it is freed: otherwise a shutdown of the whole would not have seen the end of these tasks.
 *
 * inv. 1: the source is asked only while no sequence of it is kept. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <errno.h>

typedef struct flatten {
    edo_seq base;
    edo_seq *source;     /* owned */
    edo_seq *part;       /* owned: the sequence that is read; NULL: none */
    edo_seq *next;       /* where the source writes the next one */
    bool source_stopped; /* the stop of the source is over */
} flatten;

static flatten *flatten_of(edo_seq *s) {
    return (flatten *)(void *)s;
}

/* Takes the next sequence. False: `*result` is what the reader gets instead, or what the source
 * waits for has not come: `*polled` says which. */
static bool flatten_begin_part(flatten *self, edo_cx *cx, int *result, edo_polled *polled) {
    EDO_INV("flatten inv. 1", !self->part);
    *polled = edo_seq_poll_next(self->source, cx, &self->next, result);
    if (*polled == EDO_PENDING || *result != 1) return false;
    edo_seq *part = self->next;
    bool fits = part && part->item_size == self->base.item_size;
    if (fits) {
        self->part = part;
    } else {
        *result = part ? -EINVAL : -ENOMEM;
        edo_seq_free(part);
    }
    return fits;
}

/* Ends a sequence that is not read any more. False: its tasks run still. */
static bool flatten_end_part(flatten *self, edo_cx *cx) {
    if (!self->part) return true;
    if (edo_seq_poll_stop(self->part, cx) == EDO_PENDING) return false;
    edo_seq_free(self->part);
    self->part = NULL;
    return true;
}

/* Ends also where all sequences are empty: each end takes from the budget. */
static edo_polled flatten_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    flatten *self = flatten_of(s);
    for (;;) {
        edo_polled polled;
        if (self->part && self->part->over && !flatten_end_part(self, cx)) return EDO_PENDING;
        if (!self->part && !flatten_begin_part(self, cx, result, &polled)) return polled;
        if (edo_seq_poll_next(self->part, cx, item, result) == EDO_PENDING) return EDO_PENDING;
        if (*result != 0) return EDO_READY;
    }
}

static void flatten_leave(edo_seq *s) {
    flatten *self = flatten_of(s);
    edo_seq_leave(self->source);
    if (self->part) edo_seq_leave(self->part);
}

static edo_polled flatten_stop(edo_seq *s, edo_cx *cx) {
    flatten *self = flatten_of(s);
    bool part_stopped = flatten_end_part(self, cx);
    if (!self->source_stopped)
        self->source_stopped = edo_seq_poll_stop(self->source, cx) == EDO_READY;
    return part_stopped && self->source_stopped ? EDO_READY : EDO_PENDING;
}

static void flatten_drop(edo_seq *s) {
    edo_seq_free(flatten_of(s)->part);
    edo_seq_free(flatten_of(s)->source);
    edoi_cache_put(s, sizeof(flatten));
}

static edo_seq_size flatten_size(const edo_seq *s) {
    const flatten *self = (const flatten *)(const void *)s;
    edo_seq_size size = edo_seq_size_hint(self->part);
    if (edo_seq_size_hint(self->source).most > 0) size.most = UINT64_MAX;
    return size;
}

edo_seq *edo_seq_flatten(edo_seq *s, size_t item_size) {
    static const edo_seq_ops ops = { .poll_next = flatten_poll,
                                     .leave = flatten_leave,
                                     .drop = flatten_drop,
                                     .stop = flatten_stop,
                                     .name = "edo_seq_flatten",
                                     .size = flatten_size };
    bool fits = s && s->item_size == sizeof(edo_seq *);
    flatten *self = fits ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        bool refused = s && !fits;
        edo_seq_free(s);
        return refused ? edoi_seq_failed(-EINVAL, item_size) : NULL;
    }
    *self = (flatten){ .source = s };
    return edo_seq_init(&self->base, &ops, item_size);
}
