/* SPDX-License-Identifier: MIT */
/* recorder/ring.c: see ring.h. */
#include "recorder/ring.h"

#include "base/assert.h"

#include <string.h>

/* Where the latest events begin that may still be there. */
static uint64_t first_of(const edoi_recorder_ring *r, uint64_t head, uint64_t events_n) {
    uint64_t from = edoi_load_rlx_u64(&r->from), first = head > events_n ? head - events_n : 0;
    return from > first ? from : first;
}

static edoi_recorder_seen event_copy(const edoi_recorder_event *e) {
    edoi_recorder_seen seen;
    seen.when = edoi_load_acq_u64(&e->when); // RR1: pairs with RR1 in ring_put: inv. 1
    seen.task = edoi_load_acq_u64(&e->task); // RR1
    seen.arg = edoi_load_acq_u64(&e->arg);   // RR1
    return seen;
}

/* The events from `first` to `end`, which were there; see edoi_recorder_ring_copy(). */
static size_t ring_copy_range(const edoi_recorder_ring *r, uint64_t mask, edoi_recorder_seen *out,
                              uint64_t first, uint64_t end, uint64_t *at) {
    for (uint64_t n = first; n < end; n++)
        out[n - first] = event_copy(edoi_recorder_ring_event(r, n & mask));
    // relaxed: by RR1 not older than what an overwritten word was written with
    uint64_t after = edoi_load_rlx_u64(&r->head);
    uint64_t whole = after > mask ? after - mask : 0; // events below it may be overwritten: inv. 1
    if (whole > end) whole = end;
    if (whole < first) whole = first;
    memmove(out, out + (whole - first), (size_t)(end - whole) * sizeof *out);
    *at = whole;
    return (size_t)(end - whole);
}

size_t edoi_recorder_ring_copy(const edoi_recorder_ring *r, uint64_t mask, edoi_recorder_seen *out,
                               size_t most, uint64_t *at) {
    uint64_t head = edoi_load_acq_u64(&r->head); // RR2: pairs with RR2 in ring_put
    uint64_t first = first_of(r, head, mask + 1);
    if (first > head) first = head;
    if (head - first > most) first = head - most;
    return ring_copy_range(r, mask, out, first, head, at);
}

size_t edoi_recorder_ring_copy_from(const edoi_recorder_ring *r, uint64_t mask, uint64_t from,
                                    edoi_recorder_seen *out, size_t most, uint64_t *at) {
    uint64_t head = edoi_load_acq_u64(&r->head); // RR2: pairs with RR2 in ring_put
    uint64_t first = head > mask + 1 ? head - (mask + 1) : 0;
    if (first < from) first = from;
    if (first > head) first = head;
    return ring_copy_range(r, mask, out, first, head - first > most ? first + most : head, at);
}
