/* SPDX-License-Identifier: MIT */
/* http/server/exchange/wire.h: what a version of HTTP does for an exchange. HTTP/1.1 is
 * server/h1/h1.c, HTTP/2 lies in libedo-http2. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_WIRE_H
#define EDOI_HTTP_SERVER_EXCHANGE_WIRE_H

#include <edo/http_upgrade.h>

typedef struct edoi_http_exchange edoi_http_exchange;

typedef enum edoi_framing {
    EDOI_FRAMING_LENGTH,    /* Content-Length */
    EDOI_FRAMING_CHUNKED,   /* the message says where its body ends */
    EDOI_FRAMING_CLOSE,     /* the end of the connection: HTTP/1.0 */
    EDOI_FRAMING_FORBIDDEN, /* for HEAD, 204, 304: writes are dropped */
} edoi_framing;

/* All are called in the handler's fiber. Those that send wait for room. They return 0 or a negative
 * code, unless they say otherwise. */
typedef struct edoi_http_wire {
    /* ---- The request's body ---- */
    edo_stream *(*body)(edoi_http_exchange *x);
    int (*body_failure)(const edoi_http_exchange *x); /* of its reads; 0: none so far */
    uint64_t (*body_taken)(const edoi_http_exchange *x);
    const edo_headers *(*trailers)(edoi_http_exchange *x); /* NULL: not all was read */
    /* Called after the handler: takes what is left, without waiting, so that a next request can
     * follow. Returns false if none can. */
    bool (*skip_body)(edoi_http_exchange *x);
    /* Is it known that the client gets no response? */
    bool (*is_lost)(const edoi_http_exchange *x);
    edo_ext *(*conn_ext)(edoi_http_exchange *x);
    void (*lift_limits)(edoi_http_exchange *x); /* of time; NULL: they stay */

    /* ---- The response ---- */
    const edo_stream_ops *reply; /* of `reply.stream` */
    /* Asks a client for the body that waits to be asked. */
    int (*invite)(edoi_http_exchange *x);
    int (*send_informational)(edoi_http_exchange *x, edo_status status);
    /* Sends the head, for a body of `length` bytes; -1: unknown. -EMSGSIZE and -EDO_EMISUSE:
     * nothing was sent. */
    int (*send_head)(edoi_http_exchange *x, edoi_framing framing, uint64_t length);
    /* Sends what such a head has announced, all at once. The bytes live as long as the exchange. */
    int (*send_whole)(edoi_http_exchange *x, edo_str whole);
    /* NULL: a file is read, and written to `reply.stream`. */
    int (*send_file)(edoi_http_exchange *x, edo_stream *file, uint64_t offset, uint64_t n);
    /* Called when the head of a body that is written later was sent. */
    int (*begin_body)(edoi_http_exchange *x);
    /* Takes the rest of a write to `reply.stream` that was cut short, without a wait. -ENOBUFS:
     * that would be too much; else nothing can be sent. NULL: none is taken. */
    int (*put_rest)(edoi_http_exchange *x, edo_str rest);
    /* Sends the end of a body that was written, with the trailers. */
    int (*end_body)(edoi_http_exchange *x);
    /* Ends the message so that nobody takes a part for the whole. */
    void (*break_off)(edoi_http_exchange *x);

    /* ---- Instead of a response ---- */
    /* As edo_upgrade(), edo_upgrade_raw() and edo_response_raw(), whose hooks are called already in
     * `raw`. */
    int (*upgrade)(edoi_http_exchange *x, edo_stream **out);
    int (*upgrade_raw)(edoi_http_exchange *x, edo_stream **out, edo_str *rest);
    int (*response_raw)(edoi_http_exchange *x, edo_stream **out, bool *is_chunked);
    int (*detach)(edoi_http_exchange *x, const edo_detached_ops *ops, void *arg);
} edoi_http_wire;

#endif
