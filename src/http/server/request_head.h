/* SPDX-License-Identifier: MIT */
/* http/server/request_head.h: from the bytes of a head to the request that the handler gets. */
#ifndef EDOI_HTTP_SERVER_REQUEST_HEAD_H
#define EDOI_HTTP_SERVER_REQUEST_HEAD_H

#include "http/server/exchange.h"

#define EDOI_HTTP_MORE 1 /* the head is not whole yet */

/* Before the first byte of a head. */
void edoi_http_begin_head(edoi_http_exchange *x);

/* Looks at the input. Returns 0: `req`, `body` and `keeps` are set, and the head is taken;
 * EDOI_HTTP_MORE; or the status to refuse the request with. */
int edoi_http_parse_head(edoi_http_exchange *x);

#endif
