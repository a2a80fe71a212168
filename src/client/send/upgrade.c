/* SPDX-License-Identifier: MIT */
/* client/send/upgrade.c: requests that ask for another protocol. Where a proxy passes on one
 * for a WebSocket, a server of HTTP/2 is asked for a tunnel instead (RFC 8441), if it takes such:
 * then its response is 200, and has no proof of a key. */
#include "client/pool/tunnel.h"
#include "client/send/send.h"
#include "http/types/bytes_of.h"

#include <edo/http_fields.h>

#include <errno.h>

static edo_str upgrade_to(const edoi_call *k) {
    return k->req->headers ? edo_headers_get(k->req->headers, EDO_HEADER_UPGRADE)
                           : (edo_str){ NULL, 0 };
}

bool edoi_call_upgrades(const edoi_call *k) {
    if (!upgrade_to(k).ptr) return false;
    return edo_header_has(edo_headers_get(k->req->headers, EDO_HEADER_CONNECTION),
                          EDO_STR("upgrade"));
}

bool edoi_call_may_tunnel(const edoi_call *k) {
    return k->now.as_is && k->now.method == EDO_METHOD_GET && edoi_call_upgrades(k) &&
           edoi_is_word(upgrade_to(k), EDO_STR("websocket"));
}

int edoi_call_tunnel(edoi_call *k, edoi_client_pool_host *host, edo_http_response **out) {
    edoi_tunnel t;
    const edo_http_request ask = { .method = EDO_METHOD_CONNECT,
                                   .protocol = EDO_STR("websocket"),
                                   .target = k->now.target,
                                   .headers = &k->headers,
                                   .informational = k->now.informational,
                                   .arg = k->now.arg,
                                   .read_timeout = k->now.read_timeout };
    (void)edo_headers_remove(&k->headers, EDO_HEADER_SEC_WEBSOCKET_KEY);
    int err = edoi_tunnel_ask(&t, host, &ask, true);
    k->is_sent |= t.is_sent;
    if (err < 0) return err;
    err = edoi_fetched_new(k->client, t.conn, t.res, k, false);
    if (err == 0)
        *out = t.res;
    else
        edoi_tunnel_drop(&t);
    return err;
}
