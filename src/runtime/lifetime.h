/* SPDX-License-Identifier: MIT */
/* runtime/lifetime.h: references to a runtime.
 *
 * There are two counts. Handles are held by users: the thread that releases the last handle has the
 * duty to shut the runtime down, which waits. Pins keep only the memory: all handles together hold
 * one pin, and each wake holds one between the claim of a task and the end of its delivery.
 *
 * inv. 1: edo_runtime_free() performs the shutdown itself. edo_runtime_unref() never waits: it
 *         starts a thread for the shutdown.
 * inv. 2: the thread that releases the last pin only frees memory and closes descriptors. It takes
 *         no lock except that of the handle table, in debug builds; it wakes no task and calls no
 *         user code. So a wake may release the last pin.
 * inv. 3: a runtime that has left tasks or threads behind keeps a handle for ever: stacks and
 *         threads refer to it. */
#ifndef EDOI_RUNTIME_LIFETIME_H
#define EDOI_RUNTIME_LIFETIME_H

#include "runtime/scheduler/core.h"

/* Any thread that has a handle, a pin, or a claimed task of `rt`. */
EDOI_INLINE void edoi_runtime_pin(edo_runtime *rt) {
    (void)edoi_add_rlx_u32(&rt->pins, 1); // relaxed: another pin exists, see above
}

/* Any thread. The memory may be gone after this. */
void edoi_runtime_unpin(edo_runtime *rt);

/* As edo_runtime_ref() and edo_runtime_unref(), for a handle that is not the program's: the handle
 * table (base/memory/handles.h) does not record it. */
void edoi_runtime_ref(edo_runtime *rt);
void edoi_runtime_unref(edo_runtime *rt);

/* As edoi_runtime_unref(), at the end of a call that waits. The last handle of a runtime that
 * edo_runtime_free() has ended needs no background thread: only memory is left to free. */
void edoi_runtime_unref_after_await(edo_runtime *rt);

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
