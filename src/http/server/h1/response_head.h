/* SPDX-License-Identifier: MIT */
/* http/server/h1/response_head.h: prints the head of a response behind the bytes that the
 * output holds. */
#ifndef EDOI_HTTP_SERVER_H1_RESPONSE_HEAD_H
#define EDOI_HTTP_SERVER_H1_RESPONSE_HEAD_H

#include "http/server/h1/h1.h"

#define EDOI_HTTP_HEAD_MAX 8192u /* bytes of a response's head, unless an option says otherwise */

/* Prints the head for a body of `length` bytes; -1: unknown. Called in a fiber, since it sends
 * output that is in the way. Returns 0, -EMSGSIZE, -EDO_EMISUSE for a `Content-Length` of the
 * handler's that is no number, or the code of a send that failed. */
int edoi_http_print_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length);

/* Prints a head like "HTTP/1.1 100 Continue", with the fields of the response if `headers`. */
int edoi_http_print_informational(edoi_http_exchange *x, edo_status status, edo_headers *headers);

#endif
