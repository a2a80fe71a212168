/* SPDX-License-Identifier: MIT */
/* time/random.h: random numbers for pauses: not secret, and those of a worker follow from the seed
 * of its runtime. */
#ifndef EDOI_TIME_RANDOM_H
#define EDOI_TIME_RANDOM_H

#include <edo/base.h>

/* The next number of a sequence; any state will do (splitmix64). */
EDOI_INLINE uint64_t edoi_random_step(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A number from 0 to `most`, both included; `most` is not negative. */
EDOI_INLINE int64_t edoi_random_to(uint64_t *state, int64_t most) {
    uint64_t range = (uint64_t)most + 1; // at most 2^63: a remainder is uneven by 2^-63 * range
    return (int64_t)(edoi_random_step(state) % range);
}

/* A number from the sequence of this thread's worker; on other threads from that of the simulated
 * world that the thread has, or else of the process. */
EDO_API uint64_t edoi_random(void);

#endif
