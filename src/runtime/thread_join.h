/* SPDX-License-Identifier: MIT */
/* runtime/thread_join.h: waiting for the very end of a thread, destructors of its thread-specific data
 * included, with a bound. */
#ifndef EDOI_RUNTIME_THREAD_JOIN_H
#define EDOI_RUNTIME_THREAD_JOIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* For a thread whose function has returned, or is about to: its last steps get a second at least. */
#define EDOI_JOIN_GRACE_NS INT64_C(1000000000)

/* Joins `thread` until `until_ns` of the monotonic clock (INT64_MAX: without a bound). False: the time
 * is over; the thread is detached and named on standard error, with `whose`. No lock of edo is held. */
bool edoi_thread_join(pthread_t thread, int64_t until_ns, const char *whose);

#endif
