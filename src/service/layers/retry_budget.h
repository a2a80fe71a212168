/* SPDX-License-Identifier: MIT */
/* service/layers/retry_budget.h: what one call does with a budget, if it has one. Layers in one
 * another may share it: a call is one call then, which the outermost deposits, and the first
 * attempt of an inner one is that attempt of the outer one in which it lies. */
#ifndef EDOI_SERVICE_LAYERS_RETRY_BUDGET_H
#define EDOI_SERVICE_LAYERS_RETRY_BUDGET_H

#include "time/attempts.h"

#include <edo/retry_layer.h>

typedef struct edoi_retry_account {
    edo_retry_budget *budget; /* NULL: none */
    bool is_inner;            /* an attempt around the call has opened one of this budget */
} edoi_retry_account;

/* Begins a call, whose attempts are `series`, begun here, and deposits it. Borrows both. */
EDO_API void edoi_retry_account_open(edoi_retry_account *self, edo_retry_budget *budget,
                                     edoi_attempts *series);

/* As edo_retry_budget_done(). */
EDO_API void edoi_retry_account_done(const edoi_retry_account *self, bool is_retry,
                                     edo_attempt_outcome outcome);

/* Does the budget, if there is one, allow another attempt? */
EDOI_INLINE bool edoi_retry_account_withdraw(const edoi_retry_account *self) {
    return !self->budget || edo_retry_budget_withdraw(self->budget);
}

#endif
