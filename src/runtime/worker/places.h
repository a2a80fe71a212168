/* SPDX-License-Identifier: MIT */
/* runtime/worker/places.h: which thread may touch a worker's private places, while an idle sibling
 * may take over the tasks there (takeover.c). The worker's own thread brackets its accesses by
 * edoi_places_enter() and edoi_places_leave().
 *
 * A worker's private places are its front slot, its batch and the deferred tasks. Its thread uses
 * them without a fence or a read-modify-write, since no other thread touches them; but the tasks
 * there wait until its poll ends. So an idle sibling, the helper, may revoke the places for the
 * rest of a long poll, and moves their tasks to its own ring.
 *
 * The worker's thread says in `inside` when it uses the places ("is inside"): always between polls,
 * and in a poll for the few instructions of a wake, a spawn or a join (a "bracket"), or while a
 * dump studies some of its tasks.
 *
 *     the worker's thread                     the helper
 *     inside = its id            TK1          taken: FREE -> TAKING        TK2
 *     (no fence)                              a barrier in all threads     TK3
 *     taken is FREE ?            TK2          inside is OUTSIDE ?          TK1
 *     uses the places                         takes the tasks that may move
 *     inside = OUTSIDE           TK1          taken = REVOKED              TK2
 *
 * Either the helper sees an id and takes nothing, or the thread sees that `taken` is not FREE and
 * does not use the places: TK3 is the fence for both. The contents of the places go to the helper
 * by release and acquire of `inside`, and back by those of `taken`, which the thread acquires at
 * the end of the poll. If the kernel has no such barrier, FENCED is set for good, and the thread
 * makes a fence of its own in each bracket.
 *
 * inv. 1: `inside` is written by the worker's thread only.
 * inv. 2: FREE to TAKING, and TAKING to FREE or REVOKED: the helper. REVOKED to FREE: the worker's
 *         thread, between polls. So a poll is revoked at most once.
 * inv. 3: a thread that finds its places taken in a poll never waits, since it may hold a lock: it
 *         acts like a thread that is no worker. Between polls it waits, without a lock, until the
 *         helper has ended. A dump waits in a poll, with the lock of registry.h and no other: by
 *         inv. 4 no helper waits for that.
 * inv. 4: while TAKING is set, the helper takes no lock except inject.lock.
 * inv. 3 and 4 are not asserted: a wait or a lock that is not there leaves no trace. */
#ifndef EDOI_RUNTIME_WORKER_PLACES_H
#define EDOI_RUNTIME_WORKER_PLACES_H

#include "base/assert.h"
#include "base/atomic.h"

#define EDOI_PLACES_FREE    0u /* the worker's own */
#define EDOI_PLACES_TAKING  1u /* a helper uses them */
#define EDOI_PLACES_REVOKED 2u /* no task is put there until the current poll has ended */
#define EDOI_PLACES_FENCED  4u /* const bit beside these: there is no barrier for all threads */

#define EDOI_PLACES_OUTSIDE UINT16_MAX /* no worker's id */

/* Of a worker. Without siblings the thread is always inside: `inside` is the id in polls, too. */
typedef struct edoi_places {
    edo_atomic_u16 inside; /* atomic: TK1; the worker's id, or OUTSIDE */
    uint16_t in_polls;     /* const: what `inside` is in a poll */
    edo_atomic_u32 taken;  /* atomic: TK2 */
} edoi_places;

/* For a fresh worker, whose thread is between polls. `shared`: it has siblings. */
void edoi_places_init(edoi_places *p, uint16_t id, bool shared);

/* The slow half of edoi_places_enter(). */
EDO_MUST_USE bool edoi_places_enter_slowly(edoi_places *p);

EDOI_INLINE bool edoi_places_is_inside(const edoi_places *p) {
    return edoi_load_rlx_u16(&p->inside) != EDOI_PLACES_OUTSIDE; // relaxed: inv. 1
}

/* Any thread. Has a helper taken the tasks there, so that none is put there before the end of the
 * poll? Relaxed: a hint. */
EDOI_INLINE bool edoi_places_are_revoked(const edoi_places *p) {
    return edoi_load_rlx_u32(&p->taken) & EDOI_PLACES_REVOKED;
}

/* The quick half of edoi_places_enter(). False: edoi_places_enter_slowly() has to decide. */
EDO_MUST_USE EDOI_INLINE bool edoi_places_enter_quickly(edoi_places *p, uint16_t id,
                                                        uint16_t *outer) {
    *outer = edoi_load_rlx_u16(&p->inside); // relaxed: inv. 1
    EDO_INV("places inv. 1", *outer == EDOI_PLACES_OUTSIDE || *outer == id);
    edoi_store_rlx_u16(&p->inside, id); // TK1: ordered by TK3
    EDOI_COMPILER_BARRIER();
    // Relaxed: if FREE, no helper has touched the places since this thread last saw them;
    //          otherwise edoi_places_regain() acquires.
    return edoi_load_rlx_u32(&p->taken) == EDOI_PLACES_FREE;
}

/* The worker's thread enters. True: the places are its own until edoi_places_leave(), which gets
 * `*outer`. False: a helper has taken them. */
EDO_MUST_USE EDOI_INLINE bool edoi_places_enter(edoi_places *p, uint16_t id, uint16_t *outer) {
    return EDOI_LIKELY(edoi_places_enter_quickly(p, id, outer)) || edoi_places_enter_slowly(p);
}

/* After each edoi_places_enter(), whatever it returned. */
EDOI_INLINE void edoi_places_leave(edoi_places *p, uint16_t outer) {
    edoi_store_rel_u16(&p->inside, outer); // TK1: pairs with TK1 in takeover.c
}

#endif
