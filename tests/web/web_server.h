/* SPDX-License-Identifier: MIT */
/* tests/web/web_server.h: a router that is served under test. */
#ifndef EDO_TESTS_WEB_SERVER_H
#define EDO_TESTS_WEB_SERVER_H

#include "../http/http_server.h"

#include <edo/web.h>

/* A router behind a server of this runtime; `http`, which is first, is where clients go. */
typedef struct web_served {
    served http;
    edo_router *router;
    edo_web_opts opts;
} web_served;

static inline int web_serve_all(void *arg) {
    web_served *s = arg;
    return edo_web_serve(s->router, &s->opts);
}

static inline int web_serve_one(served *http, edo_stream *stream) {
    web_served *s = (web_served *)(void *)http;
    return edo_web_serve_stream(s->router, stream, &s->opts);
}

static inline void web_prepare(web_served *s, edo_router *router) {
    s->router = router;
    s->opts.http = &s->http.opts;
    s->http.serve_all = web_serve_all;
    s->http.serve_one = web_serve_one;
}

/* Serves at `s->http.listener`. */
static inline void web_begin_at(web_served *s, edo_router *router) {
    web_prepare(s, router);
    serve_at(&s->http);
}

/* Serves the router, which it takes. */
static inline void web_begin(web_served *s, edo_router *router) {
    web_prepare(s, router);
    serve_begin(&s->http);
    if (s->http.is_in_memory) CHECK_EQ(edo_router_build(router), 0);
}

static inline int web_end(web_served *s) {
    int result = serve_end(&s->http);
    if (s->http.is_in_memory) edo_router_free(s->router); // edo_web_serve() does it by itself
    return result;
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
