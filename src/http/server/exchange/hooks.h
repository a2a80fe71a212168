/* SPDX-License-Identifier: MIT */
/* http/server/exchange/hooks.h: the hooks that layers add to a response. The innermost is the first
 * in the list. All are called in the handler's fiber. */
#ifndef EDOI_HTTP_SERVER_EXCHANGE_HOOKS_H
#define EDOI_HTTP_SERVER_EXCHANGE_HOOKS_H

#include "http/server/exchange/exchange.h"

/* Called before the head is printed. Puts the streams of the hooks over `*out`, to which the body
 * is written. Returns 0 or a negative code. */
int edoi_response_hooks_head(edoi_http_exchange *x, edo_response_head *head, edo_stream **out);

/* As edoi_response_hooks_head(), for a head without a body behind it. */
EDO_API int edoi_response_hooks_raw(edoi_http_exchange *x);

/* Called behind the last write of the body, before its end is sent. A body whose stream was closed,
 * behind half a line, say, is not whole: the hooks only see that the response is over. */
int edoi_response_hooks_finish(edoi_http_exchange *x);

/* Called when the response is over. `err` is the reason why it was not sent whole, or 0. */
void edoi_response_hooks_done(edoi_http_exchange *x, int err);

#endif
