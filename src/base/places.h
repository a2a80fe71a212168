/* SPDX-License-Identifier: MIT */
/* base/places.h: the table by address, in memory of a fixed size: an array of places. A place
 * begins with its key.
 *
 *     places[0]  key, what is kept by it
 *     places[1]  0: free
 *     …
 *
 * A search begins at the place that the key's hash names, and ends at the key or at a free place.
 * No key is removed alone: a user clears all places.
 *
 * inv. 1: between the place that a key's hash names and the key's own, no place is free.
 * inv. 1 is not asserted: a key is put where edoi_places_find() has found its place.
 *
 * Threads: any may search, also while another one puts a key, by a store or a swap of the user's;
 * the user orders what else a reader must see of the place. A table that grows is one of
 * base/table.h; a key that comes from outside is hashed by base/siphash.h. */
#ifndef EDOI_BASE_PLACES_H
#define EDOI_BASE_PLACES_H

#include "base/atomic.h"

#include <stddef.h>

/* Spreads a number over its upper half (Fibonacci hashing, by the golden ratio): many addresses
 * differ in a few bits alone. */
EDOI_INLINE uint64_t edoi_spread(uint64_t key) {
    return key * UINT64_C(0x9e3779b97f4a7c15);
}

/* Which of `n` places a key has. */
EDOI_INLINE uint32_t edoi_place_of(uint64_t key, uint32_t n) {
    return (uint32_t)(edoi_spread(key) >> 32) % n;
}

/* Which of `n` places, of `bytes` each, has `key`, which is not 0, or is free for it; `n`: none is
 * either. */
EDOI_INLINE uint32_t edoi_places_find(const void *places, size_t bytes, uint32_t n, uint64_t key) {
    uint32_t at = edoi_place_of(key, n);
    for (uint32_t i = 0; i < n; i++, at = (at + 1) % n) {
        const char *place = (const char *)places + at * bytes;
        // relaxed: see above
        const uint64_t is = edoi_load_rlx_u64((const edo_atomic_u64 *)(const void *)place);
        if (is == key || is == 0) return at;
    }
    return n;
}

#endif
