/* SPDX-License-Identifier: MIT */
/* runtime/clock.h: the time of one runtime: the monotonic clock, or a virtual one while paused. */
#ifndef EDOI_RUNTIME_CLOCK_H
#define EDOI_RUNTIME_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef struct edoi_clock {
    int64_t ahead_ns;  /* of the monotonic clock, after a pause that was advanced */
    int64_t paused_ns; /* the time while paused */
    bool paused;
} edoi_clock;

/* The monotonic clock of the machine, ns. */
int64_t edoi_clock_monotonic(void);

/* The runtime's time, ns. */
int64_t edoi_clock_now(const edoi_clock *c);

/* Stops the clock at `at_ns`, which is not before its time. */
void edoi_clock_pause(edoi_clock *c, int64_t at_ns);
void edoi_clock_resume(edoi_clock *c);

#endif
