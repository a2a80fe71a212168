/* SPDX-License-Identifier: MIT */
/* recorder/clock.h: the cheapest available clock: the processor's counter if its rate is constant,
 * otherwise CLOCK_MONOTONIC. */
#ifndef EDOI_RECORDER_CLOCK_H
#define EDOI_RECORDER_CLOCK_H

#include <edo/base.h>

/* Where to count from, and how. Written when the recorder starts, while nothing is recorded. */
typedef struct edoi_recorder_clock {
    uint64_t ticks_at; /* the counter when the recorder began */
    uint64_t per_s;    /* ticks in a second, about */
    uint64_t began_ns, began_wall_ns;
    bool counts_ns; /* it is CLOCK_MONOTONIC */
} edoi_recorder_clock;

extern edoi_recorder_clock edoi_recorder_clock_of;

/* Chooses and measures; takes 2 ms the first time. */
void edoi_recorder_clock_begin(void);

uint64_t edoi_recorder_clock_ns(void);

EDOI_INLINE uint64_t edoi_recorder_counter(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return edoi_recorder_clock_ns();
#endif
}

/* Ticks since the recorder began. */
EDOI_INLINE uint64_t edoi_recorder_now(void) {
    const edoi_recorder_clock *c = &edoi_recorder_clock_of;
    uint64_t at = EDOI_UNLIKELY(c->counts_ns) ? edoi_recorder_clock_ns() : edoi_recorder_counter();
    return at - c->ticks_at;
}

#endif
