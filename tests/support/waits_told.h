/* SPDX-License-Identifier: MIT */
/* support/waits_told.h: what the watchdog's look at waits tells. For white-box tests. */
#ifndef EDO_TESTS_WAITS_TOLD_H
#define EDO_TESTS_WAITS_TOLD_H

#include "runtime/scheduler/blocked.h"

#include "driver/clock.h"

#include <edo/locks.h>

#define SECOND INT64_C(1000000000)

/* Looks as the watchdog would `ns` from now; returns how many waits were told: `lasting` and
 * `standing`. */
static inline edo_locks_stats waits_told_after(int64_t ns) {
    edo_locks_stats before, after;
    edo_locks_get_stats(&before);
    edoi_blocked_look(edoi_clock_monotonic() + ns);
    edo_locks_get_stats(&after);
    return (edo_locks_stats){ .lasting = after.lasting - before.lasting,
                              .standing = after.standing - before.standing };
}

#endif
