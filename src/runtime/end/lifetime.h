/* SPDX-License-Identifier: MIT */
/* runtime/end/lifetime.h: references to a runtime.
 *
 * There are two counts. Handles are held by users: the thread that releases the last handle has the
 * duty to shut the runtime down, which waits. Pins keep only the memory: all handles together hold
 * one pin, and each wake holds one between the claim of a task and the end of its delivery.
 *
 * inv. 1: the thread that has the duty performs the shutdown itself. In a task, and in a job or
 *         dedicated thread of the runtime, it cannot, and leaves the runtime behind.
 * inv. 2: the thread that releases the last pin only frees memory and closes descriptors. It takes
 *         no lock except that of the handle table, in debug builds; it wakes no task and calls no
 *         user code. So a wake may release the last pin.
 * inv. 3: a runtime that has left tasks or threads behind keeps a handle for ever: stacks and
 *         threads refer to it.
 * inv. 1 and 2 are not asserted: a wait or a lock that is not there leaves no trace. */
#ifndef EDOI_RUNTIME_END_LIFETIME_H
#define EDOI_RUNTIME_END_LIFETIME_H

#include <edo/runtime.h>

/* As edo_runtime_ref() and edo_runtime_unref(), for a handle that is not the program's: the handle
 * table (records/handles.h) does not record it. */
void edoi_runtime_ref(edo_runtime *rt);
void edoi_runtime_unref(edo_runtime *rt);

/* Keeps `rt` mapped for ever. The caller has a handle. */
void edoi_runtime_leave_mapped(edo_runtime *rt);

/* Undoes edo_runtime_new() as far as it got. */
void edoi_runtime_destroy(edo_runtime *rt);

/* As edo_runtime_free(), within `within`. False: threads shared by all runtimes had to end as well,
 * and did not. */
EDO_MUST_USE bool edoi_runtime_free_within(edo_runtime *rt, edo_duration within);

/* Ends threads until `until_ns` of the monotonic clock; false: some did not end. */
typedef bool edoi_last_end_fn(int64_t until_ns);

/* Sets the function that ends threads shared by all runtimes. It is called at the end of a runtime
 * when no other is alive (one that is left behind, or that edo_runtime_free() has ended, does not
 * count as alive, even if handles remain). There is one function; setting it again is allowed. */
void edoi_runtime_on_last_end(edoi_last_end_fn *fn);

#endif
