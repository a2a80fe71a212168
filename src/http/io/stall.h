/* SPDX-License-Identifier: MIT */
/* http/io/stall.h: how long one end of a stream may make the other wait: without a byte, and on the
 * average. It is a timer that is filed while a poll is pending.
 *
 * On the average: each byte buys 1 / rate_min of a second. The time that was waited must not pass
 * what was bought, or `grace` if that is more. So a sender that is slow to begin with has time to
 * become faster; and since no more is bought than `limit` ahead, one that has sent much at once
 * cannot live on it for hours.
 *
 * inv. 1: the timer is filed for the task that waits, so it ends with the wait: when the poll is
 *         ready, and in the stream's `unwait`. */
#ifndef EDOI_HTTP_IO_STALL_H
#define EDOI_HTTP_IO_STALL_H

#include <edo/time.h>

typedef struct edoi_stall {
    edo_duration limit; /* without a byte; EDO_FOREVER_NS: none */
    edo_duration grace; /* waited before the rate counts; finite if that is set */
    uint32_t rate_min;  /* bytes a second; 0: any */
    bool is_set;        /* the timer is filed */
    uint64_t bytes;     /* that have come since the last wait began */
    int64_t waited_ns;  /* before the present wait */
    int64_t bought_ns;  /* by all bytes but `bytes` */
    edo_instant since;  /* is_set: when the wait began */
    edo_sleep_future timer;
} edoi_stall;

/* No limits, until edoi_stall_begin(). */
EDOI_INLINE void edoi_stall_off(edoi_stall *s) {
    s->is_set = false;
    s->limit = (edo_duration){ EDO_FOREVER_NS };
    s->rate_min = 0;
}

/* Begins to count, with limits; `rate_min` 0: no least rate. */
void edoi_stall_begin(edoi_stall *s, edo_duration limit, uint32_t rate_min, edo_duration grace);

/* Bytes have come, or were taken. */
EDOI_INLINE void edoi_stall_count(edoi_stall *s, size_t n) {
    s->bytes += n;
}

/* How long the next wait may be; EDO_FOREVER_NS: no limit. */
edo_duration edoi_stall_left(edoi_stall *s);

/* A wait has taken that long. */
void edoi_stall_spend(edoi_stall *s, edo_duration time);

/* Called by a poll that is pending: returns whether the wait has been too long; otherwise the task
 * is woken when it has. */
bool edoi_stall_is_over(edoi_stall *s, edo_cx *cx);

void edoi_stall_end_wait(edoi_stall *s);

/* Called by a poll that is ready, and by `unwait`. */
EDOI_INLINE void edoi_stall_end(edoi_stall *s) {
    if (s->is_set) edoi_stall_end_wait(s);
}

#endif
