/* SPDX-License-Identifier: MIT */
/* http/server/exchange/misdirected.c: requests for another name than the handshake of TLS. */
#include "base/text/ascii.h"
#include "http/server/exchange/exchange.h"
#include "tls/ops.h"

#include <edo/uri.h>

#include <arpa/inet.h>
#include <string.h>

static bool misdirected_host_is_number(edo_str host) {
    char text[INET_ADDRSTRLEN];
    unsigned char bytes[4];
    if (host.len > 0 && host.ptr[0] == '[') return true;
    if (host.len == 0 || host.len >= sizeof text) return false;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    return inet_pton(AF_INET, text, bytes) == 1;
}

static bool misdirected_host_is_name(edo_str host, const char *name) {
    if (host.len > 0 && host.ptr[host.len - 1] == '.') host.len--;
    return edoi_equal_nocase(host, edo_str_of(name));
}

bool edoi_http_is_misdirected(const edoi_http_exchange *x, edo_str target, edo_str host) {
    const edo_tls_server *tls = x->server->opts.tls;
    if (EDOI_LIKELY(!tls)) return false;
    const char *name = edoi_tls_server_ops_of(tls)->bound_name(x->conn->stream);
    edo_uri uri;
    if (!name) return false;
    bool is_whole = target.len > 0 && target.ptr[0] != '/' && edo_uri_parse(&uri, target) == 0 &&
                    uri.host.len > 0; // counts before Host
    if (!is_whole && host.len == 0) return false;
    if (!is_whole && edo_uri_parse_authority(&uri, host) < 0) return true; // gRPC's are opaque
    return name[0] ? !misdirected_host_is_name(uri.host, name)
                   : !misdirected_host_is_number(uri.host);
}
