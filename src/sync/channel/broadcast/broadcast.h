/* SPDX-License-Identifier: MIT */
/* sync/channel/broadcast/broadcast.h: a ring that every receiver reads with a cursor of its own.
 *
 * Position p lies in slot p & mask. Sends, waits and all other cases but plain success run under
 * one short lock. Plain values are read without it: each slot has a stamp (p + 1, or 0 while it is
 * written), and a reader uses the copied words only if the stamp was right before and after. All
 * words are atomic, so a torn copy is discarded, not undefined. Values with a `clone` are in
 * reference-counted boxes: a reader takes a reference under the lock and clones without it. A place
 * also counts the receivers that have yet to read it: the last one removes the box, so that a value
 * is dropped as soon as no receiver can read it.
 *
 *     sender (lock held)             reader
 *     stamp = 0                      BC2: stamp == p + 1 ?
 *     BC1: words                     BC3: words
 *     BC4: stamp = p + 1             stamp still p + 1 ?
 *
 * If a word is new (BC3 read what BC1 wrote), then the second read of the stamp, after BC3, sees 0
 * or a newer stamp.
 *
 * In a lossless channel every receive takes the lock, and the channel counts for each slot the
 * receivers that keep up and read its value next (broadcast_room.h); the sending side waits while
 * that number is not 0 for the slot of the next value (broadcast_send.c).
 *
 * inv. 1: `tail` and the slots are written only under the lock; tail never decreases.
 * inv. 2: a receiver's cursor is at most tail. Only the receiver writes it: without the lock, but
 *         in a lossless channel with the lock held.
 * inv. 3: the node of a receive is linked only while its receiver has read everything.
 * inv. 4: the `unread` of a place are the receivers whose cursor is at or before its value; a place
 *         with 0 is empty. So all places are empty when there is no receiver.
 *
 * Sender and weak sender are the same struct as the channel under opaque names. */
#ifndef EDOI_SYNC_CHANNEL_BROADCAST_BROADCAST_H
#define EDOI_SYNC_CHANNEL_BROADCAST_BROADCAST_H

#include <edo/broadcast.h>

#include "base/lock.h"
#include "runtime/watch/open.h"
#include "sync/channel/endpoints.h"
#include "sync/channel/shared_value.h"

/* Holds a value with a `clone`. lock: mu */
typedef struct edoi_broadcast_place {
    edoi_shared_value *box;
    size_t unread; /* inv. 4 */
} edoi_broadcast_place;

typedef struct edoi_broadcast {
    edoi_lock mu;
    bool tx_gone;                 /* lock: mu */
    bool lossless;                /* const */
    bool is_named;                /* const; in the list of runtime/watch/named.h */
    edoi_open_thing open;         /* unless it has a name */
    edoi_endpoints ends;          /* atomic */
    edoi_elem elem;               /* const */
    size_t mask;                  /* const; slots - 1 */
    size_t stride;                /* const; words of a slot, the stamp included */
    edo_atomic_u64 *words;        /* plain values; stamps: BC2, BC4, words: BC1, BC3 */
    edo_atomic_u64 *pairs;        /* const; `words`, if a slot is a stamp and one whole word, read
                                     without the lock */
    edoi_broadcast_place *places; /* values with a clone; lock: mu */
    edo_atomic_u64 tail;          /* the next position; written under mu */
    size_t rx_n;                  /* receivers. lock: mu */
    edo_wait_list receivers;      /* receives that wait for a value. lock: mu */
    edo_wait_list closers;        /* futures that wait for rx_n == 0. lock: mu */

    // For a lossless channel, see broadcast_room.h.
    uint32_t *next_n;        /* by slot, the receivers that keep up and read it next. lock: mu */
    uint32_t caught_up_n;    /* receivers that keep up and have read everything. lock: mu */
    edo_wait_list senders;   /* sends that wait for room; lock: mu */
    int64_t behind_after_ns; /* const; 0: never */
    int64_t held_since_ns;   /* since when the first of `senders` is held up. lock: mu */
} edoi_broadcast;

struct edo_broadcast_rx {
    edoi_broadcast *c;
    uint64_t next; /* the position to read: inv. 2 */
    bool behind;   /* it fell behind and has not received since. lock: mu */
};

EDOI_INLINE edoi_broadcast *edoi_broadcast_of_tx(edo_broadcast_tx *tx) {
    return (edoi_broadcast *)(void *)tx;
}

EDOI_INLINE edoi_broadcast_place *edoi_broadcast_place_of(const edoi_broadcast *c,
                                                          uint64_t position) {
    return &c->places[(size_t)position & c->mask];
}

/* Walks the channel and asserts its invariants. Called with the lock held, while no thread is on
 * its way through a list of waiters or through values that are left. */
void edoi_broadcast_check(const edoi_broadcast *c);

/* The slot of a position: its stamp, then its words. */
EDOI_INLINE edo_atomic_u64 *edoi_broadcast_slot(const edoi_broadcast *c, uint64_t position) {
    return c->words + ((size_t)position & c->mask) * c->stride;
}

#endif
