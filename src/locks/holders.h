/* SPDX-License-Identifier: MIT */
/* locks/holders.h: which task or thread holds a lock, and where it took it, for dumps and reports.
 * The table is apart from the locks and finds them by address: so a lock has the same size in all
 * builds, and a task may release a lock that another task took. */
#ifndef EDOI_LOCKS_HOLDERS_H
#define EDOI_LOCKS_HOLDERS_H

#include "base/error/text.h"
#include "locks/order.h"
#include "locks/watched.h"

#define EDOI_HOLDERS_MAX 32u         /* holders noted of one lock */
#define EDOI_GIVEN       UINT64_C(4) /* `who` of a waiter that got the lock but was not polled */
#define EDOI_NO_HOLDER   UINT64_C(2) /* `who` of a task that has ended */
#define EDOI_PASSED_ON   UINT64_C(6) /* `who` after edo_mutex_given() passed the lock on */

/* A task or thread that holds a lock. */
typedef struct edoi_holder {
    uint64_t who;     /* edoi_locks_caller.who, or one of the three numbers above */
    const char *name; /* of the task, or "a plain thread" */
    const void *site; /* the return address of the call that took the lock; NULL: not known */
    uint32_t since;   /* tenths of a second; 0: not known */
    bool reads;       /* it holds the lock beside others that read */
} edoi_holder;

/* What a holder keeps instead of the slot number of the lock that it took last. */
#define EDOI_HOLDS_NOTHING 0u
#define EDOI_HOLDS_SOME    UINT16_MAX /* other tasks released some: which are left is not known */

void edoi_holder_note(const void *lock, const void *site);
void edoi_holder_note_in_order(const void *lock, edo_atomic_u16 *number, uint32_t how,
                               const void *site);
void edoi_holder_note_shared(const void *lock);
void edoi_holder_note_given(const void *lock);
void edoi_holder_forget_given(const void *lock);
void edoi_holder_forget(const void *lock);
void edoi_holder_pass_on(const void *lock);

/* The running task, or this thread, holds `lock` from now on. `site`: where it took it; or NULL. */
EDOI_INLINE void edoi_holder_add(const void *lock, const void *site) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note(lock, site);
}

/* The same for a numbered lock, which takes part in order.h. `how`: flags EDOI_TAKEN_*. */
EDOI_INLINE void edoi_holder_add_in_order(const void *lock, edo_atomic_u16 *number, uint32_t how,
                                          const void *site) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS)))
        edoi_holder_note_in_order(lock, number, how, site);
}

/* The caller, which holds `lock`, holds it for reading from now on. */
EDOI_INLINE void edoi_holder_share(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note_shared(lock);
}

/* Is there something to forget when a lock is given back? */
EDOI_INLINE bool edoi_holders_are_known(void) {
    return EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS | EDOI_LOCKS_KNOWN);
}

/* The caller is about to release `lock`. If it is no holder itself, the holder under EDOI_PASSED_ON
 * is removed, else any. */
EDOI_INLINE void edoi_holder_remove(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_forget(lock);
}

/* The caller holds `lock` and passes it on to another task, which will release it. */
EDOI_INLINE void edoi_holder_give(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_pass_on(lock);
}

/* `lock` was given to a waiter, which notes itself at its next poll. Called with the short lock
 * inside `lock` held. */
EDOI_INLINE void edoi_holder_given(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note_given(lock);
}

/* A waiter that was given `lock` is dropped without a poll. */
EDOI_INLINE void edoi_holder_not_given(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_forget_given(lock);
}

/* Fills in the known holders of `lock`, and returns their number. */
EDO_API size_t edoi_holders_get(edoi_holder out[EDOI_HOLDERS_MAX], const void *lock);

/* Iterates over held locks: returns the next one and advances `*at`, which begins at 0. NULL: the
 * end. Any thread. */
EDO_API const void *edoi_holders_next(uint32_t *at);

/* Fills in tasks that have held a lock for at least `tenths`, and their locks; each is reported
 * once, so the next call finds others. Returns their number. One thread at a time. */
size_t edoi_holders_look(uint32_t now, uint32_t tenths, edoi_holder *out, const void **locks,
                         size_t max);

/* May the state machine `who` hold a lock? */
bool edoi_holders_any_of(uint64_t who);

/* `who` ends. Calls `found` for each lock that it still holds; EDOI_NO_HOLDER holds it from now on.
 */
void edoi_holders_end(uint64_t who,
                      void (*found)(void *arg, const void *lock, const edoi_holder *holder),
                      void *arg);

/* Called when two locks were taken in both orders: by the task that has just taken the second lock,
 * which it holds, with no internal lock of edo held. */
typedef void edoi_order_fn(const edoi_order_turned *t);

void edoi_order_turned_set(edoi_order_fn *fn);

/* Appends the holders of `lock`: ", held by NAME and NAME"; nothing if none is known. */
void edoi_holders_tell(edoi_text *to, const void *lock);

#endif
