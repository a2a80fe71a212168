/* SPDX-License-Identifier: MIT */
/* runtime/thread/thread_join.h: waiting for the very end of a thread, destructors of its
 * thread-specific data included, with a bound. */
#ifndef EDOI_RUNTIME_THREAD_THREAD_JOIN_H
#define EDOI_RUNTIME_THREAD_THREAD_JOIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* For threads whose functions have returned, or are about to: their last steps get a second at
 * least. */
#define EDOI_JOIN_GRACE_NS INT64_C(1000000000)

/* Until when threads that end by `until_ns` of the monotonic clock are waited for: that second is
 * added, to the present if `until_ns` is over. INT64_MAX, without a bound, stays. */
int64_t edoi_thread_join_until(int64_t until_ns);

/* Names on standard error a thread whose function has returned long ago, with `whose` it is and the
 * outcome. */
void edoi_thread_name_hung(const char *whose, const char *outcome);

/* Joins `thread` until `until_ns`, of the function above and the same for all threads that are
 * joined together. False: the time is over; the thread is detached, named on standard error, with
 * `whose`, and counted as left behind. No lock of edo is held. */
bool edoi_thread_join(pthread_t thread, int64_t until_ns, const char *whose);

/* Counts `n` threads without work that do not end, and that nobody waits for any more. */
void edoi_threads_leave(uint32_t n);

/* How many threads this process has left behind so: those of all runtimes and of the compute pool.
 * Threads in a task or a job are counted by those. */
uint32_t edoi_threads_left(void);

#endif
