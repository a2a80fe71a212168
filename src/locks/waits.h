/* SPDX-License-Identifier: MIT */
/* locks/waits.h: who waits for whom, and which waits can never end.
 *
 * A wait is looked at for cycles only if nothing else can end it but what it waits for: no
 * deadline, no select. So tasks whose waits form a cycle stay where they are: each of them needs
 * that the next one goes on. Waits with a deadline are noted for those who ask who waits, and which
 * waits last.
 *
 * A wait for a lock needs all that hold it to go on, one for a scope all of its children. A holder
 * that waits for something else, or runs, has no wait here, and the search ends at it. A wait for
 * reading needs one that writes to go on, and all that wait for the lock since before it, since
 * nobody overtakes: not those that read beside it. One of these whose own wait may end leaves the
 * line by itself, so the search ends at it, too. */
#ifndef EDOI_LOCKS_WAITS_H
#define EDOI_LOCKS_WAITS_H

#include "locks/holders.h"
#include "locks/peers.h"

#define EDOI_CYCLE_MAX 16u /* waits of a cycle that are told */

typedef enum edoi_wait_kind {
    EDOI_WAITS_LOCK,   /* for all that hold it */
    EDOI_WAITS_BEHIND, /* for reading, behind one that waits to write */
    EDOI_WAITS_TASK,
    EDOI_WAITS_SCOPE,
    EDOI_WAITS_PERMITS, /* for those that have some, as far as is known */
    EDOI_WAITS_PEER     /* for the one that uses the other end of a channel */
} edoi_wait_kind;

typedef struct edoi_wait {
    uint64_t who;          /* as the hook says */
    const char *name;      /* of the task */
    const char *what;      /* the name of the future */
    edoi_wait_kind kind;   /* of the object */
    bool may_end;          /* by a deadline, or a token: it is in no cycle */
    bool is_shared;        /* of a lock: for reading */
    uint64_t object;       /* an address; a task as `who` says it */
    uint32_t own;          /* the task's number among those that take locks: order.h; 0: none yet */
    const void *of_scope;  /* whose child the task is; NULL: of none */
    uint32_t since;        /* when it began, tenths of a second; 0: not known */
    uint32_t children_n;   /* of a scope that is waited for: those that lived when the wait began */
    const edoi_peer *peer; /* of a channel: its other end; lives while the wait lasts */
    const edo_atomic_u16 *number; /* of a semaphore: permits.h; likewise */
} edoi_wait;

/* The waits of a cycle: the first one has closed it, each waits for the next, the last one for the
 * first. */
typedef struct edoi_cycle {
    edoi_wait at[EDOI_CYCLE_MAX + 1]; /* behind the last one that is told: the next one */
    uint32_t n;                       /* of the cycle */
    uint32_t has;                     /* in `at`: the first ones */
    uint32_t closes;                  /* of cycles.c: the place of the last one */
    uint64_t last;                    /* which of all waits has begun last; 0: it is for no lock */
    uint64_t last_who;                /* its task */
    uint64_t least;                   /* the least `who` of all */
} edoi_cycle;

/* Is the task of that number parked: nobody has woken or cancelled it? False: it may be. Any
 * thread, with a short lock held. */
typedef bool edoi_parked_fn(uint64_t who);

/* `w` begins, by the task itself. True: it closes a cycle, which is filled in, and whose other
 * tasks are parked. A wait that finds no room is not noted. */
EDO_MUST_USE bool edoi_wait_begin(const edoi_wait *w, edoi_cycle *found, edoi_parked_fn *parked);

/* The same later, of waits that would have closed one if all had been parked: each once. */
EDO_MUST_USE bool edoi_waits_confirm(edoi_cycle *found, edoi_parked_fn *parked);

/* Marks the task of that number to be woken, with a short lock held. Returns the waker to be
 * delivered, or NULL. */
typedef struct edo_waker *edoi_wait_mark_fn(uint64_t who);

/* The wait that has begun last in the cycle `c` is to fail, if it is for a lock and goes on.
 * Returns the waker to be delivered, or NULL. Any thread. */
EDO_MUST_USE struct edo_waker *edoi_wait_fail(const edoi_cycle *c, edoi_wait_mark_fn *mark);

/* Is the wait of `who` one that is to fail? Any thread. */
bool edoi_wait_fails(uint64_t who);

/* The next cycle that stands, each once, told before or not; `*from` is 0 at first. */
EDO_MUST_USE EDO_API bool edoi_waits_standing(uint32_t *from, edoi_cycle *found,
                                              edoi_parked_fn *parked);

/* Fills in who is in a cycle that the last such looks have found, also those that are not told.
 * Returns how many, `max` at most. */
size_t edoi_waits_in_cycles(uint64_t *out, size_t max);

/* The wait of `who` has ended, in whatever way. */
void edoi_wait_end(uint64_t who);

/* The running task has what it has waited for, and its future goes on. */
void edoi_wait_has_ended(void);

EDOI_INLINE void edoi_wait_is_over(void) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN))) edoi_wait_has_ended();
}

/* Fills in the waits for `lock` that began first, `max` at most, the oldest one first, and returns
 * how many there are. Any thread. */
EDO_API size_t edoi_waits_of(const void *lock, edoi_wait *out, size_t max);

/* The next lock that somebody waits for while no holder is known, from the place `*from` on (0 at
 * first), which is moved behind it. NULL: there is none. Any thread. */
EDO_API const void *edoi_waits_next_unheld(uint32_t *from);

/* How many waits that nothing else can end have found no room in the table, since the program
 * began. Any thread. */
uint64_t edoi_waits_unnoted_n(void);

/* ---- Waits that last ------------------------------------------------------------------------- */

/* Why a wait for a lock lasts. */
typedef enum edoi_lasting_why {
    EDOI_LASTS_ENDED, /* its holder has ended */
    EDOI_LASTS_GIVEN, /* it was given to one that is not polled */
    EDOI_LASTS_HELD   /* its holder goes on, or waits for something else */
} edoi_lasting_why;

typedef struct edoi_lasting {
    edoi_lasting_why why;
    edoi_wait wait;  /* of those that wait for the lock: the one that has done so for longest */
    uint32_t more_n; /* others that wait for it */
    edoi_holder holder;
} edoi_lasting;

/* ---- Waits that stand ------------------------------------------------------------------------ */

/* Tasks that wait for each other, through permits or channels too: as far as is known nobody else
 * can end their waits, and for ten seconds nobody has. */
typedef struct edoi_standing {
    edoi_cycle cycle; /* each waits for the next, among others */
    uint32_t all_n;   /* tasks that stand, with those that wait for the cycle */
} edoi_standing;

/* Looks for such tasks; each cycle is found once. The watchdog's thread. */
EDO_MUST_USE bool edoi_waits_stand(uint32_t now, edoi_parked_fn *parked, edoi_standing *out);

/* Is there a wait to look at, or one to be confirmed? */
bool edoi_waits_any(void);

/* Fills in waits for locks that have lasted, each once for a reason, and of each lock one: for a
 * second, and for EDOI_LASTS_HELD for `held_tenths`. Looks at some of the table, from the place
 * `*from` on (0 at first), which is moved behind them; 0: that was the end. Returns how many there
 * are, `max` at most. */
size_t edoi_waits_look(uint32_t *from, uint32_t now, uint32_t held_tenths, edoi_lasting *out,
                       size_t max);

#endif
