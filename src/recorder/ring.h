/* SPDX-License-Identifier: MIT */
/* recorder/ring.h: a ring of events: one thread writes, any thread reads, and neither waits.
 *
 * The writer overwrites the oldest event. It stores the event and then `head`. A reader copies
 * events, reads `head` again, and discards copies that may have been overwritten meanwhile.
 *
 *     the writer, event n                    a reader
 *     the three words     RR1: release       head      RR2: acquire
 *     head = n + 1        RR2: release       the words of events below it      RR1: acquire
 *                                            head once more
 *
 * inv. 1: a reader that has seen a word of event n sees `head` as n or more: so an event of which
 *         one word was overwritten is never returned.
 * inv. 1 is not asserted: which words belong together is the model's to show. */
#ifndef EDOI_RECORDER_RING_H
#define EDOI_RECORDER_RING_H

#include "base/atomic.h"
#include "recorder/format.h"

#include <stddef.h>

EDOI_INLINE edoi_recorder_event *edoi_recorder_ring_event(const edoi_recorder_ring *r,
                                                          uint64_t at) {
    return (edoi_recorder_event *)(void *)((char *)(uintptr_t)r + EDOI_RECORDER_RING_HEAD) + at;
}

/* Writes an event. The writer's thread. `mask`: the number of events - 1. */
EDOI_INLINE void edoi_recorder_ring_put(edoi_recorder_ring *r, uint64_t mask, uint64_t when,
                                        uint64_t task, uint64_t arg) {
    uint64_t n = edoi_load_rlx_u64(&r->head); // relaxed: written by this thread
    edoi_recorder_event *e = edoi_recorder_ring_event(r, n & mask);
    edoi_store_rel_u64(&e->when, when);  // RR1: pairs with RR1 in ring_copy: inv. 1
    edoi_store_rel_u64(&e->task, task);  // RR1
    edoi_store_rel_u64(&e->arg, arg);    // RR1
    edoi_store_rel_u64(&r->head, n + 1); // RR2: pairs with RR2 in ring_copy: the event is whole
}

/* The ticks from `from` to `ticks`, negative if `ticks` is earlier. An event keeps 56 bits of both,
 * which may wrap. */
EDOI_INLINE int64_t edoi_recorder_ticks_apart(uint64_t ticks, uint64_t from) {
    return (int64_t)((ticks - from) << 8) / 256;
}

/* An event that was copied. */
typedef struct edoi_recorder_seen {
    uint64_t when, task, arg;
} edoi_recorder_seen;

/* Copies the latest events, the oldest of them first, at most `most`; returns how many. `*at`: the
 * number of the first. Any thread. */
size_t edoi_recorder_ring_copy(const edoi_recorder_ring *r, uint64_t mask, edoi_recorder_seen *out,
                               size_t most, uint64_t *at);

/* Likewise the events from number `from` on, the oldest first. If some of them were overwritten
 * already, `*at`, the number of the first copied one, is greater than `from`. */
size_t edoi_recorder_ring_copy_from(const edoi_recorder_ring *r, uint64_t mask, uint64_t from,
                                    edoi_recorder_seen *out, size_t most, uint64_t *at);

#endif
