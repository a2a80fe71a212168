/* SPDX-License-Identifier: MIT */
/* runtime/thread/thread_join.h: waits, with a bound, for the very end of a thread, including
 * destructors of its thread-specific data. */
#ifndef EDOI_RUNTIME_THREAD_THREAD_JOIN_H
#define EDOI_RUNTIME_THREAD_THREAD_JOIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* For threads whose functions have returned, or are about to: their last steps get at least one
 * second. */
#define EDOI_JOIN_GRACE_NS INT64_C(1000000000)

/* The limit for joining threads that end by `until_ns` of the monotonic clock: adds that second to
 * `until_ns`, or to the present if `until_ns` has passed. INT64_MAX means no bound and stays. */
int64_t edoi_thread_join_until(int64_t until_ns);

/* Reports on standard error a thread that has not ended though its function returned long ago;
 * `whose` tells what it belongs to, `outcome` what happens. */
void edoi_thread_name_hung(const char *whose, const char *outcome);

/* Joins `thread` until `until_ns`, computed once by edoi_thread_join_until() for all threads joined
 * together. False: time is up; the thread is detached, reported on standard error with `whose`, and
 * counted as left behind. Called with no lock of edo held. */
bool edoi_thread_join(pthread_t thread, int64_t until_ns, const char *whose);

/* Counts `n` threads without work that do not end and are not waited for any more. */
void edoi_threads_leave(uint32_t n);

/* The number of threads that this process has left behind in this way, of all runtimes and the
 * compute pool. A thread that runs a task or a job is counted there instead. */
uint32_t edoi_threads_left(void);

#endif
