/* SPDX-License-Identifier: MIT */
/* http/server/handshake.c: the begin of a connection by TLS: a PROXY header in clear,
 * if there is one, and the handshake. A drain gives both as long as the rest of a head. */
#include "http/server/conn.h"
#include "http/server/h1/origin.h"
#include "http/server/http2.h"
#include "tls/ops.h"

#define EDO_TARGET "http"
#include <edo/log.h>

#define TO_PLAIN                                                                                   \
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 44\r\n"               \
    "Connection: close\r\n\r\nThis port speaks HTTPS, but got plain HTTP.\n"

/* Returns 0 with TLS over the connection's stream, or why the handshake has failed. */
static int begin_tls(edoi_http_conn *c) {
    edo_tls_server *tls = c->server->opts.tls;
    edo_stream *socket = c->stream, *s;
    int err =
        edoi_tls_server_ops_of(tls)->accept(&s, edo_stream_ref(socket), tls, EDO_STR(TO_PLAIN));
    if (err == 0) {
        c->stream = s;
        edo_stream_unref(socket);
    } else if (edo_log_enabled(EDO_LEVEL_DEBUG, EDO_TARGET)) {
        char why[512];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        edo_debug("a TLS handshake failed: %s", why);
    }
    return err;
}

/* Begins the version that the handshake has agreed on; without such an agreement the first bytes
 * say it. */
static void begin_agreed(edoi_http_conn *c) {
    edo_str agreed = edoi_tls_server_ops_of(c->server->opts.tls)->alpn(c->stream);
    if (agreed.len == 0 || c->version != EDOI_HTTP_CONN_UNASKED) return;
    edoi_http_conn_set_version(c, EDOI_HTTP_CONN_1);
    if (edo_str_equal(agreed, EDO_STR("h2"))) edoi_http2_begin(c, EDO_STR(""));
}

int edoi_http_handshake(void *conn) {
    edoi_http_conn *c = conn;
    EDO_CANCEL(b, c->server->late);
    int err = edoi_http_read_origin(c);
    if (err == 0) err = begin_tls(c);
    if (edo_cancel_end(&b, err) < 0)
        c->closing = true;
    else
        begin_agreed(c);
    edoi_http_conn_unref(c);
    return 0;
}
