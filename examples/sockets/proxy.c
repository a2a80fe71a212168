/* SPDX-License-Identifier: MIT */
/* proxy.c: a TCP proxy: what comes in at one address goes out to another, both ways.
 *
 *     proxy 127.0.0.1:8000 127.0.0.1:7000        listen here, connect there */
#include <edo/edo.h>
#include <edo/log.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *here, *there;

static int forward(void *arg) {
    edo_stream *client = arg, *server;
    edo_copied copied = { 0 };
    int err = edo_tcp_connect(&server, there, NULL);
    if (err == 0) {
        err = edo_copy_both(client, server, &copied); // until both directions have ended
        edo_close(server);
    }
    edo_close(client);
    edo_info("%" PRIu64 " bytes there, %" PRIu64 " back: %s", copied.to_b, copied.to_a,
             edo_strerror(err));
    return err;
}

static int proxy(void *arg) {
    (void)arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, here, NULL);
    if (err < 0) return err;
    printf("listening on 127.0.0.1:%u\n", edo_listener_port(l));
    fflush(stdout);
    for (edo_stream *client; (err = edo_accept(l, &client)) == 0;)
        if (edo_spawn_detached_with(forward, client, &(edo_spawn_opts){ .spread = true }) < 0)
            edo_close(client);
    edo_listener_close(l);
    return err == -ECANCELED ? 0 : err; // SIGTERM
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    here = argv[1];
    there = argv[2];
    return edo_main(proxy, NULL);
}
