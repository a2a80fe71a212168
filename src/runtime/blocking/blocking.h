/* SPDX-License-Identifier: MIT */
/* runtime/blocking/blocking.h: the threads for blocking calls of one runtime.
 *
 * The pool is shared by the runtime, its threads and its jobs, so it outlives a runtime whose
 * shutdown did not wait for a job any longer. */
#ifndef EDOI_RUNTIME_BLOCKING_BLOCKING_H
#define EDOI_RUNTIME_BLOCKING_BLOCKING_H

#include "runtime/blocking/job.h"

typedef struct edoi_blocking edoi_blocking;

/* The pool of `rt`, whose options are filled in; without threads yet. NULL without memory. */
EDO_MUST_USE edoi_blocking *edoi_blocking_new(edo_runtime *rt);
void edoi_blocking_ref(edoi_blocking *b);
void edoi_blocking_unref(edoi_blocking *b);

/* Somebody whom the runtime's worker runs begins to wait for a job of any pool, and does so no
 * more; the latter on any thread. */
void edoi_blocking_await_begin(edoi_blocking *b);
void edoi_blocking_await_end(edoi_blocking *b);

/* Whether one of these waits for a job: then a paused clock stands. Exact on the driving thread.
 * Not so for jobs of threads that do not drive: their time is the real one, and the end of such a
 * job wakes them alone. */
bool edoi_blocking_is_awaited(const edoi_blocking *b);

/* From now on jobs are told that they are cancelled. */
void edoi_blocking_tell(edoi_blocking *b);

/* Refuses new jobs and those that are queued, and waits until `until_ns` of the monotonic clock for
 * those that run, and at most a second longer for threads without a job. Returns how many jobs
 * still run, or may yet begin, and may use the runtime. */
EDO_MUST_USE uint32_t edoi_blocking_stop(edoi_blocking *b, int64_t until_ns);

/* The pool whose job runs on this thread, NULL if none. */
edoi_blocking *edoi_blocking_here(void);

/* The pool of the runtime that polls, NULL without one. */
edoi_blocking *edoi_blocking_of(const edo_cx *cx);

/* For tests: the next `n` attempts to make a thread fail. Process-wide. */
void edoi_blocking_fail_threads(uint32_t n);

#endif
