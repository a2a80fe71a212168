/* SPDX-License-Identifier: MIT */
/* web/ws/open/client.h: the client's handshakes: over HTTP/1.1 (client.c), and over a connection of
 * HTTP/2 of the client's pool (tunnel.c). */
#ifndef EDOI_WEB_WS_OPEN_CLIENT_H
#define EDOI_WEB_WS_OPEN_CLIENT_H

#include "client/pool/pool.h"
#include "web/ws/ws.h"

#include <edo/ws_client.h>

/* Sets the fields of either request to `uri`: those of the program, what is offered, and the
 * baggage that goes there. Returns 0 or a code. */
int edoi_ws_set_offers(edo_headers *h, const edo_uri *uri, const edo_ws_client_opts *o);

/* Takes what the server has chosen of that. Returns 0, -EPROTO or -ENOMEM. */
int edoi_ws_take_agreed(edo_ws *ws, const edo_headers *h, const edo_ws_opts *o);

/* Keeps a response that is no socket; `r` may be NULL. Returns -EACCES, or another code. */
int edoi_ws_keep_refusal(edo_ws_refusal *r, edo_http_response *res);

/* Opens the socket to `uri` as a stream of HTTP/2. Returns 0; -ENOTSUP: HTTP/1.1 is to be used; or
 * another code. */
int edoi_ws_open_tunnel(edo_ws *ws, edoi_client_pool_host *host, const edo_uri *uri, edo_str target,
                        const edo_ws_client_opts *o);

#endif
