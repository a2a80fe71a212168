/* SPDX-License-Identifier: MIT */
/* edo/reconnect.h: services that are made when they are needed, such as connections, and made anew
 * when they end. */
#ifndef EDO_RECONNECT_H
#define EDO_RECONNECT_H

#include <edo/retry.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

/* Makes a service for `target`: connects, shakes hands. May await. Returns 0 and `*svc`, or a
 * negative code. */
typedef int edo_make_service_fn(void *arg, edo_service **svc, const void *target);

/* Options of edo_reconnect_new(); all zero is the default. */
typedef struct edo_reconnect_opts {
    edo_backoff_opts backoff; /* of the pauses before the attempts that follow a failure */
    uint32_t levels;          /* how deep the services made may lie; 0: 8 */
    const char *request_kind; /* the kind of their requests, as `kind` of edo_service_ops; borrowed
                                 as `arg`; NULL: any layer fits around the service */
    uint64_t reserved[1];     /* must be 0 */
} edo_reconnect_opts;

/** Makes a service that makes its inner service by `make(arg, &svc, target)` when one is needed,
 * and another one when the ready of that has failed.
 *
 *     idle         ready starts an attempt, in a task of its own                 -> connecting
 *     connecting   all readies wait for the attempt
 *                    it succeeds                                                 -> connected
 *                    it fails: they succeed, and their *calls* return its error  -> idle
 *     connected    ready is that of the inner service
 *                    it fails (but for what concerns the caller): silently       -> idle
 *
 * So ready never fails for a broken connection: the service recovers. An attempt after a failure is
 * preceded by a pause of the back-off, in which nothing is ready; a ready of the inner service
 * begins the back-off anew. An attempt goes on if the caller that started it is cancelled. The call
 * of a permit goes to the service that was made ready for it.
 * Owns:    returns new: edo_service_unref(), which cancels an attempt under way. Borrows `arg` and
 *          `target` until the service and that attempt have ended. Copies `opts` (may be NULL).
 * Errors:  -EINVAL  options;  -ENOMEM
 *          of a call: the code of the attempt;  -EINVAL  the service that was made lies too deep,
 *          or takes requests of another kind;  -ECONNABORTED  the attempt was cancelled, as when
 *          its runtime ends before the caller's
 * Cancel: of ready: safe.   Threads: any; ready starts attempts inside a runtime only.
 * Waits: never.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_reconnect_new(edo_service **self, edo_make_service_fn *make, void *arg,
                                           const void *target, const edo_reconnect_opts *opts);

EDO_END_DECLS

#endif
