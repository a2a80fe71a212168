/* SPDX-License-Identifier: MIT */
/* client/pool/tunnel.h: a stream of a connection of HTTP/2 that many have, as a connection of
 * its own: extended CONNECT (RFC 8441). */
#ifndef EDOI_CLIENT_POOL_TUNNEL_H
#define EDOI_CLIENT_POOL_TUNNEL_H

#include "client/pool/pool.h"

/* A request for a tunnel that was responded to. */
typedef struct edoi_tunnel {
    edoi_client_pool_conn *conn; /* lent */
    edo_http_response *res;      /* of the connection; 2xx, with `is_upgraded`: there is a tunnel */
    bool is_sent; /* the server may have looked at the request: set on failure, too, and with
                     -ENOTSUP */
} edoi_tunnel;

/* Asks the host for a tunnel, by `req`, over a connection of HTTP/2: one that is there, or, if
 * `dials`, also one that is made. It waits for no stream. Returns 0 with a response, whatever that
 * is, which ends by one of the following; -ENOTSUP: there is no such connection or stream, or the
 * server does not take tunnels of the kind, or has not looked at the request, or its connection has
 * ended before a response, after which a handshake may be asked for again; or another failure.
 * Cancel-safe. */
EDO_API int edoi_tunnel_ask(edoi_tunnel *out, edoi_client_pool_host *host,
                            const edo_http_request *req, bool dials);

/* Makes the tunnel a stream, which takes all of it, also without memory: -ENOMEM. */
EDO_API int edoi_tunnel_stream(edo_stream **out, const edoi_tunnel *t);

/* Drops the response. */
EDO_API void edoi_tunnel_drop(const edoi_tunnel *t);

#endif
