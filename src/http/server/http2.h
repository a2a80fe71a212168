/* SPDX-License-Identifier: MIT */
/* http/server/http2.h: what a server calls of libedo-http2, which libedo-http does not link: a
 * table, which is there where the program has that library. */
#ifndef EDOI_HTTP_SERVER_HTTP2_H
#define EDOI_HTTP_SERVER_HTTP2_H

#include "http/server/server.h"

#define EDOI_HTTP2_PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define EDOI_HTTP2_PREFACE_BYTES 24u

typedef struct edoi_http2_server_ops {
    /* Makes what all connections of a server share: `s->http2`. Returns 0, -EINVAL or -ENOMEM. */
    int (*server_begin)(edoi_http_server *s);
    void (*server_end)(edoi_http_server *s);
    /* Makes the connection one of HTTP/2, `c->http2`; `bytes` were read already. Returns 0 or
     * -ENOMEM. */
    int (*begin)(edoi_http_conn *c, edo_str bytes);
    /* Polls the connection, for its state machine. `why` has EDO_DETACHED_DRAIN once, and
     * EDO_DETACHED_END when handlers are to end. Ready once it has ended, and no handler runs. */
    edo_polled (*poll)(edoi_http_conn *c, edo_cx *cx, uint32_t why);
    /* Ends what `poll` waits for, and cancels the handlers that are left. */
    void (*drop)(edoi_http_conn *c);
    /* Frees `c->http2`, with the last reference to the connection. */
    void (*free)(edoi_http_conn *c);
} edoi_http2_server_ops;

/* Weak: NULL in a program without libedo-http2. */
EDO_API extern const edoi_http2_server_ops edoi_http2_server EDOI_WEAK;

/* Does the server speak HTTP/2, too? */
EDOI_INLINE bool edoi_http2_is_on(const edoi_http_server *s) {
    return s->http2 != NULL;
}

/* Begins HTTP/2, with the bytes that were read. On failure the connection is `closing`. */
void edoi_http2_begin(edoi_http_conn *c, edo_str bytes);

/* ---- For libedo-http2 ------------------------------------------------------------------------ */

/* Takes a reference; edoi_http_conn_unref() gives it back. */
EDO_API void edoi_http_conn_ref(edoi_http_conn *c);

/* Called by the state machine: a stream has begun on an idle connection. Returns false if the
 * server has taken that to close it. */
EDO_API bool edoi_http_conn_begin_busy(edoi_http_conn *c);

/* Counts a connection that the server has ended for what its client did, if there are metrics.
 * `reason` is static. */
EDO_API void edoi_http_count_http2_ended(edoi_http_server *s, const char *reason);

/* Called by the state machine: no stream is left. */
EDO_API void edoi_http_conn_begin_idle(edoi_http_conn *c);

#endif
