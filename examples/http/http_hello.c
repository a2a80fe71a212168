/* SPDX-License-Identifier: MIT */
/* http_hello.c: an HTTP server: a function that is called for each request, in a fiber of its own.
 *
 *     http_hello [HOST:PORT]
 *     curl http://127.0.0.1:8080/Ann
 *
 * SIGTERM or Ctrl-C ends it in order: requests that were begun are finished. */
#include <edo/edo.h>
#include <edo/http_server.h>

#include <stdio.h>

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (req->method != EDO_METHOD_GET)
        return edo_response_text(res, EDO_STATUS_METHOD_NOT_ALLOWED, EDO_STR("only GET\n"));
    char text[200];
    int name = req->target.len <= 100 ? (int)req->target.len - 1 : 100; // without the slash
    int n = snprintf(text, sizeof text, "Hello, %.*s!\n", name, req->target.ptr + 1);
    return edo_response_text(res, EDO_STATUS_OK, (edo_str){ text, (size_t)n });
}

static int root(void *arg) {
    const edo_http_server_opts opts = { .listen = arg, .announce = true };
    return edo_http_serve(hello, NULL, &opts);
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(root, argc > 1 ? argv[1] : usual);
}
