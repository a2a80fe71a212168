/* SPDX-License-Identifier: MIT */
/* sync/channel/broadcast/broadcast_room.h: the receivers of a lossless channel that keep up, and
 * whether a value can be sent without a loss for one of them.
 *
 * A receiver keeps up unless it asked to fall behind, or a value that it had not read was
 * overwritten. It is counted at the slot that it reads next, or in caught_up_n if it has read
 * everything. The next value overwrites the slot of the oldest: there is room if no receiver is
 * counted there.
 *
 * inv. 5: the counts of all slots plus caught_up_n is the number of receivers that keep up.
 * inv. 6: while a send waits, no receiver is newly counted at the slot of the oldest value: so
 *         those counted there have held it up since `held_since_ns`.
 * inv. 7: if a send waits and there is room, the first in line was woken, or is about to be by the
 *         thread that made room.
 * inv. 7 is not asserted: a waker does not tell whether it was marked. A model looks for the lost
 * wake.
 *
 * All functions here are called with the channel's lock held and keep it. */
#ifndef EDOI_SYNC_CHANNEL_BROADCAST_BROADCAST_ROOM_H
#define EDOI_SYNC_CHANNEL_BROADCAST_BROADCAST_ROOM_H

#include "future/wait_list.h"
#include "sync/channel/broadcast/broadcast.h"

EDOI_INLINE bool edoi_broadcast_has_room(const edoi_broadcast *c) {
    uint64_t tail = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    return c->next_n[(size_t)tail & c->mask] == 0;
}

EDOI_INLINE bool edoi_broadcast_keeps_up(const edoi_broadcast *c, const edo_broadcast_rx *rx) {
    uint64_t tail = edoi_load_rlx_u64(&c->tail); // relaxed: inv. 1
    return !rx->behind && tail - rx->next <= (uint64_t)c->mask + 1;
}

/* Counts a receiver that keeps up, at its cursor. */
EDOI_INLINE void edoi_broadcast_count(edoi_broadcast *c, const edo_broadcast_rx *rx) {
    if (rx->next == edoi_load_rlx_u64(&c->tail)) { // relaxed: inv. 1
        c->caught_up_n++;
    } else {
        c->next_n[(size_t)rx->next & c->mask]++;
    }
}

/* Stops counting a receiver that keeps up, before its cursor moves, or before it goes or falls
 * behind. */
EDOI_INLINE void edoi_broadcast_uncount(edoi_broadcast *c, const edo_broadcast_rx *rx) {
    if (!edoi_broadcast_keeps_up(c, rx)) return;
    if (rx->next == edoi_load_rlx_u64(&c->tail)) { // relaxed: inv. 1
        EDO_INV("broadcast_room inv. 5", c->caught_up_n > 0);
        c->caught_up_n--;
    } else {
        EDO_INV("broadcast_room inv. 5", c->next_n[(size_t)rx->next & c->mask] > 0);
        c->next_n[(size_t)rx->next & c->mask]--;
    }
}

/* The send that waits longest, if there is room for it: marked, to be delivered after the lock's
 * release. */
EDOI_INLINE edo_waker *edoi_broadcast_wake_sender(const edoi_broadcast *c) {
    if (!c->senders.first || !edoi_broadcast_has_room(c)) return NULL;
    return edo_waker_mark(c->senders.first->waker);
}

#endif
