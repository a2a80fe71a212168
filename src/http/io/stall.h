/* SPDX-License-Identifier: MIT */
/* http/io/stall.h: how long one end of a stream may make the other wait: without a byte, and on
 * average. A stall has a timer, which is set while a poll is pending.
 *
 * On average: each byte buys 1 / rate_min of a second. The time that was waited must not pass what
 * was bought, or `grace` if that is more. So a sender that is slow at first has time to become
 * faster. No more than `limit` is bought ahead, so a sender that has sent much at once cannot live
 * on that for hours.
 *
 * inv. 1: the timer is set for the task that waits, so it ends with the wait: when the poll is
 *         ready, and in the stream's `unwait`. */
#ifndef EDOI_HTTP_IO_STALL_H
#define EDOI_HTTP_IO_STALL_H

#include <edo/time.h>

typedef struct edoi_stall {
    edo_duration limit; /* without a byte; EDO_FOREVER_NS: none */
    edo_duration grace; /* time that may be waited before the rate counts; finite if `rate_min` is
                           set */
    uint32_t rate_min;  /* bytes a second; 0: any */
    bool is_set;        /* the timer is set */
    uint64_t bytes;     /* bytes since the last wait began */
    int64_t waited_ns;  /* time that was waited before the present wait */
    int64_t bought_ns;  /* time that was bought by all bytes except `bytes` */
    edo_instant since;  /* is_set: when the wait began */
    edo_sleep_future timer;
} edoi_stall;

/* Sets no limits; edoi_stall_begin() sets them. */
EDOI_INLINE void edoi_stall_off(edoi_stall *s) {
    s->is_set = false;
    s->limit = (edo_duration){ EDO_FOREVER_NS };
    s->rate_min = 0;
}

/* Sets the limits, and begins to count; `rate_min` 0: no least rate. */
EDO_API void edoi_stall_begin(edoi_stall *s, edo_duration limit, uint32_t rate_min,
                              edo_duration grace);

/* Counts bytes that have come, or were taken. */
EDOI_INLINE void edoi_stall_count(edoi_stall *s, size_t n) {
    s->bytes += n;
}

/* Returns how long the next wait may be; EDO_FOREVER_NS: no limit. */
EDO_API edo_duration edoi_stall_left(edoi_stall *s);

/* Counts a wait that took `time`. */
EDO_API void edoi_stall_spend(edoi_stall *s, edo_duration time);

/* Called by a poll that is pending. Returns whether the wait has been too long; if not, the task is
 * woken when it has. */
EDO_API bool edoi_stall_is_over(edoi_stall *s, edo_cx *cx);

EDO_API void edoi_stall_end_wait(edoi_stall *s);

/* Ends a wait. Called by a poll that is ready, and by `unwait`. */
EDOI_INLINE void edoi_stall_end(edoi_stall *s) {
    if (s->is_set) edoi_stall_end_wait(s);
}

#endif
