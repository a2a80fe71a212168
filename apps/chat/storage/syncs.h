/* SPDX-License-Identifier: MIT */
/* syncs.h: whether the disk has what the store has taken.
 *
 * Threads: the numbers may be read, and syncs_lack() be called, from any, at once; syncs_heed() by
 * the task that writes. All else is of the task that syncs, and when that has ended of the one that
 * finishes. */
#ifndef CHAT_SYNCS_H
#define CHAT_SYNCS_H

#include "storage/backlog.h"
#include "storage/health.h"

typedef struct syncs {
    store *kept;       /* const */
    health *health;    /* const */
    const backlog *of; /* const; what was appended */

    /* Written by the task that syncs, read by any. */
    atomic_uint_fast64_t synced_n; /* the first of those that were appended: they are on the disk */
    atomic_int err;                /* of the last */
    atomic_int_fast64_t since_ns;  /* 0: none is under way */

    /* Set by the task that writes, cleared by the one that syncs: the task that writes knows of the
     * failure, and has nothing appended since. */
    atomic_bool is_heeded;
} syncs;

/* Asks the disk whether it has what the store has taken. Waits for it. */
void syncs_ask(syncs *self);

/* As syncs_ask(), if there is something to ask. After a failure the disk is not asked again before
 * the task that writes has heeded it: else its next "yes" would seem to be about what was refused.
 * Returns whether that task has something to heed. */
bool syncs_ask_if_due(syncs *self);

/* Whether the disk may lack some. */
bool syncs_lack(const syncs *self);

/* The task that writes knows what the last sync has returned, a failure. */
void syncs_heed(syncs *self);

#endif
