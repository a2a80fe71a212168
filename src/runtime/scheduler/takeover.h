/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/takeover.h: what a worker in a long poll keeps to itself is taken from it.
 *
 * A worker's private places are its front slot, its batch and the deferred tasks. They make it
 * quick, since only its own thread touches them, and a poll that does not end keeps what lies there
 * from everybody. So an idle sibling, the helper, may revoke them for the rest of that poll, and
 * runs what it finds there.
 *
 * The thread of the worker says when it uses the places: it stands `inside`. It does so all the
 * time between polls, and in a poll for the few instructions of a wake, a spawn or a join: a
 * bracket.
 *
 *     the worker's thread                     the helper
 *     inside = its id            TK1           taken: FREE -> TAKING        TK2
 *     (no fence)                              a barrier in all threads     TK3
 *     taken is FREE ?            TK2           inside is OUTSIDE ?          TK1
 *     uses the places                         takes what may move
 *     inside = OUTSIDE           TK1           taken = REVOKED              TK2
 *
 * Either the helper sees an id and lets be, or the thread sees that `taken` is not FREE and lets
 * be: TK3 is the fence of both. The contents of the places go to the helper by release and acquire
 * of `inside`, and back by those of `taken`, which the thread acquires at the end of the poll.
 * Where the kernel has no such barrier the thread makes a fence of its own at each bracket: FENCED
 * stays set.
 *
 * inv. 1: `inside` is written by the worker's thread only.
 * inv. 2: FREE to TAKING, and TAKING to FREE or REVOKED: the helper. REVOKED to FREE: the worker's
 *         thread, between polls. So a poll is revoked once at most.
 * inv. 3: a thread that finds its places taken in a poll never waits, since it may hold a lock: it
 *         acts as a thread that is no worker does. Between polls it waits, without a lock, until
 *         the helper is through.
 * inv. 4: the helper takes no lock but that of the injected tasks while TAKING stands. */
#ifndef EDOI_RUNTIME_SCHEDULER_TAKEOVER_H
#define EDOI_RUNTIME_SCHEDULER_TAKEOVER_H

#include "base/atomic.h"
#include "base/membarrier.h"

struct edoi_worker;

#define EDOI_PLACES_FREE    0u /* the worker's own */
#define EDOI_PLACES_TAKING  1u /* a helper is at them */
#define EDOI_PLACES_REVOKED 2u /* nothing is put there until the poll that runs has ended */
#define EDOI_PLACES_FENCED  4u /* const bit beside these: there is no barrier for all threads */

#define EDOI_PLACES_OUTSIDE UINT16_MAX /* no worker's id */

/* Of a worker. `inside` is the worker's id or OUTSIDE, so that a task's owner can be compared with
 * it; without siblings it is the id in polls, too. */
typedef struct edoi_places {
    edo_atomic_u16 inside; /* atomic: TK1 */
    uint16_t in_polls;     /* const: what `inside` is in a poll */
    edo_atomic_u32 taken;  /* atomic: TK2 */
} edoi_places;

/* Of a fresh worker, whose thread is between polls. `shared`: it has siblings. */
void edoi_places_init(edoi_places *p, uint16_t id, bool shared);

/* The slow half of edoi_places_enter(). */
EDO_MUST_USE bool edoi_places_enter_slowly(edoi_places *p);

/* After a poll, where the places are not FREE: waits for a helper, and makes them the worker's own
 * again. No lock is held. */
void edoi_places_regain(struct edoi_worker *w);

EDOI_INLINE bool edoi_places_is_inside(const edoi_places *p) {
    return edoi_load_rlx_u16(&p->inside) != EDOI_PLACES_OUTSIDE; // relaxed: inv. 1
}

/* Any thread. Whether a helper has taken what lay there, and no more comes before the end of the
 * poll. Relaxed: a hint. */
EDOI_INLINE bool edoi_places_are_revoked(const edoi_places *p) {
    return edoi_load_rlx_u32(&p->taken) & EDOI_PLACES_REVOKED;
}

/* The first half. False: edoi_places_enter_slowly() has to say. */
EDO_MUST_USE EDOI_INLINE bool edoi_places_enter_quickly(edoi_places *p, uint16_t id,
                                                        uint16_t *outer) {
    *outer = edoi_load_rlx_u16(&p->inside); // relaxed: inv. 1
    edoi_store_rlx_u16(&p->inside, id);     // TK1: ordered by TK3
    EDOI_COMPILER_BARRIER();
    // Relaxed: what is FREE was not touched since this thread last saw it; edoi_places_regain()
    //          acquires.
    return edoi_load_rlx_u32(&p->taken) == EDOI_PLACES_FREE;
}

/* The worker's thread. Whether the places are its own until edoi_places_leave(), which gets
 * `*outer`. */
EDO_MUST_USE EDOI_INLINE bool edoi_places_enter(edoi_places *p, uint16_t id, uint16_t *outer) {
    return EDOI_LIKELY(edoi_places_enter_quickly(p, id, outer)) || edoi_places_enter_slowly(p);
}

/* After each edoi_places_enter(), whatever it returned. */
EDOI_INLINE void edoi_places_leave(edoi_places *p, uint16_t outer) {
    edoi_store_rel_u16(&p->inside, outer); // TK1: pairs with TK1 in takeover.c
}

/* An idle worker `w` takes from its sibling `v`, which is in a long poll, what may move, and queues
 * it in its own ring. Returns how many tasks. */
uint32_t edoi_takeover(struct edoi_worker *w, struct edoi_worker *v);

#endif
