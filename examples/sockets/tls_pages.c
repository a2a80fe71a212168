/* SPDX-License-Identifier: MIT */
/* tls_pages.c CERT KEY [ADDRESS]: pages by HTTPS. A pair of files that was renewed is used as soon
 * as it has lain there for a second; connections go on with the one that they began with.
 *
 * tls_echo.c says how to make a pair; then: curl --cacert cert.pem https://localhost:8443/ */
#include <edo/edo.h>
#include <edo/tls.h>
#include <edo/web.h>

/* Says which suite both ends have agreed on. */
static int suite(edo_web *w) {
    edo_tls_info info;
    int err = edo_tls_get_info(edo_request_tls(edo_web_request(w)), &info);
    return err < 0 ? err : edo_web_reply_text(w, 200, info.suite);
}

static int pages(void *arg) {
    const edo_web_opts *opts = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", suite);
    return edo_web_serve(r, opts);
}

static int renew(void *tls) {
    return edo_tls_server_watch(tls);
}

static int app(void *arg) {
    char **args = arg;
    edo_tls_server *tls;
    int err = edo_tls_server_new(&tls, &(edo_tls_server_opts){ .cert = args[1], .key = args[2] });
    if (err < 0) return err; // "cert.pem: certificate of localhost expired 3 days ago"
    edo_web_opts opts = { .listen = args[3] ? args[3] : "127.0.0.1:8443", .tls = tls };
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, pages, &opts);
    edo_scope_spawn(&s, renew, tls);
    err = edo_scope_end(&s, 0); // SIGTERM drains the server
    edo_tls_server_unref(tls);
    return err;
}

int main(int argc, char **argv) {
    return argc < 3 ? 2 : edo_main(app, argv);
}
