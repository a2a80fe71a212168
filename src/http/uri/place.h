/* SPDX-License-Identifier: MIT */
/* http/uri/place.h: where a URI leads, as fields of a span. */
#ifndef EDOI_HTTP_URI_PLACE_H
#define EDOI_HTTP_URI_PLACE_H

#include "log/span/note.h"

#include <edo/uri.h>

/* The host, an IPv6 address without its brackets. */
EDOI_INLINE edo_kv edoi_uri_kv_address(const edo_uri *u) {
    edo_str host = u->host;
    if (host.len > 2 && *host.ptr == '[') host = (edo_str){ host.ptr + 1, host.len - 2 };
    return edoi_kv_some("server.address", host);
}

/* The port, also one that the scheme stands for. */
EDOI_INLINE edo_kv edoi_uri_kv_port(const edo_uri *u) {
    return edoi_kv_above_0("server.port", edo_uri_port(u));
}

#endif
