/* SPDX-License-Identifier: MIT */
/* http2_versions.c [ADDRESS [CERT KEY]]: one handler over HTTP/1.1 and HTTP/2, on one port. That
 * libedo-http2 is linked is all that it takes; with a certificate (tls_echo.c says how to make one)
 * clients agree on the version in the handshake.
 *
 *     curl http://127.0.0.1:8080/                              HTTP/1.1
 *     curl --http2-prior-knowledge http://127.0.0.1:8080/      HTTP/2
 *     curl --cacert cert.pem https://localhost:8080/           HTTP/2 */
#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/tls.h>
#include <edo/web.h>

/* Says which version its client speaks. */
static int version(edo_web *w) {
    char text[32];
    edo_str name = edo_http_version_name(edo_web_request(w)->version);
    (void)snprintf(text, sizeof text, "%.*s\n", (int)name.len, name.ptr);
    return edo_web_reply_text(w, 200, text);
}

static int serve(char **args, edo_tls_server *tls) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", version);
    return edo_web_serve(r, &(edo_web_opts){ .listen = args[1] ? args[1] : "127.0.0.1:8080",
                                             .tls = tls,
                                             .announce = true });
}

static int app(void *arg) {
    char **args = arg;
    edo_tls_server *tls = NULL;
    int err = 0;
    if (args[1] && args[2] && args[3])
        err = edo_tls_server_new(
            &tls, &(edo_tls_server_opts){ .cert = args[2], .key = args[3], .alpn = "h2,http/1.1" });
    if (err == 0) err = serve(args, tls);
    edo_tls_server_unref(tls);
    return err;
}

int main(int argc, char **argv) {
    (void)argc;
    return edo_main(app, argv);
}
