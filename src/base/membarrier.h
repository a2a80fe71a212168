/* SPDX-License-Identifier: MIT */
/* base/membarrier.h: a memory barrier that one thread makes for all threads of the process.
 *
 * Two threads that each store a word and then load the other's (Dekker) need a full fence between
 * the two on both sides. If one side does it often and the other rarely, a compiler barrier
 * suffices for the first if the second calls this between its store and its load: every thread of
 * the process executes a full fence before the call returns (Linux membarrier(2), private
 * expedited). */
#ifndef EDOI_BASE_MEMBARRIER_H
#define EDOI_BASE_MEMBARRIER_H

#include <edo/base.h>

/* Must have succeeded before edoi_membarrier() is called. It is quick while the process has one
 * thread, and after the first call. False: the kernel, or a system call filter, refuses it. */
EDO_MUST_USE bool edoi_membarrier_register(void);

/* A full fence in every thread. False: refused, and nothing was ordered. */
EDO_MUST_USE bool edoi_membarrier(void);

#endif
