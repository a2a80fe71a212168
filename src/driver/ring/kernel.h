/* SPDX-License-Identifier: MIT */
/* driver/ring/kernel.h: the calls of io_uring, and the memory that the kernel shares with us. */
#ifndef EDOI_DRIVER_RING_KERNEL_H
#define EDOI_DRIVER_RING_KERNEL_H

#include "base/atomic.h"

#include <edo/error.h>

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>

/* The heads and tails count on for ever; an entry's place is its count and `mask`. */
typedef struct edoi_uring {
    int fd;                            /* const; so are the sizes, masks and places */
    uint32_t sq_n, cq_n;               /* how many entries there are */
    uint32_t sq_mask, cq_mask;         /* of a count, to have the place */
    edo_atomic_u32 *sq_head, *sq_tail; /* UR1: the kernel's, ours */
    edo_atomic_u32 *cq_head, *cq_tail; /* UR2: ours, the kernel's */
    struct io_uring_sqe *sqes;         /* what is asked */
    const struct io_uring_cqe *cqes;   /* what has come of it */
    void *rings;                       /* the mappings, and how long they are */
    size_t rings_n, sqes_n;
    uint64_t knows; /* bit n: the kernel knows the operation n */
} edoi_uring;

/* A ring for `n` operations, and twice as many completions. A child of fork() does not have it.
 * Errors: -ENOSYS, -EPERM, -EACCES  refused here;  -ENOTSUP  too old a kernel;  -ENOMEM, -EMFILE,
 * -ENFILE. */
EDO_MUST_USE int edoi_uring_open(edoi_uring *self, uint32_t n);

/* For each thread that enters, `n` operations on files may wait in threads of the kernel: without
 * that 4 a core, and as many opens that wait for others would hold up all else.
 * Errors: as edoi_uring_open(). */
EDO_MUST_USE int edoi_uring_let_wait(const edoi_uring *self, unsigned n);

/* No operation is under way. */
void edoi_uring_close(edoi_uring *self);

/* Has the kernel begin with `n` operations. Returns how many it has taken, or a negative code: it
 * has taken none. */
int edoi_uring_enter(const edoi_uring *self, uint32_t n);

/* Waits until there is a completion that was not seen, or a signal has come. */
void edoi_uring_await(const edoi_uring *self);

#endif
