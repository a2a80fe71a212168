/* SPDX-License-Identifier: MIT */
/* edo/ws_client.h: the client's end of a WebSocket (RFC 6455). In libedo-web.
 *
 *     edo_ws *ws;
 *     edo_ws_message m;
 *     int err = edo_ws_connect(&ws, EDO_STR("ws://127.0.0.1:8080/echo"), NULL);
 *     if (err < 0) return err;
 *     err = edo_ws_send_text(ws, EDO_STR("hello"));
 *     if (err == 0) err = edo_ws_recv(ws, &m);
 *     return edo_ws_end(ws, err);
 *
 * Messages are those of edo/ws.h; one task may receive, and others may send.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_WS_CLIENT_H
#define EDO_WS_CLIENT_H

#include <edo/ws.h>

EDO_BEGIN_DECLS

/* A response that is no WebSocket: a redirect, an error. All zero: there was none. */
typedef struct edo_ws_refusal {
    edo_status status;
    edo_buf location; /* its `Location`, if it has one */
    edo_buf body;     /* of it at most 16 KiB */
} edo_ws_refusal;

/** Gives the memory of a refusal back.
 * Threads: one at a time.   Waits: never. */
EDO_API void edo_ws_refusal_deinit(edo_ws_refusal *r);

/* When a socket is a stream of a connection of HTTP/2 that others share (RFC 8441). The end of that
 * connection is the end of the socket. */
typedef enum edo_ws_http2 {
    EDO_WS_HTTP2_IF_THERE, /* if the client has one already, whose server takes WebSockets there,
                              and a stream is free: as browsers do. Else HTTP/1.1 is used, over a
                              connection of its own */
    EDO_WS_HTTP2_NEVER,    /* HTTP/1.1, whatever there is */
    EDO_WS_HTTP2_FIRST,    /* the client also makes one. If the server turns out not to take
                              WebSockets there, that stays in the pool, and HTTP/1.1 is used */
} edo_ws_http2;

/* All zero is the default. */
typedef struct edo_ws_client_opts {
    edo_ws_opts socket;             /* as for a server: what it says of origins is passed over, and
                                   `protocols` are offered */
    const edo_headers *headers;     /* of the request besides those of the handshake: `Origin`,
                                   `Authorization`, `Cookie`; NULL: none */
    edo_duration timeout;           /* until the handshake is over; 0: 10 s; negative: never */
    edo_ws_refusal *refusal;        /* filled in if the server responds something else; NULL: it is
                                   dropped */
    struct edo_http_client *client; /* makes the connection: with its TLS, proxies, addresses; NULL:
                                       the runtime's own for wss, none for ws */
    edo_ws_http2 http2;             /* in programs with libedo-http2, with a client that speaks it:
                                       for wss, for ws with its `prior_knowledge` */
    uint64_t reserved[3];           /* must be 0 */
} edo_ws_client_opts;

/** Connects to a server: "ws://host:port/path?query" (port 80 unless it is named), "wss://…" (443;
 * by TLS, see edo/http_client.h), or "ws+unix:/path/of/socket:/path?query". Redirects are not
 * followed: they are a refusal. The request carries the ids that are bound here, and is a span, as
 * one of edo_fetch(); what follows is none.
 * Owns:    returns new: edo_ws_end(), by the task that receives. Borrows `url` and `opts` until
 *          return, and the protocols of `opts->socket` until the socket is ended.
 * Errors:  -EINVAL     the address or `http2` is none, or a reserved field is not 0
 *          -ENOTSUP    another scheme; wss in a program that is not linked with libedo-tls
 *          -EACCES     the server has refused: `opts->refusal` says how
 *          -EPROTO     its response breaks RFC 6455, or names what was not offered
 *          -ECONNRESET by HTTP/2 also: it has reset the request
 *          -ETIMEDOUT;  -ENOMEM;  those of edo_tcp_connect(), edo_tls_connect_over() and
 *          edo_http1_send()
 * Cancel: safe: the attempt is given up.   Threads: any, at once.
 * Waits:   for the connection and the response. */
EDO_MUST_USE EDO_API int edo_ws_connect(edo_ws **out, edo_str url, const edo_ws_client_opts *opts);

/** As edo_ws_connect(), over a stream that is connected already: by way of a proxy, or TLS. Of
 * `url` the host and what follows it are used; its scheme may be any.
 * Owns: takes `stream`, on failure, too.   Errors: as edo_ws_connect()
 * Cancel: safe: the attempt is given up.   Threads: any, at once.   Waits: for the response. */
EDO_MUST_USE EDO_API int edo_ws_connect_over(edo_ws **out, edo_stream *stream, edo_str url,
                                             const edo_ws_client_opts *opts);

EDO_END_DECLS

#endif
