/* SPDX-License-Identifier: MIT */
/* seq/chunks/chunks.c: several items of a sequence at a time (contract: edo/seq_chunks.h).
 *
 * inv. 1: while a failure of the source is held, the chunk before it has been given to the reader.
 * inv. 2: after a chunk was given neither the source nor the limit keeps a waker. */
#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/cache.h"
#include "seq/limits/limit.h"
#include "seq/seq.h"

#include <edo/seq_chunks.h>

#include <errno.h>

typedef struct chunks {
    edo_seq base;
    edo_seq *source;      /* owned */
    size_t most;          /* const; items of a chunk */
    size_t bytes;         /* const; of all of this */
    size_t n;             /* of `items` */
    bool given;           /* they are the reader's until it reads again */
    int held;             /* the failure of the source that comes behind them; 0: none */
    edoi_trail *trail;    /* of that failure */
    edoi_seq_limit limit; /* for a chunk that has an item */
    EDOI_ALIGNED(16) unsigned char items[];
} chunks;

static chunks *chunks_of(edo_seq *s) {
    return (chunks *)(void *)s;
}

/* Takes items until the chunk must end: true; or the source makes it wait. */
static bool chunks_fill(chunks *self, edo_cx *cx) {
    int rc = 1;
    while (rc == 1 && self->n < self->most) {
        unsigned char *place = self->items + self->n * self->source->item_size;
        if (edo_seq_poll_next(self->source, cx, place, &rc) == EDO_PENDING) return false;
        self->n += rc == 1;
    }
    if (rc < 0) {
        self->held = rc;
        self->trail = edoi_trail_take(rc);
    }
    return true;
}

/* The source makes the chunk wait. Ready with 0: it ends as it is; or with a negative code. */
static edo_polled chunks_wait(chunks *self, edo_cx *cx, int *result) {
    int64_t limit_ns = self->limit.length.ns;
    *result = 0;
    if (self->n == 0 || limit_ns == EDO_FOREVER_NS) return EDO_PENDING;
    return limit_ns > 0 ? edoi_seq_limit_poll(&self->limit, cx, result) : EDO_READY;
}

static void chunks_leave(edo_seq *s) {
    edo_seq_leave(chunks_of(s)->source);
    edoi_seq_limit_leave(&chunks_of(s)->limit);
}

/* Ends the chunk: writes it, or tells what is behind it. */
static int chunks_give(chunks *self, void *item) {
    edoi_seq_limit_end(&self->limit);
    if (self->n > 0) {
        edo_chunk chunk = { self->items, self->n };
        edoi_seq_copy(item, &chunk, sizeof chunk);
        self->given = true;
        return 1;
    }
    int err = self->held;
    if (err < 0) edoi_trail_give(self->trail);
    self->trail = NULL;
    self->held = 0;
    return err; // 0: the end
}

static edo_polled chunks_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    chunks *self = chunks_of(s);
    if (self->given) self->n = 0;
    self->given = false;
    EDO_INV("chunks inv. 1", self->held == 0 || self->n == 0);
    bool is_complete = self->held < 0 || chunks_fill(self, cx);
    if (!is_complete && chunks_wait(self, cx, result) == EDO_PENDING) return EDO_PENDING;
    if (is_complete || *result == 0) *result = chunks_give(self, item);
    chunks_leave(s);
    EDO_INV("chunks inv. 2", !self->source->waits && !self->limit.waits);
    return EDO_READY;
}

static edo_polled chunks_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(chunks_of(s)->source, cx);
}

static void chunks_drop(edo_seq *s) {
    edoi_trail_free(chunks_of(s)->trail);
    edo_seq_free(chunks_of(s)->source);
    edoi_cache_put(s, chunks_of(s)->bytes);
}

/* Each chunk may be full; or each item to come may be in a chunk alone, behind what was taken. */
static edo_seq_size chunks_size(const edo_seq *s) {
    const chunks *self = (const chunks *)(const void *)s;
    edo_seq_size size = edo_seq_size_hint(self->source);
    uint64_t taken = self->given ? 0 : self->n, behind = taken > 0;
    behind += self->held < 0; // it is to come, too
    uint64_t full = size.least / self->most, rest = size.least % self->most + taken;
    uint64_t last = rest / self->most + (rest % self->most > 0);
    size.least = full > UINT64_MAX - last ? UINT64_MAX : full + last;
    size.most = size.most > UINT64_MAX - behind ? UINT64_MAX : size.most + behind;
    return size;
}

edo_seq *edo_seq_chunks_timeout(edo_seq *s, size_t n, edo_duration limit) {
    static const edo_seq_ops ops = { .poll_next = chunks_poll,
                                     .leave = chunks_leave,
                                     .drop = chunks_drop,
                                     .stop = chunks_stop,
                                     .name = "edo_seq_chunks",
                                     .size = chunks_size };
    if (!s) return NULL;
    size_t most_bytes = SIZE_MAX - sizeof(chunks);
    bool fits = s->item_size == 0 || n <= most_bytes / s->item_size;
    size_t bytes = fits ? sizeof(chunks) + n * s->item_size : 0;
    chunks *self = n > 0 && fits ? edoi_cache_get(bytes) : NULL;
    if (!self) {
        edo_seq_free(s);
        return n > 0 ? NULL : edoi_seq_failed(-EINVAL, sizeof(edo_chunk));
    }
    *self = (chunks){ .source = s, .most = n, .bytes = bytes, .limit = { .length = limit } };
    return edo_seq_init(&self->base, &ops, sizeof(edo_chunk));
}

edo_seq *edo_seq_chunks(edo_seq *s, size_t n) {
    return edo_seq_chunks_timeout(s, n, edo_ns(EDO_FOREVER_NS));
}

edo_seq *edo_seq_ready_chunks(edo_seq *s, size_t n) {
    return edo_seq_chunks_timeout(s, n, edo_ns(0));
}
