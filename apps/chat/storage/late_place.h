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

/* That read at once. Pages are many, and wait for as long as it takes; a terminal waits for a
 * moment, so that it finds none of them before it. */
#define LATE_PAGES     3
#define LATE_TERMINALS 1

/* Pages of one address that are sent at once what they have missed: what was read for one that does
 * not read is kept for it until it does, or is gone. */
#define LATE_SHOWN 16

typedef struct late_people {
    edo_sem pages, terminals;  /* places */
    atomic_bool has_some;      /* somebody may be late */
    atomic_bool are_gone_over; /* a task goes through them */
} late_people;

void late_init(late_people *self);

/* All zero: none. */
typedef struct late_place {
    edo_sem *of;
} late_place;

/* Waits for one of these, in order of arrival. Returns 0 or -ECANCELED. */
EDO_MUST_USE int late_place_take(late_place *out, edo_sem *of);

/* NULL, and one that was returned, are allowed. */
void late_place_return(late_place *self);

#endif
