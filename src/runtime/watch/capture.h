/* SPDX-License-Identifier: MIT */
/* runtime/watch/capture.h: the stack of another thread in the middle of a poll.
 *
 * A thread that waits in the kernel gets no signal, which would interrupt its call. A thread that
 * computes gets a signal from a timer on its CPU time: so the signal comes while the thread runs,
 * never while it waits.
 *
 * inv. 1: the handler calls nothing but backtrace(3), whose unwinder was loaded when it was
 *         installed, and only on the thread that is asked, once per request.
 * inv. 1 is not asserted: a report would be one more call. */
#ifndef EDOI_RUNTIME_WATCH_CAPTURE_H
#define EDOI_RUNTIME_WATCH_CAPTURE_H

#include "runtime/worker/here.h"
#include "stacks/thread_state.h"

#include <signal.h>

/* Installs the handler unless it is installed. Errors: -EBUSY the program uses `signo`; -EINVAL it
 * cannot be used. */
EDO_MUST_USE int edoi_capture_install(int signo);

/* Is `a` our handler, which replaces SIG_DFL? Any thread, without a lock. */
bool edoi_capture_handles(const struct sigaction *a);

/* Restores the previous handler, if the present one is still ours. */
void edoi_capture_remove(int signo);

/* Writes the addresses on the stack of the worker's thread in the poll `poll`, innermost first, the
 * first one exact and not a return address; returns how many. `call` is set to the kernel call in
 * which the thread waits, if any.
 *
 * 0: the thread has left that poll; or it runs and there is no handler, it got no CPU time within
 * 100 ms, or there is no memory for a timer. Called inside edoi_registry_acquire(), so by one
 * thread at a time, and never on the worker's own thread. */
size_t edoi_capture(const edoi_worker *w, const edoi_seen_poll *poll, void **pcs, size_t max,
                    edoi_thread_call *call);

/* A worker, as another thread sees it. */
typedef struct edoi_seen_worker {
    uint32_t tid; /* of its thread; 0: none */
    uint16_t id;  /* by which its tasks know it */
    edoi_seen_poll poll;
    int64_t ran_from_ns; /* until when its shown `busy_ns` has its time; read last */
} edoi_seen_worker;

/* Any thread, while its runtime lives. */
edoi_seen_worker edoi_capture_see(const edoi_worker *w);

/* The name of `t`, a task of `rt` that may be gone; NULL: it is. As edoi_task_slab_site(). */
const char *edoi_capture_site(edo_runtime *rt, const edo_task *t);

#endif
