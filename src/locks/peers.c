/* SPDX-License-Identifier: MIT */
/* locks/peers.c: see peers.h. */
#include "locks/peers.h"

#include "locks/order.h"

static void peer_count_turn(edoi_peer *peer, uint32_t turn) {
    const uint32_t turns = edoi_load_rlx_u32(&peer->turns);
    if (turn == 0 || turns == EDOI_PEER_TURNS) return;
    if (turns > 0 && edoi_load_rlx_u32(&peer->turn) == turn) return;
    edoi_store_rlx_u32(&peer->turn, turn);
    edoi_store_rlx_u32(&peer->turns, turns + 1);
}

/* The first caller becomes the known user of the end; a call by any other task makes it SEVERAL. By
 * `own` a task differs from an earlier one at the same address. */
void edoi_peer_came(edoi_peer *peer) {
    edoi_locks_caller c;
    uint64_t seen = edoi_load_rlx_u64(&peer->who);
    if (seen == EDOI_PEER_SEVERAL) return;
    edoi_locks_caller_get(&c);
    const uint32_t own = c.locks_own ? edoi_order_actor(c.locks_own) : 0;
    if (seen == 0 && edoi_cas_rlx_u64(&peer->who, &seen, c.who)) {
        seen = c.who;
        edoi_store_rlx_u32(&peer->own, own);
    }
    if (seen == c.who && edoi_load_rlx_u32(&peer->own) == own) {
        peer_count_turn(peer, c.turn);
    } else {
        edoi_store_rlx_u64(&peer->who, EDOI_PEER_SEVERAL);
    }
}

bool edoi_peer_is_known(const edoi_peer *peer) {
    const uint64_t who = edoi_load_rlx_u64(&peer->who);
    return who != 0 && who != EDOI_PEER_SEVERAL && edoi_load_rlx_u32(&peer->own) != 0 &&
           edoi_load_rlx_u32(&peer->turns) == EDOI_PEER_TURNS;
}
