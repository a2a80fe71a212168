/* SPDX-License-Identifier: MIT */
/* service/layers/retry_budget.h: what one call does with a budget, if it has one. Nested layers may
 * share a budget. Then a call counts once: the outermost layer deposits for it. The last attempt of
 * an inner layer is the same as the outer attempt around it, and the outer layer notes its result.
 * This holds for the first call within an outer attempt: later ones are calls of their own. */
#ifndef EDOI_SERVICE_LAYERS_RETRY_BUDGET_H
#define EDOI_SERVICE_LAYERS_RETRY_BUDGET_H

#include "time/attempts.h"

#include <edo/retry_layer.h>

typedef struct edoi_retry_account {
    edo_retry_budget *budget; /* NULL: none */
    bool is_inner;            /* it is the attempt around it, which is of this budget, too */
    bool has_failed;          /* of an inner one: an attempt that may be its last, not noted yet */
} edoi_retry_account;

/* Begins a call, whose attempts are `series`, begun here, and deposits it. Borrows both. */
EDO_API void edoi_retry_account_open(edoi_retry_account *self, edo_retry_budget *budget,
                                     edoi_attempts *series);

/* As edo_retry_budget_done(). */
EDO_API void edoi_retry_account_done(edoi_retry_account *self, bool is_retry,
                                     edo_attempt_outcome outcome);

/* Does the budget, if there is one, allow another attempt? */
EDO_API bool edoi_retry_account_withdraw(edoi_retry_account *self);

#endif
