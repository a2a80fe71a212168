/* SPDX-License-Identifier: MIT */
/* service/outcome.h: refusals of a program's own layers, which say nothing of the service behind
 * them, and functions of the program that judge results. All that learns from results asks here. */
#ifndef EDOI_SERVICE_OUTCOME_H
#define EDOI_SERVICE_OUTCOME_H

#include <edo/outcome.h>

/* Is it the code with which a layer refuses a call, without asking the service below? */
EDO_API bool edoi_outcome_is_refusal(int result);

/* What `fn` says, which must not await; NULL: edo_outcome_of(). */
EDO_API edo_call_outcome edoi_outcome_by(edo_outcome_fn *fn, void *arg, const void *request,
                                         const void *response, int result);

#endif
