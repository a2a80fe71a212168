/* SPDX-License-Identifier: MIT */
/* future/budget.h: the budget for leaves on hot paths. It is looked at first and debited when the
 * operation is done, instead of debited first and given back by a poll that waits: two stores less,
 * and the stores are what such a poll costs. */
#ifndef EDOI_FUTURE_BUDGET_H
#define EDOI_FUTURE_BUDGET_H

#include <edo/future.h>

EDOI_INLINE bool edoi_budget_is_spent(const edo_cx *cx) {
    return EDOI_UNLIKELY(cx->budget == 0);
}

/* What the poll returns then: pending, and the task has been woken. Out of line, as the last call
 * of a poll, so that a leaf keeps nothing for it on its stack. */
EDOI_COLD edo_polled edoi_budget_wait(edo_cx *cx);

/* The operation is done; the budget was not spent. */
EDOI_INLINE void edoi_budget_debit(edo_cx *cx) {
    cx->budget--;
}

#endif
