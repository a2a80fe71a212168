/* SPDX-License-Identifier: MIT */
/* http/io/stall.h: how long one end of a stream may make the other wait: a timer that is filed
 * while a poll is pending.
 *
 * inv. 1: it is filed for the task that waits, so it ends with the wait: when the poll is ready,
 *         and in the stream's `unwait`. */
#ifndef EDOI_HTTP_IO_STALL_H
#define EDOI_HTTP_IO_STALL_H

#include <edo/time.h>

typedef struct edoi_stall {
    edo_duration limit; /* const; EDO_FOREVER_NS: none */
    edo_sleep_future timer;
    bool is_set; /* the timer is filed */
} edoi_stall;

/* Called by a poll that is pending: returns whether the wait has been too long; otherwise the task
 * is woken when it has. */
EDOI_INLINE bool edoi_stall_is_over(edoi_stall *s, edo_cx *cx) {
    if (s->limit.ns == EDO_FOREVER_NS || !cx) return false;
    if (!s->is_set) (void)edo_sleep_init(&s->timer, s->limit);
    s->is_set = edo_poll(&s->timer.base, cx) == EDO_PENDING;
    return !s->is_set;
}

/* Called by a poll that is ready, and by `unwait`. */
EDOI_INLINE void edoi_stall_end(edoi_stall *s) {
    if (s->is_set) edo_drop(&s->timer.base);
    s->is_set = false;
}

#endif
