/* SPDX-License-Identifier: MIT */
/* edo/test_web.h: a router under test, without a socket or a port.
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

/* ---- Exchanges in a file --------------------------------------------------------------------- */

/* What a client has sent and got, in a file of JSON, one exchange after the other: a test that
 * calls a service plays them without the service.
 *
 *     EDO_TEST_OK(edo_test_cassette_new(&tape, "tests/offer.json", NULL));
 *     edo_stack_push(&around, edo_test_cassette_layer(tape));   // `.layers` of the client
 *     …
 *     EDO_TEST_OK(edo_test_cassette_save(tape));                // if it records
 *     assert_int_equal(edo_test_cassette_left(tape), 0);        // all was asked for
 *     edo_test_cassette_free(tape);                             // after the client
 *
 * With EDO_TEST_RECORD=1 in the environment the requests go on to the service, and the file is
 * written anew. It has of a request its method, its URL without user and password, and its body,
 * unless that is a stream; of a response its status, fields and body, decoded. Fields of requests,
 * Set-Cookie, and fields that are marked sensitive are not in it: look for other secrets yourself
 * before you keep it.
 *
 * When it plays, a request gets the first exchange that is not used yet with its method, URL and
 * body. One that is not there fails with -ENOENT, and a line of the trail that says what was asked
 * for, and what the file has instead. Redirects are inside of an exchange, attempts are not. */
typedef struct edo_test_cassette edo_test_cassette;

/* Options; all zero is the default. */
typedef struct edo_test_cassette_opts {
    bool records;         /* as EDO_TEST_RECORD=1 */
    uint64_t body_max;    /* bytes of a response that is recorded; 0: 64 MiB */
    uint64_t reserved[4]; /* must be 0 */
} edo_test_cassette_opts;

/** Reads the file `path`, unless it records. `opts` may be NULL.
 * Owns:    copies its arguments; returns new in `*out`: edo_test_cassette_free().
 * Errors:  as edo_fs_read_to_string() and edo_json_decode();  -EINVAL  an option;  -ENOMEM
 * Cancel: safe.   Threads: any, at once.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_test_cassette_new(edo_test_cassette **out, const char *path,
                                               const edo_test_cassette_opts *opts);

/** The layer for a client: the innermost one, as a rule.
 * Owns:    borrows `c` until the client has ended.
 * Errors:  of a call: -ENOENT  it is not on the cassette;  -EMSGSIZE  the body is longer than
 *          `body_max`;  -ENOMEM; else those of the client
 * Threads: any, at once.   Waits: as the client, if it records. */
EDO_MUST_USE EDO_API edo_layer edo_test_cassette_layer(edo_test_cassette *c);

/** Returns how many exchanges of the file were not asked for; 0 if it records.
 * Threads: any, at once.   Waits: never. */
EDO_API size_t edo_test_cassette_left(edo_test_cassette *c);

/** Writes the file, if it records; else nothing happens.
 * Errors:  as edo_fs_write_all();  -ENOMEM
 * Cancel: not safe: a part may have been written.   Threads: any, at once.
 * Waits:   for the file. */
EDO_MUST_USE EDO_API int edo_test_cassette_save(edo_test_cassette *c);

/** Ends the cassette, without writing. NULL is allowed.
 * Owns: takes `c`.   Threads: any, once.   Waits: never. */
EDO_API void edo_test_cassette_free(edo_test_cassette *c);

EDO_END_DECLS

#endif
