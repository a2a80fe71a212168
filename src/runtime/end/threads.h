/* SPDX-License-Identifier: MIT */
/* runtime/end/threads.h: the threads of a multi-thread runtime, from start to end. */
#ifndef EDOI_RUNTIME_END_THREADS_H
#define EDOI_RUNTIME_END_THREADS_H

#include "runtime/worker/here.h"

#include <edo/runtime.h>

/* Starts a thread for each worker. Errors: -EAGAIN; none runs then. */
EDO_MUST_USE int edoi_threads_start(edo_runtime *rt);

/* Cancels all tasks, waits for their end until `until_ns` of the monotonic clock, then stops the
 * threads, for which it waits until `grace_ns`. False: a thread is stuck in a poll. Spawns fail
 * already. */
EDO_MUST_USE bool edoi_threads_stop(edo_runtime *rt, int64_t until_ns, int64_t grace_ns);

#endif
