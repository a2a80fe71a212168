/* SPDX-License-Identifier: MIT */
/* stacks/thread_state.h: what the kernel reports about another thread of this process.
 * Asking does not affect that thread.
 *
 * Called inside edoi_registry_acquire(): one thread asks at a time. */
#ifndef EDOI_STACKS_THREAD_STATE_H
#define EDOI_STACKS_THREAD_STATE_H

#include "stacks/frames.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* What a thread waits for in the kernel. */
typedef struct edoi_thread_call {
    uint64_t waits;   /* as edoi_thread_waits(); 0: not waiting, and the other members are empty */
    char name[64];    /* "poll", "system call 449", "a page fault"; or "at futex_do_wait", a kernel
                      function; "": unknown */
    bool is_numbered; /* a system call whose name is only its number */
    uintptr_t sp, pc; /* of the thread in user space; 0: unknown */
} edoi_thread_call;

/* The CPU-time clock of thread `tid`. */
clockid_t edoi_thread_cpu_clock(uint32_t tid);

/* CPU time that thread `tid` has used, ns; negative: there is no such thread. */
int64_t edoi_thread_cpu_ns(uint32_t tid);

/* How often thread `tid` has begun to wait in the kernel, if it waits there now; 0: it is runnable,
 * does not exist, or is stopped by a debugger. If a thread waits with the same number as before, it
 * has waited all the time. */
uint64_t edoi_thread_waits(uint32_t tid);

/* Does it wait for another thread of this process, without a limit of time? False also if it is not
 * known. */
bool edoi_thread_waits_for_others(uint32_t tid);

/* Finds the call in which thread `tid` waits; a system call by its number. */
void edoi_thread_find_call(edoi_thread_call *out, uint32_t tid);

/* Names a system call after the function of libc that makes it: the innermost one that has a name
 * in `frames`, the stack of the thread. */
void edoi_thread_name_call(edoi_thread_call *call, const edoi_frame *frames, size_t n);

#endif
