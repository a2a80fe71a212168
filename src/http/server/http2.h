/* SPDX-License-Identifier: MIT */
/* http/server/http2.h: the server's side of HTTP/2, for its connections and for libedo-http2. */
#ifndef EDOI_HTTP_SERVER_HTTP2_H
#define EDOI_HTTP_SERVER_HTTP2_H

#include "http/server/http2_ops.h"
#include "http/server/server.h"

#define EDOI_HTTP2_PREFACE       "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define EDOI_HTTP2_PREFACE_BYTES 24u

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

/* Called by the state machine: the session is over. Returns false if the server has taken the
 * connection to close it. */
bool edoi_http_conn_begin_leave(edoi_http_conn *c);

/* Called by the state machine: no stream is left. */
EDO_API void edoi_http_conn_begin_idle(edoi_http_conn *c);

#endif
