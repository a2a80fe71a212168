/* SPDX-License-Identifier: MIT */
/* locks/permits.h: which tasks have permits of a semaphore, or places of a pool, as far as is
 * known.
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
#define EDOI_PERMITS_OWN        UINT64_C(2) /* `who` of a pool that has a place itself */
#define EDOI_PERMITS_UNKNOWN    UINT16_MAX /* the number of a semaphore of which nothing is known */

/* One that takes permits. */
typedef struct edoi_permit_taker {
    uint64_t who;     /* as the hook says; EDOI_PERMITS_OWN */
    uint32_t own;     /* its number among those that take locks: order.h; 0: a state machine */
    const char *name; /* of the task, as long as the program lives; NULL: it is a thread */
} edoi_permit_taker;

/* One that has permits. */
typedef struct edoi_permit_holder {
    edoi_permit_taker by;
    uint32_t n;       /* permits */
    uint32_t since;   /* tenths of a second; 0: not known */
    const void *site; /* where it took them, of a pool an EDOI_PLACE; NULL: by a future */
    /* How often it has taken permits that it has still: here are those of one. */
    uint32_t takings_n;
    uint32_t most_n; /* how many of these a task had that gave all back itself */
} edoi_permit_holder;

/* The running task, or this thread. */
edoi_permit_taker edoi_permit_taker_here(void);

EDOI_INLINE bool edoi_permit_takers_equal(const edoi_permit_taker *a, const edoi_permit_taker *b) {
    return a->who == b->who && a->own == b->own;
}

/* The running task has taken `n` permits of `sem`, which keeps `*number`. Any thread. */
void edoi_permits_note(const void *sem, edo_atomic_u16 *number, uint32_t n, const void *site);

/* Before the running task gives `n` permits back. Any thread. */
void edoi_permits_forget(const void *sem, edo_atomic_u16 *number, uint64_t n);

/* ---- Places of a pool ------------------------------------------------------------------------ */

/* A pool lends places as a semaphore does permits, and knows to whom: so it says so itself, with
 * its lock held, together with what it changes. None is missed, and one that was granted a place
 * and has not run since counts as well. `pool` keeps `*number`. Any thread. */

#define EDOI_PERMITS_NAME_BYTES 40u /* of a pool's name that are kept, with a NUL */

/* A place is lent to `h->by`. `name`: of the pool; copied. */
void edoi_permits_lend(const void *pool, edo_atomic_u16 *number, const char *name,
                       const edoi_permit_holder *h);

/* A place that was lent to `by` at `place` is free. `is_proof`: the task which had got it has given
 * it back. */
void edoi_permits_return(const void *pool, edo_atomic_u16 *number, const edoi_permit_taker *by,
                         const void *place, bool is_proof);

/* A task begins to wait while `n` places are lent. If others were noted, as when some were lent
 * before waits were watched, it is not known any more who has them. */
void edoi_permits_expect(const void *pool, edo_atomic_u16 *number, uint32_t n);

/* Others than those that have permits may end a wait: it is not known any more who has them. */
void edoi_permits_lose(const void *sem, edo_atomic_u16 *number);

/* ---- Looks ----------------------------------------------------------------------------------- */

/* Fills in those that have permits of `sem`, whose number is `number`, and returns how many there
 * are; 0: none, or not all of them are known to give back what they have taken. Any thread, also
 * with the lock of the waits. */
size_t edoi_permits_get(edoi_permit_holder out[EDOI_PERMIT_HOLDERS_MAX], const void *sem,
                        uint16_t number);

/* The next one that has permits of `sem`, as they took them; `*at` is 0 at first. False: there is
 * none. Any thread. */
bool edoi_permits_next(edoi_permit_holder *out, const void *sem, uint32_t *at);

/* Fills in the name of a pool. False: `sem` is a semaphore, or not known. Any thread. */
bool edoi_permits_pool_name(char out[EDOI_PERMITS_NAME_BYTES], const void *sem);

#endif
