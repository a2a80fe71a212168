/* SPDX-License-Identifier: MIT */
/* runtime/debug/capture.h: the stack of another thread in the middle of a poll.
 *
 * A thread that waits in the kernel is left alone: a signal would cut its call short. A thread that
 * computes gets a signal, by a timer of its CPU time: so the signal comes while it runs, and never
 * while it waits.
 *
 * inv. 1: the handler calls nothing but backtrace(3), whose unwinder was loaded when it was
 *         installed, and only on the thread that is asked, once for each question. */
#ifndef EDOI_RUNTIME_DEBUG_CAPTURE_H
#define EDOI_RUNTIME_DEBUG_CAPTURE_H

#include "runtime/debug/thread_state.h"
#include "runtime/scheduler/core.h"

#include <signal.h>

/* Installs the handler unless there is one already. Errors: -EBUSY  the program uses `signo`;
 * -EINVAL  it cannot be used. */
EDO_MUST_USE int edoi_capture_install(int signo);

/* Whether `a` is the handler, which stands in place of SIG_DFL. Any thread, without a lock. */
bool edoi_capture_handles(const struct sigaction *a);

/* Puts what was before in place, if the handler is still ours. */
void edoi_capture_remove(int signo);

/* Addresses on the stack of the worker's thread in the poll `poll`, innermost first, the first one
 * exact and no return address; returns how many. `call` is what the thread waits for in the kernel,
 * if it waits there.
 *
 * 0: it is not in that poll any more; or it runs, and there is no handler, or the thread got no CPU
 * time within 100 ms, or there is no memory for a timer. Inside edoi_registry_acquire(), so that
 * one asks at a time; another thread than the worker's. */
size_t edoi_capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max,
                    edoi_thread_call *call);

#endif
