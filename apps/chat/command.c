/* SPDX-License-Identifier: MIT */
/* command.c: one function for each command, and the table that chooses it.
 *
 * A line that begins with "* " is the server's own. A checked name may stand in it; text that a
 * client typed never does. What the others are told about a client is shown to the client itself
 * afterwards: once it sees that line, the others have it. */
#include "command.h"

#include "talk.h"

#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GREETED_MAX     10  /* names in a greeting */
#define NAMES_BYTES_MAX 800 /* of one line of names */

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* Whether the store may be read for the client: so much of each address. */
static bool may_read(const client *self) {
    edo_keyed_limiter *reads = self->server->reads;
    const edo_str key = { self->key, sizeof self->key };
    return !reads || !self->address || edo_keyed_limiter_check(reads, NULL, key, 1) == 0;
}

/* From here on the client listens to that room, of which it has seen what has numbers up to `seen`;
 * of numbers that the room has not reached nothing is known. What the room has forgotten is read
 * before the client subscribes: those who speak would wait for a subscriber that reads nothing.
 * Returns 0, or a failure of client_post(): -EAGAIN also if it is shown what it had not seen. */
static int listen_to(client *self, room *r, uint64_t seen) {
    const room_numbers now = room_numbers_now(r);
    unseen before = { .n = 0 };
    if (seen > room_newest(&now)) seen = 0;
    if (seen > 0 && client_is_resuming(self)) return -EAGAIN;
    int err = seen > 0 ? room_unseen(r, seen, &before) : 0;
    if (err < 0) return err;
    if (seen > 0 && unseen_is_short(&before, seen))
        room_find_forgotten(r, seen, &before, may_read(self));
    subscriber *s = room_subscribe(r, seen, seen > 0 ? &before : NULL);
    unseen_drop(&before);
    if (!s) return -ENOMEM;
    s->is_resumed = r == self->seat.room;
    return client_listen(self, s);
}

/* Tells everybody in the room, and then the client itself. Owns: takes `m`, as client_show(). */
static int announce(client *self, room *r, message *m) {
    if (!m) return -ENOMEM;
    message *own = edo_rc_ref(m);
    int err = room_announce(r, m);
    int shown = client_show(self, own);
    return err < 0 ? err : shown;
}

/* Tells the room who has come, and then the client itself. */
static int announce_arrival(client *self, room *r) {
    message *m = message_joined(self->me.id, &self->me.name, &r->name);
    if (!m) return -ENOMEM;
    message *own = edo_rc_ref(m);
    int err = room_move(r, m, true, directory_members_n(&self->server->directory, r));
    int shown = client_show(self, own);
    return err < 0 ? err : shown;
}

/* Tells the others that the client has left that room. Owns: takes the room. */
static int leave(client *self, room *from) {
    directory *dir = &self->server->directory;
    int err = room_move(from, message_left(self->me.id, &self->me.name, &from->name), false,
                        directory_members_n(dir, from));
    directory_close_room(dir, from);
    return err;
}

static message *greeting(client *self, const room *r) {
    char with[16 + GREETED_MAX * (NAME_BYTES_MAX + 2) + 32] = "";
    size_t n, bytes = 0;
    name *names = directory_members(&self->server->directory, r, GREETED_MAX, &n);
    if (!names) return NULL;
    for (size_t i = 0; i < n && i < GREETED_MAX; i++) {
        bytes += (size_t)snprintf(with + bytes, sizeof with - bytes, "%s%s", i ? ", " : " with ",
                                  names[i].text);
    }
    free(names);
    if (n > GREETED_MAX)
        (void)snprintf(with + bytes, sizeof with - bytes, " and %zu others", n - GREETED_MAX);
    return message_new(0, "* you are %s in #%s%s; /help", self->me.name.text, r->name.text, with);
}

/* Goes into that room, as listen_to(). A newcomer, which has been in none, is greeted. */
static int enter(client *self, const name *where, uint64_t seen) {
    directory *dir = &self->server->directory;
    room *from = self->seat.room, *to = directory_open_room(dir, where);
    room_recall(to);
    int err = to ? listen_to(self, to, seen) : -ENOMEM;
    if (err < 0) {
        directory_close_room(dir, to);
        return err;
    }
    if (!from) (void)client_show(self, greeting(self, to));
    directory_seat(dir, &self->seat, to);
    err = announce_arrival(self, to);
    int left = from ? leave(self, from) : 0;
    return err < 0 ? err : left;
}

int command_arrive(client *self) {
    int err = directory_arrive(&self->server->directory, &self->me);
    return err < 0 ? err : enter(self, &(name){ "general" }, 0);
}

void command_leave(client *self) {
    room *from = self->seat.room;
    if (from) self->left_at = room_last(from);
    directory_seat(&self->server->directory, &self->seat, NULL);
    directory_depart(&self->server->directory, &self->me);
    edo_mpsc_close(self->inbox); // the writer then ends
    if (from) (void)leave(self, from);
}

/* ---- Commands -------------------------------------------------------------------------------- */

typedef struct command {
    int (*run)(client *self, const struct command *c); /* NULL: there is nothing to do */
    name name;                                         /* of a person or a room */
    const char *text;                                  /* in the line; "" if there is none */
    uint64_t number;                                   /* if has_number */
    bool has_number;
    const char *fault; /* NULL, or what is wrong with the line */
} command;

static int say_here(client *self, const char *text, bool is_action) {
    const saying s = { .from = self->me.id,
                       .room = self->seat.room->name,
                       .nick = self->me.name,
                       .text = edo_str_of(text),
                       .is_action = is_action,
                       .time_ms = message_now_ms() };
    return room_say(self->seat.room, message_said(&s));
}

static int do_say(client *self, const command *c) {
    return say_here(self, c->text, false);
}

static int do_me(client *self, const command *c) {
    return say_here(self, c->text, true);
}

static int do_msg(client *self, const command *c) {
    const char *who = c->name.text;
    const saying s = { .nick = self->me.name,
                       .text = edo_str_of(c->text),
                       .time_ms = message_now_ms() };
    reach to = { 0 };
    int err = -EDO_ECLOSED;
    if (directory_find(&self->server->directory, &c->name, &to))
        err = talk_tell(&to, message_direct(&s, self->me.person, &c->name, to.person));
    reach_drop(&to);
    if (err == 0) return client_show(self, message_new(0, "* sent to %s", who));
    if (err == -EDO_ECLOSED)
        return client_show(self, message_new(0, "* error: nobody is called %s", who));
    if (err == -EAGAIN)
        return client_show(self, message_new(0, "* error: %s has not read earlier messages", who));
    return err;
}

static int do_nick(client *self, const command *c) {
    name old = self->me.name;
    if (name_is_reserved(&c->name))
        return client_show(self, message_new(0, "* error: this name is reserved"));
    int err = directory_rename(&self->server->directory, &self->me, &c->name);
    if (err == -EEXIST)
        return client_show(self, message_new(0, "* error: the name %s is taken", c->name.text));
    if (err < 0) return err;
    edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", self->me.name.text));
    return announce(self, self->seat.room,
                    message_renamed(self->me.id, &old, &self->me.name, &self->seat.room->name));
}

static int do_join(client *self, const command *c) {
    const char *here = self->seat.room->name.text;
    if (strcasecmp(c->name.text, here) == 0)
        return client_show(self, message_new(0, "* error: you are in #%s", here));
    int err = enter(self, &c->name, c->number);
    if (err != -EAGAIN && err != -EDO_ECLOSED) return err;
    return client_show(self, message_new(0, "* error: you do not read, so you stay here"));
}

/* For clients that come back: what is said has its number from here on, and what has a number above
 * the one that was given comes again. */
static int do_numbers(client *self, const command *c) {
    int err = c->has_number ? listen_to(self, self->seat.room, c->number)
                            : client_post_self(self, &(pending){ .message = NULL });
    if (err != -EAGAIN && err != -EDO_ECLOSED) return err;
    return client_show(self, message_new(0, "* error: you do not read"));
}

static int do_rooms(client *self, const command *c) {
    (void)c;
    size_t n;
    room_count *rooms = directory_rooms(&self->server->directory, &n);
    int err = rooms ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && err == 0; i++) {
        err = client_show(self,
                          message_new(0, "* #%s (%zu)", rooms[i].name.text, rooms[i].members_n));
    }
    free(rooms);
    return err;
}

/* "* a, b, c", in several lines if they are many. */
static int do_who(client *self, const command *c) {
    (void)c;
    char line[NAMES_BYTES_MAX + NAME_BYTES_MAX + 4];
    size_t n, bytes = 0;
    name *names = directory_members(&self->server->directory, self->seat.room, SIZE_MAX, &n);
    int err = names ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && err == 0; i++) {
        bytes += (size_t)snprintf(line + bytes, sizeof line - bytes, "%s%s", bytes ? ", " : "* ",
                                  names[i].text);
        if (i + 1 < n && bytes < NAMES_BYTES_MAX) continue;
        err = client_show(self, message_new(0, "%s", line));
        bytes = 0;
    }
    free(names);
    return err;
}

static int do_help(client *self, const command *c) {
    (void)c;
    return client_show(self,
                       message_new(0, "* /nick NAME       change your name\n"
                                      "* /join #ROOM      go to another room\n"
                                      "* /rooms, /list    the rooms, and how many are in each\n"
                                      "* /who, /names     who is in this room\n"
                                      "* /msg NAME TEXT   tell one person only\n"
                                      "* /me TEXT         say what you do\n"
                                      "* //TEXT           say a text that begins with /\n"
                                      "* /quit [TEXT]     leave"));
}

static int do_quit(client *self, const command *c) {
    int err = *c->text ? do_me(self, c) : 0;
    return err < 0 ? err : -EDO_ECLOSED;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* A room is a name, perhaps with its #. */
enum { NAME = 1, ROOM = 2, TEXT = 4, PERHAPS_TEXT = 8, PERHAPS_NUMBER = 16 };

static const struct verb {
    const char *word;
    int (*run)(client *self, const command *c);
    unsigned takes;
    const char *usage;
} verbs[] = {
    { "/nick", do_nick, NAME, "usage: /nick NAME" },
    { "/join", do_join, ROOM | PERHAPS_NUMBER, "usage: /join #ROOM" },
    { "/numbers", do_numbers, PERHAPS_NUMBER, "usage: /numbers [NUMBER]" },
    { "/rooms", do_rooms, 0, "usage: /rooms" },
    { "/list", do_rooms, 0, "usage: /list" },
    { "/who", do_who, 0, "usage: /who" },
    { "/names", do_who, 0, "usage: /names" },
    { "/msg", do_msg, NAME | TEXT, "usage: /msg NAME TEXT" },
    { "/me", do_me, TEXT, "usage: /me TEXT" },
    { "/help", do_help, 0, "usage: /help" },
    { "/quit", do_quit, PERHAPS_TEXT, "usage: /quit [TEXT]" },
};

/* Takes the first word off `rest`. */
static char *next_word(char **rest) {
    char *word = *rest;
    *rest += strcspn(word, " \t");
    if (**rest) *(*rest)++ = '\0';
    *rest += strspn(*rest, " \t");
    return word;
}

static command fault(const char *what) {
    return (command){ .fault = what };
}

static bool parse_number(uint64_t *out, const char *text) {
    enum { DIGITS_MAX = 19 };
    size_t n = strspn(text, "0123456789");
    if (text[n] || n > DIGITS_MAX) return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static command with_arguments(const struct verb *verb, char *rest) {
    command c = { .run = verb->run };
    if (verb->takes & (NAME | ROOM)) {
        const char *word = next_word(&rest);
        if (!*word) return fault(verb->usage);
        if (verb->takes & ROOM && *word == '#') word++;
        if (!name_parse(&c.name, edo_str_of(word)))
            return fault("a name is 1 to 24 letters, digits, '_' or '-'");
    }
    if (*rest && verb->takes & PERHAPS_NUMBER) {
        c.has_number = parse_number(&c.number, rest);
        return c.has_number ? c : fault(verb->usage);
    }
    if (*rest ? !(verb->takes & (TEXT | PERHAPS_TEXT)) : verb->takes & TEXT)
        return fault(verb->usage);
    c.text = rest;
    return c;
}

/* The result borrows from the line, which has a NUL behind its `bytes` bytes. A CR at the end
 * belongs to the line end. */
static command parse(char *line, size_t bytes) {
    if (bytes > 0 && line[bytes - 1] == '\r') line[--bytes] = '\0';
    const char *wrong = text_fault((edo_str){ line, bytes });
    if (wrong) return fault(wrong);
    if (bytes == 0) return (command){ .run = NULL };
    if (line[0] != '/' || line[1] == '/')
        return (command){ .run = do_say, .text = line + (line[0] == '/') };
    while (strchr(" \t", line[bytes - 1])) line[--bytes] = '\0';
    char *rest = line;
    const char *word = next_word(&rest);
    for (size_t i = 0; i < EDO_COUNT(verbs); i++) {
        if (strcmp(verbs[i].word, word) == 0) return with_arguments(&verbs[i], rest);
    }
    return fault("unknown command, see /help");
}

int command_run(client *self, char *line, size_t bytes) {
    command c = parse(line, bytes);
    if (c.fault) return client_show(self, message_new(0, "* error: %s", c.fault));
    return c.run ? c.run(self, &c) : 0;
}
