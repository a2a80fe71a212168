/* SPDX-License-Identifier: MIT */
/* tests/web/through.h: a proxy in memory, behind it a server in memory that says what a test
 * wants. */
#ifndef EDO_TESTS_THROUGH_H
#define EDO_TESTS_THROUGH_H

#include "memory_site.h"
#include "web_server.h"

#include <edo/web_proxy.h>

static memory_site site;
static const char *answer; // what the server behind says

static inline int respond(memory_site *s, edo_stream *io) {
    (void)s;
    return answer ? site_say(io, answer) : -ECONNRESET;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n"
#define OK      OK_HEAD "\r\nok"

static const char get[] = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

static edo_layer front_layer; // around the routes; all zero: none

/* A proxy at `path`, and the server behind it. */
typedef struct through {
    web_served front;
    edo_http_client *client;
    edo_service *service;
} through;

static inline void through_begin_around(through *t, const char *path, const edo_proxy_opts *opts,
                                        edo_service *service) {
    edo_router *r = edo_router_new();
    site = (memory_site){ .respond = respond };
    answer = OK;
    *t = (through){ 0 };
    t->client = site_client(&site, &(edo_http_client_opts){ .user_agent = "not this one" });
    t->service = service;
    if (!service) EDO_TEST_OK(edo_http_client_service(&t->service, t->client, "http://shop.test"));
    edo_proxy_routes(r, path, t->service, opts);
    edo_router_wrap(r, front_layer);
    web_begin(&t->front, r);
}

static inline void through_begin(through *t, const char *path, const edo_proxy_opts *opts) {
    through_begin_around(t, path, opts, NULL);
}

static inline void through_end(through *t) {
    CHECK_EQ(web_end(&t->front), 0);
    edo_service_unref(t->service);
    site_end(&site, t->client);
}

static inline void through_ask(through *t, heard *h, const char *request) {
    ask(&t->front.http, h, request);
}

#endif
