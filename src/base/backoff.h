/* SPDX-License-Identifier: MIT */
/* base/backoff.h: waiting for another thread that is a few instructions away from what it does.
 *
 * First by pauses, since it most likely runs on another core. Then by sleep: it has been preempted,
 * and a waiter of a higher real-time priority that only gave its turn away would keep it from its
 * core for ever. */
#ifndef EDOI_BASE_BACKOFF_H
#define EDOI_BASE_BACKOFF_H

#include <edo/base.h>

/* One wait, for as many turns as it takes. All zero at first. */
typedef struct edoi_backoff {
    uint32_t pauses; /* so far */
    uint32_t naps;   /* so far */
} edoi_backoff;

/* Lets some time pass, more with each turn. The caller looks before each. */
void edoi_backoff_wait(edoi_backoff *b);

#endif
