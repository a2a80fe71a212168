/* SPDX-License-Identifier: MIT */
/* http/h1/fields.h: what the fields of a head say about the message and the connection. The
 * length of the body is left to framing.h. */
#ifndef EDOI_HTTP_H1_FIELDS_H
#define EDOI_HTTP_H1_FIELDS_H

#include "http/h1/parsed_head.h"

/* Notes what one field says. Returns 0, or the code of edoi_h1_refuse(). */
int edoi_h1_field(edoi_h1_head *h, edo_header_id id, edo_str value);

/* Decides, once all fields were noted. Returns as edoi_h1_field() does. */
int edoi_h1_fields_end(edoi_h1_head *h);

/* Is it a host, perhaps with a port, and without a userinfo? In any version of HTTP. */
EDO_API bool edoi_http_host_is_valid(edo_str host);

/* Checks the Host of a request as a server has to (RFC 9112 section 3.2): there is one on 1.1, and
 * at most one before, and its value is valid. Returns 0 or -EPROTO. */
int edoi_h1_check_host(edoi_h1_head *h);

#endif
