/* SPDX-License-Identifier: MIT */
/* records/lent.c: see lent.h.
 *
 * A loan is a row of a table of fixed size, so that recording one allocates nothing and never fails
 * half way. A loan that does not fit is not watched. Most programs lend to few tasks at a time: two
 * small tables count the loans by borrower and by lender, so that a task without loans takes no
 * lock when it ends.
 *
 * A count may be read late by other tasks. The borrower's is written by the thread that spawns it,
 * before it is queued; the lender's by the lender itself. So each task reads its own count and rows
 * as they were written. */
#include "records/lent.h"

#if EDOI_REMEMBERS

#    include "base/fork.h"
#    include "base/lock.h"
#    include "records/records.h"

#    define LOANS_MAX  1024u
#    define COUNTS_MAX 1024u

typedef struct loan {
    const void *borrower; /* NULL: a free row */
    const void *lender;
    const char *name; /* the borrower's */
} loan;

static struct {
    edoi_lock mu;
    loan rows[LOANS_MAX]; /* lock: mu */
    uint32_t rows_end;    /* lock: mu; rows from here on were never used */
} book;

EDOI_ON_FORK(.lock = &book.mu);

static edo_atomic_u32 borrowed_n[COUNTS_MAX], lent_n[COUNTS_MAX]; /* atomic, relaxed; by task */

static edo_atomic_u32 *count_of(edo_atomic_u32 *counts, const void *t) {
    return &counts[(uintptr_t)t / 16 % COUNTS_MAX];
}

/* Frees the row. Called with `mu` held. */
static void strike_out(loan *l) {
    (void)edoi_sub_rlx_u32(count_of(borrowed_n, l->borrower), 1); // relaxed: see above
    (void)edoi_sub_rlx_u32(count_of(lent_n, l->lender), 1);       // relaxed: see above
    *l = (loan){ NULL, NULL, NULL };
}

void edoi_lent_note(const void *borrower, const char *name, const void *lender) {
    if (!lender) return;
    edoi_lock_acquire(&book.mu);
    uint32_t i = 0;
    while (i < book.rows_end && book.rows[i].borrower) i++;
    if (i < LOANS_MAX) {
        book.rows[i] = (loan){ borrower, lender, name };
        if (i == book.rows_end) book.rows_end++;
        (void)edoi_add_rlx_u32(count_of(borrowed_n, borrower), 1); // relaxed: see above
        (void)edoi_add_rlx_u32(count_of(lent_n, lender), 1);       // relaxed: see above
    }
    edoi_lock_release(&book.mu);
}

static bool is_in_book(const void *t) {
    return edoi_load_rlx_u32(count_of(borrowed_n, t)) || edoi_load_rlx_u32(count_of(lent_n, t));
}

void edoi_lent_forget(const void *t) {
    if (!is_in_book(t)) return;
    edoi_lock_acquire(&book.mu);
    for (uint32_t i = 0; i < book.rows_end; i++) {
        loan *l = &book.rows[i];
        if (l->borrower && (l->borrower == t || l->lender == t)) strike_out(l);
    }
    edoi_lock_release(&book.mu);
}

/* Returns the name of a task that still has a loan of `lender`, and frees that row; NULL: there is
 * none. */
static const char *next_borrower(const void *lender) {
    const char *name = NULL;
    edoi_lock_acquire(&book.mu);
    for (uint32_t i = 0; i < book.rows_end && !name; i++) {
        loan *l = &book.rows[i];
        if (!l->borrower || l->lender != lender) continue;
        name = l->name;
        strike_out(l);
    }
    edoi_lock_release(&book.mu);
    return name;
}

void edoi_lent_ended(const void *t, const char *name) {
    if (!is_in_book(t)) return;
    const char *borrower;
    while ((borrower = next_borrower(t)))
        edoi_records_tell(
            "edo: warning: %s was given a local of %s, which has ended while it still "
            "runs: join it first, or use a scope\n",
            borrower, name);
    edoi_lent_forget(t);
}

#endif
