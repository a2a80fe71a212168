/* SPDX-License-Identifier: MIT */
/* runtime/scope/parker.h: the waker of a plain thread, which sleeps on a condition or in a driver.
 *
 * Each thread keeps its parker for life. Parkers come from a pool that is never unmapped, so a late
 * wake finds a parker, at worst another thread's, which it then wakes spuriously. */
#ifndef EDOI_RUNTIME_SCOPE_PARKER_H
#define EDOI_RUNTIME_SCOPE_PARKER_H

#include "base/atomic.h"
#include "driver/driver.h"

#include <edo/future.h>
#include <edo/runtime.h>

#include <pthread.h>

typedef struct edoi_parker {
    edo_waker waker;       /* first */
    edo_atomic_u32 state;  /* atomic: PK1, PK2 */
    uint32_t forks;        /* const: edoi_forks() when it was made */
    pthread_mutex_t mutex; /* guards `driver` and the sleep */
    pthread_cond_t cond;
    edoi_driver *driver; /* lock: mutex: where the thread may sleep while it drives */
    struct edoi_parker *next_free;
    edo_runtime *bound; /* lock: drive.c's: runtimes bound to the thread by fibers */
} edoi_parker;

/* NULL without memory. */
EDO_MUST_USE edoi_parker *edoi_parker_get(void);
void edoi_parker_put(edoi_parker *p);

/* Consumes the notification; false if there is none. */
bool edoi_parker_take(edoi_parker *p);

/* Is there a notification? It is not consumed. On the parker's thread. */
bool edoi_parker_is_notified(const edoi_parker *p);

/* Sleeps until notified, or until `at_ns` of the monotonic clock (INT64_MAX: for ever). */
void edoi_parker_park(edoi_parker *p, int64_t at_ns);

/* From now on a wake kicks `d`; NULL ends that. */
void edoi_parker_drive(edoi_parker *p, edoi_driver *d);

/* Before and after a wait in the driver. False: notified already, so do not wait. */
bool edoi_parker_before_wait(edoi_parker *p);
void edoi_parker_after_wait(edoi_parker *p);

#endif
