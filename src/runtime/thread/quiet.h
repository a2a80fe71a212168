/* SPDX-License-Identifier: MIT */
/* runtime/thread/quiet.h: waiting until no task of a current-thread runtime can run: behind
 * edo_test_settle().
 *
 * The run loop asks where it is about to wait in the driver, the one place where it is certain that
 * no task is runnable. Programs without such a waiter pay for one load there. */
#ifndef EDOI_RUNTIME_THREAD_QUIET_H
#define EDOI_RUNTIME_THREAD_QUIET_H

#include <edo/future.h>

struct edoi_worker;

/* What a waiter has been told. */
typedef enum edoi_quiet {
    EDOI_QUIET_NOT_YET,
    EDOI_QUIET_FOR_NOW, /* a timer, a descriptor, or another waiter may make a task runnable */
    EDOI_QUIET_FOR_GOOD /* other tasks live, and nothing but the waiter can wake one */
} edoi_quiet;

/* In the worker's list while it is not told. The worker's thread only. */
typedef struct edoi_quiet_waiter {
    struct edoi_quiet_waiter *next;
    edo_waker *waker; /* borrowed */
    edoi_quiet told;
    bool is_task; /* set by add: a task waits, not the thread that drives */
} edoi_quiet_waiter;

/* Appends a waiter, with `waker` set and `told` NOT_YET. */
void edoi_quiet_add(struct edoi_worker *w, edoi_quiet_waiter *self);

/* Unlinks a waiter that has not been told. */
void edoi_quiet_remove(struct edoi_worker *w, edoi_quiet_waiter *self);

/* Instead of a wait in the driver, while there is a waiter and no task is runnable: takes the
 * driver's events. If there is none, no timer is due, and no job runs on another thread, tells the
 * first waiter. The clock is left alone. While a job runs it waits for its end, or a millisecond:
 * the end of a job that no task awaits wakes nothing. */
void edoi_quiet_look(struct edoi_worker *w);

#endif
