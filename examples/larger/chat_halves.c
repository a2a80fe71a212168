/* SPDX-License-Identifier: MIT */
/* chat_halves.c: step 2 of the chat with two tasks for each client: one reads, one writes. The
 * writing half is a fiber for every other client, and a state machine for those between. */
#include <edo/edo.h>

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct message {
    int from; // whoever said it does not hear it
    char text[300];
} message;

typedef struct client {
    int number;
    edo_stream *peer;
    edo_buf_reader lines;
    edo_broadcast_rx *room;
} client;

static edo_broadcast_tx *room;
static atomic_int clients_so_far; // clients run on several cores at once

EDO_PRINTF(2, 3) static int tell_room(const client *self, const char *format, ...) {
    message m = { .from = self->number };
    va_list args;
    va_start(args, format);
    (void)vsnprintf(m.text, sizeof m.text, format, args);
    va_end(args);
    return edo_broadcast_send(room, &m); // waits for those that keep up
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Returns how many bytes of `m->text` are to be written after a receive that returned `result`, or
 * why there are none. */
static int bytes_of(const client *self, message *m, int result, uint64_t missed) {
    if (result == -EDO_ELAGGED)
        return snprintf(m->text, sizeof m->text, "* you missed %u messages\n", (unsigned)missed);
    if (result < 0) return result;
    return m->from == self->number ? 0 : (int)strlen(m->text);
}

static int write_news(void *arg) {
    client *self = arg;
    message m;
    uint64_t missed;
    int n;
    do {
        n = edo_broadcast_recv(self->room, &m, &missed);
        n = bytes_of(self, &m, n, missed);
        if (n > 0) n = edo_write_all(self->peer, m.text, (size_t)n);
    } while (n >= 0);
    return n;
}

EDO_ASYNC(news_writer, client *client; message m; uint64_t missed; int n;
          edo_broadcast_recv_future recv; edo_writev_future write;) {
    EDO_BEGIN;
    do {
        EDO_AWAIT(
            edo_broadcast_recv_init(&self->recv, self->client->room, &self->m, &self->missed));
        self->n = bytes_of(self->client, &self->m, edo_result(&self->recv), self->missed);
        if (self->n > 0) {
            EDO_AWAIT(edo_write_all_init(&self->write, self->client->peer, self->m.text,
                                         (size_t)self->n));
            self->n = edo_result(&self->write);
        }
    } while (self->n >= 0);
    EDO_RETURN(self->n);
    EDO_END;
}
EDO_FRAME_MAX(news_writer, 600); // instead of a stack, of which 4 KiB are in use

/* ---- Reading --------------------------------------------------------------------------------- */

static int read_lines(client *self) {
    char *line;
    int err = tell_room(self, "* guest-%d joined\n", self->number);
    while (err >= 0 && (err = edo_read_line(&self->lines, &line)) >= 0)
        err = tell_room(self, "guest-%d: %s\n", self->number, line);
    return err;
}

static int greet(client *self) {
    char text[64];
    int n = snprintf(text, sizeof text, "* you are guest-%d\n", self->number);
    return edo_write_all(self->peer, text, (size_t)n);
}

static int talk(void *arg) {
    client self = { .peer = arg, .number = atomic_fetch_add(&clients_so_far, 1) + 1 };
    int err = edo_broadcast_subscribe(&self.room, room);
    if (err == 0) err = edo_buf_reader_init(&self.lines, self.peer, NULL);
    if (err == 0) err = greet(&self);
    if (err >= 0) {
        news_writer machine = { .client = &self };
        edo_task *writer = self.number % 2 ? edo_spawn(write_news, &self)
                                           : edo_spawn_future(news_writer_init(&machine));
        err = writer ? read_lines(&self) : -ENOMEM;
        if (writer) edo_task_cancel(writer);
        EDO_SHIELD(sh, edo_ns(-1)); // it borrows `self`, whatever happens to us
        (void)edo_task_join(writer);
    }
    edo_broadcast_rx_free(self.room);
    (void)tell_room(&self, "* guest-%d left\n", self.number);
    edo_buf_reader_deinit(&self.lines);
    edo_close(self.peer);
    return err;
}

static int serve(void *arg) {
    const edo_broadcast_opts patient = { .lossless = true, .behind_after = edo_ms(100) };
    int err = edo_broadcast_new(&room, NULL, sizeof(message), 100, &patient);
    if (err < 0) return err;
    edo_listener *l;
    err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    const edo_spawn_opts lives_long = { .spread = true };
    for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0;)
        if (edo_spawn_detached_with(talk, peer, &lives_long) < 0) edo_close(peer);
    edo_listener_close(l);
    return err;
}

int main(int argc, char **argv) {
    static char here[] = "127.0.0.1:7000";
    return edo_main(serve, argc > 1 ? argv[1] : here);
}
