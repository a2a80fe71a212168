/* SPDX-License-Identifier: MIT */
/* tests/web/web_server.h: a router that is served under test. */
#ifndef EDO_TESTS_WEB_SERVER_H
#define EDO_TESTS_WEB_SERVER_H

#include "../http/http_server.h"

#include <edo/web.h>

/* A router behind a server of this runtime; `http` is where clients go. */
typedef struct web_served {
    served http;
    edo_router *router;
    edo_web_opts opts;
} web_served;

static inline int web_served_main(void *arg) {
    web_served *s = arg;
    return edo_web_serve(s->router, &s->opts);
}

/* Serves at `s->http.listener`. */
static inline void web_begin_at(web_served *s, edo_router *router) {
    (void)snprintf(s->http.address, sizeof s->http.address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->http.listener));
    s->http.opts.listeners = &s->http.listener;
    s->http.opts.listeners_n = 1;
    s->opts.http = &s->http.opts;
    s->router = router;
    s->http.task = edo_spawn(web_served_main, s);
    CHECK(s->http.task != NULL);
}

static inline void web_begin(web_served *s, edo_router *router) {
    EDO_TEST_OK(edo_tcp_listen(&s->http.listener, "127.0.0.1:0", NULL));
    web_begin_at(s, router);
}

static inline int web_end(web_served *s) {
    return serve_end(&s->http);
}

/* Asks with "METHOD target" and a body of a type, each of which may be NULL. */
static inline void web_ask(web_served *s, heard *h, const char *line, const char *type,
                           const char *body) {
    char request[4096];
    size_t n = body ? strlen(body) : 0;
    (void)snprintf(request, sizeof request,
                   "%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s%s%scontent-length: %zu\r\n"
                   "\r\n%s",
                   line, type ? "content-type: " : "", type ? type : "", type ? "\r\n" : "", n,
                   body ? body : "");
    ask(&s->http, h, request);
}

/* The body of what was heard. */
static inline const char *web_body(const heard *h) {
    const char *end = strstr(h->text, "\r\n\r\n");
    return end ? end + 4 : "";
}

#endif
