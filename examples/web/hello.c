/* SPDX-License-Identifier: MIT */
/* hello.c: the first program: a web service of one route.
 *
 *     curl http://127.0.0.1:8080/ */
#include <edo/edo.h>
#include <edo/web.h>

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello!\n");
}

static int app(void *address) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = address ? address : "127.0.0.1:8080", .announce = true });
}

int main(int argc, char **argv) {
    return edo_main(app, argc > 1 ? argv[1] : NULL);
}
