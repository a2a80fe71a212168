/* SPDX-License-Identifier: MIT */
/* driver/ring/batch.h: many calls of the kernel in one, by an io_uring of its own. They are calls
 * that do not wait: all are over when edoi_batch_run() returns, so nothing of them is ever under
 * way, for no other thread to see.
 *
 * inv. 1: between two runs no operation is the kernel's.
 *
 * Threads: one at a time. */
#ifndef EDOI_DRIVER_RING_BATCH_H
#define EDOI_DRIVER_RING_BATCH_H

#include <edo/compiler.h>

#include <stdbool.h>
#include <stddef.h>

#define EDOI_BATCH_MAX 64 /* calls in a run */

/* Of no code: the kernel did not take the call, and nothing was done. */
#define EDOI_BATCH_REFUSES (-4096)

typedef struct edoi_batch edoi_batch;

/* Errors: those of edoi_uring_open(); -ENOTSUP also: the kernel has no operation for sends. */
EDO_MUST_USE int edoi_batch_new(edoi_batch **out);

/* NULL is allowed. */
void edoi_batch_free(edoi_batch *self);

/* Has the kernel refused a run, for good? */
EDO_MUST_USE bool edoi_batch_is_refused(const edoi_batch *self);

/* Adds a send(2) that does not wait, and raises no signal. `from` and `result` stay until the run.
 * No more than EDOI_BATCH_MAX were added since the last one. */
void edoi_batch_send(edoi_batch *self, int fd, const void *from, size_t n, int *result);

/* Makes the calls: each result is the number of bytes, a negative code or EDOI_BATCH_REFUSES. */
void edoi_batch_run(edoi_batch *self);

#endif
