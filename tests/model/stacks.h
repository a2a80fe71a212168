/* SPDX-License-Identifier: MIT */
/* stacks.h: workers by hand that run fibers. The model defines STACKS, how many fibers there may
 * be, and STACK_BYTES, as few as they need: static memory is put back before each run. */
#ifndef EDOI_MODEL_STACKS_H
#define EDOI_MODEL_STACKS_H

#include "hands.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"

/* As hands_begin(); the workers get the stacks in turn, and no other. */
EDOI_INLINE void hands_begin_with_stacks(uint32_t workers) {
    static edoi_stack stacks[STACKS];
    static char bytes[STACKS][STACK_BYTES];
    hands_begin(workers);
    for (uint32_t i = 0; i < STACKS; i++) {
        edoi_stack *s = &stacks[i];
        s->class_at = edoi_stack_class(EDOI_STACK_DEFAULT);
        s->lo = bytes[i];
        s->hi = bytes[i] + STACK_BYTES;
        s->guarded = true;
        edoi_stack_put(&rt->workers[i % workers]->stacks, s);
    }
}

#endif
