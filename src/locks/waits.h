/* SPDX-License-Identifier: MIT */
/* locks/waits.h: which task waits for which, and which waits can never end.
 *
 * A wait is searched for cycles only if nothing else can end it but the thing that it waits for: no
 * deadline, no select. So tasks whose waits form a cycle are deadlocked: each needs that the next
 * one goes on. Waits with a deadline are noted too, for dumps and for reports of waits that last.
 *
 * A wait for a lock depends on all of its holders, a wait for a scope on all of its children. A
 * holder that runs, or waits for something else, has no wait here, and the search ends at it. A
 * reader depends on the holder that writes and on each writer that queued before it, since the
 * queue is fair; other readers do not delay it. A queued writer whose own wait may end can leave
 * the queue by itself, so the search ends at it, too. */
#ifndef EDOI_LOCKS_WAITS_H
#define EDOI_LOCKS_WAITS_H

#include "locks/holders.h"
#include "locks/peers.h"

#define EDOI_CYCLE_MAX 16u /* waits of a cycle that are reported */

typedef enum edoi_wait_kind {
    EDOI_WAITS_LOCK,   /* for all holders of a lock */
    EDOI_WAITS_BEHIND, /* to read, queued behind a writer that waits */
    EDOI_WAITS_TASK,
    EDOI_WAITS_SCOPE,
    EDOI_WAITS_PERMITS, /* for the known holders of permits */
    EDOI_WAITS_PEER     /* for the task that uses the other end of a channel */
} edoi_wait_kind;

typedef struct edoi_wait {
    uint64_t who;                 /* edoi_locks_caller.who */
    const char *name;             /* of the task */
    const char *what;             /* the name of the future */
    edoi_wait_kind kind;          /* of the object */
    bool may_end;                 /* by a deadline, or a token: it is in no cycle */
    bool is_shared;               /* of a lock: for reading */
    uint64_t object;              /* an address; a task as `who` says it */
    uint32_t own;                 /* the task's edoi_order_actor() number; 0: none yet */
    const void *of_scope;         /* the scope that the task is a child of, or NULL */
    uint32_t since;               /* when it began, tenths of a second; 0: not known */
    uint32_t children_n;          /* of a scope: its children alive when the wait began */
    const edoi_peer *peer;        /* of a channel: its other end; lives while the wait lasts */
    const edo_atomic_u16 *number; /* of a semaphore: permits.h; likewise */
} edoi_wait;

/* The waits of a cycle. The first one has closed it, each waits for the next, and the last one for
 * the first. */
typedef struct edoi_cycle {
    edoi_wait at[EDOI_CYCLE_MAX + 1]; /* the first `has` waits are reported, then the one after */
    uint32_t n;                       /* waits of the cycle */
    uint32_t has;                     /* waits in `at` to report, EDOI_CYCLE_MAX at most */
    uint32_t closes;                  /* for cycles.c: the node of the cycle's last wait */
    uint64_t last;                    /* number of the wait that began last; 0: not for a lock */
    uint64_t last_who;                /* the task of that wait */
    uint64_t least;                   /* the least `who` of the cycle */
} edoi_cycle;

/* Is the task of that number parked, and neither woken nor cancelled? False: it may be woken or
 * cancelled. Any thread, called under edoi_waits_lock. */
typedef bool edoi_parked_fn(uint64_t who);

/* The calling task begins the wait `w`. True: it closes a cycle, which is filled in; all other
 * tasks of the cycle are parked. If the table is full, the wait is not noted. */
EDO_MUST_USE bool edoi_wait_begin(const edoi_wait *w, edoi_cycle *found, edoi_parked_fn *parked);

/* The same later, for waits whose search met a task that was not parked yet. Each cycle is returned
 * once. */
EDO_MUST_USE bool edoi_waits_confirm(edoi_cycle *found, edoi_parked_fn *parked);

/* Marks the task of that number to be woken. Called under edoi_waits_lock, so it does not wake: it
 * returns the waker that the caller delivers, or NULL. */
typedef struct edo_waker *edoi_wait_mark_fn(uint64_t who);

/* Makes the wait that began last in the cycle `c` fail, if it is for a lock and still in the table.
 * Returns the waker that the caller delivers, or NULL. Any thread. */
EDO_MUST_USE struct edo_waker *edoi_wait_fail(const edoi_cycle *c, edoi_wait_mark_fn *mark);

/* Is the wait of `who` one that is to fail? Any thread. */
bool edoi_wait_fails(uint64_t who);

/* Iterates over all present cycles, each once, reported before or not; `*from` is 0 at first. */
EDO_MUST_USE EDO_API bool edoi_waits_standing(uint32_t *from, edoi_cycle *found,
                                              edoi_parked_fn *parked);

/* Fills in all tasks of the cycles that the last iteration of edoi_waits_standing() found, also
 * those beyond EDOI_CYCLE_MAX. Returns their number, `max` at most. */
size_t edoi_waits_in_cycles(uint64_t *out, size_t max);

/* The wait of `who` has ended, in whatever way. */
void edoi_wait_end(uint64_t who);

/* The running task's wait has ended, while its future goes on. */
void edoi_wait_has_ended(void);

EDOI_INLINE void edoi_wait_is_over(void) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS | EDOI_LOCKS_KNOWN))) edoi_wait_has_ended();
}

/* Fills in the waits for `lock` that began first, `max` at most, the oldest one first, and returns
 * how many there are. Any thread. */
EDO_API size_t edoi_waits_of(const void *lock, edoi_wait *out, size_t max);

/* Iterates over locks with waiters and no known holder: returns the next one and advances `*from`,
 * which begins at 0. NULL: the end. Any thread. */
EDO_API const void *edoi_waits_next_unheld(uint32_t *from);

/* How many waits that nothing else can end have found no room in the table, since the program
 * began. Any thread. */
uint64_t edoi_waits_unnoted_n(void);

/* ---- Waits that last ------------------------------------------------------------------------- */

/* Why a wait for a lock lasts. */
typedef enum edoi_lasting_why {
    EDOI_LASTS_ENDED, /* its holder has ended */
    EDOI_LASTS_GIVEN, /* it was given to a waiter that is not polled */
    EDOI_LASTS_HELD   /* its holder runs, or waits for something else */
} edoi_lasting_why;

typedef struct edoi_lasting {
    edoi_lasting_why why;
    edoi_wait wait;  /* the oldest wait for the lock */
    uint32_t more_n; /* other waits for it */
    edoi_holder holder;
} edoi_lasting;

/* ---- Waits that stand ------------------------------------------------------------------------ */

/* Tasks that wait for each other, also through permits or channels, and so probably for ever: no
 * other task is known that can end their waits, and none has for ten seconds. */
typedef struct edoi_standing {
    edoi_cycle cycle; /* each waits for the next, among others */
    uint32_t all_n;   /* all tasks that stand: of the cycle, or waiting for one of it */
} edoi_standing;

/* Looks for such tasks; each cycle is found once. Only the watchdog's thread calls it. */
EDO_MUST_USE bool edoi_waits_stand(uint32_t now, edoi_parked_fn *parked, edoi_standing *out);

/* Is there a wait to look at, or one to be confirmed? */
bool edoi_waits_any(void);

/* Fills in waits for locks that have lasted for a second, with EDOI_LASTS_HELD for `held_tenths`:
 * one for each lock, and each once for a reason. A call looks at a part of the table, from `*from`
 * on (0 at first), and advances `*from`; 0 afterwards: that was the end. Returns how many there
 * are, `max` at most. */
size_t edoi_waits_look(uint32_t *from, uint32_t now, uint32_t held_tenths, edoi_lasting *out,
                       size_t max);

#endif
