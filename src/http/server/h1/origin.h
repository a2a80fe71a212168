/* SPDX-License-Identifier: MIT */
/* http/server/h1/origin.h: where a connection comes from. A proxy in front of the server may
 * name its client by a header of the PROXY protocol, at the beginning of the connection. */
#ifndef EDOI_HTTP_SERVER_H1_ORIGIN_H
#define EDOI_HTTP_SERVER_H1_ORIGIN_H

#include "http/server/h1/h1.h"

/* The states of a connection's `origin`. */
typedef enum edoi_http_origin {
    EDOI_HTTP_ORIGIN_KNOWN,   /* the peer, or the header, was looked at */
    EDOI_HTTP_ORIGIN_UNASKED, /* before the first byte, on a server with the option `proxy` */
    EDOI_HTTP_ORIGIN_TRUSTED, /* the peer may send a header */
} edoi_http_origin;

/* Looks at the beginning of the input. Returns 0 if there is no header, or if it was taken;
 * EDOI_HTTP_MORE; or a negative code, with which the connection ends. */
EDO_MUST_USE int edoi_http_parse_origin(edoi_http_exchange *x);

/* As that, before the handshake of TLS: waits for the header, if one may come, and takes no byte
 * behind it. Does nothing if that was done. Returns 0, or a code, with which the connection
 * ends. */
EDO_MUST_USE int edoi_http_read_origin(edoi_http_conn *c);

#endif
