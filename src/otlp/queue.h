/* SPDX-License-Identifier: MIT */
/* otlp/queue.h: what waits to be exported: messages that the thread that has made them has encoded.
 *
 * Threads push, without a lock: so a child of fork() finds none that is held. One task takes.
 *
 * inv. 1: what is counted is in the queue or was taken and not given back: so both together are
 *         bounded.
 * inv. 1 is not asserted: no thread sees both at once. */
#ifndef EDOI_OTLP_QUEUE_H
#define EDOI_OTLP_QUEUE_H

#include "base/atomic.h"
#include "otlp/encode/wire.h"

/* A message, behind the name of its scope. */
typedef struct edoi_otlp_item {
    struct edoi_otlp_item *next;
    uint32_t scope_n, message_n;
    char bytes[];
} edoi_otlp_item;

EDOI_INLINE edo_str edoi_otlp_item_scope(const edoi_otlp_item *item) {
    return (edo_str){ item->bytes, item->scope_n };
}
EDOI_INLINE edo_str edoi_otlp_item_message(const edoi_otlp_item *item) {
    return (edo_str){ item->bytes + item->scope_n, item->message_n };
}

/* Encodes a message of that length; NULL without memory. */
edoi_otlp_item *edoi_otlp_item_new(edo_str scope, edoi_otlp_part_fn *fn, const void *arg,
                                   size_t message_n);

typedef struct edoi_otlp_queue {
    edo_atomic_ptr newest;           /* atomic: OQ1 */
    edo_atomic_u64 items_n, bytes_n; /* atomic, relaxed: inv. 1 */
    edo_atomic_u64 dropped;          /* atomic, relaxed: items that found no room, or no memory */
    uint64_t items_max, bytes_max;   /* const */
    struct edo_counter *counter;     /* const; of what is dropped; NULL: none */
    edoi_otlp_item *oldest;          /* of the task that takes: what it has found, and not taken */
} edoi_otlp_queue;

/* Encodes a message, and puts it into the queue, or counts it as dropped. True: the queue is half
 * full from now on, and the task is to be woken. */
bool edoi_otlp_push(edoi_otlp_queue *q, edo_str scope, edoi_otlp_part_fn *fn, const void *arg);

/* By number, or by bytes; one that is empty never is. */
bool edoi_otlp_is_half_full(const edoi_otlp_queue *q);

/* Takes the oldest ones, `most` at most; NULL: there are none. */
edoi_otlp_item *edoi_otlp_take(edoi_otlp_queue *q, uint64_t most, uint64_t *n);

/* Frees items that were taken, and so makes room. */
void edoi_otlp_give_back(edoi_otlp_queue *q, edoi_otlp_item *items);

/* Frees all. No thread may push any more. */
void edoi_otlp_queue_deinit(edoi_otlp_queue *q);

#endif
