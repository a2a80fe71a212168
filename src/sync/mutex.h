/* SPDX-License-Identifier: MIT */
/* sync/mutex.h: for locks that have an edo_mutex inside, and the future of one: they are seen by
 * those who watch locks as it is. */
#ifndef EDOI_SYNC_MUTEX_H
#define EDOI_SYNC_MUTEX_H

#include <edo/mutex.h>

/* `own` of a future whose caller notes that it holds the mutex, by edoi_mutex_note(). */
#define EDOI_MUTEX_CALLER_NOTES 1u

/* Poll and drop of an edo_mutex_lock_future, whose base may have other operations. */
edo_polled edoi_mutex_lock_poll(edo_future *base, edo_cx *cx);
void edoi_mutex_lock_drop(edo_future *base);

/* As edo_mutex_try_lock(), without a note. */
EDO_MUST_USE int edoi_mutex_try_lock(edo_mutex *mutex);

/* The caller has waited for `mutex`, or (`has_tried`) has not, and holds it; `site` is the return
 * address of the call that took it. */
void edoi_mutex_note(edo_mutex *mutex, bool has_tried, const void *site);

#endif
