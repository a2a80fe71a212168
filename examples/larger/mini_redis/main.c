/* SPDX-License-Identifier: MIT */
/* mini_redis: a small Redis: strings and lists that may expire, messages, and a file that survives
 * `kill -9`.
 *
 *     mini_redis [--port N] [--threads N] [--aof FILE]
 *
 * A fiber for each connection reads what its client has sent, runs all whole commands in it, and
 * sends their replies with one write. */
#include "client.h"
#include "log.h"
#include "pubsub.h"
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint16_t port = 6379;
static uint32_t threads = 1;
static const char *aof;

/* ---- A client -------------------------------------------------------------------------------- */

/* Runs what has come, and sends the replies. */
static int reply(client *c) {
    int more, err;
    do {
        pthread_mutex_lock(&store_lock);
        put(&c->out, c->messages.buf.ptr, c->messages.buf.len);
        edo_buf_deinit(&c->messages.buf);
        more = run_commands(c);
        err = log_write(); // before any of it is told
        pthread_mutex_unlock(&store_lock);
        if (err == 0) err = c->out.err;
        if (err == 0) err = edo_write_all(c->peer, c->out.buf.ptr, c->out.buf.len);
        edo_buf_deinit(&c->out.buf);
    } while (err >= 0 && more > 0);
    return err < 0 ? err : more;
}

/* Waits for input: 0 at its end. A subscriber also waits for messages. */
static int wait_for_client(client *c) {
    if (c->channels == 0) return edo_read_bytes(&c->in, c->peer, READ_BYTES);
    edo_read_bytes_future read;
    edo_notify_wait_future told;
    switch (edo_select(edo_read_bytes_init(&read, &c->in, c->peer, READ_BYTES),
                       edo_notify_wait_init(&told, &c->told))) {
    case 0: return edo_result(&read);
    case 1: return 1;
    default: return -ECANCELED;
    }
}

static int talk(void *arg) {
    client c = { .peer = arg, .told = EDO_NOTIFY_INIT };
    bool stays = true;
    while (stays) stays = wait_for_client(&c) > 0 && reply(&c) == 0;
    pthread_mutex_lock(&store_lock);
    pubsub_remove_all(&c);
    pthread_mutex_unlock(&store_lock);
    edo_close(c.peer);
    edo_buf_deinit(&c.in);
    edo_buf_deinit(&c.out.buf);
    edo_buf_deinit(&c.messages.buf);
    return 0;
}

/* ---- The server ------------------------------------------------------------------------------ */

static int serve(void *unused) {
    edo_listener *l;
    char address[32];
    int err = aof ? log_open(aof) : 0;
    if (err < 0) return err;
    (void)snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
    err = edo_tcp_listen(&l, address, NULL);
    if (err < 0) return err;
    printf("listening on 127.0.0.1:%u\n", (unsigned)edo_listener_port(l));
    fflush(stdout);

    EDO_SCOPE(keepers, NULL); // whose failure ends the server
    edo_scope_spawn(&keepers, store_expire_keys, unused);
    edo_scope_spawn(&keepers, log_sync_each_second, unused);
    for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0;)
        if (edo_spawn_detached_with(talk, peer, &(edo_spawn_opts){ .spread = true }) < 0)
            edo_close(peer);
    edo_listener_close(l);
    return edo_scope_end(&keepers, err); // SIGTERM: -ECANCELED, which is status 0
}

static int number(const char *text, long least, long most) {
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : -1;
    if (text && end != text && !*end && n >= least && n <= most) return (int)n;
    (void)fprintf(stderr, "usage: mini_redis [--port N] [--threads N] [--aof FILE]\n");
    exit(2);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "--port") == 0)
            port = (uint16_t)number(argv[i + 1], 0, 65535);
        else if (strcmp(argv[i], "--threads") == 0)
            threads = (uint32_t)number(argv[i + 1], 1, 256);
        else if (strcmp(argv[i], "--aof") == 0 && argv[i + 1])
            aof = argv[i + 1];
        else
            (void)number(NULL, 0, 0);
    }
    return edo_main_with(serve, NULL,
                         &(edo_runtime_opts){ .flavor = threads == 1 ? EDO_RUNTIME_CURRENT : 0,
                                              .workers = threads });
}
