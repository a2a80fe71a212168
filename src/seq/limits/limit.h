/* SPDX-License-Identifier: MIT */
/* seq/limits/limit.h: how long one step of a sequence may take, for adapters.
 *
 * The limit outlives its readers: a read that is dropped takes its waker along, but the next one
 * waits for the end of the limit that has begun. */
#ifndef EDOI_SEQ_LIMITS_LIMIT_H
#define EDOI_SEQ_LIMITS_LIMIT_H

#include <edo/time.h>

/* All fields but `length` are limit.c's; zero is a limit that has not begun. */
typedef struct edoi_seq_limit {
    edo_duration length; /* const */
    bool runs;           /* it has begun, and passes at `at` */
    bool waits;          /* `nap` is pending */
    edo_instant at;
    edo_sleep_future nap;
} edoi_seq_limit;

/* Begins the limit now, unless it runs. */
void edoi_seq_limit_begin(edoi_seq_limit *self);

/* Begins the limit now, unless it runs, and waits for its end: EDO_READY with `*result` 0, or
 * -EDO_ENORUNTIME. A source that spends the whole budget in each poll does not keep it from being
 * seen. */
edo_polled edoi_seq_limit_poll(edoi_seq_limit *self, edo_cx *cx, int *result);

/* Forgets the waker of a pending poll; the limit runs on. */
void edoi_seq_limit_leave(edoi_seq_limit *self);

/* The step is done: the next poll begins the limit anew. */
void edoi_seq_limit_end(edoi_seq_limit *self);

#endif
