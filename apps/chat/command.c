/* SPDX-License-Identifier: MIT */
/* command.c: one function for each command, and the table that chooses it.
 *
 * A line that begins with "* " is the server's own. A checked name may stand in it; text that a
 * client typed never does. What the others are told about a client is shown to the client itself
 * afterwards: once it sees that line, the others have it. */
#include "command.h"

#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define GREETED_MAX     10  /* names in a greeting */
#define NAMES_BYTES_MAX 800 /* of one line of names */

static const edo_duration post_patience = EDO_S(1);

static void complain(client *self, const char *what) {
    (void)client_answer(self, "* error: %s", what);
}

/* Tells everybody in the room but the client itself. `how` is room_say() or room_announce(). Owns:
 * takes `m`; NULL: there was no memory for it. */
static int tell(client *self, room *r, int (*how)(room *, message *), message *m) {
    int err = m ? how(r, m) : -ENOMEM;
    edo_rc_unref(m);
    if (err != -ENOMEM) return err;
    complain(self, "out of memory, nobody was told");
    return 0;
}

/* As tell(), and the client is shown it, too. */
static int announce(client *self, room *r, message *m) {
    message *own = m ? edo_rc_ref(m) : NULL;
    int err = tell(self, r, room_announce, m);
    (void)client_show(self, own);
    return err;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

/* From here on the client listens to that room. Returns 0, or that there is no memory, or no place
 * in its mailbox. */
static int listen_to(client *self, room *r) {
    directory *dir = &self->server->directory;
    subscriber *s = room_subscribe(r);
    if (!s) return -ENOMEM;
    (void)directory_open_room(dir, &r->name); // once more, for the subscriber
    if (mailbox_is_stuck(self->me.mail)) subscriber_fall_behind(s);
    int err = mailbox_put(self->me.mail, &(pending){ .room = s }, post_patience);
    if (err >= 0) return 0;
    subscriber_free(s);
    directory_close_room(dir, r);
    return err;
}

/* Tells the others that the client has left that room. Owns: takes the room; NULL: none. */
static int leave(client *self, room *from) {
    if (!from) return 0;
    const char *room_name = from->name.text;
    int err = tell(self, from, room_announce,
                   message_new(self->me.id, "* %s left #%s", self->me.name.text, room_name));
    directory_close_room(&self->server->directory, from);
    return err;
}

static message *joined(const client *self, const room *r) {
    return message_new(self->me.id, "* %s joined #%s", self->me.name.text, r->name.text);
}

static message *greeting(client *self, const room *r) {
    name names[GREETED_MAX];
    char with[16 + GREETED_MAX * (NAME_BYTES_MAX + 2) + 32];
    size_t n = directory_members(&self->server->directory, r, names, GREETED_MAX), bytes = 0;
    with[0] = '\0';
    for (size_t i = 0; i < n && i < GREETED_MAX; i++) {
        bytes += (size_t)snprintf(with + bytes, sizeof with - bytes, "%s%s", i ? ", " : " with ",
                                  names[i].text);
    }
    if (n > GREETED_MAX)
        (void)snprintf(with + bytes, sizeof with - bytes, " and %zu others", n - GREETED_MAX);
    return message_new(0, "* you are %s in #%s%s; /help", self->me.name.text, r->name.text, with);
}

int command_arrive(client *self) {
    directory *dir = &self->server->directory;
    room *lobby = directory_open_room(dir, &(name){ "general" }); // it is there
    int err = listen_to(self, lobby);
    if (err < 0) {
        directory_close_room(dir, lobby);
        return err;
    }
    (void)client_show(self, greeting(self, lobby));
    directory_move(dir, &self->me, lobby);
    return announce(self, lobby, joined(self, lobby));
}

void command_leave(client *self) {
    room *from = self->me.room;
    if (from) self->left_at = room_last(from);
    directory_depart(&self->server->directory, &self->me);
    edo_mpsc_close(self->me.mail->out); // the writer then ends
    if (edo_cancel_is_set(self->server->closing)) {
        directory_close_room(&self->server->directory, from);
    } else {
        (void)leave(self, from);
    }
}

/* ---- Commands -------------------------------------------------------------------------------- */

static int do_fault(client *self, const command *c) {
    complain(self, c->fault);
    return 0;
}

static int do_say(client *self, const command *c) {
    return tell(
        self, self->me.room, room_say,
        message_new(self->me.id, "%s: %.*s", self->me.name.text, (int)c->text_bytes, c->text));
}

static int do_me(client *self, const command *c) {
    return tell(
        self, self->me.room, room_say,
        message_new(self->me.id, "- %s %.*s", self->me.name.text, (int)c->text_bytes, c->text));
}

static int do_msg(client *self, const command *c) {
    mailbox *to = directory_find(&self->server->directory, &c->name);
    message *m = message_new(0, "%s -> you: %.*s", self->me.name.text, (int)c->text_bytes, c->text);
    int err = to ? -ENOMEM : -EDO_ECLOSED;
    if (to && m) // nobody waits for a client that does not read
        err = mailbox_put(to, &(pending){ .message = m },
                          mailbox_is_stuck(to) ? edo_ns(0) : post_patience);
    if (err < 0) edo_rc_unref(m);
    edo_rc_unref(to);
    switch (err) {
    case 0: (void)client_answer(self, "* sent to %s", c->name.text); break;
    case -EDO_ECLOSED:
        (void)client_answer(self, "* error: nobody is called %s", c->name.text);
        break;
    case -EAGAIN:
    case -ETIMEDOUT:
        (void)client_answer(self, "* error: %s has not read earlier messages", c->name.text);
        break;
    case -ENOMEM: complain(self, "out of memory, it was not sent"); break;
    default: return err;
    }
    return 0;
}

static int do_nick(client *self, const command *c) {
    name old = self->me.name;
    int err = directory_rename(&self->server->directory, &self->me, &c->name);
    if (err == -EEXIST) (void)client_answer(self, "* error: the name %s is taken", c->name.text);
    if (err == -ENOMEM) complain(self, "out of memory");
    if (err < 0) return 0;
    edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", self->me.name.text));
    return announce(self, self->me.room,
                    message_new(self->me.id, "* %s is now %s", old.text, self->me.name.text));
}

static int do_join(client *self, const command *c) {
    directory *dir = &self->server->directory;
    room *from = self->me.room, *next = NULL;
    if (strcasecmp(c->name.text, from->name.text) == 0) {
        (void)client_answer(self, "* error: you are in #%s", from->name.text);
        return 0;
    }
    next = directory_open_room(dir, &c->name);
    int err = next ? listen_to(self, next) : -ENOMEM;
    if (err < 0) {
        directory_close_room(dir, next);
        if (err != -ECANCELED) complain(self, "there is no room for this now, you stay here");
        return err == -ECANCELED ? err : 0;
    }
    directory_move(dir, &self->me, next);
    err = announce(self, next, joined(self, next));
    int left = leave(self, from);
    return err < 0 ? err : left;
}

static int do_rooms(client *self, const command *c) {
    (void)c;
    room_count *rooms = NULL;
    size_t most = 0, n;
    while ((n = directory_rooms(&self->server->directory, rooms, most)) > most) {
        free(rooms);
        most = n + 8; // some may come before the next look
        rooms = calloc(most, sizeof *rooms);
        if (!rooms) {
            complain(self, "out of memory");
            return 0;
        }
    }
    bool is_shown = true;
    for (size_t i = 0; i < n && is_shown; i++)
        is_shown = client_answer(self, "* #%s (%zu)", rooms[i].name.text, rooms[i].members_n);
    free(rooms);
    return 0;
}

/* "* a, b, c", in several lines if they are many. */
static void show_names(client *self, const name *names, size_t n) {
    char line[NAMES_BYTES_MAX + NAME_BYTES_MAX + 4];
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += (size_t)snprintf(line + bytes, sizeof line - bytes, "%s%s", bytes ? ", " : "* ",
                                  names[i].text);
        if (i + 1 < n && bytes < NAMES_BYTES_MAX) continue;
        if (!client_answer(self, "%s", line)) return;
        bytes = 0;
    }
}

static int do_who(client *self, const command *c) {
    (void)c;
    name *names = NULL;
    size_t most = 0, n;
    while ((n = directory_members(&self->server->directory, self->me.room, names, most)) > most) {
        free(names);
        most = n + 8;
        names = calloc(most, sizeof *names);
        if (!names) {
            complain(self, "out of memory");
            return 0;
        }
    }
    show_names(self, names, n);
    free(names);
    return 0;
}

static int do_help(client *self, const command *c) {
    (void)c;
    (void)client_answer(self, "%s", line_help);
    return 0;
}

static int do_quit(client *self, const command *c) {
    int err = c->text_bytes > 0 ? do_me(self, c) : 0;
    return err < 0 ? err : -EDO_ECLOSED;
}

int command_run(client *self, const char *line, size_t bytes) {
    static int (*const actions[])(client *, const command *) = {
        [COMMAND_FAULT] = do_fault, [COMMAND_SAY] = do_say,   [COMMAND_ME] = do_me,
        [COMMAND_MSG] = do_msg,     [COMMAND_NICK] = do_nick, [COMMAND_JOIN] = do_join,
        [COMMAND_ROOMS] = do_rooms, [COMMAND_WHO] = do_who,   [COMMAND_HELP] = do_help,
        [COMMAND_QUIT] = do_quit,
    };
    command c = line_parse(line, bytes);
    return c.kind == COMMAND_NONE ? 0 : actions[c.kind](self, &c);
}
