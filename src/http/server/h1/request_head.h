/* SPDX-License-Identifier: MIT */
/* http/server/h1/request_head.h: makes the request that a handler gets out of the bytes of a
 * head. */
#ifndef EDOI_HTTP_SERVER_H1_REQUEST_HEAD_H
#define EDOI_HTTP_SERVER_H1_REQUEST_HEAD_H

#include "http/server/h1/h1.h"

#define EDOI_HTTP_MORE 1 /* the head is not whole yet */

/* Called before the first byte of a head is parsed. */
void edoi_http_begin_head(edoi_http_exchange *x);

/* Parses the input. Returns 0: `req`, `body` and `keeps` are set, and the head is taken from the
 * input; EDOI_HTTP_MORE; or the status to refuse the request with. */
int edoi_http_parse_head(edoi_http_exchange *x);

#endif
