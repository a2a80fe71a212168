/* SPDX-License-Identifier: MIT */
/* limiter.h: how many lines a client may send. */
#ifndef CHAT_LIMITER_H
#define CHAT_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITER_BURST 100 /* lines that may come at once after a silence */

/* GCRA, the leaky bucket as one number: each line that passes moves `due_ns` on by one interval,
 * and a line passes while `due_ns` is less than a burst ahead of the clock. */
typedef struct limiter {
    int64_t interval_ns; /* 0: everything passes */
    int64_t due_ns;
} limiter;

/* A limiter of `rate` lines a second; 0 is no limit. */
limiter limiter_of(uint32_t rate);

/* Returns whether a line may pass at `now_ns`, and counts it if so. */
bool limiter_pass(limiter *self, int64_t now_ns);

#endif
