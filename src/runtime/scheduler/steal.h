/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.h: how work gets from busy workers to idle ones, in a multi-thread
 * runtime. */
#ifndef EDOI_RUNTIME_SCHEDULER_STEAL_H
#define EDOI_RUNTIME_SCHEDULER_STEAL_H

#include "runtime/scheduler/core.h"

/* With nothing to run: takes a batch from a sibling, or from the injection list. */
void edoi_steal_search(edoi_worker *w);

/* The worker counts as searching no more. True: nobody does. */
bool edoi_steal_end(edoi_worker *w);

/* Whether any ring holds a task; the last look before sleep. */
bool edoi_steal_is_there(const edoi_worker *w);

/* Every few polls: wakes a sleeper if the ring holds more than that is worth. */
void edoi_steal_offer(edoi_worker *w);

#endif
