/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/takeover.h: an idle worker takes over the private tasks of a sibling that is in
 * a long poll. assist.c calls edoi_takeover(); the protocol: places.h. */
#ifndef EDOI_RUNTIME_SCHEDULER_TAKEOVER_H
#define EDOI_RUNTIME_SCHEDULER_TAKEOVER_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/membarrier.h"
#include <stdint.h>

struct edoi_worker;

/* After a poll, if the places are not FREE: waits until a helper has ended, and makes them the
 * worker's own again. Called without a lock. */
void edoi_places_regain(struct edoi_worker *w);

/* An idle worker `w` moves to its own ring the private tasks of its sibling `v`, which is in a long
 * poll, that may run anywhere. Returns how many. */
uint32_t edoi_takeover(struct edoi_worker *w, struct edoi_worker *v);

#endif
