/* SPDX-License-Identifier: MIT */
/* use.h: how long a router is used: after the end of its server the last connection may still be
 * giving its reference back. */
#ifndef CHAT_USE_H
#define CHAT_USE_H

#include <edo/service.h>
#include <edo/tracker.h>

/* A layer by which a router counts in `of`, as long as it lives. */
edo_layer use_layer(edo_tracker *of);

/* Waits until nothing has the router any more. Returns 0 or -ETIMEDOUT. */
EDO_MUST_USE int use_await_end(edo_tracker *of);

#endif
