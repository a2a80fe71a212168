/* SPDX-License-Identifier: MIT */
/* base/membarrier.h as the model checker sees it: one step, a sequentially consistent fence in
 * every thread. */
#ifndef EDOI_BASE_MEMBARRIER_H
#define EDOI_BASE_MEMBARRIER_H

#include <edo/base.h>

#include "atomics.h"

#define edoi_membarrier_register() true
#define edoi_membarrier()          (edoi_model_barrier(__FILE__, __LINE__), true)

#endif
