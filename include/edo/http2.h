/* SPDX-License-Identifier: MIT */
/* edo/http2.h: HTTP/2 by nghttp2, in a library of its own, libedo-http2 (pkg-config edo-http2),
 * beside libedo-http: for the servers of edo/http_server.h and edo/web.h, and one connection of a
 * client.
 *
 * A program that links it serves HTTP/2 without a further line: to clients that agree on "h2" in
 * the handshake of TLS (`alpn` of edo_tls_server_opts: "h2,http/1.1"), and in clear text to those
 * that begin with HTTP/2 (prior knowledge). All others get HTTP/1.1. The same handler serves
 * each request of either, in a fiber of its own; requests of one connection run at once.
 *
 * What differs for a handler:
 *   - edo_request: `version` is EDO_HTTP_2, `target` is the path (of CONNECT: the authority), and
 *     `host` is a field, also if the client has sent :authority alone.
 *   - A client takes a request back by a reset: its handler is cancelled.
 *   - A response that fails in its middle resets its own stream, and not the connection.
 *   - edo_request_conn_ext() is that of the request, since several run at once.
 *   - A reason has no place in HTTP/2; fields of the connection (`Connection`, `Upgrade` …) are
 *     left out; names are sent in lower case.
 *
 * A client that makes the server work, or hold memory, for next to nothing loses its connection, by
 * GOAWAY with ENHANCE_YOUR_CALM if it still reads; the log at debug and the metric
 * `edo.http2.ended` name the reason:
 * "too many resets" (by the client before a handler has begun and sooner than one that waits, or
 * that it has made the server do; see `resets_max`), "too many frames that carry nothing", "too
 * many PINGs" (`ping_min`), "too many CONTINUATION frames", "too many acknowledgements that wait",
 * "too many frames that wait" (refusals, of a client that does not read), "fields without end". Another error has "a head of a stream that is over, or was left out":
 * STREAM_CLOSED or PROTOCOL_ERROR. Handlers that still run for requests that were reset are
 * `streams_max` at most, fields of all requests of a connection 1 MiB: beyond, requests are
 * refused. The time limits of edo_http_server_opts hold: `header_timeout`, `body_timeout` and
 * `write_timeout` for each stream, which is reset then, `rate_min` while a handler waits, and for
 * what one that has ended has left to be sent once that takes longer than `write_timeout` (with a
 * `rate_min` of 0 that lasts as long as the client takes a byte in each such time),
 * `idle_timeout` for a connection without a stream.
 *
 * The metric `edo.http2.resets` counts requests that were taken back before a handler has begun, by
 * `verdict`: "late" (its client may have waited), "wasted" (one of `resets_max`); and "shed", those
 * that are refused since more than these are owed.
 *
 * Values of `authorization`, `proxy-authorization`, `cookie`, `set-cookie` and of fields that are
 * marked EDO_HEADER_SENSITIVE are never put into the tables of the compression.
 *
 * Unless a function says otherwise:
 * Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP2_H
#define EDO_HTTP2_H

#include <edo/http_message.h>
#include <edo/http_server.h>
#include <edo/net.h>

EDO_BEGIN_DECLS

/* Options of a connection: `http2` of edo_http_server_opts, and those of edo_http2_connect() and
 * edo_http2_over(); all zero is the default. Sizes are bytes. `peer` is the other end. */
typedef struct edo_http2_opts {
    uint32_t stream_window; /* of a body that comes before it is read; 0: 1 MiB, of a client 2 */
    uint32_t conn_window;   /* of all of a connection, at least `stream_window`; 0: 1 MiB, of a
                               client 5 */
    uint32_t frame_max;     /* of a frame that comes, 16,384 to 16,777,215; 0: 16,384 */
    uint32_t streams_max;   /* requests of a connection at once. Of a server: one more is refused in
                               such a way that its client may try again; 0: 200. Of a client: one
                               more waits, as it does if the server allows less; 0: what the server
                               allows, 100 until it has said that */
    uint32_t send_buf;      /* of a body that was written and not yet sent; 0: 64 KiB. All of a
                               connection hold at most 1 MiB, and 4 KiB each beyond that */
    uint32_t header_list_max; /* of a message's fields, as RFC 9113 counts them, 32 bytes a field
                                 included; 0: what HTTP/1.1 lets through: `head_bytes_max` of the
                                 server and 32 bytes for each of `headers_max`, 35,968 if nothing
                                 else is set, also of a client, 131,072 at most. Beyond,
                                 a request is responded
                                 to by 431, and one that gets such a response fails with
                                 -EDO_ETOOLONG */
    uint32_t header_table;    /* of the table by which the peer compresses; 0: 4,096 */
    uint32_t resets_max; /* of servers: requests that a client may take back at once before their
                            handlers have begun, or by what makes the server reset; as many again
                            each second, and one for each response that is sent to its end, and
                            is no refusal. Of a client that takes back more requests are
                            refused, until time or responses have made up for it; with as many
                            again, or with one more that it makes the server reset, it loses its
                            connection. Calls that end by cancel or by their time while their
                            handlers run do not count, nor, since a server may be too busy to begin
                            them, 50 a second for each of `streams_max`, of 1,000 of these at
                            most, less of those with more than 2 KiB of fields. 0: 100 */
    edo_duration ping_interval; /* a peer that has said nothing for so long is sent a PING; 0 and
                                   negative: none is sent. Of a client only while a request is
                                   under way, unless there is `ping_idle` */
    edo_duration ping_timeout;  /* after it, until the connection is given up as lost; 0: 20 s. A
                                   peer whose kernel acknowledges some of what was sent before the
                                   PING gets as much time again */
    edo_duration ping_min;  /* of servers: a client may send a PING so long after the last one; the
                              third that comes sooner, with no response sent between them, ends
                              the connection: GOAWAY with ENHANCE_YOUR_CALM and the text
                              "too_many_pings", at which clients of gRPC ping half as often. 0 and
                              negative: as often as it likes */
    edo_duration age_grace; /* of servers: requests that are still under way so long after the
                               connection has passed `age_max` of edo_http_server_opts are
                               cancelled; 0 and negative: they go on */
    bool no_connect; /* of servers: refuse WebSockets over HTTP/2 (extended CONNECT, RFC 8441). A
                        handler sees such a request as a GET with `Upgrade: websocket`, as it comes
                        by HTTP/1.1; edo_upgrade() gives it the stream */
    /* The next ones are of clients. */
    bool ping_idle;           /* see `ping_interval` */
    bool is_tls;              /* the :scheme of requests whose target has none is https */
    uint32_t headers_max;     /* fields of a response; 0: 100 */
    const char *host;         /* the :authority of requests whose target and fields have none:
                                "example.com:8080"; NULL: what edo_http2_connect() was given, else
                                an empty one. A zone is not sent */
    edo_duration expect_wait; /* for "100 Continue"; 0: 1 s; negative (EDO_OFF): without a limit */
    const edo_tcp_opts *tcp;  /* of edo_http2_connect(); may be NULL */
    uint64_t reserved[4];     /* must be 0 */
} edo_http2_opts;

/* ---- One connection of a client --------------------------------------------------------------
 *
 *     edo_http2 *c;
 *     int err = edo_http2_connect(&c, "example.com:80", NULL);
 *     if (err < 0) return err;
 *     edo_http_response *res;
 *     err = edo_http2_send(c, &res, &(edo_http_request){ .target = EDO_STR("/") });
 *     if (err == 0) {
 *         err = edo_copy(out, res->body, NULL);
 *         edo_http_response_free(res);
 *     }
 *     edo_http2_close(c);
 *
 * Any number of tasks may send requests over it at once, each on a stream of its own. It begins
 * with HTTP/2 at once: over TLS the handshake has to agree on "h2" before.
 *
 * Two ways to send a body. edo_http2_send() takes it from `data`, or reads it from the stream
 * `body`, in polls of the task that waits for the response or reads it, as edo_http1_send() does.
 * edo_http2_open() leaves it to the caller, who writes it when it likes, and reads the response
 * meanwhile: a conversation.
 *
 *     err = edo_http2_open(c, &res, &(edo_http_request){ .method = EDO_METHOD_POST, .length = -1 });
 *                                                     one task:             another task:
 *     edo_write_all(res->body, "one", 3);
 *                                                                           edo_http2_head(res);
 *     edo_write_all(res->body, "two", 3);                                   edo_read(res->body, …);
 *     edo_shutdown(res->body);   // the body ends                           edo_read(res->body, …);
 *                                                     when both have ended:
 *     edo_http_response_free(res);
 *
 * One task may write while another waits for the head and then reads. A write waits while
 * `send_buf` bytes have not left: so a server that does not read stops it. What a server sends
 * waits in the windows until it is read. A write fails with -EPIPE once the server does not want
 * more of the body: its response may be whole nevertheless, and is read first.
 *
 * A response ends by edo_http_response_free(), which takes back a request that is still under way,
 * by a reset (CANCEL). It may be read after the end of its connection, as far as it has come. */

/* A connection. */
typedef struct edo_http2 edo_http2;

/* Codes by which a stream or a connection ends (RFC 9113, section 7). */
typedef enum edo_http2_code {
    EDO_HTTP2_NO_ERROR,
    EDO_HTTP2_PROTOCOL_ERROR,
    EDO_HTTP2_INTERNAL_ERROR,
    EDO_HTTP2_FLOW_CONTROL_ERROR,
    EDO_HTTP2_SETTINGS_TIMEOUT,
    EDO_HTTP2_STREAM_CLOSED,
    EDO_HTTP2_FRAME_SIZE_ERROR,
    EDO_HTTP2_REFUSED_STREAM,
    EDO_HTTP2_CANCEL,
    EDO_HTTP2_COMPRESSION_ERROR,
    EDO_HTTP2_CONNECT_ERROR,
    EDO_HTTP2_ENHANCE_YOUR_CALM,
    EDO_HTTP2_INADEQUATE_SECURITY,
    EDO_HTTP2_HTTP_1_1_REQUIRED,
} edo_http2_code;

/** Connects to `addr`, as edo_tcp_connect() does, for HTTP/2 in clear text (prior knowledge).
 * `addr` without a port 80 is the :authority of requests.
 * Owns:    borrows `addr` and `opts` (may be NULL) until return; returns new in `*out`:
 *          edo_http2_close().
 * Errors:  as edo_tcp_connect() and edo_http2_over()
 * Cancel: safe: the attempt is given up, `*out` is untouched.   Threads: any, at once.
 * Waits:   for the connection, and not for the server's SETTINGS. */
EDO_MUST_USE EDO_API int edo_http2_connect(edo_http2 **out, const char *addr,
                                           const edo_http2_opts *opts);

/** Makes a connection over any stream of bytes. A task of the current runtime reads and writes it,
 * until its end.
 * Owns:    takes `stream` on success; borrows `opts` (may be NULL) until return; returns new in
 *          `*out`: edo_http2_close().
 * Errors:  -EINVAL  the host is none, a size is out of its range, or a reserved field is not 0
 *          -ENOMEM; -EDO_ENORUNTIME; -EDO_ECLOSED  the runtime ends
 * Threads: any that is in a runtime. */
EDO_MUST_USE EDO_API int edo_http2_over(edo_http2 **out, edo_stream *stream,
                                        const edo_http2_opts *opts);

/** Takes one more reference, which edo_http2_close() gives back.
 * Owns: shares `c`.   Threads: any, at once. */
EDO_API edo_http2 *edo_http2_ref(edo_http2 *c);

/** Gives a reference back; the last one closes the connection at once: requests that are under way
 * fail with -ECONNABORTED. Responses stay. NULL is allowed.
 * Owns: takes the reference.   Threads: any, at once. */
EDO_API void edo_http2_close(edo_http2 *c);

/** Ends the connection in order: it takes no more requests, those that are under way go on, and at
 * their end it says GOAWAY and closes. Returns 0 when it has ended, or the code it has failed with.
 * Errors:  -ECANCELED; else as edo_http2_send()
 * Cancel:  safe: the connection goes on to its end.   Threads: any, at once.
 * Waits:   for the responses to be read. */
EDO_MUST_USE EDO_API int edo_http2_shutdown(edo_http2 *c);

/** Waits until the connection takes no more requests: its server has said GOAWAY, it has ended, or
 * edo_http2_shutdown() was called. Returns 0.
 * Owns:    borrows a reference until return.
 * Errors: -ECANCELED   Cancel: safe.   Threads: any, at once.   Waits: for that. */
EDO_MUST_USE EDO_API int edo_http2_wait(edo_http2 *c);

/** Returns whether a request may be sent, which need not wait for others if `now`: the connection
 * is there, and the server has not said GOAWAY.
 * Threads: any, at once. */
EDO_API bool edo_http2_is_open(edo_http2 *c, bool now);

/** Returns the code with which the server has said that the connection ends (GOAWAY), and writes
 * the text that came with it to `text` (NULL if `text_max` is 0), up to 31 bytes and a NUL, as far
 * as there is room.
 * Errors:  -EAGAIN  it has not said so
 * Threads: any, at once. */
EDO_API int edo_http2_goaway(edo_http2 *c, char *text, size_t text_max);

/** Returns the stream of the connection, for its addresses and the options of its socket. It is not
 * to be read or written.
 * Owns: lends it until the connection's end.   Threads: any, at once. */
EDO_API edo_stream *edo_http2_stream(edo_http2 *c);

/** Sends a request and waits for the head of its response: returns 0, with the response in `*out`.
 * Waits for a free stream before, in order of arrival. All of `req` is as for edo_http1_send(),
 * but for the fields of the connection and Host: the latter is :authority, and `Connection`,
 * `Keep-Alive`, `Proxy-Connection`, `Transfer-Encoding`, `Upgrade`, and a TE that is not "trailers"
 * are passed over. Values of secrets are never put into the tables of the compression, as
 * edo/http2.h says above of servers.
 *
 * `length` of a `body` is checked: one that ends before is an error. 1xx responses are passed over,
 * or given to `informational`. After 2xx to CONNECT `res->is_upgraded` is set, and `res->body` is
 * the tunnel, both ways; edo_shutdown() ends one. A CONNECT with `protocol` (RFC 8441) waits for
 * the server's SETTINGS. edo_http_response_free() of a tunnel that the server has ended, and in
 * which nothing is left to send, ends it, too; of any other it is a reset.
 *
 * A read of the response's body fails with -ECONNRESET if the server resets the stream before the
 * end, -EDO_EEOF if the connection ends, -EPROTO if the response breaks the rules; else with what
 * the connection has failed with, or `req->body` does. edo_http2_error() has the code of a reset;
 * the trail says which limit, or rule, was broken.
 * Owns:    borrows what the request points to until return; its `data` and `body`, and with
 *          `trailers` those and `headers`, until the response was read to its end, or freed.
 *          Returns new in `*out`: edo_http_response_free(), before or after the connection's end.
 * Errors:  -EDO_ECLOSED   the server has not seen the request, or refuses it without having looked at
 *                         it (REFUSED_STREAM, GOAWAY), and no byte of `body` was read: it may be sent
 *                         on another connection. This code of `informational` or of `body` becomes
 *                         -ECONNABORTED
 *          -ECONNREFUSED  likewise, but `body` was read
 *          -EINVAL        the request is malformed, or a reserved field is not 0; -EMSGSIZE  its
 *                         fields have more than 64 KiB, with 12 bytes more for each. Nothing was
 *                         sent
 *          -ENOTSUP       `protocol`: the server has not said that it takes such requests, or wants
 *                         this one by HTTP/1.1
 *          -ECONNRESET    the server has reset the stream before a head; see edo_http2_open()
 *          -EDO_EEOF      the connection has ended without a response
 *          -ETIMEDOUT     no acknowledgement of a PING
 *          -EPROTO        the response, or the server, breaks the rules;  -EDO_ETOOLONG  the head a
 *                         limit
 *          -EMSGSIZE      `body` ended before `length` bytes, or its trailers are as large
 *          -ENOMEM; -ECANCELED; -ECONNABORTED  the connection was closed here, or its runtime has
 *          ended; what reads of `body` return, what the stream of the connection does; what
 *          `informational` returns
 * Cancel:  safe: the request is taken back.   Threads: any, at once.
 * Waits:   for the head of the response. */
EDO_MUST_USE EDO_API int edo_http2_send(edo_http2 *c, edo_http_response **out,
                                        const edo_http_request *req);

/** Sends the head of a request, and leaves its body to the caller: see above. `res->body` is a
 * stream both ways at once; all else of `res`, and its input, are there after edo_http2_head().
 * `data` is sent as far as it goes, and the request ends with it unless `length` is -1; `body` has
 * to be NULL. `length` 0: the request has no body; more: the bytes that will be written.
 * `informational` is called in edo_http2_head().
 *
 * Operations on `res->body`: edo_write() waits for room; edo_flush() until all was taken for the
 * socket; edo_shutdown() ends the request, with `trailers`, or returns -EMSGSIZE if those are too
 * large; edo_close() of a reference takes the request back. Writes fail with -EPIPE when the stream
 * has ended; reads as those of edo_http2_send().
 * Owns:    copies the head and `data`; borrows `trailers` and `headers`, if there are `trailers`,
 *          until edo_shutdown(), and `arg` until the end of edo_http2_head(). Returns new in `*out`:
 *          edo_http_response_free().
 * Errors:  -EDO_ECLOSED  the connection takes no more requests
 *          -ENOTSUP      `protocol`: the server has not said that it takes such requests
 *          -EINVAL; -EMSGSIZE; -ENOMEM; -ECANCELED
 * Cancel:  safe: nothing was sent.   Threads: any, at once.
 * Waits:   for a free stream; with `protocol` also for the server's SETTINGS. */
EDO_MUST_USE EDO_API int edo_http2_open(edo_http2 *c, edo_http_response **out,
                                        const edo_http_request *req);

/** Waits for the head of the response to edo_http2_open(). Returns 0, also if it was there before.
 * Errors:  as edo_http2_send(); -EDO_ECLOSED  the server has not looked at the request, whatever
 *          was written of its body
 * Cancel:  safe: it may be called again.   Threads: one at a time, beside one that writes.
 * Waits:   for the head. */
EDO_MUST_USE EDO_API int edo_http2_head(edo_http_response *res);

/** Returns the code with which the stream of a response was reset, by the server or here, or that
 * of the server's GOAWAY if the connection has failed after one; a code that is not known is
 * EDO_HTTP2_INTERNAL_ERROR. Of a whole response too: a server that wants no more of the request
 * resets it with EDO_HTTP2_NO_ERROR.
 * Errors:  -EAGAIN  it was not reset;  -ENOTSUP  it is no response of HTTP/2
 * Threads: any, at once, while the response is there. */
EDO_API int edo_http2_error(const edo_http_response *res);

EDO_END_DECLS

#endif
