/* SPDX-License-Identifier: MIT */
/* locks/watched.h: whether the holders of locks and the waits for them are noted. In debug builds
 * they are; in release builds if the program or its user asks for it.
 *
 * This module knows addresses, names and the numbers of tasks and threads. It gets the facts about
 * its caller from the runtime, by a hook. In models nothing is noted. */
#ifndef EDOI_LOCKS_WATCHED_H
#define EDOI_LOCKS_WATCHED_H

#include "base/atomic.h"

#include <edo/base.h>

/* What is noted. */
#define EDOI_LOCKS_HOLDERS 1u  /* the holders of each lock */
#define EDOI_LOCKS_WAITS   2u  /* which task waits for which; needs EDOI_LOCKS_HOLDERS */
#define EDOI_LOCKS_FAIL    4u  /* the wait for a lock that closes a cycle fails */
#define EDOI_LOCKS_KNOWN   16u /* holders were noted before: a release still removes them */
#define EDOI_LOCKS_ASKED   8u  /* the program or its user has asked for it */
#define EDOI_LOCKS_ORDER   32u /* the order in which locks are taken; needs EDOI_LOCKS_HOLDERS */

#ifdef EDOI_MODEL
#    define EDOI_LOCKS_NOTES(what) false
#else
/* atomic, relaxed: a change is seen soon. Hidden, so that a test of it is two instructions. */
extern __attribute__((visibility("hidden"))) edo_atomic_u32 edoi_locks_noted;
#    define EDOI_LOCKS_NOTES(what) (edoi_load_rlx_u32(&edoi_locks_noted) & (what))
#endif

/* Notes `what` from now on. Any thread, at any time. */
void edoi_locks_note(uint32_t what);

/* Are waits noted? For edo's other libraries, which cannot see the hidden variable. Any thread. */
EDO_API bool edoi_locks_are_watched(void);

/* The calling task or thread. */
typedef struct edoi_locks_caller {
    uint64_t who;        /* the running task, or this thread: no other living one has that number */
    const char *name;    /* of the task, as long as the program lives; NULL: it is a thread */
    uint32_t now;        /* tenths of a second, as of the worker's last turn; 0: not known */
    uint16_t *locks;     /* the lock that it has taken last: holders.h; NULL: a state machine */
    uint32_t *locks_own; /* its edoi_order_actor() number; NULL if `locks` is */
    int64_t limit_ns;    /* when its waits are cut short; INT64_MAX: never */
    uint32_t turn;       /* changes after each wait of the task; 0: not known */
} edoi_locks_caller;

/* Set by the first runtime. */
typedef void edoi_locks_caller_fn(edoi_locks_caller *out);

void edoi_locks_caller_set(edoi_locks_caller_fn *fn);

/* Fills in the calling task or thread. Also before there is a runtime. */
void edoi_locks_caller_get(edoi_locks_caller *c);

#endif
