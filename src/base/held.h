/* SPDX-License-Identifier: MIT */
/* base/held.h: counts the locks of edo that the calling thread holds, in debug builds.
 *
 * Wakes are delivered and references released only while the thread holds no lock: the woken code
 * may take any lock, and a free may wait for one. Short locks (lock.h) and mutexes are counted.
 * Release builds count nothing. The counter is in records/held.c. */
#ifndef EDOI_BASE_HELD_H
#define EDOI_BASE_HELD_H

#include <edo/base.h>

#include <pthread.h>

#ifdef EDO_DEBUG
void edoi_held_add(int n);

/* Does the thread hold one? */
bool edoi_held_any(void);

/* Reports misuse of locks if the thread holds one. `what`: what it does. */
void edoi_held_check(const char *what);
#else
EDOI_INLINE void edoi_held_add(int n) {
    (void)n;
}
EDOI_INLINE bool edoi_held_any(void) {
    return false;
}
EDOI_INLINE void edoi_held_check(const char *what) {
    (void)what;
}
#endif

/* For edo's mutexes: a thread sleeps while it waits for one. Macros, so that the model checker sees
 * the caller's line. */
#define edoi_mutex_acquire(m) ((void)pthread_mutex_lock(m), edoi_held_add(1))
#define edoi_mutex_release(m) (edoi_held_add(-1), (void)pthread_mutex_unlock(m))

#endif
