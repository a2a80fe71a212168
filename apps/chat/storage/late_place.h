/* SPDX-License-Identifier: MIT */
/* late_place.h: how many of those who are late read at once what they have missed: see
 * person/late.h. Each reads a room after the other, and the past is read by one at a time: many who
 * stood in line would keep those out who come. A place is for the read alone: with it nobody waits
 * for a client, or for a person that others use.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_LATE_PLACE_H
#define CHAT_LATE_PLACE_H

#include <edo/sem.h>

#include <stdatomic.h>

#define LATE_READERS 4

typedef struct late_people {
    edo_sem places;
    atomic_bool has_some;      /* somebody may be late */
    atomic_bool are_gone_over; /* a task goes through them */
} late_people;

void late_init(late_people *self);

/* All zero: none. */
typedef struct late_place {
    edo_sem *of;
} late_place;

/* Waits for one, in order of arrival. Returns 0 or -ECANCELED. */
EDO_MUST_USE int late_place_take(late_place *out, late_people *of);

/* NULL, and one that was returned, are allowed. */
void late_place_return(late_place *self);

#endif
