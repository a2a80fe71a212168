/* SPDX-License-Identifier: MIT */
/* sync/channel/endpoints.h: counts the ends of a channel, and frees its memory with the last.
 *
 * inv. 1: `refs` counts all strong senders together as one, and each weak sender and each receiver.
 * inv. 2: once `strong` is 0 it stays 0. */
#ifndef EDOI_SYNC_CHANNEL_ENDPOINTS_H
#define EDOI_SYNC_CHANNEL_ENDPOINTS_H

#include "base/assert.h"
#include "base/atomic.h"
#include "base/held.h"

typedef struct edoi_endpoints {
    edo_atomic_u32 strong; /* senders that keep the channel open. atomic: CE1 */
    edo_atomic_u32 refs;   /* inv. 1. atomic: CE3 */
} edoi_endpoints;

/* Starts with one sender and `receivers` receivers. */
EDOI_INLINE void edoi_endpoints_init(edoi_endpoints *e, uint32_t receivers) {
    edoi_store_rlx_u32(&e->strong, 1); // relaxed: no other thread knows it yet
    edoi_store_rlx_u32(&e->refs, 1 + receivers);
}

/* Adds a sender, made from a living one. */
EDOI_INLINE void edoi_endpoints_ref(edoi_endpoints *e) {
    uint32_t before = edoi_add_rlx_u32(&e->strong, 1); // relaxed: the caller holds a sender
    EDO_INV("endpoints inv. 2", before > 0);
}

/* Releases a sender; true: it was the last. */
EDOI_INLINE bool edoi_endpoints_unref(edoi_endpoints *e) {
    edoi_held_check("an end of a channel is given back");
    // CE1: pairs with CE1: the last sender sees the others' accesses
    return edoi_sub_acqrel_u32(&e->strong, 1) == 1;
}

/* Makes a sender from a weak one; false: the last strong one is gone. */
EDOI_INLINE bool edoi_endpoints_upgrade(edoi_endpoints *e) {
    uint32_t n = edoi_load_rlx_u32(&e->strong); // relaxed: the exchange below decides
    while (n > 0) {
        if (edoi_cas_rlx_u32(&e->strong, &n, n + 1))
            return true; // relaxed: as edoi_endpoints_ref()
    }
    return false;
}

/* Keeps the memory alive. */
EDOI_INLINE void edoi_endpoints_hold(edoi_endpoints *e) {
    uint32_t before = edoi_add_rlx_u32(&e->refs, 1); // relaxed: the caller keeps it alive
    EDO_INV("endpoints inv. 1", before > 0);
}

/* True: the caller frees the memory. */
EDOI_INLINE bool edoi_endpoints_release(edoi_endpoints *e) {
    edoi_held_check("an end of a channel is given back");
    return edoi_sub_acqrel_u32(&e->refs, 1) == 1; // CE3: pairs with CE3
}

#endif
