/* SPDX-License-Identifier: MIT */
/* edo/steer.h: one service in front of several: a function picks for each request. */
#ifndef EDO_STEER_H
#define EDO_STEER_H

#include <edo/service.h>

EDO_BEGIN_DECLS

/* Picks the service for a request: returns its index, below `n`, or a negative code, which ends the
 * call. May change what the request points to. Must bear calls at once; may await. */
typedef int edo_steer_fn(void *arg, void *request, size_t n);

/** Makes a service that passes each call on to one of `services`, which `pick` chooses by the
 * request.
 *
 * It is always ready, since nothing is known of the request before the call; the call then waits
 * until the chosen service is ready. So a service that is busy or broken holds up only the calls
 * that are meant for it. A load shed that shall refuse instead belongs around each service.
 * Owns:    returns new: edo_service_unref(). Shares the `n` services, and borrows `arg` until the
 *          service has ended.
 * Errors:  -EINVAL  `n` is 0 or above INT_MAX, or the services lie too deep;  -ENOMEM
 *          of a call: a code that `pick` returned;  -EDO_EMISUSE  an index of `n` or above;  those
 *          of the chosen service, its ready included
 * Threads: any; `pick` must bear calls at once.   Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_steer_new(edo_service **self, edo_service *const *services, size_t n,
                                       edo_steer_fn *pick, void *arg);

EDO_END_DECLS

#endif
