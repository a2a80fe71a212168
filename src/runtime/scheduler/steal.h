/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/steal.h: how tasks get from the rings of busy workers to workers that have none
 * or fewer, in a multi-thread runtime. Called by the worker's thread in its looks and turns
 * (scheduler.c). */
#ifndef EDOI_RUNTIME_SCHEDULER_STEAL_H
#define EDOI_RUNTIME_SCHEDULER_STEAL_H

#include "runtime/worker/here.h"

/* Searches for work, and is counted as searching meanwhile: without tasks of its own, and if none
 * is injected, the worker takes a batch from a sibling's ring. Injected tasks are taken by the next
 * pop. */
void edoi_steal_search(edoi_worker *w);

/* Called by a worker with work once in a turn, where polls are long: if a sibling's ring holds more
 * tasks than are ready here, takes the oldest ones, half of the difference and at most `most`, and
 * runs them next. They have waited for longest, so no task waits for longer than it would have. The
 * tasks of workers that are always busy would else never be shared out. */
void edoi_steal_level(edoi_worker *w, uint32_t most);

/* Called by a worker with work once in some turns, where polls are short: if a sibling's ring holds
 * many more tasks than are ready here, moves half of the difference, and a batch at most, to its
 * own ring. A thief takes a batch once, and has work from then on: 200 tasks that are always ready
 * would else stay 168 to 32. */
void edoi_steal_even(edoi_worker *w);

/* The worker counts as searching no longer. True: no worker does. */
bool edoi_steal_end(edoi_worker *w);

/* Does any ring hold a task? The last look before the worker sleeps. */
bool edoi_steal_is_there(const edoi_worker *w);

/* Called every few polls: if siblings search or sleep, moves the batch to the ring when it is worth
 * it, and wakes a sleeper if running the ring's tasks takes longer than the wake. */
void edoi_steal_offer(edoi_worker *w);

#endif
