/* SPDX-License-Identifier: MIT */
/* stacks/spots.h: where in the program's own code a stack was.
 *
 * A place is the innermost return address that is not edo's. What is at an address, a thread of
 * this file finds with frames.h, once: that may take milliseconds, or seconds while another thread
 * hangs in malloc(), and no caller waits for it. The thread is made when addresses are new, and
 * ends when it knows them.
 */
#ifndef EDOI_STACKS_SPOTS_H
#define EDOI_STACKS_SPOTS_H

#include "base/atomic.h"

#define EDOI_SPOT_FRAMES 32u /* of a stack that are looked at */

/* The place of the stack of `n` return addresses, the innermost first; while some are new, what
 * their objects tell of it. NULL: all are edo's. Any thread; takes some microseconds, and with new
 * addresses the time to make a thread. */
EDO_API const void *edoi_spot_of(void *const *pcs, size_t n);

/* Writes "file:line" of the place to `to`, or what is known instead. While it is new: its library or
 * program and the offset there; "" where that may be edo's code, in a program that is linked with
 * it statically. Any thread; takes some microseconds. */
EDO_API void edoi_spot_tell(char *to, size_t bytes, const void *spot);

/* Waits until the thread has ended, or until `until_ns`; it finds no more than it has begun. At the
 * end of the last runtime. */
void edoi_spots_stop(int64_t until_ns);

/* Has a thread been made? Else there is nothing to stop. */
extern edo_atomic_u32 edoi_spots_any; /* atomic, relaxed: those who made one have ended */

#endif
