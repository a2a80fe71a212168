/* SPDX-License-Identifier: MIT */
/* http/server/origin.h: from whom a connection comes: a proxy before the server may say so, by a
 * header of the PROXY protocol at the beginning of the connection. */
#ifndef EDOI_HTTP_SERVER_ORIGIN_H
#define EDOI_HTTP_SERVER_ORIGIN_H

#include "http/server/exchange.h"

/* What a connection's `origin` says. */
typedef enum edoi_http_origin {
    EDOI_HTTP_ORIGIN_KNOWN,   /* nothing is left to do */
    EDOI_HTTP_ORIGIN_UNASKED, /* before the first byte of a server with the option `proxy` */
    EDOI_HTTP_ORIGIN_TRUSTED, /* the peer may send a header */
} edoi_http_origin;

/* Looks at the beginning of the input. Returns 0: the header, if there may be one, is taken;
 * EDOI_HTTP_MORE; or a negative code, with which the connection ends. */
EDO_MUST_USE int edoi_http_parse_origin(edoi_http_exchange *x);

#endif
