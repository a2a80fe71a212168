/* SPDX-License-Identifier: MIT */
/* web/ws/open/tunnel.c: the client's side of the handshake over HTTP/2 (RFC 8441 section 5): a
 * CONNECT that names the protocol. There is no key: what is behind an intermediary that does not
 * know WebSockets never sees such a request. */
#include "client/pool/tunnel.h"
#include "web/ws/open/client.h"

#include <errno.h>

static int tunnel_attach(edo_ws *ws, const edoi_tunnel *t, const edo_ws_opts *o) {
    edo_stream *stream;
    int err = edoi_ws_take_agreed(ws, &t->res->headers, o);
    if (err < 0) {
        edoi_tunnel_drop(t);
        return err;
    }
    err = edoi_tunnel_stream(&stream, t);
    if (err < 0) return err;
    err = edoi_ws_attach(ws, stream, EDO_STR(""));
    edo_stream_unref(stream);
    return err;
}

int edoi_ws_open_tunnel(edo_ws *ws, edoi_client_pool_host *host, const edo_uri *uri, edo_str target,
                        const edo_ws_client_opts *o) {
    edoi_tunnel t;
    edo_headers headers;
    edo_headers_init(&headers);
    const edo_http_request req = { .method = EDO_METHOD_CONNECT,
                                   .protocol = EDO_STR("websocket"),
                                   .target = target,
                                   .headers = &headers };
    int err = edoi_ws_set_offers(&headers, uri, o);
    if (err == 0) err = edoi_tunnel_ask(&t, host, &req, o->http2 == EDO_WS_HTTP2_FIRST);
    edo_headers_deinit(&headers);
    if (err < 0) return err;
    if (t.res->is_upgraded) return tunnel_attach(ws, &t, &o->socket);
    err = edoi_ws_keep_refusal(o->refusal, t.res);
    edoi_tunnel_drop(&t);
    return err;
}
