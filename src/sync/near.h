/* SPDX-License-Identifier: MIT */
/* sync/near.h: whom a lock is handed to on several workers.
 *
 * A fiber that has run stays on its worker. If a lock went strictly by order of arrival, nearly
 * every hand-over would cross to another worker, which meanwhile has nothing to run and sleeps: a
 * call of the kernel, a sleep and a wake for each. So a worker that unlocks passes over those who
 * wait on other workers, and gives to the longest waiting whom it can run itself, until the first
 * in line has been passed over for EDOI_PASSED_US; then it is the turn of that one, and so of its
 * worker. (As locks do that know of NUMA nodes: D. Dice, A. Kogan, "Compact NUMA-aware locks",
 * EuroSys 2019. There, too, those passed over keep their order before all others.)
 *
 * What the worker of a phase passes over once it does not look at again: the phase remembers how
 * far it has looked. Another worker, which can unlock meanwhile if there are several permits, looks
 * at some from the front, where those of others wait who were passed over. So does a worker that
 * has found nobody.
 *
 * inv. 1: `passed` is NULL or linked. All up to it were passed over, the first at `since` or later.
 * inv. 2: those up to `passed` were far from the worker `by` when it looked.
 * inv. 3: of those whom one worker can run, who came first is served first.
 *
 * A thread that is no worker with siblings serves the first in line. All runs under the lock of the
 * list. */
#ifndef EDOI_SYNC_NEAR_H
#define EDOI_SYNC_NEAR_H

#include "future/wait_list.h"
#include "runtime/scheduler/near.h"

#define EDOI_PASSED_US   500u
#define EDOI_LOOKS_MAX   1024u /* under the lock: about what a wake and a sleep cost */
#define EDOI_LOOKS_OTHER 64u   /* by a worker that looks from the front each time */

/* Whether `node` may be served before the first in line; `n` is what the caller has to give. */
typedef bool edoi_near_fits_fn(edo_wait_node *node, uint64_t n);

/* The waiter to be served now, still linked; NULL: there is none. `fits` may be NULL: all do. Needs
 * no guard in the list. Only if edoi_near_matters(), else it is the first anyway. */
edo_wait_node *edoi_near_pick(edo_wait_phase *phase, const edo_wait_list *list,
                              edoi_near_fits_fn *fits, uint64_t n);

/* One of the list is about to be served, or unlinked. */
EDOI_INLINE void edoi_near_forget(edo_wait_phase *phase, const edo_wait_node *node) {
    if (phase->passed == node) phase->passed = node->prev; // NULL: nobody is passed over any more
}

EDOI_INLINE void edoi_near_remove(edo_wait_phase *phase, edo_wait_list *list, edo_wait_node *node) {
    edoi_near_forget(phase, node);
    edoi_wait_remove(list, node);
}

#endif
