/* SPDX-License-Identifier: MIT */
/* runtime/task/task.h: the header in front of every task's future, and the transitions of its word.
 *
 *      edo_task (48 bytes) | edo_future …
 *
 * A task is its own waker. Queued and running are one state, busy: the word changes when an idle
 * task becomes busy, when a busy one becomes idle, and at the end.
 *
 *                      idle            busy                    busy+WAKE      done
 *   wake, owner == me  (never)         plain, see wake.c       plain          (never)
 *   wake, else         BUSY, submit    + WAKE                  + WAKE again   -
 *   cancel             as wake         + CANCEL, as wake       + CANCEL       -
 *   start poll         (never)         -                       - WAKE         (never)
 *   settle             (never)         - BUSY, hands off       - WAKE, queue  (never)
 *   finish             (never)         DONE - BUSY - REF       same           (never)
 *
 * inv. 1: a busy task has one holder: the thread that created it, turned it busy, or took it out of
 *         a queue.
 * inv. 2: `owner`, `own` and `next` are written by the holder only. `owner` is the id of the
 *         holder's worker, and NONE before the holder lets go. So `owner == me` cannot become stale
 *         while I hold it, and `own` is not atomic.
 * inv. 3: DONE is never cleared and never meets BUSY.
 * inv. 4: the runner has one reference while the task is not done; each handle has one.
 * inv. 5: while the task is joined, `joiner` belongs to the finisher, otherwise to the handle's
 *         holder. A finisher clears `joiner` when it has finished with it and with the joiner.
 * inv. 6: while a thread's worker holds the task, no other thread can finish it. So a join on that
 *         thread is a plain store: JOINED_PLAIN in the pointer, which later holders see as well. A
 *         joiner that leaves on another thread, or when that worker no longer holds the task, sets
 *         LEFT.
 * inv. 6 is not asserted: what another thread cannot do is the models' to show. */
#ifndef EDOI_RUNTIME_TASK_TASK_H
#define EDOI_RUNTIME_TASK_TASK_H

#include "base/assert.h"
#include "base/atomic.h"

#include <edo/task.h>

#define TASK_BUSY       1u
#define TASK_WAKE       2u /* woken by another thread while busy */
#define TASK_CANCEL     4u
#define TASK_DONE       8u
#define TASK_JOIN       16u  /* a joiner waits for the end */
#define TASK_ABANDONED  32u  /* abandoned by the shutdown */
#define TASK_FREED      64u  /* with DONE: another thread has freed the slot */
#define TASK_LEFT       128u /* the plain joiner (inv. 6) does not wait any more */
#define TASK_REF        256u
#define TASK_REFS(word) ((word) / TASK_REF)

/* A task whose count gets this high stays for ever: from REFS_FULL on no more references are
 * counted, and from REFS_PINNED on none is released. The gap exceeds the number of threads that can
 * have read the word and not yet counted; so a count that once left out a reference never reaches
 * 0. */
#define TASK_REFS_PINNED 0x800000u
#define TASK_REFS_FULL   0xc00000u

#define OWNER_NONE 0u

#define HOME_NO_STACK 0x8000u /* in `home`: no memory for the fiber's stack: stack_wait.h */

/* Bits of `own`, for tasks whose owner is this worker. */
#define OWN_QUEUED   1u
#define OWN_RUN      2u
#define OWN_NOTIFIED 4u /* woken during its own poll */
#define OWN_DEFERRED 8u /* pending, in the worker's array at `slot` */

#define OWN_ABANDONED 16u /* alone: the shutdown abandoned it, and has not woken its joiner yet */

#define JOINED_PLAIN ((uintptr_t)1) /* in `joiner`: inv. 6 */

struct edoi_trail;

struct edo_task {
    edo_waker waker;      /* first: a pointer to a task is a pointer to a waker */
    edo_atomic_u32 word;  /* atomic: see the table */
    edo_atomic_u16 owner; /* atomic, relaxed: inv. 2 */
    uint8_t own;          /* owner only */
    uint8_t slot;         /* owner only; index in the worker's array */
    union {
        edo_task *next;           /* holder: link of the one queue it is in; free list */
        struct edoi_trail *trail; /* after the end, not for fibers: the failure; the joiner's */
    };
    edo_atomic_ptr joiner; /* atomic: inv. 5; the waker to call at the end, perhaps JOINED_PLAIN */
    const char *site;     /* literal: name, or "fn at file:line"; a label: label.h; atomic, relaxed;
                              written by the task */
    edo_atomic_u16 cause; /* atomic: edo_cancel_cause, written before CANCEL */
    edo_atomic_u16 home;  /* atomic, relaxed: index + 1 of the worker where a fiber runs, or NONE;
                            set once, by the holder; with HOME_NO_STACK until the fiber begins */
    union {
        /* Const: clock at the spawn, tenths of a second; atomic, relaxed: look/tasks.c. */
        uint32_t born_tenths;
        uint32_t queued_at; /* holder: when it was queued, if the runtime keeps stamps: stats.c */
    };
};

_Static_assert(sizeof(struct edo_task) == 48 || sizeof(void *) != 8, "48 bytes are promised");

/* What a task does as a waker. It is in wake.c, since it queues the task: each task's first member
 * is the hook. */
extern const edo_waker_ops edoi_task_waker_ops;

EDOI_INLINE edo_future *edoi_task_future(const edo_task *t) {
    return (edo_future *)(void *)((char *)(uintptr_t)t + sizeof *t);
}

/* The task's name, for a thread without a reference: it may be the name of the slot's previous
 * task. */
EDOI_INLINE const char *edoi_task_seen_site(const edo_task *t) {
    return EDOI_ATOMIC_LOAD(&t->site, EDOI_RELAXED);
}

/* Sets up a fresh task: busy, held by the caller, with `refs` references (the runner's included).
 * `owner`: the id of the worker that queues it before any other thread can know it; otherwise NONE
 * until it is queued. */
void edoi_task_init(edo_task *t, uint32_t refs, const char *site, uint16_t owner,
                    uint32_t born_tenths);

/* The task that runs on this thread is polled once more. */
EDOI_INLINE void edoi_scheduler_poll_again(edo_task *t) {
    t->own |= OWN_NOTIFIED;
}

/* Clears WAKE at the start of a poll; returns the word without it. */
EDOI_INLINE uint32_t edoi_task_start_poll(edo_task *t) {
    uint32_t word = edoi_load_rlx_u32(&t->word); // relaxed: queueing ordered the writes
    // TW2: pairs with TW1 in task_mark: the poll sees what the waker wrote. A WAKE missed here
    //     costs a spurious poll, never a wake.
    if (word & TASK_WAKE) word = edoi_and_acqrel_u32(&t->word, ~TASK_WAKE) & ~TASK_WAKE;
    EDO_ASSERT((word & (TASK_BUSY | TASK_DONE)) == TASK_BUSY);
    return word;
}

/* Wakes a task that this thread's worker does not hold, and sets the bits `also`. True: the task
 * was idle, and the caller holds it now. */
EDO_MUST_USE bool edoi_task_claim(edo_task *t, uint32_t also);

/* The future is pending, and its own worker did not notify it. True: the task is idle and no longer
 * held. False: it was woken meanwhile, and the caller still holds it. */
EDO_MUST_USE bool edoi_task_settle(edo_task *t);

/* What the caller has to do when a task is done. */
typedef enum edoi_task_end {
    TASK_KEPT,   /* nothing; the task may be gone */
    TASK_UNUSED, /* no reference is left: the caller frees it */
    TASK_JOINED  /* the caller wakes the joiner */
} edoi_task_end;

/* The future is ready and its result stored: releases the runner's reference. */
EDO_MUST_USE edoi_task_end edoi_task_finish(edo_task *t);

/* Wakes the joiner of a done task; the task may be gone afterwards. */
void edoi_task_wake_joiner(edo_task *t);

/* Shutdown only: marks an unfinished task done, as abandoned; it is never run again. */
void edoi_task_abandon(edo_task *t);

/* Shutdown only, after that, with no lock held: wakes the task's joiner, if any. */
void edoi_task_wake_abandoned_joiner(edo_task *t);

/* Takes a reference for a handle. */
void edoi_task_ref(edo_task *t);

EDOI_INLINE bool edoi_task_is_done(const edo_task *t) {
    return edoi_load_acq_u32(&t->word) & TASK_DONE; // TJ3: pairs with TJ1: the result is visible
}

EDOI_INLINE bool edoi_task_is_cancelled(const edo_task *t) {
    return edoi_load_rlx_u32(&t->word) & TASK_CANCEL; // relaxed: only the bit matters
}

/* Do `joiner` and `word` of one task say that it is joined? */
EDOI_INLINE bool edoi_task_is_joined(const void *joiner, uint32_t word) {
    return (word & TASK_JOIN) || ((uintptr_t)joiner & JOINED_PLAIN & ~(word / TASK_LEFT));
}

EDOI_INLINE edo_task *edoi_task_of(edo_waker *w) {
    return (edo_task *)(void *)w;
}

#endif
