/* SPDX-License-Identifier: MIT */
/* edo/snapshot.h: a counted value that many read and that is replaced seldom, as a configuration
 * or a table of routes. A reader gets a reference to the value of that moment, and keeps it for as
 * long as it likes, also across awaits; the value itself never changes.
 *
 *     static edo_snapshot config = EDO_SNAPSHOT_INIT;
 *
 *     edo_snapshot_set(&config, next);                  // from edo_rc_new(); takes the reference
 *
 *     settings *now = edo_snapshot_get(&config);        // in each request
 *     …
 *     edo_rc_unref(now);
 *
 *     edo_snapshot_set(&config, NULL);                  // at the end
 *
 * A reader that wants to be woken when there is a new value uses an edo_watch, which copies its
 * value. What is made once and never replaced is an edo_once.
 *
 * Unless a function says otherwise:
 * Threads: any, at once; needs no runtime.   Since: 0.1 */
#ifndef EDO_SNAPSHOT_H
#define EDO_SNAPSHOT_H

#include <edo/base.h>

EDO_BEGIN_DECLS

/* Values that are replaced faster than readers finish a call of edo_snapshot_get(). */
#define EDOI_SNAPSHOT_PLACES 4

/* A value, and the readers that are between the two ends of a get. */
typedef struct edoi_snapshot_place {
    void *value;           /* counted; written while nobody reads it */
    edo_atomic_u64 inside; /* atomic: its use is in the source */
    edo_atomic_u32 busy;   /* atomic: 1: replaced, and readers may still be inside */
} edoi_snapshot_place;

/* A snapshot. You place it; before its memory ends set NULL. Fields are edo's. */
typedef struct edo_snapshot {
    edo_atomic_u64 word; /* atomic: the place of the value, and how often it was got */
    edoi_lock lock;      /* a leaf: one set at a time */
    edoi_snapshot_place places[EDOI_SNAPSHOT_PLACES];
} edo_snapshot;

/* Without a value; zeroed memory is so too. */
#define EDO_SNAPSHOT_INIT                                                                          \
    {                                                                                              \
        EDOI_ATOMIC_INIT(0), EDOI_LOCK_INIT, {                                                     \
            { NULL, EDOI_ATOMIC_INIT(0), EDOI_ATOMIC_INIT(0) }                                     \
        }                                                                                          \
    }

/** Returns the value, or NULL if there is none. It sees what was written before the value was set,
 * and never an older value than one that this thread has got or set.
 * Owns:    returns a new reference: edo_rc_unref().
 * Waits:   never, whatever other threads do: four atomic operations. If it was replaced meanwhile
 *          the call may be the one that gives the last reference of the former value back, and then
 *          calls its `deinit`. */
EDO_MUST_USE EDO_API void *edo_snapshot_get(edo_snapshot *s);

/** Replaces the value. References to the former one stay valid.
 * Owns:    takes the caller's reference to `value`, which is from edo_rc_new(), or NULL: none. Gives
 *          that of the former value back, in this call or, while a reader is in the middle of a
 *          get, in that one.
 * Waits:   for no reader, unless each of the last three values that were replaced has one that was
 *          stopped in the middle of a get; then the thread sleeps until one goes on. */
EDO_API void edo_snapshot_set(edo_snapshot *s, void *value);

EDO_END_DECLS

#endif
