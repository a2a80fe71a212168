/* SPDX-License-Identifier: MIT */
/* http/server/head.h: prints the head of a response behind the output that is left. */
#ifndef EDOI_HTTP_SERVER_HEAD_H
#define EDOI_HTTP_SERVER_HEAD_H

#include "http/server/exchange.h"

#define EDOI_HTTP_HEAD_MAX 8192u /* bytes of a response's head, if no option says another number */

/* Prints the head for a body of `length` bytes, -1: nobody knows. In a fiber, since
 * output that is in the way is sent. Returns 0, -EMSGSIZE, -EDO_EMISUSE for a `Content-Length` of
 * the handler's that is no number, or the failure of that. */
int edoi_http_print_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length);

/* Prints "HTTP/1.1 100 Continue" and its like, with the response's headers if there is `headers`.
 * */
int edoi_http_print_informational(edoi_http_exchange *x, edo_status status, edo_headers *headers);

#endif
