/* SPDX-License-Identifier: MIT */
/* seq/limits/throttle.c: a sequence whose items come at most so often.
 *
 * inv. 1: after a read neither the source nor the pause keeps the reader's waker. */
#include "base/assert.h"
#include "base/memory/cache.h"
#include "seq/limits/limit.h"
#include "seq/seq.h"

typedef struct throttle {
    edo_seq base;
    edo_seq *source;      /* owned */
    edoi_seq_limit pause; /* runs since the last item, until it was waited for */
} throttle;

static throttle *throttle_of(edo_seq *s) {
    return (throttle *)(void *)s;
}

static edo_polled throttle_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    throttle *self = throttle_of(s);
    if (self->pause.runs) {
        if (edoi_seq_limit_poll(&self->pause, cx, result) == EDO_PENDING) return EDO_PENDING;
        if (*result < 0) return EDO_READY; // without a runtime: the pause is still to be waited for
        edoi_seq_limit_end(&self->pause);
    }
    if (edo_seq_poll_next(self->source, cx, item, result) == EDO_PENDING) return EDO_PENDING;
    if (*result != 0 && self->pause.length.ns > 0) edoi_seq_limit_begin(&self->pause);
    EDO_INV("throttle inv. 1", !self->source->waits && !self->pause.waits);
    return EDO_READY;
}

static void throttle_leave(edo_seq *s) {
    edoi_seq_limit_leave(&throttle_of(s)->pause);
    edo_seq_leave(throttle_of(s)->source);
}

static edo_polled throttle_stop(edo_seq *s, edo_cx *cx) {
    return edo_seq_poll_stop(throttle_of(s)->source, cx);
}

static void throttle_drop(edo_seq *s) {
    edo_seq_free(throttle_of(s)->source);
    edoi_cache_put(s, sizeof(throttle));
}

static edo_seq_size throttle_size(const edo_seq *s) {
    return edo_seq_size_hint(((const throttle *)(const void *)s)->source);
}

edo_seq *edo_seq_throttle(edo_seq *s, edo_duration period) {
    static const edo_seq_ops ops = { .poll_next = throttle_poll,
                                     .leave = throttle_leave,
                                     .drop = throttle_drop,
                                     .stop = throttle_stop,
                                     .name = "edo_seq_throttle",
                                     .size = throttle_size };
    throttle *self = s ? edoi_cache_get(sizeof *self) : NULL;
    if (!self) {
        edo_seq_free(s);
        return NULL;
    }
    *self = (throttle){ .source = s, .pause = { .length = period } };
    return edo_seq_init(&self->base, &ops, s->item_size);
}
