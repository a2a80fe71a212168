/* SPDX-License-Identifier: MIT */
/* sync/channel/mpsc_queue.h: the storage of an mpsc channel's values.
 *
 * Bounded: a ring that starts without memory and doubles up to the capacity, so that an idle
 * channel of a million slots costs nothing. Unbounded: blocks of 32, of which one spare is kept.
 *
 *     ring     [ . . 3 4 5 . . . ]          head = 2, len = 3
 *     blocks   [- - 3 4 …] -> [… 7 8 - -]   first_at = 2, last_at = 30; spares behind `spare`
 *
 * Claimed values are not counted in ring or blocks, and are older than the values there. The
 * receiver takes them from `next` on, without the lock. Values are claimed in two ways: the
 * receiver claims the contents of the first block; and a sender puts a value in the waiting
 * receiver's hand. From there a sender can move it back to the ring, where a slot is kept free for
 * it.
 *
 * inv. 1: `room` values can be pushed without an allocation and within the capacity.
 * inv. 2: nothing here allocates or frees under the channel's lock: memory comes in by
 *         edoi_mpsc_queue_give() and goes out as a return value.
 * inv. 3: while `claimed` > 0, `next` and the values belong to the thread that may decrease it.
 * inv. 4: `claimed` increases only under the lock and from 0: by the receiver, or by a sender that
 *         finds it waiting. With blocks only the receiver decreases it. With a ring it is 0 or 1,
 *         and both the receiver and one sender, under the lock, may swap it to 0: the one that
 *         reads 1 has the value.
 * inv. 2 is not asserted: what no function here calls cannot be seen from inside.
 *
 * All functions but deinit and edoi_mpsc_queue_next() are called with the channel's lock held. */
#ifndef EDOI_SYNC_CHANNEL_MPSC_QUEUE_H
#define EDOI_SYNC_CHANNEL_MPSC_QUEUE_H

#include "base/assert.h"
#include "base/atomic.h"
#include "sync/channel/elem.h"

#define EDOI_MPSC_BLOCK_LEN 32u

typedef struct edoi_mpsc_block {
    struct edoi_mpsc_block *next;
    EDOI_ALIGNED(16) unsigned char values[];
} edoi_mpsc_block;

typedef struct edoi_mpsc_queue {
    edo_atomic_u64 claimed;    /* atomic: MQ1, MQ2; inv. 4 */
    const unsigned char *next; /* the first claimed value: inv. 3 */
    size_t elem_bytes;
    size_t len, room; /* len: without claimed values */
    size_t slots_max; /* of the ring, a power of two; 0: blocks. const */
    size_t cap;       /* const */

    unsigned char *ring;
    size_t slots, head; /* slots is a power of two */

    edoi_mpsc_block *first, *last, *spare;
    size_t last_at, spares_n;
    size_t first_at;
} edoi_mpsc_queue;

/* Starts without memory. `cap` is SIZE_MAX for blocks. */
void edoi_mpsc_queue_init(edoi_mpsc_queue *q, size_t elem_bytes, size_t cap);

/* Drops the remaining values and frees the memory; called without the lock. */
void edoi_mpsc_queue_deinit(edoi_mpsc_queue *q, void (*drop)(void *elem));

/* How many slots the next allocation should have; its size; 0: too large. A ring comes from
 * edoi_alloc(), a block from edoi_cache_get(). */
size_t edoi_mpsc_queue_wants(const edoi_mpsc_queue *q);
size_t edoi_mpsc_queue_bytes(const edoi_mpsc_queue *q, size_t slots);

/* Takes memory with `slots` slots. Returns memory to be freed: the old ring, or `memory` itself if
 * another thread was faster. */
void *edoi_mpsc_queue_give(edoi_mpsc_queue *q, void *memory, size_t slots);

/* Moves everything to `to`; the queue then has no memory. */
void edoi_mpsc_queue_steal(edoi_mpsc_queue *q, edoi_mpsc_queue *to);

/* A surplus spare block, to be freed, if `reserved` slots do not need it; otherwise NULL. */
edoi_mpsc_block *edoi_mpsc_queue_trim(edoi_mpsc_queue *q, size_t reserved);

/* The rare paths of push and pop: the last block is full; the first has been read to its end. */
void edoi_mpsc_queue_next_last(edoi_mpsc_queue *q);
void edoi_mpsc_queue_next_first(edoi_mpsc_queue *q);

/* Nothing is claimed: the receiver releases the block that it has read. */
void edoi_mpsc_queue_rewind(edoi_mpsc_queue *q);

/* There are blocks and a value, and nothing is claimed: the receiver claims the values of the first
 * block. */
void edoi_mpsc_queue_claim(edoi_mpsc_queue *q);

/* Nothing is claimed: returns how many of the oldest values are contiguous from `*values` on; 0:
 * there is none. They stay there until they are discarded, also while others are pushed, unless a
 * new ring is given. */
size_t edoi_mpsc_queue_oldest(edoi_mpsc_queue *q, unsigned char **values);

/* Removes the `n` values that edoi_mpsc_queue_oldest() returned. */
void edoi_mpsc_queue_discard(edoi_mpsc_queue *q, size_t n);

/* There is a ring with room: if the hand is still full, moves its value to the ring, as the
 * first. */
void edoi_mpsc_queue_take_back(edoi_mpsc_queue *q);

/* Walks the queue and asserts its invariants. Called with the channel's lock held. */
void edoi_mpsc_queue_check(const edoi_mpsc_queue *q);

/* The number of values, including claimed ones. */
EDOI_INLINE size_t edoi_mpsc_queue_count(const edoi_mpsc_queue *q) {
    return q->len + (size_t)edoi_load_rlx_u64(&q->claimed); // relaxed: a count
}

/* For the receiver, without the lock: takes a claimed value, to be copied before the queue is used
 * again. NULL: there is none. */
EDOI_INLINE const void *edoi_mpsc_queue_next(edoi_mpsc_queue *q) {
    uint64_t claimed = edoi_load_acq_u64(&q->claimed); // MQ1: pairs with MQ2: the value is there
    if (claimed == 0) return NULL;
    if (q->slots_max) {
        // Unless a sender moved it back. Relaxed: the load has acquired what a 1 publishes.
        return EDOI_LIKELY(edoi_swap_rlx_u64(&q->claimed, 0)) ? q->next : NULL;
    }
    edoi_store_rlx_u64(&q->claimed, claimed - 1); // relaxed: the lock orders increases
    const unsigned char *value = q->next;
    if (claimed > 1) q->next = value + q->elem_bytes; // otherwise it stays for the hand
    return value;
}

/* The receiver waits and there is no value: puts this one in `hand`, where the receiver finds
 * it. */
EDOI_INLINE void edoi_mpsc_queue_hand_over(edoi_mpsc_queue *q, unsigned char *hand,
                                           const void *value) {
    EDO_INV("mpsc_queue inv. 4", q->len == 0 && edoi_load_rlx_u64(&q->claimed) == 0);
    if (q->next != hand) q->next = hand; // a ring always uses the same hand
    edoi_elem_copy(hand, value, q->elem_bytes);
    edoi_store_rel_u64(&q->claimed, 1); // MQ2: pairs with MQ1
}

/* Called when there is room. */
EDOI_INLINE void edoi_mpsc_queue_push(edoi_mpsc_queue *q, const void *value) {
    EDO_INV("mpsc_queue inv. 1", q->room > 0);
    unsigned char *to;
    if (q->slots_max) {
        to = q->ring + ((q->head + q->len) & (q->slots - 1)) * q->elem_bytes;
    } else {
        if (EDOI_UNLIKELY(!q->last || q->last_at == EDOI_MPSC_BLOCK_LEN))
            edoi_mpsc_queue_next_last(q);
        to = q->last->values + q->last_at++ * q->elem_bytes;
    }
    q->len++;
    q->room--;
    edoi_elem_copy(to, value, q->elem_bytes);
}

/* Called when there is a ring and a value. */
EDOI_INLINE void edoi_mpsc_queue_pop_ring(edoi_mpsc_queue *q, void *value) {
    EDO_ASSERT(q->len > 0);
    const unsigned char *from = q->ring + q->head * q->elem_bytes;
    q->head = (q->head + 1) & (q->slots - 1);
    q->len--;
    q->room++;
    edoi_elem_copy(value, from, q->elem_bytes);
}

/* Called when there is a value and nothing is claimed. */
EDOI_INLINE void edoi_mpsc_queue_pop(edoi_mpsc_queue *q, void *value) {
    if (q->slots_max) {
        edoi_mpsc_queue_pop_ring(q, value);
        return;
    }
    EDO_ASSERT(q->len > 0 && edoi_load_rlx_u64(&q->claimed) == 0);
    q->len--;
    edoi_elem_copy(value, q->first->values + q->first_at++ * q->elem_bytes, q->elem_bytes);
    if (q->len == 0 || q->first_at == EDOI_MPSC_BLOCK_LEN) edoi_mpsc_queue_next_first(q);
}

#endif
