/* SPDX-License-Identifier: MIT */
/* runtime/debug/watchdog.h: names the task that keeps its worker from all others.
 *
 * One thread of the process looks at all workers every half of the shortest limit, while one of
 * them is awake; then it sleeps without a tick until a worker that awakes sees that it does.
 *
 *     watchdog                       a worker
 *     all asleep, twice: sleeps = 1  leaves its sleep: its bit is gone
 *     one interval later             sleeps ?  wake it
 *     still all asleep: waits        polls
 *
 * Both stores are relaxed, and there is no fence: after an interval of milliseconds each has
 * reached the other side. Were it not so, one long poll would not be named. */
#ifndef EDOI_RUNTIME_DEBUG_WATCHDOG_H
#define EDOI_RUNTIME_DEBUG_WATCHDOG_H

#include "base/atomic.h"

#include <edo/runtime.h>

/* The limit when the options say nothing, ns; negative: none. */
int64_t edoi_watchdog_default_ns(void);

/* A runtime with a limit has come, and is whole; the first one brings the thread. Without the
 * thread's resources there is no watchdog. */
void edoi_watchdog_join(edo_runtime *rt);

/* It goes, or is left behind: its workers run no longer; with the last one the thread ends. Once is
 * enough. */
void edoi_watchdog_leave(edo_runtime *rt);

extern edo_atomic_u32 edoi_watchdog_sleeps; /* atomic, relaxed: see above */
void edoi_watchdog_wake(void);

/* A worker has left its sleep, or got a thread. */
EDOI_INLINE void edoi_watchdog_notice(void) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&edoi_watchdog_sleeps))) edoi_watchdog_wake();
}

#endif
