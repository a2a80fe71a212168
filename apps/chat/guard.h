/* SPDX-License-Identifier: MIT */
/* guard.h: which requests the web takes by where they come from: the names of the server, pages of
 * other origins, and proxies, which tell for whom they ask. */
#ifndef CHAT_GUARD_H
#define CHAT_GUARD_H

#include <edo/http_server.h>
#include <edo/web.h>

struct server;

/* Whether an address is one of this machine. */
bool address_is_own(const edo_addr *addr);

/* Puts the layers around the routes, whose state is the server. */
void guard_routes(edo_router *r, const struct server *at);

/* What the HTTP server has to know of the proxies. */
void guard_proxies(edo_http_server_opts *http, const struct server *at);

#endif
