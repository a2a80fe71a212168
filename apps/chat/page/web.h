/* SPDX-License-Identifier: MIT */
/* web.h: the chat in a browser: the page, its WebSocket, the JSON API, numbers and probes. */
#ifndef CHAT_WEB_H
#define CHAT_WEB_H

#include "page/page.h"
#include "server.h"

#include <edo/http_metrics.h>
#include <edo/http_server.h>
#include <edo/web.h>

/* What the pages share: the server's `web`. */
typedef struct web {
    edo_tracker users; /* the routes, until no connection is left that could use them */
    pages pages;
} web;

/* Listens where the options say, or, if they say nothing, on the usual address or a free port;
 * `*out` is NULL if there is to be no web. Errors: as edo_tcp_listen(), with a trail
 * that says why. */
EDO_MUST_USE int web_listen(edo_listener **out, const char *wanted);

/* Serves the web, if there is to be one, until the task is cancelled; then lets go of all pages.
 * `arg` is the server; a task's function. Returns also -ETIMEDOUT if connections have not ended,
 * whether they are in a handler or not: then the server keeps its `web`, and they use both, the
 * storage and the options, for longer. */
int web_run(void *arg);

/* How long that end takes at most. */
edo_duration web_end_max(const server *self);

/* What each server of HTTP has to know: limits, proxies, numbers. Owns: `where` is borrowed. */
void web_http_opts(edo_http_server_opts *out, server *self, edo_listener *const *where,
                   struct edo_tls_server *tls);

/* The key of the address that a request comes from, which is in `key`; none, if it is not known. */
edo_str web_address(edo_web *w, char key[EDO_ADDR_KEY_BYTES]);

/* ---- api.c: rooms and messages as JSON: docs/design/chat-web.md ------------------------------ */

#define API_BODY_MAX (64 << 10)

/* Adds the routes; what one address posts, and what it asks for, is limited to `rate` a second
 * each; 0: not at all. */
void api_routes(edo_router *r, uint32_t rate);

/* ---- guard.c: names, origins and proxies that are taken -------------------------------------- */

/* Puts the layers around the routes, whose state is the server. */
void guard_routes(edo_router *r, const server *at);

/* Of these the ones that find out for whom a proxy asks, and let requests wait for their turns. */
void guard_addresses(edo_router *r, const server *at);

/* What the HTTP server has to know of the proxies. */
void guard_proxies(edo_http_server_opts *http, const server *at);

/* ---- numbers.c: what the chat counts --------------------------------------------------------- */

/* Makes the server's `metrics`, with the numbers of the chat, its process and its runtime, and its
 * `http_metrics`. Errors: as edo_metrics_new() and edo_metrics_callback(). */
EDO_MUST_USE int numbers_open(server *of);

/* Nothing is served any more. */
void numbers_close(server *of);

/* Adds /metrics, for which one address may ask so often a second. */
#define NUMBERS_A_SECOND 10
#define NUMBERS_BURST    100
void numbers_routes(edo_router *r, edo_metrics *m);

#endif
