/* SPDX-License-Identifier: MIT */
/* base/cond.h: conditions whose waits end at an instant of the monotonic clock. */
#ifndef EDOI_BASE_COND_H
#define EDOI_BASE_COND_H

#include <edo/base.h>

#include <pthread.h>

void edoi_cond_init(pthread_cond_t *cond);

/* Waits until `cond` is signalled, or until `until_ns` (INT64_MAX: for ever). Called with `mutex`
 * held. May return early. False: the time is over. */
bool edoi_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ns);

#endif
