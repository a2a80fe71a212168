/* SPDX-License-Identifier: MIT */
/* runtime/debug/unwind.h: the stack of a thread that waits in the kernel, read by another
 * thread. */
#ifndef EDOI_RUNTIME_DEBUG_UNWIND_H
#define EDOI_RUNTIME_DEBUG_UNWIND_H

#include "runtime/debug/thread_state.h"

#include <stddef.h>

/* Writes the addresses on the stack of the thread that waits in `call`, innermost first, the first
 * one exact; returns how many. The walk ends early at a function without tables, or whose frame
 * depends on a register that only the kernel knows. If the thread wakes meanwhile the result is
 * meaningless, so compare edoi_thread_waits() afterwards; memory that is unmapped then is not
 * touched. */
size_t edoi_unwind(const edoi_thread_call *call, void **pcs, size_t max);

#endif
