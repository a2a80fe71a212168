/* SPDX-License-Identifier: MIT */
/* api.h: the rooms as JSON: docs/design/chat-web.md. */
#ifndef CHAT_API_H
#define CHAT_API_H

#include <edo/limiter.h>
#include <edo/web.h>

#define API_BODY_MAX (64 << 10)

void api_routes(edo_router *r);

/* The limit of what one address may post: `rate` a second; 0: no limit, and none is made. */
EDO_MUST_USE int api_limit_new(edo_keyed_limiter **out, uint32_t rate);

#endif
