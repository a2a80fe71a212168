/* SPDX-License-Identifier: MIT */
/* runtime/steal.h: how work gets from busy workers to idle ones, in a multi-thread runtime. */
#ifndef EDOI_RUNTIME_STEAL_H
#define EDOI_RUNTIME_STEAL_H

#include "runtime/core.h"

/* The ring is full: half of it goes to the injection list. */
void edoi_steal_overflow(edoi_worker *w);

/* With nothing to run: takes a batch from a sibling, or from the injection list. */
void edoi_steal_search(edoi_worker *w);

/* The worker counts as searching no more; `more`: it left work for others. */
void edoi_steal_end(edoi_worker *w, bool more);

/* Whether any ring holds a task; the last look before sleep. */
bool edoi_steal_is_there(const edoi_worker *w);

/* The slow half of edoi_steal_offer(). */
void edoi_steal_offer_slowly(edoi_worker *w);

/* Before each poll: wakes a sleeper if the ring holds more than that is worth. */
EDOI_INLINE void edoi_steal_offer(edoi_worker *w) {
    w->polls_n++;
    if (EDOI_UNLIKELY(edoi_idle_any(&w->runtime->idle))) edoi_steal_offer_slowly(w);
}

/* Learns how long polls take of late. */
void edoi_steal_measure(edoi_worker *w, int64_t now_ns);

#endif
