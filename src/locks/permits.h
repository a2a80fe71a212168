/* SPDX-License-Identifier: MIT */
/* locks/permits.h: which tasks have permits of a semaphore, or places of a pool, as far as is
 * known.
 *
 * A permit has no owner: any task may give it back. So the holders of a semaphore are used only if
 * tasks were seen to give back themselves what they took:
 *  - each holder took its permits at a call site whose permits a taker has already given back;
 *  - some task had as many takings at once as that holder, and gave all of them back itself. (A
 *    task that takes permits for others, and gives back what it could not use, has one at once.)
 *  - no task has ever given back permits that it had not taken.
 *
 * A semaphore is known by its address and by a number inside it: one that is initialised anew gets
 * a new number, and nothing is known of it. */
#ifndef EDOI_LOCKS_PERMITS_H
#define EDOI_LOCKS_PERMITS_H

#include "locks/watched.h"

#define EDOI_PERMIT_HOLDERS_MAX 32u         /* of one semaphore; with more it becomes unknown */
#define EDOI_PERMITS_OWN        UINT64_C(2) /* `who` of a pool that has a place itself */
#define EDOI_PERMITS_UNKNOWN    UINT16_MAX  /* the number of a semaphore with unknown holders */

/* A task or thread that takes permits. */
typedef struct edoi_permit_taker {
    uint64_t who;     /* edoi_locks_caller.who, or EDOI_PERMITS_OWN */
    uint32_t own;     /* its edoi_order_actor() number; 0: a state machine */
    const char *name; /* of the task, as long as the program lives; NULL: it is a thread */
} edoi_permit_taker;

/* One taking: permits that a task took with one call, and still has. */
typedef struct edoi_permit_holder {
    edoi_permit_taker by;
    uint32_t n;       /* permits */
    uint32_t since;   /* tenths of a second; 0: not known */
    const void *site; /* where it took them, of a pool an EDOI_PLACE; NULL: by a future */
    /* All takings of the same task, this one included. */
    uint32_t takings_n;
    uint32_t most_n; /* most takings at once of a task that gave all back itself */
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

/* A pool lends places as a semaphore does permits, and it knows the borrower. So it calls these
 * functions itself, under the pool's lock, together with the change that they note. None is missed,
 * and a task that was granted a place and has not run since counts as well. `pool` keeps `*number`.
 * Any thread. */

#define EDOI_PERMITS_NAME_BYTES 40u /* bytes of a pool's name that are kept, with a NUL */

/* A place is lent to `h->by`. `name`: of the pool; copied. */
void edoi_permits_lend(const void *pool, edo_atomic_u16 *number, const char *name,
                       const edoi_permit_holder *h);

/* A place of the pool that was lent to `by` at the EDOI_PLACE `place` is free. `is_proof`: the
 * borrower itself has given it back. */
void edoi_permits_return(const void *pool, edo_atomic_u16 *number, const edoi_permit_taker *by,
                         const void *place, bool is_proof);

/* A task begins to wait while `n` places are lent. If another number was noted, as when some were
 * lent before waits were watched, the borrowers become unknown. */
void edoi_permits_expect(const void *pool, edo_atomic_u16 *number, uint32_t n);

/* A task without permits may end a wait for `sem`: its holders become unknown. */
void edoi_permits_lose(const void *sem, edo_atomic_u16 *number);

/* ---- Looks ----------------------------------------------------------------------------------- */

/* Fills in the holders of `sem`, whose number is `number`, and returns how many there are. 0: none,
 * or some are not known to give back what they took. Any thread, also under edoi_waits_lock. */
size_t edoi_permits_get(edoi_permit_holder out[EDOI_PERMIT_HOLDERS_MAX], const void *sem,
                        uint16_t number);

/* Iterates over the holders of `sem`, the oldest taking first; `*at` is 0 at first. False: the end.
 * Any thread. */
bool edoi_permits_next(edoi_permit_holder *out, const void *sem, uint32_t *at);

/* Fills in the name of a pool. False: `sem` is a semaphore, or not known. Any thread. */
bool edoi_permits_pool_name(char out[EDOI_PERMITS_NAME_BYTES], const void *sem);

#endif
