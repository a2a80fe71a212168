/* SPDX-License-Identifier: MIT */
/* sync/channel/mpsc_queue.c: grows, shrinks and empties the storage of an mpsc channel. */
#include "sync/channel/mpsc_queue.h"

#include "base/memory/cache.h"

#define RING_FIRST 4u /* slots of the first ring */

void edoi_mpsc_queue_init(edoi_mpsc_queue *q, size_t elem_bytes, size_t cap) {
    *q = (edoi_mpsc_queue){ .elem_bytes = elem_bytes, .cap = cap };
    if (cap == SIZE_MAX) return;
    q->slots_max = 1;
    while (q->slots_max < cap && q->slots_max <= SIZE_MAX / 4) q->slots_max *= 2;
}

size_t edoi_mpsc_queue_wants(const edoi_mpsc_queue *q) {
    if (!q->slots_max) return EDOI_MPSC_BLOCK_LEN;
    size_t slots = q->slots ? q->slots * 2 : RING_FIRST;
    return slots < q->slots_max ? slots : q->slots_max;
}

size_t edoi_mpsc_queue_bytes(const edoi_mpsc_queue *q, size_t slots) {
    if (q->elem_bytes > (SIZE_MAX / 2) / slots) return 0;
    size_t bytes = q->elem_bytes * slots;
    if (!q->slots_max) return sizeof(edoi_mpsc_block) + bytes;
    return bytes ? bytes : 1;
}

static void mpsc_queue_check_ring(const edoi_mpsc_queue *q) {
    size_t most = q->slots < q->cap ? q->slots : q->cap;
    EDO_INV("mpsc_queue inv. 1", q->len + q->room == most);
    EDO_INV("mpsc_queue inv. 1", q->slots == 0 ? !q->ring : q->ring && q->head < q->slots);
    EDO_INV("mpsc_queue inv. 4", edoi_load_rlx_u64(&q->claimed) <= 1);
}

static size_t blocks_n(const edoi_mpsc_block *block) {
    size_t n = 0;
    for (; block; block = block->next) n++;
    return n;
}

static void check_blocks(const edoi_mpsc_queue *q) {
    size_t used = blocks_n(q->first), spares = blocks_n(q->spare);
    size_t left = q->last ? EDOI_MPSC_BLOCK_LEN - q->last_at : 0;
    EDO_INV("mpsc_queue inv. 1", q->spares_n == spares);
    EDO_INV("mpsc_queue inv. 1", q->room == spares * EDOI_MPSC_BLOCK_LEN + left);
    EDO_INV("mpsc_queue inv. 1", q->len + q->first_at + left == used * EDOI_MPSC_BLOCK_LEN);
}

void edoi_mpsc_queue_check(const edoi_mpsc_queue *q) {
    EDO_INV("mpsc_queue inv. 3", edoi_load_rlx_u64(&q->claimed) == 0 || q->next);
    if (q->slots_max) {
        mpsc_queue_check_ring(q);
    } else {
        check_blocks(q);
    }
}

static void *ring_give(edoi_mpsc_queue *q, unsigned char *ring, size_t slots) {
    if (slots <= q->slots) return ring;
    // Values wrapped around the old end are moved after the others.
    size_t until_end = q->slots - q->head;
    size_t before = q->len < until_end ? q->len : until_end;
    unsigned char *old = q->ring;
    if (before) memcpy(ring, old + q->head * q->elem_bytes, before * q->elem_bytes);
    if (q->len > before)
        memcpy(ring + before * q->elem_bytes, old, (q->len - before) * q->elem_bytes);
    q->ring = ring;
    q->slots = slots;
    q->head = 0;
    q->room = (slots < q->cap ? slots : q->cap) - q->len;
    return old;
}

void *edoi_mpsc_queue_give(edoi_mpsc_queue *q, void *memory, size_t slots) {
    if (q->slots_max) return ring_give(q, memory, slots);
    edoi_mpsc_block *block = memory;
    block->next = q->spare;
    q->spare = block;
    q->spares_n++;
    q->room += EDOI_MPSC_BLOCK_LEN;
    return NULL;
}

void edoi_mpsc_queue_steal(edoi_mpsc_queue *q, edoi_mpsc_queue *to) {
    *to = *q;
    edoi_mpsc_queue_init(q, to->elem_bytes, to->cap);
}

edoi_mpsc_block *edoi_mpsc_queue_trim(edoi_mpsc_queue *q, size_t reserved) {
    if (q->spares_n <= 1 || q->room < reserved + EDOI_MPSC_BLOCK_LEN) return NULL;
    edoi_mpsc_block *block = q->spare;
    q->spare = block->next;
    q->spares_n--;
    q->room -= EDOI_MPSC_BLOCK_LEN;
    block->next = NULL;
    return block;
}

void edoi_mpsc_queue_next_last(edoi_mpsc_queue *q) {
    edoi_mpsc_block *block = q->spare;
    EDO_INV("mpsc_queue inv. 1", block != NULL);
    q->spare = block->next;
    q->spares_n--;
    block->next = NULL;
    if (q->last) {
        q->last->next = block;
    } else {
        q->first = block;
        q->first_at = 0;
    }
    q->last = block;
    q->last_at = 0;
}

void edoi_mpsc_queue_next_first(edoi_mpsc_queue *q) {
    if (q->first == q->last) {
        EDO_ASSERT(q->len == 0);
        q->room += q->last_at; // an empty channel starts its only block again
        q->first_at = q->last_at = 0;
        return;
    }
    EDO_ASSERT(q->first_at == EDOI_MPSC_BLOCK_LEN);
    edoi_mpsc_block *block = q->first;
    q->first = block->next;
    q->first_at = 0;
    block->next = q->spare;
    q->spare = block;
    q->spares_n++;
    q->room += EDOI_MPSC_BLOCK_LEN;
}

void edoi_mpsc_queue_rewind(edoi_mpsc_queue *q) {
    EDO_ASSERT(edoi_load_rlx_u64(&q->claimed) == 0);
    if (q->first && (q->len == 0 || q->first_at == EDOI_MPSC_BLOCK_LEN))
        edoi_mpsc_queue_next_first(q);
}

void edoi_mpsc_queue_take_back(edoi_mpsc_queue *q) {
    EDO_ASSERT(q->slots_max && q->room > 0);
    // Relaxed: the lock was held when the hand was filled.
    if (edoi_swap_rlx_u64(&q->claimed, 0) == 0) return;
    q->head = (q->head - 1) & (q->slots - 1);
    q->len++;
    q->room--;
    edoi_elem_copy(q->ring + q->head * q->elem_bytes, q->next, q->elem_bytes);
}

void edoi_mpsc_queue_claim(edoi_mpsc_queue *q) {
    EDO_INV("mpsc_queue inv. 4", edoi_load_rlx_u64(&q->claimed) == 0);
    edoi_mpsc_queue_rewind(q);
    size_t n = EDOI_MPSC_BLOCK_LEN - q->first_at;
    if (n > q->len) n = q->len;
    q->next = q->first->values + q->first_at * q->elem_bytes;
    q->first_at += n;
    q->len -= n;
    edoi_store_rlx_u64(&q->claimed, n); // relaxed: the claiming thread also takes
}

size_t edoi_mpsc_queue_oldest(edoi_mpsc_queue *q, unsigned char **values) {
    edoi_mpsc_queue_rewind(q);
    if (q->len == 0) return 0;
    size_t at = q->head, end = q->slots;
    unsigned char *memory = q->ring;
    if (!q->slots_max) {
        at = q->first_at;
        end = EDOI_MPSC_BLOCK_LEN;
        memory = q->first->values;
    }
    *values = memory + at * q->elem_bytes;
    return q->len < end - at ? q->len : end - at;
}

void edoi_mpsc_queue_discard(edoi_mpsc_queue *q, size_t n) {
    EDO_ASSERT(n <= q->len);
    q->len -= n;
    if (!q->slots_max) {
        q->first_at += n;
        edoi_mpsc_queue_rewind(q);
        return;
    }
    q->head = (q->head + n) & (q->slots - 1);
    q->room += n;
}

static void blocks_free(edoi_mpsc_block *block, size_t bytes) {
    while (block) {
        edoi_mpsc_block *next = block->next;
        edoi_cache_put(block, bytes);
        block = next;
    }
}

void edoi_mpsc_queue_deinit(edoi_mpsc_queue *q, void (*drop)(void *elem)) {
    if (q->slots_max) {
        for (; drop && q->len > 0; q->len--) {
            drop(q->ring + q->head * q->elem_bytes);
            q->head = (q->head + 1) & (q->slots - 1);
        }
        edoi_free(q->ring);
        return;
    }
    edoi_mpsc_block *block = q->first;
    for (size_t at = q->first_at; drop && q->len > 0; q->len--) {
        if (at == EDOI_MPSC_BLOCK_LEN) {
            block = block->next;
            at = 0;
        }
        drop(block->values + at++ * q->elem_bytes);
    }
    size_t bytes = edoi_mpsc_queue_bytes(q, EDOI_MPSC_BLOCK_LEN);
    blocks_free(q->first, bytes);
    blocks_free(q->spare, bytes);
}
