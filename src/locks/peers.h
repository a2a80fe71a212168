/* SPDX-License-Identifier: MIT */
/* locks/peers.h: which task uses an end of a channel, as long as it is one alone. A wait for room
 * or for a value may stand if that task waits itself.
 *
 * A handle may be passed on to a task that has not used it yet. So a task counts only after it has
 * used its end, waited, and used it again: one that has filled a channel and passed it on does not.
 */
#ifndef EDOI_LOCKS_PEERS_H
#define EDOI_LOCKS_PEERS_H

#include "locks/watched.h"

#define EDOI_PEER_SEVERAL UINT64_C(2) /* tasks, or one that is not known: no task's number */
#define EDOI_PEER_TURNS   2u          /* in which a task has used its end, before it counts */

/* The one that uses an end. All zero: nobody yet. Atomic, relaxed: `own` and `turns` are written by
 * the task of `who`, and say nothing once it is SEVERAL. */
typedef struct edoi_peer {
    edo_atomic_u64 who;   /* as the hook says; EDOI_PEER_SEVERAL */
    edo_atomic_u32 own;   /* its number among those that take locks: order.h; 0: not known */
    edo_atomic_u32 turn;  /* the last one in which it has used its end */
    edo_atomic_u32 turns; /* how many, EDOI_PEER_TURNS at most */
} edoi_peer;

/* The first member of what has peers. */
typedef struct edoi_peers {
    edoi_peer receiver, sender;
} edoi_peers;

void edoi_peer_came(edoi_peer *peer);

/* Is it one task, which has used its end for long enough? */
bool edoi_peer_is_known(const edoi_peer *peer);

EDOI_INLINE bool edoi_peers_are_noted(void) {
    return EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS));
}

/* The running task, or this thread, uses that end. */
EDOI_INLINE void edoi_peer_note(edoi_peer *peer) {
    if (edoi_peers_are_noted()) edoi_peer_came(peer);
}

/* Somebody else may use that end at any time: there is one handle more, or a place is reserved,
 * which anybody may fill. */
EDOI_INLINE void edoi_peer_share(edoi_peer *peer) {
    if (edoi_peers_are_noted()) edoi_store_rlx_u64(&peer->who, EDOI_PEER_SEVERAL);
}

#endif
