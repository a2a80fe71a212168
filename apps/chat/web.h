/* SPDX-License-Identifier: MIT */
/* web.h: the chat in a browser: the page, its WebSocket, the JSON API, numbers and probes. */
#ifndef CHAT_WEB_H
#define CHAT_WEB_H

#include <edo/net.h>

struct server;

/* Listens where the options say, or, if they say nothing, on the usual address or a free port;
 * `*out` is NULL if there is to be no web. Errors: as edo_tcp_listen(), with a trail
 * that says why. */
EDO_MUST_USE int web_listen(edo_listener **out, const char *wanted);

/* Serves the web, if there is to be one, until the task is cancelled; then lets go of all pages.
 * `arg` is the server; a task's function. */
int web_run(void *arg);

#endif
