/* SPDX-License-Identifier: MIT */
/* http/server/exchange/peer.c: the client of a connection. Layers ask for its address with each
 * request; the kernel is asked once. */
#include "http/server/exchange/exchange.h"

#include <edo/net.h>

#include <errno.h>
#include <string.h>

edoi_http_client *edoi_http_client_new(const edo_addr *addr, bool is_named, bool is_tls) {
    edoi_http_client *client = edo_rc_new(sizeof *client + addr->bytes, NULL);
    if (!client) return NULL;
    client->is_named = is_named;
    client->is_tls = is_tls;
    client->bytes = addr->bytes;
    memcpy(client->sock, &addr->sock, addr->bytes);
    return client;
}

/* Of several handlers that have asked at once the first one keeps what it got. Without memory the
 * kernel is asked again. */
static void peer_keep(edoi_http_conn *c, const edo_addr *addr) {
    edoi_http_client *client = edoi_http_client_new(addr, false, c->server->opts.tls != NULL);
    void *none = NULL;
    if (client && !edoi_cas_acqrel_ptr(&c->client, &none, client)) // HP1: pairs with HP2
        edo_rc_unref(client);
}

int edo_request_peer(edo_request *req, edo_addr *out) {
    edoi_http_conn *c = edoi_exchange_of_request(req)->conn;
    const edoi_http_client *client = edoi_http_client_of(c);
    if (!client) {
        int err = edo_stream_peer_addr(edoi_http_socket(c), out);
        if (err == 0) peer_keep(c, out);
        return err;
    }
    *out = (edo_addr){ .bytes = client->bytes };
    memcpy(&out->sock, client->sock, client->bytes);
    return 0;
}

int edo_request_peer_cred(edo_request *req, edo_cred *out) {
    const edoi_http_conn *c = edoi_exchange_of_request(req)->conn;
    const edoi_http_client *client = edoi_http_client_of(c);
    return client && client->is_named ? -ENOTSUP : edo_stream_peer_cred(edoi_http_socket(c), out);
}
