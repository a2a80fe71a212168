/* SPDX-License-Identifier: MIT */
/* http/server/exchange/response_head.h: prints the head of a response behind the bytes that the
 * output holds. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_RESPONSE_HEAD_H
#define EDOI_HTTP_SERVER_EXCHANGE_RESPONSE_HEAD_H

#include "http/server/exchange/exchange.h"

#define EDOI_HTTP_HEAD_MAX 8192u /* bytes of a response's head, unless an option says otherwise */

/* Prints the head for a body of `length` bytes; -1: unknown. Called in a fiber, since it sends
 * output that is in the way. Returns 0, -EMSGSIZE, -EDO_EMISUSE for a `Content-Length` of the
 * handler's that is no number, or the code of a send that failed. */
int edoi_http_print_head(edoi_http_exchange *x, edoi_framing framing, uint64_t length);

/* Prints a head like "HTTP/1.1 100 Continue", with the fields of the response if `headers`. */
int edoi_http_print_informational(edoi_http_exchange *x, edo_status status, edo_headers *headers);

/* ---- The Date field, printed once a second by each thread ------------------------------------ */

#define EDOI_DATE_BYTES 37u /* date: Sun, 06 Nov 1994 08:49:37 GMT, and the end of a line */

/* Returns the field for the current second of the wall clock. The bytes belong to the thread, and
 * change at its next call. */
const char *edoi_http_date_line(void);

#endif
