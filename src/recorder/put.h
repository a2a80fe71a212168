/* SPDX-License-Identifier: MIT */
/* recorder/put.h: an event into the ring of a writer that is known. */
#ifndef EDOI_RECORDER_PUT_H
#define EDOI_RECORDER_PUT_H

#include "recorder/region.h"

/* The writer's thread. `ticks`: of edoi_recorder_now(). */
EDOI_INLINE void edoi_recorder_put(edoi_recorder_writer *w, uint64_t ticks, edoi_recorder_kind kind,
                                   const void *task, uint32_t small, uint64_t arg) {
    // RS4: pairs with RS4 in rings_publish: what the ring says of itself is there
    edoi_recorder_ring_put(edoi_load_acq_ptr(&w->ring), edoi_recorder_region_of.mask,
                           ticks << 8 | (uint64_t)kind,
                           (uint64_t)(uintptr_t)task << 16 | (small & 0xffffu), arg);
}

#endif
