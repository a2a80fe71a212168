/* SPDX-License-Identifier: MIT */
/* locks/holders.h: which task or thread holds a lock, and where it took it, for dumps and reports.
 * The table is beside the locks, by their addresses: a lock has one size in all builds, and need
 * not be given back by who took it. */
#ifndef EDOI_LOCKS_HOLDERS_H
#define EDOI_LOCKS_HOLDERS_H

#include "base/error/text.h"
#include "locks/order.h"
#include "locks/watched.h"

#define EDOI_HOLDERS_MAX 32u         /* of one lock that are known */
#define EDOI_GIVEN       UINT64_C(4) /* `who` of one that was given it and has not been polled since */
#define EDOI_NO_HOLDER   UINT64_C(2) /* `who` of a task that has ended */
#define EDOI_PASSED_ON   UINT64_C(6) /* `who` of one that was passed it, by edo_mutex_given() */

/* One that holds a lock. */
typedef struct edoi_holder {
    uint64_t who;     /* as the hook says; EDOI_NO_HOLDER: it has ended */
    const char *name; /* of the task, or "a plain thread" */
    const void *site; /* the return address of the call that took the lock; NULL: not known */
    uint32_t since;   /* tenths of a second; 0: not known */
    bool reads;       /* it holds the lock beside others that read */
} edoi_holder;

/* Where the holder keeps the lock that it has taken last, of which the others follow. */
#define EDOI_HOLDS_NOTHING 0u
#define EDOI_HOLDS_SOME    UINT16_MAX /* others have given some back: which are left is not known */

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

/* The same, of a lock that has a number: `how` says in which way it was taken, EDOI_TAKEN_*. */
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

/* Before `lock` is given back: by its holder; if the caller is none, for one to whom it was passed
 * on, else for any of them. */
EDOI_INLINE void edoi_holder_remove(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_forget(lock);
}

/* The caller holds `lock`, and another one will give it back: that one holds it from now on. */
EDOI_INLINE void edoi_holder_give(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_pass_on(lock);
}

/* `lock` was given to one that waits, which notes itself when it is polled. With the lock's own
 * short lock held. */
EDOI_INLINE void edoi_holder_given(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note_given(lock);
}

/* One that was given `lock` is dropped without a poll. */
EDOI_INLINE void edoi_holder_not_given(const void *lock) {
    if (EDOI_UNLIKELY(edoi_holders_are_known())) edoi_holder_forget_given(lock);
}

/* Fills in those that hold `lock`, and returns how many are known. */
EDO_API size_t edoi_holders_get(edoi_holder out[EDOI_HOLDERS_MAX], const void *lock);

/* The next lock that is held, from the place `*at` on (0 at first), which is moved behind it. NULL:
 * there is none. Any thread. */
EDO_API const void *edoi_holders_next(uint32_t *at);

/* Fills in holders that have had a lock for `tenths`, by the clock's `now`, each once, and their
 * locks. Returns how many there are; the next look finds others. One thread at a time. */
size_t edoi_holders_look(uint32_t now, uint32_t tenths, edoi_holder *out, const void **locks,
                         size_t max);

/* May the state machine `who` hold a lock? */
bool edoi_holders_any_of(uint64_t who);

/* `who` ends. The locks that it still holds have no holder from now on: each is told to `found`. */
void edoi_holders_end(uint64_t who,
                      void (*found)(void *arg, const void *lock, const edoi_holder *holder),
                      void *arg);

/* What is done when an order was turned around. The task that has just taken the second lock, which
 * it holds, with no lock of edo's. */
typedef void edoi_order_fn(const edoi_order_turned *t);

void edoi_order_turned_set(edoi_order_fn *fn);

/* Adds who holds `lock`: ", held by NAME and NAME"; nothing if no holder is known. */
void edoi_holders_tell(edoi_text *to, const void *lock);

#endif
