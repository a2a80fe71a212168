/* SPDX-License-Identifier: MIT */
/* locks/permits.h: which tasks have permits of a semaphore, as far as is known.
 *
 * A permit has no owner, so what a task has taken says little until it is seen that tasks give back
 * what they have taken themselves. So a semaphore counts only if each of its holders took its
 * permits at a place of the program from which permits were already given back by their taker; if a
 * task has had as many takings at once as that holder, and gave all of them back itself: one that
 * takes permits for others, and gives back what it could not use, has only one at once; and if
 * nobody has ever given back permits that it had not taken.
 *
 * A semaphore is known by its address and by a number that is in it: memory that is initialised
 * anew has none, and begins with nothing known. */
#ifndef EDOI_LOCKS_PERMITS_H
#define EDOI_LOCKS_PERMITS_H

#include "locks/watched.h"

#define EDOI_PERMIT_HOLDERS_MAX 32u /* of one semaphore; with more it is not known any more */
#define EDOI_PERMITS_UNKNOWN    UINT16_MAX /* the number of a semaphore of which nothing is known */

/* One that has permits. */
typedef struct edoi_permit_holder {
    uint64_t who;     /* as the hook says */
    uint32_t own;     /* its number among those that take locks: order.h; 0: a state machine */
    uint32_t n;       /* permits */
    const void *site; /* where it took them; NULL: by a future */
    /* How often it has taken permits that it has still: here are those of one. */
    uint32_t takings_n;
    uint32_t most_n; /* how many of these a task had that gave all back itself */
} edoi_permit_holder;

/* The running task has taken `n` permits of `sem`, which keeps `*number`. Any thread. */
void edoi_permits_note(const void *sem, edo_atomic_u16 *number, uint32_t n, const void *site);

/* Before the running task gives `n` permits back. Any thread. */
void edoi_permits_forget(const void *sem, edo_atomic_u16 *number, uint64_t n);

/* Fills in those that have permits of `sem`, whose number is `number`, and returns how many there
 * are; 0: none, or not all of them are known to give back what they have taken. Any thread, also
 * with the lock of the waits. */
size_t edoi_permits_get(edoi_permit_holder out[EDOI_PERMIT_HOLDERS_MAX], const void *sem,
                        uint16_t number);

/* Where that task took permits of `sem`; NULL: it is not known. Any thread. */
const void *edoi_permits_site(const void *sem, uint64_t who, uint32_t own);

#endif
