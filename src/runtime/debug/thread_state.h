/* SPDX-License-Identifier: MIT */
/* runtime/debug/thread_state.h: what the kernel knows of another thread of this process. Asking
 * leaves that thread as it is.
 *
 * One thread asks at a time: inside edoi_registry_acquire(). */
#ifndef EDOI_RUNTIME_DEBUG_THREAD_STATE_H
#define EDOI_RUNTIME_DEBUG_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What a thread waits for in the kernel. */
typedef struct edoi_thread_call {
    uint64_t waits; /* as of edoi_thread_waits(); 0: it does not wait, and the rest is empty */
    char name[64]; /* "poll", "system call 449", "a page fault"; or "at futex_do_wait", which is the
                      kernel's own function; "": not known */
    uintptr_t sp, pc; /* of the thread outside the kernel; 0: not known */
} edoi_thread_call;

/* The clock of the CPU time of thread `tid`. */
clockid_t edoi_thread_cpu_clock(uint32_t tid);

/* CPU time that thread `tid` has used, ns; negative: it is not there. */
int64_t edoi_thread_cpu_ns(uint32_t tid);

/* How often thread `tid` has begun to wait in the kernel, if it waits there now; 0: it can run, or
 * is not there, or a debugger has it. A thread that waits, with the same number as before, has
 * waited all the time. */
uint64_t edoi_thread_waits(uint32_t tid);

/* In which call thread `tid` waits. */
void edoi_thread_find_call(edoi_thread_call *out, uint32_t tid);

#endif
