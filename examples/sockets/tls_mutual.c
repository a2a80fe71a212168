/* SPDX-License-Identifier: MIT */
/* tls_mutual.c serve|ask ADDRESS CA CERT KEY: both ends show a certificate of one authority, and
 * see whom they talk to.
 *
 *     tls_mutual serve localhost:7443 ca.pem server.pem server.key
 *     tls_mutual ask   localhost:7443 ca.pem robot.pem robot.key
 *
 * tls_mutual.sh makes such certificates by openssl. */
#include <edo/edo.h>
#include <edo/tls.h>

#include <stdio.h>
#include <string.h>

typedef struct end {
    const char *address, *ca, *cert, *key;
} end;

static edo_tls_server *tls;

/* Says who is at the other end. Without a certificate there is no stream: it is required. */
static int say_peer(edo_stream *s, const char *what) {
    edo_tls_peer who;
    int err = edo_tls_get_peer(s, &who);
    if (err < 0) return err;
    printf("%s %.*s", what, (int)who.subject.len, who.subject.ptr);
    for (size_t i = 0; i < who.names_n; i++)
        printf(", %.*s", (int)who.names[i].len, who.names[i].ptr);
    return printf("\n") < 0 || fflush(stdout) != 0 ? -EIO : 0;
}

static int echo(void *socket) {
    edo_stream *peer;
    char buf[1024];
    int n = edo_tls_accept(&peer, socket, tls);
    if (n < 0) { // "client certificate: issuer unknown: …"
        (void)edo_trail_print_text(buf, sizeof buf, n, EDO_TRAIL_LINE);
        (void)fprintf(stderr, "refused: %s\n", buf);
        return n;
    }
    n = say_peer(peer, "asked by");
    while (n >= 0 && (n = edo_read(peer, buf, sizeof buf)) > 0)
        n = edo_write_all(peer, buf, (size_t)n);
    if (n == 0) n = edo_shutdown(peer);
    edo_close(peer);
    return n;
}

static int serve(void *arg) {
    const end *self = arg;
    edo_listener *l;
    const edo_tls_server_opts opts = { .cert = self->cert,
                                       .key = self->key,
                                       .clients = EDO_TLS_CLIENTS_REQUIRED,
                                       .client_roots = self->ca };
    int err = edo_tls_server_new(&tls, &opts);
    if (err < 0) return err;
    err = edo_tcp_listen(&l, self->address, NULL);
    if (err == 0) printf("listens at %s\n", self->address);
    (void)fflush(stdout);
    for (edo_stream *socket; err == 0 && (err = edo_accept(l, &socket)) == 0;)
        if (edo_spawn_detached(echo, socket) < 0) edo_close(socket);
    if (err != -ECANCELED) return err;
    edo_listener_close(l);
    edo_tls_server_unref(tls);
    return err;
}

static int ask(void *arg) {
    const end *self = arg;
    edo_tls_client *trust;
    edo_stream *s;
    char reply[5] = "";
    int err = edo_tls_client_new(
        &trust, &(edo_tls_client_opts){ .roots = self->ca, .cert = self->cert, .key = self->key });
    if (err < 0) return err;
    err = edo_tls_connect(&s, self->address, trust, NULL); // checks authority and name
    edo_tls_client_unref(trust);
    if (err < 0) return err;
    err = say_peer(s, "served by");
    if (err >= 0) err = edo_write_all(s, "ping", 4);
    if (err >= 0) err = edo_read_exact(s, reply, 4); // fails if the server does not trust us
    if (err >= 0) err = edo_shutdown(s);
    edo_close(s);
    if (err >= 0) printf("reply: %s\n", reply);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    end self = { argv[2], argv[3], argv[4], argv[5] };
    return edo_main(strcmp(argv[1], "serve") == 0 ? serve : ask, &self);
}
