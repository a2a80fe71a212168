/* SPDX-License-Identifier: MIT */
/* tls_echo.c CERT KEY [ADDRESS]: echo.c over TLS: one more line for each connection.
 *
 * A pair to try it with:
 *     openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem \
 *         -subj /CN=localhost -addext subjectAltName=DNS:localhost
 * and a client: openssl s_client -quiet -connect 127.0.0.1:7443 -CAfile cert.pem */
#include <edo/edo.h>
#include <edo/tls.h>

static edo_tls_server *tls;

static int echo(void *socket) {
    edo_stream *peer;
    char buf[1024];
    int n = edo_tls_accept(&peer, socket, tls); // takes the socket in any case
    if (n < 0) return n;
    while ((n = edo_read(peer, buf, sizeof buf)) > 0)
        if ((n = edo_write_all(peer, buf, (size_t)n)) < 0) break;
    if (n == 0) n = edo_shutdown(peer); // the farewell, which tells the end from a cut
    edo_close(peer);
    return n;
}

static int serve(void *arg) {
    char **args = arg;
    edo_listener *l;
    int err = edo_tls_server_new(&tls, &(edo_tls_server_opts){ .cert = args[1], .key = args[2] });
    if (err < 0) return err; // "cert.pem: certificate of localhost expired 3 days ago"
    err = edo_tcp_listen(&l, args[3] ? args[3] : "127.0.0.1:7443", NULL);
    for (edo_stream *socket; err == 0 && (err = edo_accept(l, &socket)) == 0;)
        if (edo_spawn_detached(echo, socket) < 0) edo_close(socket);
    if (err != -ECANCELED) return err;
    edo_listener_close(l);
    edo_tls_server_unref(tls);
    return err;
}

int main(int argc, char **argv) {
    return argc < 3 ? 2 : edo_main(serve, argv);
}
