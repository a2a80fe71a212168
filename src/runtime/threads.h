/* SPDX-License-Identifier: MIT */
/* runtime/threads.h: the threads of a multi-thread runtime, from start to end. */
#ifndef EDOI_RUNTIME_THREADS_H
#define EDOI_RUNTIME_THREADS_H

#include "runtime/scheduler/core.h"

/* Starts a thread for each worker. Errors: -EAGAIN; none runs then. */
EDO_MUST_USE int edoi_threads_start(edo_runtime *rt);

/* Ends the present or next sleep of each worker. Any thread; allowed in a signal handler. */
void edoi_threads_kick(edo_runtime *rt);

/* Called by each worker between run and turn while the runtime closes: cancels the tasks of its
 * slab, and counts the steps of the shutdown. */
void edoi_threads_closing(edoi_worker *w);

/* A bracket around the end of all threads of a runtime of either flavor: one thread is in it at a
 * time. Begin waits for that thread until `until_ns` of the monotonic clock. False: it is still in
 * the bracket. */
EDO_MUST_USE bool edoi_threads_begin_stop(edo_runtime *rt, int64_t until_ns);
void edoi_threads_end_stop(edo_runtime *rt);

/* Begins the bracket for a worker that was left behind and has ended. It waits without a bound, and
 * other threads wait for it without a bound, since it ends soon. */
void edoi_threads_begin_bury(edo_runtime *rt);

/* Cancels all tasks, waits for their end until `until_ns` of the monotonic clock, then stops the
 * threads. False: a thread is stuck in a poll. Spawns fail already. If an earlier shutdown has
 * timed out, it does not wait. */
EDO_MUST_USE bool edoi_threads_stop(edo_runtime *rt, int64_t until_ns);

#endif
