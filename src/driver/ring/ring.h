/* SPDX-License-Identifier: MIT */
/* driver/ring/ring.h: an io_uring: operations that the kernel ends later, in any order.
 *
 * A ring belongs to a driver. What any thread puts into it goes to the kernel with the driver's
 * next turn or harvest, all in one call. A turn or a harvest sees what has ended, and wakes.
 *
 *               free      put         the kernel's   over
 *     put       put       (never)     (never)        put
 *     flush     (no)      the kernel's (nothing)     (nothing)
 *     refusal   (no)      over, wake  (nothing)      (nothing)
 *     end       (no)      (never)     over, wake     (never)
 *
 * inv. 1: from put to over an operation is the ring's: its memory, what it points to and its
 *         descriptor stay. A waker in it is one of a pending future.
 * inv. 2: no more operations are out than the kernel has room for ends of, an eighth of which is
 *         for cancellations alone.
 *
 * Threads: all functions may be called from any, at once. The lock is a leaf, but for wakes. */
#ifndef EDOI_DRIVER_RING_RING_H
#define EDOI_DRIVER_RING_RING_H

#include <edo/future.h>

#include <stdbool.h>
#include <stdint.h>

typedef struct edoi_kring edoi_kring;

/* The kernel does not take operations any more: they are to be done otherwise. */
#define EDOI_KRING_REFUSES (-4096) /* of no code */

/* The code of no operation. */
#define EDOI_KRING_NOTHING UINT8_MAX

typedef struct edoi_kring_op {
    uint8_t code;   /* IORING_OP_... */
    int fd;         /* const, as all of what is asked, from put on */
    uint64_t at;    /* an address */
    uint64_t place; /* in the file; or a second address */
    uint32_t n, flags;
    bool may_wait; /* const: it is not tried without a wait first: an open that would have to wait
                      fails then, and some file systems know no such try */
    edo_waker *waker; /* this and the rest: lock: the ring's. NULL: no future waits */
    int result;
    bool is_over, is_to_end, is_asked; /* it is to be cancelled; the kernel was asked for that */
    struct edoi_kring_op *to_end;      /* the next one that is to be cancelled */
} edoi_kring_op;

/* Errors: those of edoi_uring_open(). */
EDO_MUST_USE int edoi_kring_new(edoi_kring **out);

/* Cancels what is out, and waits for it. NULL is allowed. */
void edoi_kring_free(edoi_kring *self);

/* Readable while there are ends that were not seen. */
int edoi_kring_fd(const edoi_kring *self);

/* Does the kernel know the operation? */
bool edoi_kring_knows(const edoi_kring *self, uint8_t code);

/* Puts an operation, for `waker`; false: there is no room, or the kernel has refused one. */
EDO_MUST_USE bool edoi_kring_put(edoi_kring *self, edoi_kring_op *op, edo_waker *waker);

/* Is it over, with its result in the operation? Else `waker` is woken when it is; NULL: nobody. */
EDO_MUST_USE bool edoi_kring_look(edoi_kring *self, edoi_kring_op *op, edo_waker *waker);

/* Why the kernel takes no operation any more: a negative code; 0: it does. */
EDO_MUST_USE int edoi_kring_refusal(edoi_kring *self);

/* Has the kernel operations that it has not ended? For the end: no other thread uses it. */
EDO_MUST_USE bool edoi_kring_is_busy(edoi_kring *self);

/* Asks the kernel to end it soon, with -ECANCELED or -EINTR: with the next flush that has room. A
 * kernel that refuses all calls for good is not asked. */
void edoi_kring_cancel(edoi_kring *self, edoi_kring_op *op);

/* Has the kernel begin with what was put. Returns how many operations are over, since it refuses
 * them. */
int edoi_kring_flush(edoi_kring *self);

/* Sees what has ended, and flushes cancellations that had no room. Returns how many operations are
 * over; cancellations are none. */
int edoi_kring_reap(edoi_kring *self);

#endif
