/* SPDX-License-Identifier: MIT */
/* http/server/exchange/length.h: what Content-Length says in a response. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_LENGTH_H
#define EDOI_HTTP_SERVER_EXCHANGE_LENGTH_H

#include "http/server/exchange/exchange.h"

#define EDOI_HTTP_LENGTH_TEXT 32u /* bytes: 20 digits, and what the printer writes behind them */

/* Sets `*out` to the value of the field, in `digits` or the handler's own; no bytes: there is none.
 * A response without a body has the length of the body that GET would get (RFC 9110 section 8.6):
 * the handler's number, or the bytes that it has made; a HEAD for which the handler made nothing
 * has none. Returns 0, or -EDO_EMISUSE if the handler's is no number. */
EDO_API int edoi_http_length_text(const edoi_http_exchange *x, edoi_framing framing,
                                  uint64_t length, char *digits, edo_str *out);

#endif
