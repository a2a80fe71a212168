/* SPDX-License-Identifier: MIT */
/* edo/web_limits.h: layers for routers that say how long requests may take, and how large their
 * bodies may be. In libedo-web.
 *
 *     edo_router_wrap_all(r, edo_http_timeout_layer(&(edo_http_timeout_opts){ .after = edo_s(5) }),
 *                         edo_body_limit_layer(1 << 20));
 *
 * Options are copied; texts in them are borrowed until the router ends.
 *
 * Unless a function says otherwise:
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_LIMITS_H
#define EDO_WEB_LIMITS_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- Time ------------------------------------------------------------------------------------ */

/* Options of edo_http_timeout_layer(); `after` must be set. */
typedef struct edo_http_timeout_opts {
    edo_duration after;
    edo_status status;    /* 0: 408; 503 or 504 are usual behind a proxy */
    uint64_t reserved[2]; /* must be 0 */
} edo_http_timeout_opts;

/** Ends handlers that take longer than `after`, as edo_timeout_layer() does, with a response of
 * `status`, whatever code they make of an await that was cut short; one that makes a response all
 * the same has it sent. The log has a warning with what the handler waited for, of one such request
 * a second. The time of a body that the handler streams itself counts: the response is
 * broken off then. So put long streams outside, and limit them by the layers below.
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  `after` is not positive, a status below 400, `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_http_timeout_layer(const edo_http_timeout_opts *opts);

/* Options of edo_http_deadline_layer(); all zero is the default. */
typedef struct edo_http_deadline_opts {
    const char *field;        /* of a request, with whole milliseconds; borrowed until the router
                                 ends; NULL: EDO_HTTP_DEADLINE_FIELD */
    edo_duration timeout;     /* of a request without that field; 0: `timeout_max` */
    edo_duration timeout_max; /* a request cannot ask for more; 0: no limit */
    uint64_t reserved[2];     /* must be 0 */
} edo_http_deadline_opts;

/** Ends a request when its caller, as it says in a field, does not wait any longer: as
 * edo_http_timeout_layer() does, with 504. All that the handler awaits inherits that deadline, and
 * a client with a `deadline_field` passes on what is left of it. A field that is no number is
 * passed over. It is for callers of one's own: calls of strangers that wait for a moment only look
 * to a balance (edo/balance.h) like servers that hang.
 * Owns:    copies `opts` (may be NULL).
 * Errors:  of the build: -EINVAL  `field` is no name, a negative duration, `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_http_deadline_layer(const edo_http_deadline_opts *opts);

/* Options of edo_body_timeout_layer() and edo_body_deadline_layer(); 0: no limit. */
typedef struct edo_body_time_opts {
    edo_duration request;
    edo_duration response;
    uint64_t reserved[2]; /* must be 0 */
} edo_body_time_opts;

/** Limits how long a handler waits for each piece of a request's body, or for room for each piece
 * of its response. The read or write fails with -ETIMEDOUT; a handler that returns that makes it a
 * 408. Without the layer the limits of the server hold, and they hold beside it.
 * Owns:    copies `opts`.
 * Errors:  of the build: -EINVAL  a negative duration, or none, or `reserved` */
EDO_MUST_USE EDO_API edo_layer edo_body_timeout_layer(const edo_body_time_opts *opts);

/** As edo_body_timeout_layer(), for a whole body: that of a request from the layer's call on, that
 * of a response from its head on.
 * Owns: copies `opts`.   Errors: as edo_body_timeout_layer() */
EDO_MUST_USE EDO_API edo_layer edo_body_deadline_layer(const edo_body_time_opts *opts);

/* ---- Bodies ---------------------------------------------------------------------------------- */

/** Limits the bodies of requests to `bytes`. A request that says that its body is longer is refused
 * with 413, and no handler is called; of others the read that goes beyond fails with -EMSGSIZE, and
 * a handler that returns that makes it a 413. Inside of edo_decompress_layer() it counts decoded
 * bytes, outside those that are sent.
 * Errors:  of the build: none */
EDO_MUST_USE EDO_API edo_layer edo_body_limit_layer(uint64_t bytes);

EDO_END_DECLS

#endif
