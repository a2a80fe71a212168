/* SPDX-License-Identifier: MIT */
/* two_halves.c: a connection as two tasks: one reads, one writes, and a queue of bounded length
 * lies between them. A peer that reads slowly fills the queue, and then nothing more is read from
 * it. */
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

typedef struct reply {
    char text[64];
} reply;

typedef struct connection {
    edo_stream *peer;
    edo_mpsc_tx *tx; // the reader's
    edo_mpsc_rx *rx; // the writer's
} connection;

static int read_half(void *arg) {
    connection *self = arg;
    edo_buf_reader lines;
    int n = edo_buf_reader_init(&lines, self->peer, NULL);
    for (char *line; n >= 0 && (n = edo_read_line(&lines, &line)) >= 0;) {
        reply r;
        (void)snprintf(r.text, sizeof r.text, "%d bytes: %s\n", n, line);
        n = edo_mpsc_send(self->tx, &r); // waits while the queue is full
    }
    edo_buf_reader_deinit(&lines);
    edo_mpsc_tx_unref(self->tx); // the writer sends what is left, then it hears of the end
    return n == -EDO_EEOF ? 0 : n;
}

static int write_half(void *arg) {
    connection *self = arg;
    int err;
    for (reply r; (err = edo_mpsc_recv(self->rx, &r)) == 0;) {
        err = edo_write_all(self->peer, r.text, strlen(r.text));
        if (err < 0) return err; // the scope then stops the reader too
    }
    return err == -EDO_ECLOSED ? edo_shutdown(self->peer) : err;
}

static int serve_one(void *arg) {
    connection c;
    int err = edo_accept(arg, &c.peer);
    if (err < 0) return err;
    err = edo_mpsc_new(&c.tx, &c.rx, sizeof(reply), 8, NULL);
    if (err == 0) {
        EDO_SCOPE(s, NULL);
        if (edo_scope_spawn(&s, read_half, &c) < 0) edo_mpsc_tx_unref(c.tx);
        edo_scope_spawn(&s, write_half, &c);
        err = edo_scope_end(&s, 0);
        edo_mpsc_rx_free(c.rx);
    }
    edo_close(c.peer);
    return err;
}

static int talk(const char *addr) {
    edo_stream *s;
    int err = edo_tcp_connect(&s, addr, NULL);
    if (err < 0) return err;
    err = edo_write_all(s, "one\ntwenty\nlast", 15);
    if (err >= 0) err = edo_shutdown(s); // that was all; we go on reading
    char buf[200];
    while (err >= 0 && (err = edo_read(s, buf, sizeof buf)) > 0) printf("%.*s", err, buf);
    edo_close(s);
    return err;
}

static int root(void *arg) {
    (void)arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    char addr[EDO_ADDR_TEXT_MAX];
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    EDO_SCOPE(s, NULL);
    edo_scope_spawn(&s, serve_one, l);
    err = edo_scope_end(&s, talk(addr));
    edo_listener_close(l);
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
