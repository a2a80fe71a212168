/* SPDX-License-Identifier: MIT */
/* runtime/thread/dedicated.h: the threads of edo/thread.h at the end of their runtime, and what
 * awaits on them look at. Which there are: `threads.dedicated` of the runtime. */
#ifndef EDOI_RUNTIME_THREAD_DEDICATED_H
#define EDOI_RUNTIME_THREAD_DEDICATED_H

#include <edo/runtime.h>

/* Is the calling thread one of `rt`? Then its awaits drive `rt` never, and its time is real. */
bool edoi_dedicated_is_here(const edo_runtime *rt);

/* The runtime will never end: nobody joins its threads, not those that have ended either. */
void edoi_dedicated_leave_behind(edo_runtime *rt);

/* From now on no thread is started. */
void edoi_dedicated_close(edo_runtime *rt);

/* After that: fires the stop tokens, waits until `until_ns` of the monotonic clock, and joins the
 * threads that have ended. False: some have not, and use the runtime; they were named. */
EDO_MUST_USE bool edoi_dedicated_stop(edo_runtime *rt, int64_t until_ns);

#endif
