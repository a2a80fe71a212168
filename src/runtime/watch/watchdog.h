/* SPDX-License-Identifier: MIT */
/* runtime/watch/watchdog.h: names the task that keeps its worker from all others.
 *
 * While any worker is awake, one thread of the process checks all workers every half of the
 * shortest limit; then it sleeps without a tick until a waking worker notices that it sleeps.
 *
 *     watchdog                       a worker
 *     all asleep, twice: sleeps = 1  leaves its sleep: its bit is gone
 *     one interval later             sleeps ?  wake it
 *     still all asleep: waits        polls
 *
 * Both stores are relaxed, without a fence: after an interval of milliseconds each is visible to
 * the other side. If it were not, one long poll would not be named. */
#ifndef EDOI_RUNTIME_WATCH_WATCHDOG_H
#define EDOI_RUNTIME_WATCH_WATCHDOG_H

#include "base/atomic.h"

#include <edo/runtime.h>

/* The default limit, ns; negative: none. */
int64_t edoi_watchdog_default_ns(void);

/* Adds a complete runtime; the first one that has a limit starts the thread, or any if locks are
 * watched. Without the thread's resources there is no watchdog. */
void edoi_watchdog_join(edo_runtime *rt);

/* Locks are watched from now on: starts the thread if there is a runtime. Any thread. */
void edoi_watchdog_want(void);

/* Removes a runtime that ends or is left behind: its workers run no longer; with the last runtime
 * the thread ends. Calling it again has no effect. */
void edoi_watchdog_leave(edo_runtime *rt);

extern edo_atomic_u32 edoi_watchdog_sleeps; /* atomic, relaxed: see above */
void edoi_watchdog_wake(void);

/* A worker has stopped sleeping, or got a thread. */
EDOI_INLINE void edoi_watchdog_notice(void) {
    if (EDOI_UNLIKELY(edoi_load_rlx_u32(&edoi_watchdog_sleeps))) edoi_watchdog_wake();
}

#endif
