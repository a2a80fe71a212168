/* SPDX-License-Identifier: MIT */
/* runtime/thread_state.h: what the kernel knows of another thread of this process. */
#ifndef EDOI_RUNTIME_THREAD_STATE_H
#define EDOI_RUNTIME_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* CPU time that thread `tid` has used, ns; negative: it is not there. */
int64_t edoi_thread_cpu_ns(uint32_t tid);

/* How often thread `tid` has begun to wait in the kernel, if it does so now; 0: it can run, or is not
 * there, or a debugger has it. So one that waits, with the same number as before, has waited all the time. One
 * thread asks at a time: inside edoi_outside_enter(). */
uint64_t edoi_thread_waits(uint32_t tid);

#endif
