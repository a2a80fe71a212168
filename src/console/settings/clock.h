/* SPDX-License-Identifier: MIT */
/* console/settings/clock.h: the machine's clocks, on any thread: a runtime's own may be paused. */
#ifndef EDOI_CONSOLE_SETTINGS_CLOCK_H
#define EDOI_CONSOLE_SETTINGS_CLOCK_H

#include <edo/base.h>

#include <time.h>

/* CLOCK_MONOTONIC, CLOCK_REALTIME, or the time that a processor has spent on this thread,
 * CLOCK_THREAD_CPUTIME_ID; ns. */
EDOI_INLINE int64_t edoi_console_clock_ns(clockid_t id) {
    struct timespec now;
    (void)clock_gettime(id, &now); // this cannot fail
    return (int64_t)now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
