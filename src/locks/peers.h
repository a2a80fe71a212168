/* SPDX-License-Identifier: MIT */
/* locks/peers.h: which task uses an end of a channel, as long as it is one alone. A wait for room
 * or for a value may stand if that task waits itself. */
#ifndef EDOI_LOCKS_PEERS_H
#define EDOI_LOCKS_PEERS_H

#include "locks/watched.h"

#define EDOI_PEER_SEVERAL UINT64_C(2) /* tasks, or one that is not known: no task's number */

/* The first member of what has peers. Zero: nobody yet. */
typedef struct edoi_peers {
    edo_atomic_u64 receiver, sender; /* atomic, relaxed: as the hook says; EDOI_PEER_SEVERAL */
} edoi_peers;

void edoi_peer_came(edo_atomic_u64 *peer);

/* The running task, or this thread, uses that end. */
EDOI_INLINE void edoi_peer_note(edo_atomic_u64 *peer) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS))) edoi_peer_came(peer);
}

/* There is one handle more of that end: somebody else may use it at any time. */
EDOI_INLINE void edoi_peer_share(edo_atomic_u64 *peer) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_WAITS)))
        edoi_store_rlx_u64(peer, EDOI_PEER_SEVERAL);
}

#endif
