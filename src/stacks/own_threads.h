/* SPDX-License-Identifier: MIT */
/* stacks/own_threads.h: which threads of this process work for edo alone, and wake no task by
 * themselves. They say so, and are not told by a name: a thread that a library makes inherits the
 * name of its maker. */
#ifndef EDOI_STACKS_OWN_THREADS_H
#define EDOI_STACKS_OWN_THREADS_H

#include <edo/base.h>

#include <pthread.h>

/* The calling thread is one of them until edoi_own_thread_end(); it is not known as one where the
 * table is full, nor in models. */
void edoi_own_thread_begin(void);
void edoi_own_thread_end(void);

/* As pthread_create(), of a thread that works for edo alone: a simulated world, which has one
 * thread, allows it, since no program sees what it does. */
EDO_MUST_USE int edoi_own_thread_create(pthread_t *out, void *(*fn)(void *arg), void *arg);

/* Does the caller make such a thread? */
EDO_API bool edoi_own_thread_is_made(void);

/* Is thread `tid` one of them? Any thread. */
bool edoi_own_threads_has(uint32_t tid);

#endif
