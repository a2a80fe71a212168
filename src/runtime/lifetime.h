/* SPDX-License-Identifier: MIT */
/* runtime/lifetime.h: what keeps a runtime.
 *
 * Two counts. Handles are what users hold: the thread that gives the last one back has the duty to
 * shut the runtime down, which waits. Pins keep nothing but the memory: all handles together have
 * one, and so has each wake between the claim of a task and the end of its delivery.
 *
 * inv. 1: edo_runtime_free() fulfils the duty itself. edo_runtime_unref() never waits: it hands the
 *         duty to a thread of its own.
 * inv. 2: the thread that gives the last pin back only frees memory and closes descriptors; it
 *         takes no lock but that of the table of handles, in debug builds, wakes nobody and calls
 *         nobody. So a wake may give back the last one.
 * inv. 3: a runtime that has left something behind keeps a handle for ever: stacks and threads
 *         refer to it. */
#ifndef EDOI_RUNTIME_LIFETIME_H
#define EDOI_RUNTIME_LIFETIME_H

#include "runtime/scheduler/core.h"

/* Any thread that has a handle, a pin, or a claimed task of `rt`. */
EDOI_INLINE void edoi_runtime_pin(edo_runtime *rt) {
    (void)edoi_add_rlx_u32(&rt->pins, 1); // relaxed: see above, another pin is there
}

/* Any thread. The memory may be gone afterwards. */
void edoi_runtime_unpin(edo_runtime *rt);

/* As edo_runtime_ref() and edo_runtime_unref(), of a handle that is not the program's: the table of
 * handles (base/handles.h) does not know it. */
void edoi_runtime_ref(edo_runtime *rt);
void edoi_runtime_unref(edo_runtime *rt);

/* The same at the end of a call that waits. The last handle of a runtime that edo_runtime_free()
 * has ended needs no thread of its own: only memory is left to be given back. */
void edoi_runtime_unref_after_await(edo_runtime *rt);

/* Keeps `rt` whole for ever. The caller has a handle. */
void edoi_runtime_leave_mapped(edo_runtime *rt);

/* Undoes edo_runtime_new() as far as it got. */
void edoi_runtime_destroy(edo_runtime *rt);

/* edo_runtime_free() within `within`. False: threads that all runtimes have in common were to end,
 * too, and did not. */
EDO_MUST_USE bool edoi_runtime_free_within(edo_runtime *rt, edo_duration within);

/* Ends threads until `until_ns` of the monotonic clock; false: some did not end. */
typedef bool edoi_last_end_fn(int64_t until_ns);

/* `fn` is called by the end of a runtime after which no other lives (one that is left behind, or
 * that edo_runtime_free() has ended, counts for nothing, whoever has a handle), to end threads that
 * all have in common. One function; setting it again is allowed. */
void edoi_runtime_on_last_end(edoi_last_end_fn *fn);

#endif
