/* SPDX-License-Identifier: MIT */
/* file_server.c: serves the files of a directory.
 *
 *     file_server DIR [HOST:PORT]
 *     curl http://127.0.0.1:8080/index.html
 *     curl -r 100-199 http://127.0.0.1:8080/video.mp4
 *
 * "app.js.br" and "app.js.gz" beside "app.js" go to browsers that accept them; a file that a browser
 * has is not sent again. */
#include <edo/edo.h>
#include <edo/web_layers.h>
#include <edo/web_static.h>

#include <stdio.h>

typedef struct args {
    const char *dir, *address;
} args;

static int not_here(edo_web *w) {
    return edo_web_reply_html(w, EDO_STATUS_NOT_FOUND,
                              "<!doctype html><title>Not here</title><h1>Not here</h1>\n");
}

static int app(void *arg) {
    const args *a = arg;
    edo_router *r = edo_router_new();
    edo_serve_dir(r, "/", a->dir,
                  &(edo_static_opts){ .precompressed = true,
                                      .hashed_names = true,
                                      .cache_control = "no-cache",
                                      .not_found = not_here });
    // The pages in the directory may have scripts of their own, and frames of each other.
    const edo_security_headers_opts fields = { .policy = "",
                                               .frames = "SAMEORIGIN",
                                               .documents_only = true };
    // Returns on SIGTERM, once what was begun is finished.
    return edo_web_serve(r, &(edo_web_opts){ .listen = a->address,
                                             .announce = true,
                                             .guards = { .headers = &fields } });
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: file_server DIR [HOST:PORT]\n");
        return 2;
    }
    args a = { argv[1], argc > 2 ? argv[2] : "127.0.0.1:8080" };
    return edo_main(app, &a);
}
