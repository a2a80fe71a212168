/* SPDX-License-Identifier: MIT */
/* locks/peers.h: which task uses an end of a channel, while only one does. If that task waits
 * itself, a wait at the other end, for room or for a value, may never end.
 *
 * A handle may be passed on to a task that has not used it yet. So a task counts only after it has
 * used its end, waited, and used it again: a task that fills a channel and passes it on does not
 * count. */
#ifndef EDOI_LOCKS_PEERS_H
#define EDOI_LOCKS_PEERS_H

#include "locks/watched.h"

#define EDOI_PEER_SEVERAL UINT64_C(2) /* several or unknown tasks use it; no task has this number */
#define EDOI_PEER_TURNS   2u          /* turns in which a task must use its end before it counts */

/* The user of an end. All zero: not used yet. Atomic, relaxed: `own`, `turn` and `turns` are
 * written by the task `who`, and mean nothing once `who` is EDOI_PEER_SEVERAL. */
typedef struct edoi_peer {
    edo_atomic_u64 who;   /* edoi_locks_caller.who, or EDOI_PEER_SEVERAL */
    edo_atomic_u32 own;   /* its edoi_order_actor() number; 0: not known */
    edo_atomic_u32 turn;  /* the last turn of the task that used the end */
    edo_atomic_u32 turns; /* how many such turns, EDOI_PEER_TURNS at most */
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

/* Another task may use that end from now on: a handle was added, or a slot was reserved, which any
 * task may fill. */
EDOI_INLINE void edoi_peer_share(edoi_peer *peer) {
    if (edoi_peers_are_noted()) edoi_store_rlx_u64(&peer->who, EDOI_PEER_SEVERAL);
}

#endif
