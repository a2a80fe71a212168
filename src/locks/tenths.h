/* SPDX-License-Identifier: MIT */
/* locks/tenths.h: times as tenths of a second in 32 bits, as tasks, waits and locks keep them, and
 * how long ago one was.
 *
 * What is looked at goes on meanwhile: it may have begun after the clock was read for the look.
 * That is 0 ago. */
#ifndef EDOI_LOCKS_TENTHS_H
#define EDOI_LOCKS_TENTHS_H

#include <edo/base.h>

#define EDOI_TENTH_NS INT64_C(100000000)

/* The time `ns` of a clock. */
EDOI_INLINE uint32_t edoi_tenths(int64_t ns) {
    return (uint32_t)(ns / EDOI_TENTH_NS);
}

/* How long before `now` was `since`? 0 if it was after it; the numbers may have wrapped between
 * them. */
EDOI_INLINE uint32_t edoi_tenths_since(uint32_t now, uint32_t since) {
    const uint32_t age = now - since;
    return age <= INT32_MAX ? age : 0;
}

#endif
