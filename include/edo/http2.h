/* SPDX-License-Identifier: MIT */
/* edo/http2.h: HTTP/2 for the servers of edo/http_server.h and edo/web.h, by nghttp2. In a library
 * of its own, libedo-http2 (pkg-config edo-http2), beside libedo-http.
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
 * GOAWAY with ENHANCE_YOUR_CALM; the log at debug and the metric `edo.http2.ended` name the reason:
 * "too many resets" (by the client, or that it has made the server do), "too many frames that carry
 * nothing", "too many CONTINUATION frames", "too many acknowledgements that wait", "fields without
 * end". Handlers that still run for requests that were reset count among `streams_max`, fields of
 * all requests of a connection are 1 MiB at most: beyond, requests are refused. The time limits of
 * edo_http_server_opts hold: `body_timeout` and `write_timeout` for each stream, `rate_min` while a
 * handler waits, `idle_timeout` for a connection without a stream.
 *
 * Values of `authorization`, `proxy-authorization`, `cookie`, `set-cookie` and of fields that are
 * marked EDO_HEADER_SENSITIVE are never put into the tables of the compression. */
#ifndef EDO_HTTP2_H
#define EDO_HTTP2_H

#include <edo/http_server.h>

EDO_BEGIN_DECLS

/* The option `http2` of edo_http_server_opts; all zero is the default. Sizes are bytes. */
typedef struct edo_http2_opts {
    uint32_t stream_window; /* of a request's body that comes before the handler reads; 0: 1 MiB */
    uint32_t conn_window;   /* of all of a connection, at least `stream_window`; 0: 1 MiB */
    uint32_t frame_max;     /* of a frame that comes, 16,384 to 16,777,215; 0: 16,384 */
    uint32_t
        streams_max; /* requests of a connection at once; one more is refused in such a way that
                             its client may try again; 0: 200 */
    uint32_t
        send_buf; /* of a response's body that was written and not yet sent; 0: 64 KiB. All of a
                          connection hold at most 1 MiB, and 4 KiB each beyond that */
    uint32_t header_list_max; /* of a request's fields, as RFC 9113 counts them, 32 bytes a field
                                 included: 431 beyond; 0: 16 KiB */
    uint32_t header_table;    /* of the table by which a client compresses; 0: 4,096 */
    uint32_t resets_max; /* requests that a client may take back at once, by resets of its own or by
                            what makes the server reset; as many again each second: a client that
                            goes beyond loses its connection. 0: 100 */
    edo_duration ping_interval; /* a client that has said nothing for so long is sent a PING; 0 and
                                   negative: none is sent */
    edo_duration ping_timeout;  /* after it, until the connection is given up as lost; 0: 20 s */
    bool no_connect;      /* refuse WebSockets over HTTP/2 (extended CONNECT, RFC 8441). A handler
                             sees such a request as a GET with `Upgrade: websocket`, as it comes by
                             HTTP/1.1; edo_upgrade() gives it the stream */
    uint64_t reserved[6]; /* must be 0 */
} edo_http2_opts;

EDO_END_DECLS

#endif
