/* SPDX-License-Identifier: MIT */
/* service/outcome.h: refusals of a program's own layers, which say nothing of the service behind
 * them. All that learns from results asks here. */
#ifndef EDOI_SERVICE_OUTCOME_H
#define EDOI_SERVICE_OUTCOME_H

#include <edo/outcome.h>

/* Is it the code with which a layer refuses a call, without asking the service below? */
EDO_API bool edoi_outcome_is_refusal(int result);

#endif
