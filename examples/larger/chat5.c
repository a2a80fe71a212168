/* SPDX-License-Identifier: MIT */
/* chat5.c: chat, step 5: limits. Nothing that a client sends, or does not send, lets the server
 * grow or wait: lines have a length, silence has an end, a slow reader misses messages. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

typedef struct message {
    int from; // whoever said it does not hear it
    char text[300];
} message;

typedef struct room {
    char name[25];
    edo_broadcast_tx *tx; // NULL: free
    int clients_n;
} room;

typedef struct client {
    int number;
    char nick[25];
    edo_stream *peer;
    edo_buf_reader lines;
    room *room;
    edo_broadcast_rx *rx; // of the room
    edo_deadline idle;
} client;

static room rooms[100];
static pthread_mutex_t rooms_lock = PTHREAD_MUTEX_INITIALIZER; // no await under it
static atomic_int clients_so_far;

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
    if (self->room) (void)edo_broadcast_send(self->room->tx, &m); // perhaps nobody is there
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* The room of this name, made if need be, for one client more; NULL: all are taken, or no
 * memory. */
static room *get_room(const char *name) {
    room *found = NULL, *unused = NULL;
    pthread_mutex_lock(&rooms_lock);
    for (size_t i = 0; i < EDO_COUNT(rooms); i++) {
        if (!rooms[i].tx && !unused) unused = &rooms[i];
        if (rooms[i].tx && strcmp(rooms[i].name, name) == 0) found = &rooms[i];
    }
    edo_broadcast_rx *rx;
    if (!found && unused && edo_broadcast_new(&unused->tx, &rx, sizeof(message), 100, NULL) == 0) {
        edo_broadcast_rx_free(rx);
        (void)snprintf(unused->name, sizeof unused->name, "%s", name);
        found = unused;
    }
    if (found) found->clients_n++;
    pthread_mutex_unlock(&rooms_lock);
    return found;
}

/* One client less; an empty room is free again. */
static void put_room(room *r) {
    pthread_mutex_lock(&rooms_lock);
    if (--r->clients_n == 0) {
        edo_broadcast_tx_unref(r->tx);
        r->tx = NULL;
    }
    pthread_mutex_unlock(&rooms_lock);
}

static void leave(client *self) {
    if (!self->room) return;
    edo_broadcast_rx_free(self->rx);
    tell_room(self, "* %s left #%s", self->nick, self->room->name);
    put_room(self->room);
    self->room = NULL;
    self->rx = NULL;
}

static int join(client *self, const char *name) {
    room *to = get_room(name);
    if (!to) return say(self, "* error: too many rooms\n");
    edo_broadcast_rx *rx;
    int err = edo_broadcast_subscribe(&rx, to->tx);
    if (err < 0) {
        put_room(to);
        return err;
    }
    leave(self);
    self->room = to;
    self->rx = rx;
    tell_room(self, "* %s joined #%s", self->nick, to->name);
    return say(self, "* you are in #%s\n", to->name);
}

/* ---- Commands -------------------------------------------------------------------------------- */

static int rename_to(client *self, const char *nick) {
    if (!*nick || strlen(nick) >= sizeof self->nick) return say(self, "* error: 1 to 24 letters\n");
    tell_room(self, "* %s is now %s", self->nick, nick);
    (void)snprintf(self->nick, sizeof self->nick, "%s", nick);
    return say(self, "* you are %s\n", self->nick);
}

static int list_rooms(client *self) {
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(rooms) && err >= 0; i++) {
        pthread_mutex_lock(&rooms_lock);
        room copy = rooms[i]; // say() waits, which nobody may do who holds the lock
        pthread_mutex_unlock(&rooms_lock);
        if (copy.tx) err = say(self, "* #%s (%d)\n", copy.name, copy.clients_n);
    }
    return err;
}

static int on_line(client *self, char *line) {
    if (strncmp(line, "/nick ", 6) == 0) return rename_to(self, line + 6);
    if (strncmp(line, "/join ", 6) == 0) return join(self, line + 6 + (line[6] == '#'));
    if (strcmp(line, "/rooms") == 0) return list_rooms(self);
    if (strcmp(line, "/quit") == 0) return -EDO_ECLOSED;
    if (*line == '/') return say(self, "* error: unknown command\n");
    tell_room(self, "%s: %s", self->nick, line);
    return 0;
}

/* ---- One client ------------------------------------------------------------------------------ */

static int on_input(client *self, char *line, int n) {
    (void)edo_deadline_move(&self->idle, edo_minutes(5));
    if (n == -EDO_ETOOLONG) return say(self, "* error: line too long\n");
    return n < 0 ? n : on_line(self, line);
}

static int on_message(client *self, const message *m, int err, uint64_t missed) {
    if (err == -EDO_ELAGGED) return say(self, "* you missed %u messages\n", (unsigned)missed);
    if (err < 0 || m->from == self->number) return err;
    return say(self, "%s\n", m->text);
}

/* Waits for whatever comes first. Messages of others do not count as a sign of life. */
static int step(client *self) {
    edo_read_line_future read;
    edo_broadcast_recv_future hear;
    char *line;
    message m;
    uint64_t missed;
    switch (edo_select(edo_read_line_init(&read, &self->lines, &line),
                       edo_broadcast_recv_init(&hear, self->rx, &m, &missed))) {
    case 0: return on_input(self, line, edo_result(&read));
    case 1: return on_message(self, &m, edo_result(&hear), missed);
    default: return -ECANCELED; // the server stops, or the client was idle for too long
    }
}

static int talk(void *arg) {
    client self = { .peer = arg, .number = atomic_fetch_add(&clients_so_far, 1) + 1 };
    edo_deadline_begin(&self.idle, edo_minutes(5));
    (void)snprintf(self.nick, sizeof self.nick, "guest-%d", self.number);
    int err =
        edo_buf_reader_init(&self.lines, self.peer, &(edo_buf_reader_opts){ .line_max = 200 });
    if (err == 0) err = join(&self, "general");
    while (err >= 0) err = step(&self);
    err = edo_deadline_end(&self.idle, err);
    if (err == -ETIMEDOUT) (void)say(&self, "* idle for too long\n");
    leave(&self);
    edo_buf_reader_deinit(&self.lines);
    edo_close(self.peer);
    return err;
}

static int serve(void *arg) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, arg, NULL);
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
