/* SPDX-License-Identifier: MIT */
/* limiter.c: see limiter.h. */
#include "limiter.h"

limiter limiter_of(uint32_t rate) {
    return (limiter){ .interval_ns = rate > 0 ? INT64_C(1000000000) / rate : 0,
                      .due_ns = INT64_MIN };
}

bool limiter_pass(limiter *self, int64_t now_ns) {
    if (self->interval_ns == 0) return true;
    int64_t due_ns = self->due_ns > now_ns ? self->due_ns : now_ns;
    if (due_ns - now_ns > (LIMITER_BURST - 1) * self->interval_ns) return false;
    self->due_ns = due_ns + self->interval_ns;
    return true;
}
