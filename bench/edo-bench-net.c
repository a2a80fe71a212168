/* SPDX-License-Identifier: MIT */
/* edo-bench-net udp HOST:PORT | proxy HOST:PORT HOST:PORT: servers of the I/O table, on the
 * current-thread runtime, until SIGTERM.
 *
 * udp sends each datagram back, as many at once as are there; proxy forwards the connections of the
 * first address to the second. */
#include <edo/async.h>
#include <edo/copy.h>
#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/task.h>
#include <edo/udp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2, EXIT_ABSENT = 3 };

#define BACKLOG 4096

/* ---- UDP ------------------------------------------------------------------------------------- */

#define AT_ONCE      64
#define PACKET_BYTES 2048

static char bufs[AT_ONCE][PACKET_BYTES];
static edo_packet packets[AT_ONCE];

EDO_ASYNC(udp_echo, edo_stream *s; size_t n, sent;
          EDO_ONE_OF(edo_udp_recv_many_future recv; edo_udp_send_many_future send;);) {
    EDO_BEGIN;
    for (;;) {
        EDO_TRY_AWAIT(edo_udp_recv_many_init(&self->recv, self->s, packets, AT_ONCE));
        self->n = (size_t)edo_result(&self->recv);
        for (self->sent = 0; self->sent < self->n;) {
            EDO_TRY_AWAIT(edo_udp_send_many_init(&self->send, self->s, packets + self->sent,
                                                 self->n - self->sent));
            self->sent += (size_t)edo_result(&self->send);
        }
    }
    EDO_END;
}

static int serve_udp(void *arg) {
    char **address = arg;
    udp_echo echo;
    int err = edo_udp_bind(&echo.s, address[0], NULL);
    if (err < 0) return err;
    for (size_t i = 0; i < AT_ONCE; i++)
        packets[i] = (edo_packet){ .buf = bufs[i], .room = PACKET_BYTES };
    edo_stream *s = echo.s;
    err = edo_task_join(edo_spawn_future(udp_echo_init(&echo)));
    edo_close(s);
    return err;
}

/* ---- The proxy ------------------------------------------------------------------------------- */

EDO_ASYNC(forward, edo_stream *client, *server; const char *there;
          EDO_ONE_OF(edo_tcp_connect_future connect; edo_copy_both_future copy;);) {
    EDO_BEGIN;
    EDO_TRY_AWAIT(edo_tcp_connect_init(&self->connect, &self->server, self->there, NULL));
    EDO_TRY_AWAIT(edo_copy_both_init(&self->copy, self->client, self->server, NULL));
    EDO_CLEANUP;
    edo_close(self->client);
    if (self->server) edo_close(self->server);
    EDO_END;
}

EDO_ASYNC(acceptor, edo_listener *listener; const char *there; edo_stream * stream;
          edo_accept_future accept;) {
    EDO_BEGIN;
    for (;;) {
        EDO_TRY_AWAIT(edo_accept_init(&self->accept, self->listener, &self->stream));
        forward one;
        one.client = self->stream;
        one.server = NULL;
        one.there = self->there;
        if (edo_spawn_future_detached(forward_init(&one)) < 0) edo_close(self->stream);
    }
    EDO_END;
}

static int serve_proxy(void *arg) {
    char **address = arg;
    acceptor accepts;
    const edo_tcp_opts opts = { .backlog = BACKLOG };
    int err = edo_tcp_listen(&accepts.listener, address[0], &opts);
    if (err < 0) return err;
    accepts.there = address[1];
    edo_listener *listener = accepts.listener;
    err = edo_task_join(edo_spawn_future(acceptor_init(&accepts)));
    edo_listener_close(listener);
    return err;
}

/* ---- The program ----------------------------------------------------------------------------- */

int main(int argc, char **argv) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    if (argc == 3 && !strcmp(argv[1], "udp")) return edo_main_with(serve_udp, argv + 2, &opts);
    if (argc == 4 && !strcmp(argv[1], "proxy")) return edo_main_with(serve_proxy, argv + 2, &opts);
    (void)fputs("usage: edo-bench-net udp HOST:PORT | proxy HOST:PORT HOST:PORT\n", stderr);
    return argc > 1 ? EXIT_ABSENT : EXIT_USAGE;
}
