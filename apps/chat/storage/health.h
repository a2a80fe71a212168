/* SPDX-License-Identifier: MIT */
/* health.h: how the store is looked after: what is wrong with it for good, what has failed last,
 * and whether it responds. The log is told once when something begins and when it is over, the
 * health as long as it is so.
 *
 * Threads: all functions may be called from any, at once, but for health_look(): by the task that
 * looks at the file. */
#ifndef CHAT_HEALTH_H
#define CHAT_HEALTH_H

#include "store/store.h"

#include <edo/time.h>

#include <stdatomic.h>

/* Without a failure, before the log says that what has failed works again. */
#define HEALTH_AGAIN_AFTER edo_s(5)

typedef struct health {
    store *kept; /* const */

    /* For good: set by any, and never cleared. */
    atomic_bool is_damaged;       /* something in the file cannot be what was written */
    atomic_bool is_damage_logged; /* and where that is */
    atomic_bool is_gone;          /* the file was deleted or replaced */
    atomic_bool is_cut;           /* something that was stored is not there any more */

    /* Of writes and syncs: written by any, but for the end, which the task that writes notes. */
    atomic_bool is_failure_logged;    /* and not yet that it is over */
    atomic_int_fast64_t failed_at_ns; /* last */

    atomic_int look_err, read_err; /* of the last look, by the task that looks, and of the last
                                      read, by any that has read; 0: it was well */
    atomic_int_fast64_t looking_since_ns; /* written by the task that looks; 0: it does not */

    /* Written and read by any. */
    atomic_int_fast64_t stuck_since_ns; /* 0: it is not; then a read was waited for in vain, and the
                                           store has done nothing since */
    atomic_uint_fast64_t ends_n; /* works of the store that have ended, whatever came of them */
} health;

/* Looks what a call of the store has returned: what is wrong for good is told once, of damage by
 * the next look at the file. */
void health_note_fault(health *self, int err);

/* A write or a sync has failed. A store may fail and not fail again and again: the log is told of
 * the first failure, and of the end of all. */
void health_note_failure(health *self, int err);

/* Whether the log was told of a failure of writes or syncs, and not yet that they work again; and
 * whether there was none for a while. */
bool health_has_failures(const health *self);
bool health_failures_rest(const health *self);

/* What has failed works again: `lost_n` are lost, in all. By the task that writes. */
void health_end_failures(health *self, uint64_t lost_n);

/* Some work of the store has ended, so it responds. */
void health_note_response(health *self);

/* One that asked at `asked_at`, when `ends_n` works had ended, has waited in vain. */
void health_note_vain_wait(health *self, edo_instant asked_at, uint64_t ends_n);

/* What a read has returned, `err`, or has found to lack, `fault`. */
void health_note_read(health *self, int err, int fault);

/* Whether the file is still there and whole. What a look has not been able to tell may pass: it is
 * told while it is so. */
void health_look(health *self);

/* At the end: tells of damage of which the log does not know yet. */
void health_tell_damage(health *self);

/* Logs what has failed, with what the store says of it: the text of the code adds nothing, and is
 * wrong where the file is damaged. */
void health_warn(const char *what, int err);

/* What the others know, for health_check(). */
typedef struct health_news {
    bool is_failing;             /* the last write or sync */
    uint64_t unstored_n, lost_n; /* messages that wait, that are lost */
    uint64_t lost_names_n;
    uint64_t unsynced_n;                   /* that the disk may lack */
    const atomic_int_fast64_t *writing_ns; /* since when the store, or the disk, is asked; 0: it is
                                              not */
    const atomic_int_fast64_t *syncing_ns;
} health_news;

/* Returns 0, or a failure whose trail has all that is wrong. */
int health_check(const health *self, const health_news *others);

#endif
