/* SPDX-License-Identifier: MIT */
/* records/lent.h: debug builds name a task that was given a local of its spawner and still
 * runs when the spawner has ended: from then on it uses a stack that may belong to another fiber.
 *
 * A task that is joined in time is never named, and a scope waits for its children, so children of
 * scopes are not recorded, except where another task than the scope's owner has spawned them. Any
 * thread; one lock, a leaf. */
#ifndef EDOI_RECORDS_LENT_H
#define EDOI_RECORDS_LENT_H

#include "records/records.h"

#if EDOI_REMEMBERS

/* Task `borrower`, which is about to be queued, gets a local of task `lender` (NULL: of none, and
 * nothing is recorded). `name` is the borrower's and lives as long as the program. */
void edoi_lent_note(const void *borrower, const char *name, const void *lender);

/* The function of fiber `t` has returned: ends what `t` borrowed. What it has lent is gone: tells
 * which tasks still use what is `name`'s. */
void edoi_lent_ended(const void *t, const char *name);

/* `t` was abandoned: forgets its loans. */
void edoi_lent_forget(const void *t);

#else

EDOI_INLINE void edoi_lent_note(const void *borrower, const char *name, const void *lender) {
    (void)borrower, (void)name, (void)lender;
}
EDOI_INLINE void edoi_lent_ended(const void *t, const char *name) {
    (void)t, (void)name;
}
EDOI_INLINE void edoi_lent_forget(const void *t) {
    (void)t;
}

#endif

#endif
