/* SPDX-License-Identifier: MIT */
/* base/world/random.h: what begins random numbers that only have to differ. Secrets are made by
 * edo/random.h, which tells a failure; nothing else calls getrandom(). */
#ifndef EDOI_BASE_WORLD_RANDOM_H
#define EDOI_BASE_WORLD_RANDOM_H

#include <edo/random.h>

/* Fills in a seed of `n` bytes: never waits and never fails. If the system has no random bytes,
 * early in its boot or because of a filter, the seed is one of the clock, which is better than a
 * constant. */
EDO_API void edoi_random_seed(void *to, size_t n);

/* What edoi_random_seed() has then. */
void edoi_random_seed_by_clock(void *to, size_t n);

#endif
