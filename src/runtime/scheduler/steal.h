/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.h: how tasks get from the rings of busy workers to idle workers, in a
 * multi-thread runtime. Called by the worker's thread in its looks and turns (scheduler.c). */
#ifndef EDOI_RUNTIME_SCHEDULER_STEAL_H
#define EDOI_RUNTIME_SCHEDULER_STEAL_H

#include "runtime/scheduler/core.h"

/* Searches for work, and is counted as searching meanwhile: without tasks of its own, and if none
 * is injected, the worker takes a batch from a sibling's ring. Injected tasks are taken by the next
 * pop. */
void edoi_steal_search(edoi_worker *w);

/* The worker counts as searching no longer. True: no worker does. */
bool edoi_steal_end(edoi_worker *w);

/* Does any ring hold a task? The last look before the worker sleeps. */
bool edoi_steal_is_there(const edoi_worker *w);

/* Called every few polls: if siblings search or sleep, moves the batch to the ring when it is worth
 * it, and wakes a sleeper if running the ring's tasks takes longer than the wake. */
void edoi_steal_offer(edoi_worker *w);

#endif
