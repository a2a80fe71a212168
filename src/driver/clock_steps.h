/* SPDX-License-Identifier: MIT */
/* driver/clock_steps.h: tells sleepers that the wall clock was set, or that the machine was
 * suspended.
 *
 * Each runtime has one such object while any of its sleepers needs it, and each thread that waits
 * without a runtime. It holds a source whose descriptor becomes readable at each step: a sleeper
 * takes the tick of the last one, then reads the clock, and waits for an event past that tick
 * (edoi_source_wait_past()).
 *
 * inv. 1: a step that comes after a sleeper has read the clock makes another tick than it has read
 *         before.
 * inv. 2: an object is in the list while it has users, and has users while it is in the list. One
 *         that was made before a fork is in no list of the child, where nothing is done with it.
 * inv. 1 is not asserted: it is about an event that does not come. The test has steps at each
 * moment. */
#ifndef EDOI_DRIVER_CLOCK_STEPS_H
#define EDOI_DRIVER_CLOCK_STEPS_H

#include "driver/driver.h"

typedef struct edoi_clock_steps {
    struct edoi_clock_steps *next; /* lock: the list's */
    const void *of;         /* const: the runtime, or the driver of a thread; never followed */
    edoi_source *source;    /* const */
    uint32_t users_n;       /* lock: the list's */
    edo_atomic_u32 read_at; /* atomic, relaxed: the tick at which the descriptor was read last */
} edoi_clock_steps;

/* Shares the object of `of`, and makes it if there is none. NULL: memory or descriptors are short,
 * or the kernel does not tell of steps. */
EDO_MUST_USE edoi_clock_steps *edoi_clock_steps_take(const void *of);

/* The tick of the last step, before the clock is read. May wake other sleepers. The caller has a
 * share of it, and it is not inherited. */
EDO_MUST_USE uint32_t edoi_clock_steps_tick(edoi_clock_steps *s);

/* Gives it back; the caller's future waits for its source no more. */
void edoi_clock_steps_give(edoi_clock_steps *s);

/* Wakes the sleepers of `of`, as a step does. */
void edoi_clock_steps_tell(const void *of);

/* Was it made in a parent of this process? Then no event comes. */
EDOI_INLINE bool edoi_clock_steps_is_inherited(const edoi_clock_steps *s) {
    return edoi_source_is_inherited(s->source);
}

#endif
