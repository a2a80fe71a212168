/* SPDX-License-Identifier: MIT */
/* service/pause.h: growing pauses by the rule of gRPC's connection back-off: each 1.6 times as long
 * as the one before, up to the longest, and then shortened or lengthened by up to a fifth. */
#ifndef EDOI_SERVICE_PAUSE_H
#define EDOI_SERVICE_PAUSE_H

#include "driver/clock.h"
#include "time/random.h"

#include <edo/time.h>

/* One series of pauses. */
typedef struct edoi_pause {
    int64_t base_ns; /* of the next one; 0: min_ns */
    int64_t min_ns, max_ns;
} edoi_pause;

/* Returns the next pause, and makes the one after it longer. */
EDOI_INLINE edo_duration edoi_pause_next(edoi_pause *self) {
    int64_t base_ns = self->base_ns ? self->base_ns : self->min_ns;
    int64_t fifth_ns = base_ns / 5;
    uint64_t random = edoi_random();
    int64_t grown_ns = base_ns > INT64_MAX / 2 ? INT64_MAX : base_ns + base_ns / 10 * 6;
    self->base_ns = grown_ns < self->max_ns ? grown_ns : self->max_ns;
    return edo_ns(edoi_time_after(base_ns - fifth_ns, edoi_random_to(&random, 2 * fifth_ns)));
}

/* The next pause is the shortest again. */
EDOI_INLINE void edoi_pause_reset(edoi_pause *self) {
    self->base_ns = 0;
}

#endif
