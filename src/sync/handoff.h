/* SPDX-License-Identifier: MIT */
/* sync/handoff.h: which waiter gets a released lock.
 *
 * Waiters are served in order of arrival, except that a waiter that can run on the unlocking worker
 * passes waiters of other workers, until the first in line has been passed for EDOI_PASSED_MAX_US.
 * Then the first in line is served. The clock is read the first four times and then every fourth
 * time, so that after holds become long the first in line is passed at most four more times.
 *
 * A fiber that has run stays on its worker. In strict order of arrival nearly every hand-over would
 * go to a worker that has nothing else to run and sleeps: a system call, a sleep and a wake each
 * time. (NUMA-aware locks do likewise: D. Dice, A. Kogan, "Compact NUMA-aware locks", EuroSys
 * 2019.)
 *
 * `last` is the last waiter in the list that was examined. A waiter up to there is not examined
 * again until it is the first in line, so each waiter is examined once.
 *
 * inv. 1: `last` is NULL or linked, and no waiter up to it waits on the worker that examined it.
 * inv. 2: no waiter up to `last` was passed before `since_us`.
 * inv. 2 is not asserted: a node does not say when it was passed.
 *
 * A thread that is no worker with siblings serves the first in line. All functions are called with
 * the list's lock held. */
#ifndef EDOI_SYNC_HANDOFF_H
#define EDOI_SYNC_HANDOFF_H

#include "future/wait_list.h"
#include "runtime/worker/polled.h"

#define EDOI_PASSED_MAX_US 1000u
#define EDOI_LOOKS_MAX     1024u /* per hand-over: about the cost of a wake and a sleep */

/* May the waiter at `node` be passed, and pass others? */
typedef bool edoi_handoff_passes_fn(edo_wait_node *node);

/* Returns the waiter that is served next, still linked. The list is not empty and has no guard.
 * `passes` may be NULL: then every waiter passes and is passed. If
 * edoi_siblings_exist() is false the result is the first in line: callers then skip the call. */
edo_wait_node *edoi_handoff_next(const edo_wait_list *list, edo_wait_passed *passed,
                                 edoi_handoff_passes_fn *passes);

/* Is `last` where the list says that it is? */
EDOI_INLINE bool edoi_handoff_is_linked(const edo_wait_list *list, const edo_wait_passed *passed) {
    const edo_wait_node *last = passed->last;
    return !last || ((last->next ? last->next->prev : list->last) == last &&
                     (last->prev ? last->prev->next : list->first) == last);
}

/* Unlinks a waiter that is served or leaves. */
EDOI_INLINE void edoi_handoff_unlink(edo_wait_list *list, edo_wait_passed *passed,
                                     edo_wait_node *node) {
    EDO_INV("handoff inv. 1", edoi_handoff_is_linked(list, passed));
    if (passed->last == node) passed->last = node->prev; // NULL: no waiter is passed now
    edoi_wait_remove(list, node);
}

#endif
