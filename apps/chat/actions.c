/* SPDX-License-Identifier: MIT */
/* actions.c: one function for each command, and the table that chooses it. */
#include "actions.h"

#include "command.h"

#include <edo/task.h>
#include <edo/trace.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void complain(client *self, const char *what) {
    client_answer(self, "* error: %s", what);
}

static const char *name_of(const client *self) {
    return self->me.entry.name.text;
}

/* Says `m` to the room, or only announces it, in the place that it has taken. Owns: takes a share
 * of `m`; NULL: no memory. */
static void publish(client *self, void (*how)(room *, message *), message *m) {
    if (m) {
        how(self->me.room, m);
    } else {
        room_return_place(self->me.room);
        complain(self, "out of memory, nobody was told");
    }
    edo_rc_unref(m);
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

static void show_past(client *self, room_entry *entry) {
    for (size_t i = 0; i < entry->past_n; i++) {
        // What it said here itself, before it went away, belongs to the past of the room, too.
        outbox_add(&self->out, entry->past[i]->text, entry->past[i]->bytes);
        edo_rc_unref(entry->past[i]);
    }
    free(entry->past);
    if (entry->first) client_show(self, entry->first);
}

static message *left_message(const client *self, const room *from) {
    return message_new(self->me.id, "* %s left #%s", name_of(self), from->entry.name.text);
}

/* Goes from its room, if it is in one, to another, and is shown what was said there. Owns: takes
 * the room, and the place in it. On failure it stays where it is. Returns 0 or -ENOMEM. */
static int enter(client *self, room *next) {
    hall *at = &self->house->hall;
    room *from = self->me.room;
    message *joined = message_new(0, "* %s joined #%s", name_of(self), next->entry.name.text);
    message *left = from ? left_message(self, from) : NULL;
    room_entry entry;
    int err = joined && (left || !from) ? 0 : -ENOMEM;
    if (err < 0) goto close_next;

    hall_move(at, &self->me, next);
    err = room_enter(next, joined, &entry);
    if (err < 0) goto move_back;

    edo_rc_unref(joined);
    if (from) {
        client_collect_all(self);
        listener_end(&self->room);
        client_announce_left(self, from, left);
    }
    self->room = entry.listener;
    show_past(self, &entry);
    return 0;

move_back:
    hall_move(at, &self->me, from);
close_next:
    room_return_place(next);
    edo_rc_unref(left);
    edo_rc_unref(joined);
    hall_close_room(at, next);
    return err;
}

int action_arrive(client *self) {
    room *lobby = hall_open_room(&self->house->hall, &(name){ "general" });
    if (!lobby) return -ENOMEM;
    int err = edo_sem_acquire(&lobby->places, 1);
    if (err >= 0) return enter(self, lobby);
    hall_close_room(&self->house->hall, lobby);
    return err;
}

void action_leave(client *self, bool silently) {
    room *from = self->me.room;
    hall *at = &self->house->hall;
    hall_hide(at, &self->me); // who hears that it left finds it gone
    hall_move(at, &self->me, NULL);
    if (!silently)
        client_announce_left(self, hall_open_room(at, &from->entry.name), left_message(self, from));
}

/* ---- Commands -------------------------------------------------------------------------------- */

static void do_fault(client *self, const command *c) {
    complain(self, c->fault);
}

static void do_say(client *self, const command *c) {
    if (!client_take_place(self, self->me.room)) return;
    publish(self, room_say,
            message_new(self->me.id, "%s: %.*s", name_of(self), (int)c->text_bytes, c->text));
}

static void do_me(client *self, const command *c) {
    if (!client_take_place(self, self->me.room)) return;
    publish(self, room_say,
            message_new(self->me.id, "* %s %.*s", name_of(self), (int)c->text_bytes, c->text));
}

void action_sent(client *self, const name *to, int err) {
    if (err >= 0) {
        client_answer(self, "* sent to %s", to->text);
    } else if (err == -ENOENT || err == -EDO_ECLOSED) {
        client_answer(self, "* error: nobody is called %s", to->text);
    } else if (err == -EAGAIN) {
        client_answer(self, "* error: %s has not read earlier messages", to->text);
    } else {
        complain(self, "out of memory, it was not sent");
    }
}

static void do_msg(client *self, const command *c) {
    edo_mpsc_tx *full = NULL;
    message *m = message_new(0, "%s -> you: %.*s", name_of(self), (int)c->text_bytes, c->text);
    int err = m ? hall_tell(&self->house->hall, &c->name, m, &full) : -ENOMEM;
    if (full) {
        client_post(self, &c->name, full, m);
    } else {
        action_sent(self, &c->name, err);
    }
    edo_rc_unref(m);
}

static void do_nick(client *self, const command *c) {
    name old = self->me.entry.name;
    if (!client_take_place(self, self->me.room)) return;
    if (hall_rename(&self->house->hall, &self->me, &c->name) < 0) {
        room_return_place(self->me.room);
        client_answer(self, "* error: the name %s is taken", c->name.text);
        return;
    }
    edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", name_of(self)));
    publish(self, room_announce, message_new(0, "* %s is now %s", old.text, name_of(self)));
}

static void do_join(client *self, const command *c) {
    hall *at = &self->house->hall;
    if (strcmp(c->name.text, self->me.room->entry.name.text) == 0) {
        client_answer(self, "* error: you are in #%s", c->name.text);
        return;
    }
    room *next = hall_open_room(at, &c->name);
    if (next && !client_take_place(self, next)) {
        hall_close_room(at, next);
    } else if (!next || enter(self, next) < 0) {
        complain(self, "out of memory, you stay here");
    }
}

static void do_rooms(client *self, const command *c) {
    (void)c;
    room_count *rooms;
    int n = hall_rooms(&self->house->hall, &rooms);
    if (n < 0) {
        complain(self, "out of memory");
        return;
    }
    for (int i = 0; i < n; i++) {
        client_answer(self, "* #%s (%zu)", rooms[i].name.text, rooms[i].members_n);
        if (edo_budget_consume() < 0) break; // a long list lets others have their turn
    }
    free(rooms);
}

static void do_who(client *self, const command *c) {
    (void)c;
    message *m = hall_who(&self->house->hall, self->me.room);
    if (m) {
        client_show(self, m);
    } else {
        complain(self, "out of memory");
    }
}

static void do_help(client *self, const command *c) {
    (void)c;
    client_answer(self, "%s", command_help);
}

static void do_quit(client *self, const command *c) {
    (void)c;
    self->stage = GONE;
}

void action_line(client *self, const char *line, size_t bytes) {
    static void (*const actions[])(client *, const command *) = {
        [COMMAND_FAULT] = do_fault, [COMMAND_SAY] = do_say,   [COMMAND_ME] = do_me,
        [COMMAND_MSG] = do_msg,     [COMMAND_NICK] = do_nick, [COMMAND_JOIN] = do_join,
        [COMMAND_ROOMS] = do_rooms, [COMMAND_WHO] = do_who,   [COMMAND_HELP] = do_help,
        [COMMAND_QUIT] = do_quit,
    };
    bytes = text_bytes(line, bytes);
    const char *fault = text_fault(line, bytes);
    if (fault) {
        complain(self, fault);
        return;
    }
    command c = command_parse(line, bytes);
    if (c.kind != COMMAND_NONE) actions[c.kind](self, &c);
}
