/* SPDX-License-Identifier: MIT */
/* http/server/http2_ops.h: what a server calls of libedo-http2, which libedo-http does not link: a
 * table, which is there where the program has that library. */
#ifndef EDOI_HTTP_SERVER_HTTP2_OPS_H
#define EDOI_HTTP_SERVER_HTTP2_OPS_H

#include <edo/bytes.h>
#include <edo/future.h>

struct edoi_http_conn;
struct edoi_http_server;

/* What a stream of a connection waits for, as a look tells it. */
typedef enum edoi_http2_stream_state {
    EDOI_HTTP2_STREAM_HANDLED,
    EDOI_HTTP2_STREAM_READS,  /* for bytes of the client's */
    EDOI_HTTP2_STREAM_WINDOW, /* for room in the client's window, that of the stream or of all */
    EDOI_HTTP2_STREAM_WRITES, /* for the connection to take its bytes */
    EDOI_HTTP2_STREAM_TUNNEL, /* it has become a stream of bytes, which waits for none of these */
    EDOI_HTTP2_STREAM_ENDS,
    EDOI_HTTP2_STREAM_STATES
} edoi_http2_stream_state;

typedef struct edoi_http2_server_ops {
    /* Makes what all connections of a server share: `s->http2`. Returns 0, -EINVAL or -ENOMEM. */
    int (*server_begin)(struct edoi_http_server *s);
    void (*server_end)(struct edoi_http_server *s);
    /* Makes the connection one of HTTP/2, `c->http2`; `bytes` were read already. Returns 0 or
     * -ENOMEM. */
    int (*begin)(struct edoi_http_conn *c, edo_str bytes);
    /* Polls the connection, for its state machine. `why` has EDO_DETACHED_DRAIN once, and
     * EDO_DETACHED_END when handlers are to end. Ready once it has ended, and no handler runs. */
    edo_polled (*poll)(struct edoi_http_conn *c, edo_cx *cx, uint32_t why);
    /* Ends what `poll` waits for, and cancels the handlers that are left. */
    void (*drop)(struct edoi_http_conn *c);
    /* Frees `c->http2`, with the last reference to the connection. */
    void (*free)(struct edoi_http_conn *c);
    /* Adds the streams of the connection to those that were counted, by their state; at most
     * `most`. Any thread that sees to it that `c` stays; takes the lock of `c->http2`, a leaf. */
    void (*look)(struct edoi_http_conn *c, uint32_t *counts, uint32_t most);
} edoi_http2_server_ops;

/* Weak: NULL in a program without libedo-http2. */
EDO_API extern const edoi_http2_server_ops edoi_http2_server EDOI_WEAK;

#endif
