/* SPDX-License-Identifier: MIT */
/* runtime/threads.h: the threads of a multi-thread runtime, from start to end. */
#ifndef EDOI_RUNTIME_SCHEDULER_THREADS_H
#define EDOI_RUNTIME_SCHEDULER_THREADS_H

#include "runtime/scheduler/core.h"

/* Starts a thread for each worker. Errors: -EAGAIN; none runs then. */
EDO_MUST_USE int edoi_threads_start(edo_runtime *rt);

/* Ends the present or next sleep of each worker. Also in a signal handler. */
void edoi_threads_kick(edo_runtime *rt);

/* Part of each worker's turn while the runtime closes: cancels what it spawned, and tells. */
void edoi_threads_closing(edoi_worker *w);

/* A bracket around the end of all threads of a runtime of either flavor: one caller is in it at a
 * time. Begin waits until `until_ns` of the monotonic clock for the one that is in it; false: it
 * still is. */
EDO_MUST_USE bool edoi_threads_begin_stop(edo_runtime *rt, int64_t until_ns);
void edoi_threads_end_stop(edo_runtime *rt);

/* The same bracket for a worker that was left behind and has ended: waits without a bound, and is
 * waited for without one, since it is soon through. */
void edoi_threads_begin_bury(edo_runtime *rt);

/* Cancels all tasks, waits for their end until `until_ns` of the monotonic clock, then stops the
 * threads. Returns whether all of them have ended: else one is stuck in a poll. `closing` is set.
 * Does not wait again for who was given up before. */
EDO_MUST_USE bool edoi_threads_stop(edo_runtime *rt, int64_t until_ns);

#endif
