/* SPDX-License-Identifier: MIT */
/* time/delayq.h: what tests see of a delay queue. */
#ifndef EDOI_TIME_DELAYQ_H
#define EDOI_TIME_DELAYQ_H

#include <edo/delayq.h>

struct edoi_delay {
    int64_t at_ns;
    uint64_t seq;
    void *value;
    uint32_t slot;
};

/* Walks the queue and asserts its invariants. Called with its lock held. */
void edoi_delayq_check(const edo_delayq *q);

#endif
