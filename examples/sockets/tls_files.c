/* SPDX-License-Identifier: MIT */
/* tls_files.c DIR CERT KEY [ADDRESS [CLEAR]]: the files of a directory by HTTPS. A client
 * that comes by HTTP is sent there, and browsers come by HTTPS at once from then on (HSTS).
 *
 *     sudo tls_files /srv/www fullchain.pem privkey.pem 0.0.0.0:443 0.0.0.0:80
 *
 * A pair that was renewed is used as soon as it has lain there for a second. */
#include <edo/edo.h>
#include <edo/tls.h>
#include <edo/web_layers.h>
#include <edo/web_static.h>

#include <stdio.h>

typedef struct site {
    const char *dir, *cert, *key, *address, *clear;
    edo_tls_server *tls;
} site;

static int files(void *arg) {
    const site *self = arg;
    const edo_security_headers_opts safe = { .hsts = edo_s(365 * 24 * 3600) };
    edo_router *r = edo_router_new();
    edo_serve_dir(r, "/", self->dir, &(edo_static_opts){ .precompressed = true });
    return edo_web_serve(r, &(edo_web_opts){ .listen = self->address,
                                             .tls = self->tls,
                                             .announce_as = "files",
                                             .guards = { .headers = &safe } });
}

static int to_https(void *arg) {
    const site *self = arg;
    edo_router *r = edo_router_new();
    edo_router_fallback(r, edo_web_redirect_https); // 308, to port 443
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = self->clear, .announce_as = "the way to them" });
}

static int renew(void *arg) {
    const site *self = arg;
    return edo_tls_server_watch(self->tls);
}

static int app(void *arg) {
    site *self = arg;
    int err = edo_tls_server_new(&self->tls,
                                 &(edo_tls_server_opts){ .cert = self->cert, .key = self->key });
    if (err < 0) return err; // "fullchain.pem: certificate of localhost expired 3 days ago"
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, files, self);
    edo_scope_spawn(&s, to_https, self);
    edo_scope_spawn(&s, renew, self);
    err = edo_scope_end(&s, 0); // SIGTERM drains both servers
    edo_tls_server_unref(self->tls);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        (void)fprintf(stderr, "usage: tls_files DIR CERT KEY [ADDRESS [CLEAR]]\n");
        return 2;
    }
    static site all; // which requests of a server that did not end may still use
    all = (site){ .dir = argv[1],
                  .cert = argv[2],
                  .key = argv[3],
                  .address = argc > 4 ? argv[4] : "127.0.0.1:8443",
                  .clear = argc > 5 ? argv[5] : "127.0.0.1:8080" };
    return edo_main(app, &all);
}
