/* SPDX-License-Identifier: MIT */
/* future/twins.h: detects a future that is passed twice to a select or join. Each branch is polled
 * and dropped separately, so such a future would be polled after its end, or dropped twice. */
#ifndef EDOI_FUTURE_TWINS_H
#define EDOI_FUTURE_TWINS_H

#include "base/assert.h"

#include <edo/future.h>

#define EDOI_TWINS_ROOM 128u /* table size: a power of 2, larger than the number of futures */

/* In time proportional to `n`, for at most EDO_FUTURES_MAX futures; more are not checked. */
EDOI_INLINE bool edoi_futures_have_twins(edo_future *const *futures, size_t n) {
    uint8_t seen[EDOI_TWINS_ROOM] = { 0 }; // number of the future in each slot; 0: none
    EDOI_STATIC_ASSERT(EDO_FUTURES_MAX < EDOI_TWINS_ROOM, "the table always has a free slot");
    for (size_t i = 0; n <= EDO_FUTURES_MAX && i < n; i++) {
        if (!futures[i]) continue;
        size_t at = (uintptr_t)futures[i] / 8 * 61 % EDOI_TWINS_ROOM;
        for (; seen[at] != 0; at = (at + 1) % EDOI_TWINS_ROOM)
            if (futures[seen[at] - 1] == futures[i]) return true;
        seen[at] = (uint8_t)(i + 1);
    }
    return false;
}

/* Reports a duplicate in debug builds. */
EDOI_INLINE void edoi_futures_refuse_twins(edo_future *const *futures, size_t n) {
#ifdef EDO_DEBUG
    (void)EDO_MISUSE(edoi_futures_have_twins(futures, n),
                     "one future is two branches of a select or join");
#else
    (void)futures;
    (void)n;
#endif
}

#endif
