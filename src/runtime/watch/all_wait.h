/* SPDX-License-Identifier: MIT */
/* runtime/watch/all_wait.h: do all tasks wait, and can nothing wake one? */
#ifndef EDOI_RUNTIME_WATCH_ALL_WAIT_H
#define EDOI_RUNTIME_WATCH_ALL_WAIT_H

#include <edo/base.h>

#include <signal.h>

/* How many tasks of the process wait, if all do, and nothing is armed that can wake one: no timer,
 * no descriptor or signal that edo watches, no job, no thread that may come back from where it is
 * by itself. 0: something can, or it is not known. The watchdog's thread, once all workers have
 * slept for a while. */
EDO_MUST_USE uint64_t edoi_all_wait(void);

/* Is `a` a handler of edo's, which wakes no task by itself? */
typedef bool edoi_own_handler_fn(const struct sigaction *a);

/* Said by whoever makes such handlers; until then none is edo's. Any thread. */
void edoi_all_wait_knows(edoi_own_handler_fn *fn);

#endif
