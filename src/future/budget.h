/* SPDX-License-Identifier: MIT */
/* future/budget.h: the budget for leaves on hot paths. It is checked first and debited when the
 * operation is done, instead of debited first and refunded by a poll that waits: this saves two
 * stores, the main cost of such a poll. */
#ifndef EDOI_FUTURE_BUDGET_H
#define EDOI_FUTURE_BUDGET_H

#include <edo/future.h>

EDOI_INLINE bool edoi_budget_is_spent(const edo_cx *cx) {
    return EDOI_UNLIKELY(cx->budget == 0);
}

/* The result of a poll without budget: pending, with the task woken. Out of line, as the last call
 * of a poll, so that a leaf needs no stack for it. */
EDOI_COLD edo_polled edoi_budget_wait(edo_cx *cx);

/* The operation is done; the budget was not spent before. */
EDOI_INLINE void edoi_budget_debit(edo_cx *cx) {
    cx->budget--;
}

#endif
