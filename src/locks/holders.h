/* SPDX-License-Identifier: MIT */
/* locks/holders.h: which task or thread holds a lock, and where it took it, for dumps and reports.
 * The table is beside the locks, by their addresses: a lock has one size in all builds, and need
 * not be given back by who took it. */
#ifndef EDOI_LOCKS_HOLDERS_H
#define EDOI_LOCKS_HOLDERS_H

#include "base/error/text.h"
#include "locks/watched.h"

#define EDOI_HOLDERS_MAX 32u         /* of one lock that are known */
#define EDOI_GIVEN       UINT64_C(4) /* `who` of one that was given it and has not been polled since */
#define EDOI_NO_HOLDER   UINT64_C(2) /* `who` of a task that has ended */

/* One that holds a lock. */
typedef struct edoi_holder {
    uint64_t who;     /* as the hook says; EDOI_NO_HOLDER: it has ended */
    const char *name; /* of the task, or "a plain thread" */
    const void *site; /* the return address of the call that took the lock; NULL: not known */
    uint32_t since;   /* tenths of a second; 0: not known */
} edoi_holder;

void edoi_holder_note(const void *lock, const void *site);
void edoi_holder_note_given(const void *lock);
void edoi_holder_forget_given(const void *lock);
void edoi_holder_forget(const void *lock);
void edoi_holder_forget_own(const void *lock);

/* The running task, or this thread, holds `lock` from now on. `site`: where it took it; or NULL. */
EDOI_INLINE void edoi_holder_add(const void *lock, const void *site) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note(lock, site);
}

/* Before `lock` is given back: by its holder, or, if the caller is none, by any of them. */
EDOI_INLINE void edoi_holder_remove(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS | EDOI_LOCKS_KNOWN)))
        edoi_holder_forget(lock);
}

/* The caller holds `lock`, and another one will give it back: the caller is its holder no more. */
EDOI_INLINE void edoi_holder_give(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS | EDOI_LOCKS_KNOWN)))
        edoi_holder_forget_own(lock);
}

/* `lock` was given to one that waits, which notes itself when it is polled. With the lock's own
 * short lock held. */
EDOI_INLINE void edoi_holder_given(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_holder_note_given(lock);
}

/* One that was given `lock` is dropped without a poll. */
EDOI_INLINE void edoi_holder_not_given(const void *lock) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS | EDOI_LOCKS_KNOWN)))
        edoi_holder_forget_given(lock);
}

/* Fills in those that hold `lock`, and returns how many are known. */
size_t edoi_holders_get(edoi_holder out[EDOI_HOLDERS_MAX], const void *lock);

/* `who` ends. The locks that it still holds have no holder from now on: each is told to `found`. */
void edoi_holders_end(uint64_t who,
                      void (*found)(void *arg, const void *lock, const edoi_holder *holder),
                      void *arg);

/* Adds who holds `lock`: ", held by NAME and NAME"; nothing if no holder is known. */
void edoi_holders_tell(edoi_text *to, const void *lock);

#endif
