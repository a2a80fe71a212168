/* SPDX-License-Identifier: MIT */
/* slow_peer.c: each peer has an actor that writes to its connection. A task with a line for all of
 * them waits for none: a full inbox says that its peer is too slow, and the actor ends. */
#include <edo/edo.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct line {
    char text[24]; // as long as any number makes it
} line;

typedef struct peer {
    const char *name;
    int pause_ms;       // after each read
    edo_stream *far;    // the peer's own end
    edo_stream *out;    // the actor's
    edo_mpsc_rx *inbox; // the actor's
    edo_mpsc_tx *tx;    // the handle; NULL: ended
    edo_task *task;     // by which it is ended
} peer;

/* ---- The actor ------------------------------------------------------------------------------- */

static void writer_end(peer *self) {
    edo_mpsc_rx_free(self->inbox); // with the lines that are left
    edo_close(self->out);
}

static int write_lines(void *arg) {
    peer *self = arg;
    int err;
    for (line l; (err = edo_mpsc_recv(self->inbox, &l)) == 0;) {
        err = edo_write_all(self->out, l.text, strlen(l.text)); // as slow as the peer
        if (err < 0) break;
    }
    writer_end(self);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

static int peer_start(edo_scope *s, peer *self) {
    int err = edo_mpsc_new(&self->tx, &self->inbox, sizeof(line), 4, NULL);
    if (err < 0) return err;
    self->task = edo_scope_spawn_handle(s, write_lines, self);
    if (!self->task) writer_end(self);
    return 0;
}

static void peer_end(peer *self) {
    edo_task_unref(self->task);
    edo_mpsc_tx_unref(self->tx);
    self->tx = NULL;
}

/* Never waits: so a slow peer delays nobody but itself. */
static void peer_tell(peer *self, const line *l) {
    if (!self->tx || edo_mpsc_try_send(self->tx, l) == 0) return;
    printf("%s is ended before %s", self->name, l->text);
    edo_task_cancel(self->task);
    peer_end(self);
}

/* ---- The peers ------------------------------------------------------------------------------- */

static int listen_to(void *arg) {
    peer *self = arg;
    char buf[16];
    int n, total = 0;
    while ((n = edo_read(self->far, buf, sizeof buf)) > 0) {
        total += n;
        (void)edo_sleep(edo_ms(self->pause_ms));
    }
    edo_close(self->far);
    printf("%s has read %d bytes\n", self->name, total);
    return n;
}

static int root(void *arg) {
    peer peers[] = { { .name = "quick", .pause_ms = 1 }, { .name = "slow", .pause_ms = 1000 } };
    (void)arg;
    EDO_SCOPE(s, NULL);
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(peers) && err == 0; i++) {
        err = edo_duplex(&peers[i].out, &peers[i].far, 16); // a connection
        bool has_streams = err == 0;
        if (has_streams && (err = peer_start(&s, &peers[i])) < 0) edo_close(peers[i].out);
        if (has_streams && (err < 0 || edo_scope_spawn(&s, listen_to, &peers[i]) < 0))
            edo_close(peers[i].far);
    }
    for (int n = 1; n <= 20 && err == 0; n++) {
        line l;
        (void)snprintf(l.text, sizeof l.text, "line %02d\n", n);
        for (size_t i = 0; i < EDO_COUNT(peers); i++) peer_tell(&peers[i], &l);
        err = edo_sleep(edo_ms(10));
    }
    for (size_t i = 0; i < EDO_COUNT(peers); i++)
        if (peers[i].tx) peer_end(&peers[i]); // writes what is in the inbox, then ends
    return edo_scope_end(&s, err);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
