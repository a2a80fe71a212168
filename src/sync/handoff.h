/* SPDX-License-Identifier: MIT */
/* sync/handoff.h: which waiter gets a lock that comes free.
 *
 * Waiters are served in order of arrival, but a waiter that can go on on the worker that unlocks
 * passes those that wait on other workers, until the first in line has been passed for
 * EDOI_PASSED_MAX_US. Then the first in line is served. The clock is read the first four times and
 * then each fourth, so that holds of the lock that become long pass it four times at most.
 *
 * A fiber that has run stays on its worker. In strict order of arrival nearly every hand-over would
 * go to a worker that has nothing else to run and sleeps: a call of the kernel, a sleep and a wake
 * for each. (Locks that know of NUMA nodes do likewise: D. Dice, A. Kogan, "Compact NUMA-aware
 * locks", EuroSys 2019.)
 *
 * The list remembers up to which waiter it was looked at (`last`). A waiter up to there is not
 * looked at again before it is the first in line, so one waiter costs one look.
 *
 * inv. 1: `last` is NULL or linked, and no waiter up to it waits on the worker that looked at it.
 * inv. 2: no waiter up to `last` was passed before `since_us`.
 *
 * A thread that is no worker with siblings serves the first in line. All run under the lock of the
 * list. */
#ifndef EDOI_SYNC_HANDOFF_H
#define EDOI_SYNC_HANDOFF_H

#include "future/wait_list.h"
#include "runtime/worker.h"

#define EDOI_PASSED_MAX_US 1000u
#define EDOI_LOOKS_MAX     1024u /* for one hand-over: about what a wake and a sleep cost */

/* Whether the waiter at `node` may be passed, and may pass others. */
typedef bool edoi_handoff_passes_fn(edo_wait_node *node);

/* Returns the waiter that is served next, still linked. The list is not empty and has no guard.
 * `passes` may be NULL: then every waiter passes and is passed. It is worth the call only if
 * edoi_siblings_exist(); else the first in line is served. */
edo_wait_node *edoi_handoff_next(const edo_wait_list *list, edo_wait_passed *passed,
                                 edoi_handoff_passes_fn *passes);

/* Unlinks a waiter that is served, or leaves. */
EDOI_INLINE void edoi_handoff_unlink(edo_wait_list *list, edo_wait_passed *passed,
                                     edo_wait_node *node) {
    if (passed->last == node) passed->last = node->prev; // NULL: nobody is passed any more
    edoi_wait_remove(list, node);
}

#endif
