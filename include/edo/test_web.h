/* SPDX-License-Identifier: MIT */
/* edo/test_web.h: a router under test, without a socket or a port. In libedo-web.
 *
 *     edo_oneshot got;
 *     EDO_TEST_OK(edo_web_oneshot(&got, router, &(edo_http_request){ .target = EDO_STR("/users/1") },
 *                                 &(edo_web_opts){ .state = &users }));
 *     assert_int_equal(got.status, EDO_STATUS_OK);
 *     edo_oneshot_deinit(&got);
 *
 * A request goes through all that a served one does: the parser, limits, layers, the handler, and
 * the printer of responses, over a pipe in memory. For what one request does not show, as bytes
 * that come slowly, serve one end of edo_duplex() with edo_web_serve_stream() and write to the
 * other one.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_TEST_WEB_H
#define EDO_TEST_WEB_H

#include <edo/http1.h>
#include <edo/http_client.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

#define EDO_ONESHOT_BODY_MAX (64u << 20)

/* The response to one request. You place it; it must not be moved or copied. */
typedef struct edo_oneshot {
    edo_status status;
    edo_headers headers;
    edo_buf body; /* whole, without its framing; with a NUL behind it that is not counted */
    edo_headers trailers;
} edo_oneshot;

/** Sends a request to the router, and waits for the whole response. Returns 0, whatever its status.
 * Owns:    fills `*out`, on success: edo_oneshot_deinit(). Borrows all else until return; the
 *          router stays the caller's, and is completed.
 * Errors:  as edo_router_build() and edo_web_serve_stream(); as edo_http1_send() and reads of a
 *          body: -EDO_EEOF  the handler has broken its response off;  -EMSGSIZE  it has more than
 *          64 MiB;  -ENOMEM
 * Cancel: not safe: the request may have been served.   Threads: any, at once, in a runtime.
 * Waits:   for the response. */
EDO_MUST_USE EDO_API int edo_web_oneshot(edo_oneshot *out, edo_router *r,
                                         const edo_http_request *req, const edo_web_opts *opts);

/** As edo_web_oneshot(), as a client with the address `peer`: edo_request_peer() tells it, so
 * limits by client and edo_real_ip_layer() can be tested.
 * Owns:    as edo_web_oneshot(); borrows `peer` until return.
 * Errors:  as edo_web_oneshot(); -EAFNOSUPPORT  it is none of IPv4, IPv6 or a Unix socket
 * Cancel: not safe: the request may have been served.   Threads: any, at once, in a runtime.
 * Waits:   for the response. */
EDO_MUST_USE EDO_API int edo_web_oneshot_from(edo_oneshot *out, edo_router *r,
                                              const edo_http_request *req, const edo_web_opts *opts,
                                              const edo_addr *peer);

/** Gives a response up. Allowed also after a failed edo_web_oneshot().
 * Threads: one at a time.   Waits: never. */
EDO_API void edo_oneshot_deinit(edo_oneshot *self);

EDO_END_DECLS

#endif
