/* SPDX-License-Identifier: MIT */
/* edo/http1.h: one HTTP/1.1 connection of a client: requests one after the other. In libedo-http.
 *
 *     edo_http1 *c;
 *     int err = edo_http1_connect(&c, "example.com:80", NULL);
 *     if (err < 0) return err;
 *     edo_http_response *res;
 *     err = edo_http1_send(c, &res, &(edo_http_request){ .target = EDO_STR("/") });
 *     if (err == 0 && res->status == EDO_STATUS_OK) err = edo_copy(out, res->body, NULL);
 *     edo_http1_close(c);
 *
 * There is no pool, and nothing is sent again: edo/http_client.h has that, and what a pool has to
 * know is told here (edo_http1_is_reusable(), -EDO_ECLOSED). Nor is there a time limit, but for
 * that of "100 Continue", and `read_timeout` of a request in the wait for the head of its response:
 * put a limit around a call (edo_deadline_begin()).
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP1_H
#define EDO_HTTP1_H

#include <edo/http_message.h>
#include <edo/net.h>

EDO_BEGIN_DECLS

/* ---- The connection -------------------------------------------------------------------------- */

typedef struct edo_http1 edo_http1;

/* Options; all zero is the default. */
typedef struct edo_http1_opts {
    const char *host;           /* the Host of requests whose target has none: "example.com:8080";
                                 NULL: what edo_http1_connect() was given, else an empty one. The
                                 zone of "[fe80::1%eth0]" is not sent (RFC 6874 section 4) */
    uint32_t headers_max;       /* fields of a response; 0: 100 */
    uint32_t head_bytes_max;    /* of a response's head; 0: 32,768 */
    uint32_t trailer_bytes_max; /* of its trailers: the last read of the body fails with -EBADMSG
                                   beyond; 0: 16,384 */
    uint32_t lenient;           /* bits EDO_HTTP_LENIENT_…; 0: strict */
    edo_duration expect_wait;   /* 0: 1 s; negative (EDO_OFF): without a limit */
    const edo_tcp_opts *tcp;    /* of edo_http1_connect(); may be NULL */
    bool title_case;      /* write names of fields as "Content-Type"; those with a capital stay */
    bool preserve_case;   /* leave names of a response's fields as they were sent */
    uint64_t reserved[6]; /* must be 0 */
} edo_http1_opts;

/** Connects to `addr`, as edo_tcp_connect() does. `addr` without a port 80 is the Host of requests.
 * Owns:    borrows `addr` and `opts` (may be NULL) until return; returns new in `*out`:
 *          edo_http1_close().
 * Errors:  as edo_tcp_connect() and edo_http1_over()
 * Cancel: safe: the attempt is given up, `*out` is untouched.   Threads: any, at once.
 * Waits:   for the connection. */
EDO_MUST_USE EDO_API int edo_http1_connect(edo_http1 **out, const char *addr,
                                           const edo_http1_opts *opts);

/** Makes a connection over any stream of bytes.
 * Owns:    takes `stream` on success; borrows `opts` (may be NULL) until return; returns new in
 *          `*out`: edo_http1_close().
 * Errors:  -EINVAL  the host is none, an unknown bit of `lenient`, or a reserved field is not 0
 *          -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_http1_over(edo_http1 **out, edo_stream *stream,
                                        const edo_http1_opts *opts);

/** Closes the connection at once, with the response that it has. NULL is allowed.
 * Owns: takes `c`. Nobody uses a body of it any more.   Threads: any, once. */
EDO_API void edo_http1_close(edo_http1 *c);

/** Ends HTTP on the connection and gives its stream back, with what was read of it and not used:
 * those bytes are appended to `ahead`, and come before all that is read from now on.
 * Owns:    takes `c` on success, with the response that it has; returns new in `*stream`:
 *          edo_close().
 * Errors: -ENOMEM: nothing has changed   Threads: any, once. */
EDO_MUST_USE EDO_API int edo_http1_release(edo_http1 *c, edo_stream **stream, edo_buf *ahead);

/** Returns the stream of the connection, for its addresses and the options of its socket. It is not
 * to be read or written, except after an upgrade.
 * Owns: lends it until the connection's end.   Threads: any, at once. */
EDO_API edo_stream *edo_http1_stream(edo_http1 *c);

/** Lets the connection rest: its response ends, and the memory that an exchange needs, some 27 KiB,
 * is given back until the next request; what stays is below 512 bytes. For connections that are
 * kept in the hope of more requests. A response that was not read to its end makes the connection
 * useless, as does one that was upgraded. Returns whether it can be used again, as far as is known
 * without asking the system.
 * Owns:    the response and its body are gone. */
EDO_API bool edo_http1_rest(edo_http1 *c);

/** Returns whether a request can be sent: the last exchange has ended in order, its request was
 * sent and its response read to its end (a read of the body has returned 0, or all bytes of its
 * length), and neither of them ends the connection; and the server has closed nothing and sent
 * nothing since. A response that comes without a request could be taken for one to the next
 * request: so its bytes poison the connection. */
EDO_API bool edo_http1_is_reusable(edo_http1 *c);

/** Returns whether a byte of a response to the last request has come: for a pool, which may send a
 * request again if there is none. */
EDO_API bool edo_http1_was_answered(const edo_http1 *c);

/** Copies what is left to send of the `data` of the last request, whose memory may end then.
 * Errors: -ENOMEM   Threads: the one that has the connection. */
EDO_MUST_USE EDO_API int edo_http1_own_data(edo_http1 *c);

/** Waits while the connection is idle, and returns 0 once edo_http1_is_reusable() is false: the
 * server has closed it, or has sent what nobody asked for. For a pool, which then closes it, too.
 * Errors:  -ENOTSUP    the stream cannot tell (edo_io_ready())
 *          -ECANCELED; else as edo_io_ready()
 * Cancel: safe: the connection can be used again.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_http1_wait_end(edo_http1 *c);

/** Returns the values that go with the connection; edo_http1_close() drops them.
 * Owns:    borrows from the connection. */
EDO_API edo_ext *edo_http1_ext(edo_http1 *c);

/** Sends a request and waits for the head of its response: returns 0, with the response in `*out`.
 * Informational responses before it are passed over, or given to `informational`; a server that
 * sends more than 1,000 of them, or more than `head_bytes_max` bytes in all, breaks a limit.
 *
 * A response may come before the request was sent whole. The rest is then sent by reads of the
 * response's body, while these wait: so bodies can stream both ways, and one whose response was
 * read to the end stays unfinished (edo_http1_is_reusable() is then false).
 *
 * A read of the response's body fails, and each one after it, with -EDO_EEOF if the server ends the
 * connection before the end of the body, and with -EBADMSG if the framing is bad. The end of the
 * connection is the end of a body only if nothing else says where that is. Reads also return what
 * the stream `req->body` fails with.
 *
 * After 101 to a request with "Connection: upgrade" and `Upgrade`, and after 2xx to CONNECT,
 * `res->body` is the connection itself, both ways, from the first byte behind the head.
 *
 * Before it sends, it looks for the end of the connection and for bytes that nobody asked for,
 * without a system call where the worker is told of both anyway, and was a moment ago: what it has
 * not heard of yet is found by the request, whose failure is then one of those below.
 * Spec:    RFC 9112.
 * Owns:    borrows what the request points to until return; its `data` and `body`, and with
 *          `trailers` those and `headers`, until the response was read to its end, or the
 *          connection is closed. Lends `*out` and its body:
 *          the body is not to be unreferenced or closed.
 * Errors:  -EDO_ECLOSED   no byte of the request was sent, nor one of `body` read: the connection
 *                         has ended or is not reusable. The request may be sent on another one.
 *                         So this code of `informational` or of `body` becomes -ECONNABORTED.
 *          -EINVAL        the request is malformed, or a reserved field is not 0; -EMSGSIZE  its
 *                         head has more than 16 KiB. Nothing was sent, the connection stays good
 *          -EDO_EEOF      the server has ended the connection without a response
 *          -EPROTO        the response breaks the rules;  -EDO_ETOOLONG  its head a limit
 *          -EMSGSIZE      `body` ended before `length` bytes, or its trailers have more than 16 KiB
 *          -ETIMEDOUT     `read_timeout` has passed
 *          -ENOMEM        edo_http1_is_reusable() is true if nothing was sent
 *          -ECANCELED; what reads of `body` return, what the stream of the connection
 *          does; what `informational` returns
 *          After all but -ENOMEM and those of the first two lines the connection is good for
 *          nothing but edo_http1_close().
 * Cancel:  not safe: the connection is then good for nothing but edo_http1_close().
 * Waits:   for the head of the response. */
EDO_MUST_USE EDO_API int edo_http1_send(edo_http1 *c, edo_http_response **out,
                                        const edo_http_request *req);

EDO_END_DECLS

#endif
