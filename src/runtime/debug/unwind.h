/* SPDX-License-Identifier: MIT */
/* runtime/debug/unwind.h: the stack of a thread that waits in the kernel, read by another one. */
#ifndef EDOI_RUNTIME_DEBUG_UNWIND_H
#define EDOI_RUNTIME_DEBUG_UNWIND_H

#include "runtime/debug/thread_state.h"

#include <stddef.h>

/* Addresses on the stack of the thread that waits in `call`, innermost first, the first one exact;
 * returns how many. It ends early where a function has no tables, or where its frame depends on a
 * register that only the kernel knows. If the thread wakes meanwhile the result means nothing, so
 * compare edoi_thread_waits() afterwards; memory that is gone then is not touched. */
size_t edoi_unwind(const edoi_thread_call *call, void **pcs, size_t max);

#endif
