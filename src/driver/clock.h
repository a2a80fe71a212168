/* SPDX-License-Identifier: MIT */
/* driver/clock.h: the time of one runtime: the monotonic clock, or a virtual one while paused; and
 * the wall clock that goes with it. */
#ifndef EDOI_DRIVER_CLOCK_H
#define EDOI_DRIVER_CLOCK_H

#include <edo/time.h>

typedef struct edoi_clock {
    int64_t ahead_ns;  /* ahead of the monotonic clock, after a pause in which time was advanced */
    int64_t paused_ns; /* the time while paused */
    bool paused;
    edo_wall set_wall; /* while paused: what the wall clock showed at `set_ns` */
    int64_t set_ns;
} edoi_clock;

/* The instant `ns` after `at_ns`, clamped to the ends of time: a virtual clock may stand at the
 * end. */
EDOI_INLINE int64_t edoi_time_after(int64_t at_ns, int64_t ns) {
    return edo_instant_add((edo_instant){ at_ns }, (edo_duration){ ns }).ns;
}

/* The machine's monotonic clock, ns. */
int64_t edoi_clock_monotonic(void);

/* The runtime's time, ns. */
int64_t edoi_clock_now(const edoi_clock *c);

/* The runtime's time as of the last tick of the machine's timer, ns: not after edoi_clock_now(),
 * and before it by at most `*lag_ns`, or for as long as the machine was held up (a virtual one
 * whose processor the host took away). Where there is no such clock, and while this one is paused,
 * it is edoi_clock_now(), and `*lag_ns` is 0. */
#define EDOI_CLOCK_LAG_NS INT64_C(10000000) /* most: a timer of 100 Hz, the slowest of Linux */
int64_t edoi_clock_coarse(const edoi_clock *c, int64_t *lag_ns);

/* The wall clock; NULL: the machine's. All that waits for a time of the wall clock reads it here.
 * While `c` is paused it moves with it, and after that it is as far ahead of the machine's. */
edo_wall edoi_clock_wall(const edoi_clock *c);

/* Stops the clock at `at_ns`, which must not be before its time. */
void edoi_clock_pause(edoi_clock *c, int64_t at_ns);

/* Sets the wall clock of a paused clock. */
void edoi_clock_set_wall(edoi_clock *c, edo_wall at);

void edoi_clock_resume(edoi_clock *c);

#endif
