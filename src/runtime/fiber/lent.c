/* SPDX-License-Identifier: MIT */
/* runtime/fiber/lent.c: see lent.h.
 *
 * A loan is a row of a table of fixed size, so that recording one allocates nothing and never fails
 * half way. A loan that does not fit is not watched. Most programs lend to few tasks at a time: two
 * small tables count the loans by borrower and by lender, so that a task without loans takes no
 * lock when it ends.
 *
 * A count may be read late by other tasks. The borrower's is written by the thread that spawns it,
 * before it is queued; the lender's by the lender itself. So each task reads its own count and rows
 * as they were written. */
#include "runtime/fiber/lent.h"

#if EDOI_REMEMBERS

#    include "base/fork.h"
#    include "base/lock.h"
#    include "runtime/fiber/fiber_task.h"
#    include "runtime/scheduler/core.h"

#    include <stdio.h>

#    define LOANS_MAX  1024u
#    define COUNTS_MAX 1024u

typedef struct loan {
    const edo_task *borrower; /* NULL: a free row */
    const edo_task *lender;
} loan;

static struct {
    edoi_lock mu;
    loan rows[LOANS_MAX]; /* lock: mu */
    uint32_t rows_end;    /* lock: mu; rows from here on were never used */
} book;

EDOI_ON_FORK(.lock = &book.mu);

static edo_atomic_u32 borrowed_n[COUNTS_MAX], lent_n[COUNTS_MAX]; /* atomic, relaxed; by task */

static edo_atomic_u32 *count_of(edo_atomic_u32 *counts, const edo_task *t) {
    return &counts[(uintptr_t)t / 16 % COUNTS_MAX];
}

/* Frees the row. Called with `mu` held. */
static void strike_out(loan *l) {
    (void)edoi_sub_rlx_u32(count_of(borrowed_n, l->borrower), 1); // relaxed: see above
    (void)edoi_sub_rlx_u32(count_of(lent_n, l->lender), 1);       // relaxed: see above
    *l = (loan){ NULL, NULL };
}

static void enter(const edo_task *borrower, const edo_task *lender) {
    edoi_lock_acquire(&book.mu);
    uint32_t i = 0;
    while (i < book.rows_end && book.rows[i].borrower) i++;
    if (i < LOANS_MAX) {
        book.rows[i] = (loan){ borrower, lender };
        if (i == book.rows_end) book.rows_end++;
        (void)edoi_add_rlx_u32(count_of(borrowed_n, borrower), 1); // relaxed: see above
        (void)edoi_add_rlx_u32(count_of(lent_n, lender), 1);       // relaxed: see above
    }
    edoi_lock_release(&book.mu);
}

void edoi_lent_note(const edo_task *t, const void *arg) {
    edoi_worker *w = edoi_worker_here();
    if (!w || !w->fiber) return;
    const edoi_stack *stack = w->fiber->ctx->fiber.stack;
    const char *at = arg;
    if (at >= stack->lo && at < stack->hi) enter(t, edoi_fiber_task_header(w->fiber));
}

static bool is_in_book(const edo_task *t) {
    return edoi_load_rlx_u32(count_of(borrowed_n, t)) || edoi_load_rlx_u32(count_of(lent_n, t));
}

void edoi_lent_forget(const edo_task *t) {
    if (!is_in_book(t)) return;
    edoi_lock_acquire(&book.mu);
    for (uint32_t i = 0; i < book.rows_end; i++) {
        loan *l = &book.rows[i];
        if (l->borrower && (l->borrower == t || l->lender == t)) strike_out(l);
    }
    edoi_lock_release(&book.mu);
}

/* Returns the name of a task that still has a loan of `lender`, and frees that row; NULL: there is
 * none. The borrower cannot be freed meanwhile: it first removes its own row, under the lock. */
static const char *next_borrower(const edo_task *lender) {
    const char *site = NULL;
    edoi_lock_acquire(&book.mu);
    for (uint32_t i = 0; i < book.rows_end && !site; i++) {
        loan *l = &book.rows[i];
        if (!l->borrower || l->lender != lender) continue;
        site = edoi_task_seen_site(l->borrower);
        strike_out(l);
    }
    edoi_lock_release(&book.mu);
    return site;
}

void edoi_lent_ended(const edo_task *t) {
    if (!is_in_book(t)) return;
    const char *site;
    while ((site = next_borrower(t)))
        (void)fprintf(stderr,
                      "edo: warning: %s was given a local of %s, which has ended while it still "
                      "runs: join it first, or use a scope\n",
                      site, t->site);
    edoi_lent_forget(t);
}

#endif
