/* SPDX-License-Identifier: MIT */
/* locks/watched.h: is it noted who holds which lock, and who waits for which? In debug builds it
 * is; in release builds if the program or its user asks for it.
 *
 * This module knows addresses, names and the numbers of tasks and threads. What it has to know
 * about the caller it asks the runtime, by hooks. In models nothing is noted. */
#ifndef EDOI_LOCKS_WATCHED_H
#define EDOI_LOCKS_WATCHED_H

#include "base/atomic.h"

#include <edo/base.h>

/* What is noted. */
#define EDOI_LOCKS_HOLDERS 1u /* who holds which lock */
#define EDOI_LOCKS_WAITS   2u /* who waits for whom; with the first */
#define EDOI_LOCKS_FAIL    4u /* the wait for a lock that closes a cycle fails */
#define EDOI_LOCKS_ASKED   8u /* the program or its user has asked for it */

#ifdef EDOI_MODEL
#    define EDOI_LOCKS_NOTES(what) false
#else
extern edo_atomic_u32 edoi_locks_noted; /* atomic, relaxed: a change is seen soon */
#    define EDOI_LOCKS_NOTES(what) (edoi_load_rlx_u32(&edoi_locks_noted) & (what))
#endif

/* Notes `what` from now on. Any thread, at any time. */
void edoi_locks_note(uint32_t what);

/* Set by the first runtime. */
typedef struct edoi_locks_hooks {
    /* The running task, or this thread, as a number that no other living one has; and its name,
     * which lives as long as the program. */
    uint64_t (*who)(const char **name);

    /* The running task has one lock more, or less. */
    void (*count)(int by);

    /* The time in tenths of a second, as of the last turn of the worker; 0: not known, as with a
     * paused clock. */
    uint32_t (*now)(void);
} edoi_locks_hooks;

/* `hooks` lives as long as the program. */
void edoi_locks_hooks_set(const edoi_locks_hooks *hooks);

#endif
