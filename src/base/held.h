/* SPDX-License-Identifier: MIT */
/* base/held.h: how many locks of edo the calling thread holds, in debug builds.
 *
 * A wake is delivered, and a reference given back, only while the thread holds none: what is woken
 * may take any lock, and what is freed may wait for one. Counted are short locks (lock.h) and
 * mutexes. Release builds count nothing. */
#ifndef EDOI_BASE_HELD_H
#define EDOI_BASE_HELD_H

#include <edo/base.h>

#include <pthread.h>

#ifdef EDO_DEBUG
void edoi_held_add(int n);

/* Names the lock discipline that the caller breaks, if the thread holds a lock. `what` it does. */
void edoi_held_check(const char *what);
#else
EDOI_INLINE void edoi_held_add(int n) {
    (void)n;
}
EDOI_INLINE void edoi_held_check(const char *what) {
    (void)what;
}
#endif

/* A mutex of edo's own: a thread sleeps while it waits for one. Macros, so that the model checker
 * sees the caller's line. */
#define edoi_mutex_acquire(m) ((void)pthread_mutex_lock(m), edoi_held_add(1))
#define edoi_mutex_release(m) (edoi_held_add(-1), (void)pthread_mutex_unlock(m))

#endif
