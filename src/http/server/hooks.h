/* SPDX-License-Identifier: MIT */
/* http/server/hooks.h: the hooks of a response, which layers add: the innermost comes first in the
 * list. All are called in the handler's fiber. */
#ifndef EDOI_HTTP_SERVER_HOOKS_H
#define EDOI_HTTP_SERVER_HOOKS_H

#include "http/server/exchange.h"

/* Before the head is printed. `*out` is the stream that the body is written to, which their
 * streams are put over. Returns 0 or a negative code. */
int edoi_response_hooks_head(edoi_http_exchange *x, edo_response_head *head, edo_stream **out);

/* Behind the last write of the body, whose end is not sent yet. */
int edoi_response_hooks_finish(edoi_http_exchange *x);

/* The response is over: `err` says why not all of it was sent. */
void edoi_response_hooks_done(edoi_http_exchange *x, int err);

#endif
