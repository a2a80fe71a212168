/* SPDX-License-Identifier: MIT */
/* base/backoff.h: waits for another thread that needs only a few more instructions.
 *
 * First by pauses, since that thread probably runs on another core. Then by sleeps: it has been
 * preempted, and a waiter of higher real-time priority that only yielded would keep it off the core
 * for ever. Pauses follow each sleep, too: a thread that is ready only for a moment, again and
 * again, is rarely so at the end of a sleep. */
#ifndef EDOI_BASE_BACKOFF_H
#define EDOI_BASE_BACKOFF_H

#include <edo/base.h>

/* One wait, of any number of turns. All zero at first. */
typedef struct edoi_backoff {
    uint32_t pauses; /* since the last sleep */
    uint32_t naps;   /* so far */
} edoi_backoff;

/* Lets some time pass, more with each turn. The caller checks before each turn. */
void edoi_backoff_wait(edoi_backoff *b);

/* This thread sleeps, for less than a second, or until a signal. By a bare system call: who waits
 * for another thread of the machine does so in a simulated world, too, whose hosts must not
 * sleep. */
void edoi_nap(int64_t ns);

#endif
