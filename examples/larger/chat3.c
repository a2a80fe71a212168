/* SPDX-License-Identifier: MIT */
/* chat3.c: chat, step 3: names and commands. A command is a function of the client and the rest of
 * its line; a negative answer ends the connection. */
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
    char nick[25];
    edo_stream *peer;
    edo_buf_reader lines;
    edo_broadcast_rx *room;
} client;

static edo_broadcast_tx *room;
static atomic_int clients_so_far; // clients run on several cores at once

/* ---- Saying ---------------------------------------------------------------------------------- */

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

/* ---- Commands -------------------------------------------------------------------------------- */

static int rename_to(client *self, const char *nick) {
    if (!*nick || strlen(nick) >= sizeof self->nick) return say(self, "* error: 1 to 24 letters\n");
    tell_room(self, "* %s is now %s", self->nick, nick);
    (void)snprintf(self->nick, sizeof self->nick, "%s", nick);
    return say(self, "* you are %s\n", self->nick);
}

static int on_line(client *self, char *line) {
    if (strncmp(line, "/nick ", 6) == 0) return rename_to(self, line + 6);
    if (strcmp(line, "/quit") == 0) return -EDO_ECLOSED;
    if (*line == '/') return say(self, "* error: unknown command\n");
    tell_room(self, "%s: %s", self->nick, line);
    return 0;
}

/* ---- One client ------------------------------------------------------------------------------ */

static int on_message(client *self, const message *m, int err) {
    if (err == -EDO_ELAGGED) return 0; // of this in step 5
    if (err < 0 || m->from == self->number) return err;
    return say(self, "%s\n", m->text);
}

static int step(client *self) {
    edo_read_line_future read;
    edo_broadcast_recv_future hear;
    char *line;
    message m;
    switch (edo_select(edo_read_line_init(&read, &self->lines, &line),
                       edo_broadcast_recv_init(&hear, self->room, &m, NULL))) {
    case 0: return edo_result(&read) < 0 ? edo_result(&read) : on_line(self, line);
    case 1: return on_message(self, &m, edo_result(&hear));
    default: return -ECANCELED; // the server stops
    }
}

static int talk(void *arg) {
    client self = { .peer = arg, .number = atomic_fetch_add(&clients_so_far, 1) + 1 };
    (void)snprintf(self.nick, sizeof self.nick, "guest-%d", self.number);
    int err = edo_broadcast_subscribe(&self.room, room);
    if (err == 0) err = edo_buf_reader_init(&self.lines, self.peer, NULL);
    if (err == 0) tell_room(&self, "* %s joined", self.nick);
    if (err == 0) err = say(&self, "* you are %s\n", self.nick);
    while (err >= 0) err = step(&self);
    tell_room(&self, "* %s left", self.nick);
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
