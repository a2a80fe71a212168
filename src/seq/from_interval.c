/* SPDX-License-Identifier: MIT */
/* seq/from_interval.c: regular ticks as a sequence. */
#include "base/memory/cache.h"
#include "seq/seq.h"

typedef struct from_interval {
    edo_seq base;
    edo_interval every;
    edo_interval_tick_future tick; /* pending while the sequence waits */
} from_interval;

static edo_polled interval_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_interval *self = (from_interval *)(void *)s;
    if (s->waits) {
        self->tick.scheduled = item; // the reader may give another place each time
    } else {
        (void)edo_interval_tick_init(&self->tick, &self->every, item);
    }
    if (edo_poll(&self->tick.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = edo_result(&self->tick);
    *result = err < 0 ? err : 1;
    return EDO_READY;
}

static void interval_leave(edo_seq *s) {
    edo_drop(&((from_interval *)(void *)s)->tick.base);
}

static void interval_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(from_interval));
}

static edo_seq_size interval_size(const edo_seq *s) {
    (void)s;
    return (edo_seq_size){ UINT64_MAX, UINT64_MAX };
}

edo_seq *edo_seq_from_interval(edo_duration period, edo_tick_missed missed) {
    static const edo_seq_ops ops = { .poll_next = interval_poll,
                                     .leave = interval_leave,
                                     .drop = interval_drop,
                                     .name = "edo_seq_from_interval",
                                     .size = interval_size };
    edo_interval every;
    int err = edo_interval_init(&every, period, missed);
    if (err < 0) return edoi_seq_failed(err, sizeof(edo_instant));
    from_interval *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    self->every = every;
    return edo_seq_init(&self->base, &ops, sizeof(edo_instant));
}
