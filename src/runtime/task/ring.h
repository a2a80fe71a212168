/* SPDX-License-Identifier: MIT */
/* runtime/task/ring.h: a worker's queue of tasks that any worker may take. The worker pushes
 * (run_queue_ops.c); it and its siblings (steal.c) take batches.
 *
 *     head                        tail
 *     |  taken next … pushed last |
 *
 * Only the owner pushes. Owner and thieves take with one routine: they copy some entries and then
 * move the head over them; a thread that loses the race for the head copies again. So a push takes
 * no read-modify-write, and a batch takes one.
 *
 * inv. 1: the tasks in [head, tail) have no holder: their `owner` is NONE.
 * inv. 2: an entry is overwritten only after the head has moved over it: then a taker that copied
 *         it before fails to move the head, and discards its copy. Head and tail have 64 bits and
 *         never wrap. */
#ifndef EDOI_RUNTIME_TASK_RING_H
#define EDOI_RUNTIME_TASK_RING_H

#include "runtime/task/task.h"

#ifdef EDOI_MODEL
#    define EDOI_RING_SIZE  4u
#    define EDOI_RING_BATCH 2u
#else
#    define EDOI_RING_SIZE  1024u
#    define EDOI_RING_BATCH 32u /* tasks taken at once, at most */
#endif

typedef struct edoi_ring {
    edo_atomic_u64 head;                  /* atomic: RQ1; moved by any thread that takes */
    edo_atomic_u64 tail;                  /* atomic: RQ2; moved by the owner only */
    edo_atomic_ptr slots[EDOI_RING_SIZE]; /* atomic, relaxed: inv. 2 */
} edoi_ring;

/* The owner only. False: the ring is full. */
EDO_MUST_USE EDOI_INLINE bool edoi_ring_push(edoi_ring *r, edo_task *t) {
    uint64_t tail = edoi_load_rlx_u64(&r->tail); // relaxed: our own
    // RQ1: pairs with RQ1 in take(): the thread that took the entry has copied it
    if (EDOI_UNLIKELY(tail - edoi_load_acq_u64(&r->head) == EDOI_RING_SIZE)) return false;
    edoi_store_rlx_ptr(&r->slots[tail % EDOI_RING_SIZE], t);
    edoi_store_rel_u64(&r->tail, tail + 1); // RQ2: pairs with RQ2 in take(): publishes the task
    return true;
}

/* Any worker's thread. Takes half of the tasks, at least one, at most `most`; with `all`, all of
 * them if they are at most `most`. Returns how many it took; `*left`: how many remain. */
EDO_MUST_USE EDOI_INLINE uint32_t edoi_ring_take_some(edoi_ring *r, edo_task **out, uint32_t most,
                                                      bool all, uint64_t *left) {
    uint64_t head = edoi_load_acq_u64(&r->head); // RQ1: pairs with RQ1: the tail is not older
    uint32_t n;
    do {
        uint64_t len = edoi_load_acq_u64(&r->tail) - head; // RQ2: pairs with RQ2 in push()
        *left = 0;
        if (len == 0) return 0;
        uint64_t part = all && len <= most ? len : len / 2;
        n = part < most ? (uint32_t)part : most;
        if (n == 0) n = 1;
        *left = len - n;
        for (uint32_t i = 0; i < n; i++)
            out[i] = edoi_load_rlx_ptr(&r->slots[(head + i) % EDOI_RING_SIZE]);
    } while (!edoi_cas_acqrel_u64(&r->head, &head, head + n)); // RQ1: pairs with RQ1
    return n;
}

/* edoi_ring_take_some() of half of the tasks. */
EDO_MUST_USE EDOI_INLINE uint32_t edoi_ring_take(edoi_ring *r, edo_task **out, uint32_t most) {
    uint64_t left;
    return edoi_ring_take_some(r, out, most, false, &left);
}

/* How many tasks there were a moment ago; exact on the owner's thread while no thread takes. */
EDOI_INLINE uint32_t edoi_ring_len(const edoi_ring *r) {
    uint64_t head = edoi_load_rlx_u64(&r->head), tail = edoi_load_rlx_u64(&r->tail);
    return tail > head ? (uint32_t)(tail - head) : 0;
}

/* Is it empty? For a worker that is about to sleep: see idle.h. */
EDOI_INLINE bool edoi_ring_is_empty_now(const edoi_ring *r) {
    uint64_t head = edoi_load_seq_u64(&r->head); // RQ3: pairs with ID1, the or in idle.c
    return edoi_load_seq_u64(&r->tail) == head;  // RQ3
}

#endif
