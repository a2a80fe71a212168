/* SPDX-License-Identifier: MIT */
/* chat2.c: chat, step 2: a room. Everybody hears everybody, so a client now waits for two things:
 * its own next line, and what the others say. */
#include <edo/edo.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

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

EDO_PRINTF(2, 3) static int say(client *self, const char *format, ...) {
    char text[400];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= (int)sizeof text) n = (int)sizeof text - 1; // cut
    return edo_write_all(self->peer, text, (size_t)n);
}

EDO_PRINTF(2, 3) static void tell_room(client *self, const char *format, ...) {
    message m = { .from = self->number };
    va_list args;
    va_start(args, format);
    (void)vsnprintf(m.text, sizeof m.text, format, args);
    va_end(args);
    (void)edo_broadcast_send(room, &m); // perhaps nobody is there
}

static int on_message(client *self, const message *m, int err, uint64_t missed) {
    if (err == -EDO_ELAGGED) return say(self, "* you missed %u messages\n", (unsigned)missed);
    if (err < 0 || m->from == self->number) return err;
    return say(self, "%s\n", m->text);
}

static int step(client *self) {
    edo_read_line_future read;
    edo_broadcast_recv_future hear;
    char *line;
    message m;
    uint64_t missed;
    int which = edo_select(edo_read_line_init(&read, &self->lines, &line),
                           edo_broadcast_recv_init(&hear, self->room, &m, &missed));
    if (which == 1) return on_message(self, &m, edo_result(&hear), missed);
    if (which != 0 || edo_result(&read) < 0) return which != 0 ? which : edo_result(&read);
    tell_room(self, "guest-%d: %s", self->number, line);
    return 0;
}

static int talk(void *arg) {
    client self = { .peer = arg, .number = atomic_fetch_add(&clients_so_far, 1) + 1 };
    int err = edo_broadcast_subscribe(&self.room, room);
    if (err == 0) err = edo_buf_reader_init(&self.lines, self.peer, NULL);
    if (err == 0) tell_room(&self, "* guest-%d joined", self.number);
    if (err == 0) err = say(&self, "* you are guest-%d\n", self.number);
    while (err >= 0) err = step(&self);
    tell_room(&self, "* guest-%d left", self.number);
    edo_buf_reader_deinit(&self.lines);
    edo_broadcast_rx_free(self.room);
    edo_close(self.peer);
    return err;
}

static int serve(void *arg) {
    edo_broadcast_rx *unused;
    int err = edo_broadcast_new(&room, &unused, sizeof(message), 100, NULL);
    if (err < 0) return err;
    edo_broadcast_rx_free(unused);
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
