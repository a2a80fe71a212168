/* SPDX-License-Identifier: MIT */
/* echo.c: a server that says back what it hears. A fiber for each connection, and no callbacks.
 *
 * Start it and talk to it with `nc 127.0.0.1 7000`, from as many terminals as you like. Ctrl-C
 * cancels the accept, and everything ends in order. */
#include <edo/edo.h>

static int echo(void *arg) {
    edo_stream *peer = arg;
    char buf[1024];
    int n;
    while ((n = edo_read(peer, buf, sizeof buf)) > 0)
        if ((n = edo_write_all(peer, buf, (size_t)n)) < 0) break;
    edo_close(peer);
    return n;
}

static int serve(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    const edo_spawn_opts lives_long = { .spread = true };
    for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0;)
        if (edo_spawn_detached_with(echo, peer, &lives_long) < 0) edo_close(peer);
    edo_listener_close(l);
    return err;
}

int main(int argc, char **argv) {
    static char here[] = "127.0.0.1:7000";
    return edo_main(serve, argc > 1 ? argv[1] : here);
}
