/* SPDX-License-Identifier: MIT */
/* user.c: see user.h. */
#include "user.h"

#include "server.h"

#include <edo/error.h>
#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BURST 100 /* things that a user may say at once after a silence */

static void user_drop(void *arg) {
    user *self = arg;
    for (size_t i = 0; self->said && i < USER_REFS; i++) edo_rc_unref(self->said[i]);
    free(self->said);
    edo_rc_unref(self->me.wire);
}

user *user_new(server *at, const char *session) {
    user *self = edo_rc_new(sizeof *self, user_drop);
    if (!self) return NULL;
    *self = (user){ .using = EDO_MUTEX_INIT, .server = at };
    token_key(edo_str_of(session), self->key);
    token_person(self->key, self->me.person);
    self->me.wire = wire_new(edo_str_of(self->key));
    uint32_t rate = at->options->rate;
    const edo_limiter_opts limit = { .num = rate ? rate : 1, .burst = BURST };
    if (!self->me.wire || edo_limiter_init(&self->rate, &limit) < 0) {
        edo_rc_unref(self);
        return NULL;
    }
    (void)snprintf(self->session, sizeof self->session, "%s", session);
    TAILQ_INIT(&self->seats);
    return self;
}

bool user_may_speak(user *self) {
    if (self->server->options->rate == 0) return true;
    return edo_limiter_check(&self->rate, NULL, 1) == 0 && page_may_speak(self->page);
}

/* ---- Coming and going ------------------------------------------------------------------------ */

int user_arrive(user *self, edo_str wanted) {
    directory *dir = &self->server->directory;
    name nick;
    int err = directory_arrive(dir, &self->me);
    if (err < 0) return err;
    if (name_parse(&nick, wanted) && !name_is_reserved(&nick))
        err = directory_rename(dir, &self->me, &nick);
    if (err == -ENOMEM) {
        directory_depart(dir, &self->me);
        return err;
    }
    edo_info_kv("arrived on a page", EDO_KV("name", self->me.name.text));
    return 0; // a name that is taken is left to its owner
}

void user_depart(user *self, bool is_told) {
    user_detach(self);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a seat that is left is off the list
    while (!TAILQ_EMPTY(&self->seats)) user_leave(self, TAILQ_FIRST(&self->seats), is_told);
    directory_depart(&self->server->directory, &self->me);
    edo_info_kv("left", EDO_KV("name", self->me.name.text));
}

static void stop_listening(user_seat *s) {
    if (s->is_attending) room_unlisten(s->seat.room, &s->listener);
    s->is_attending = s->is_listening = false;
}

void user_detach(user *self) {
    user_seat *s;
    TAILQ_FOREACH(s, &self->seats, next) stop_listening(s);
    wire_attach(self->me.wire, NULL);
    self->page = NULL;
}

void user_attach(user *self, const struct page *to, edo_ws *ws) {
    user_detach(self);
    wire_attach(self->me.wire, ws);
    self->page = to;
}

int user_rename(user *self, edo_str to) {
    name old = self->me.name, nick;
    if (!name_parse(&nick, to)) return FAULT_NICK;
    if (name_is_reserved(&nick)) return FAULT_NICK_RESERVED;
    int err = directory_rename(&self->server->directory, &self->me, &nick);
    if (err == -EEXIST) return strcmp(old.text, nick.text) == 0 ? 0 : FAULT_NICK_TAKEN;
    if (err < 0) return err;
    edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", nick.text));
    user_seat *s;
    TAILQ_FOREACH(s, &self->seats, next) {
        room *r = s->seat.room;
        if (err == 0) err = room_announce(r, message_renamed(self->me.id, &old, &nick, &r->name));
    }
    if (TAILQ_EMPTY(&self->seats)) {
        err = wire_reply(self->me.wire, message_renamed(self->me.id, &old, &nick, &(name){ "" }));
    }
    return err;
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

user_seat *user_find_seat(user *self, edo_str of) {
    user_seat *s;
    name where;
    if (!name_parse(&where, of)) return NULL;
    TAILQ_FOREACH(s, &self->seats, next) {
        if (strcasecmp(s->seat.room->name.text, where.text) == 0) return s;
    }
    return NULL;
}

user_seat *user_join(user *self, edo_str of, int *fault) {
    directory *dir = &self->server->directory;
    name where;
    *fault = self->seats_n == USER_ROOMS_MAX ? FAULT_ROOMS
             : !name_parse(&where, of)       ? FAULT_ROOM
                                             : FAULT_NONE;
    user_seat *s = *fault ? NULL : calloc(1, sizeof *s);
    room *r = s ? directory_open_room(dir, &where) : NULL;
    if (!r) {
        free(s);
        return NULL;
    }
    room_recall(r);
    s->seat.member = &self->me;
    s->listener.to = self->me.wire;
    directory_seat(dir, &s->seat, r);
    TAILQ_INSERT_TAIL(&self->seats, s, next);
    self->seats_n++;
    size_t members_n = directory_members_n(dir, r);
    if (room_move(r, message_joined(self->me.id, &self->me.name, &r->name), true, members_n) < 0)
        edo_debug("the room was not told who came");
    return s;
}

/* Tells which messages are missing between two numbers, if there are some. */
static int send_missing(user *self, const room *r, const unseen *u, uint64_t after, uint64_t before,
                        bool is_cut) {
    uint64_t n = room_missing(&u->numbers, after, before);
    if (n == 0 && !is_cut) return 0;
    return wire_send(self->me.wire, message_lagged(&r->name, is_cut ? 0 : n, after, before));
}

/* Sends what was not seen after the number `after`, each message or that it is missing. Owns: takes
 * `u`. */
static int send_unseen(user *self, room *r, uint64_t after, unseen *u) {
    int err = 0;
    for (size_t i = 0; i < u->n && err == 0; i++) {
        uint64_t number = u->messages[i]->what.number;
        if (after > 0) err = send_missing(self, r, u, after, number, u->is_cut && i == 0);
        if (err == 0) err = wire_send(self->me.wire, edo_rc_ref(u->messages[i]));
        after = number;
    }
    if (err == 0 && after > 0)
        err = send_missing(self, r, u, after, u->until + 1, u->is_cut && u->n == 0);
    unseen_drop(u);
    return err;
}

void user_attend(user_seat *s) {
    if (!s->is_attending) room_attend(s->seat.room, &s->listener);
    s->is_attending = true;
}

int user_listen(user *self, user_seat *s, uint64_t after, uint64_t life) {
    room *r = s->seat.room;
    bool is_other_count = (life > 0 && life != r->life) || after > room_numbers_now(r).last;
    if (is_other_count) after = 0; // nothing of this one has been seen
    for (;;) {
        unseen u;
        s->listener.after = after;
        int err = room_listen(r, &s->listener, &u);
        if (err <= 0) {
            s->is_listening = err == 0;
            return err;
        }
        // A read of the store counts as a thing said: it is work that a page asks for, which may
        // come again and again with all its rooms. One that has asked too often is told what it
        // lacks, and can ask later.
        if (after > 0 && unseen_is_short(&u, after))
            room_find_forgotten(r, after, &u, user_may_speak(self));
        uint64_t until = u.until; // more may be said meanwhile
        err = send_unseen(self, r, after, &u);
        if (err < 0) return err;
        after = until;
    }
}

void user_leave(user *self, user_seat *s, bool is_told) {
    directory *dir = &self->server->directory;
    room *from = s->seat.room;
    stop_listening(s);
    directory_seat(dir, &s->seat, NULL);
    TAILQ_REMOVE(&self->seats, s, next);
    self->seats_n--;
    free(s);
    message *left = is_told ? message_left(self->me.id, &self->me.name, &from->name) : NULL;
    if (is_told && room_move(from, left, false, directory_members_n(dir, from)) < 0)
        edo_debug("the room was not told who left");
    directory_close_room(dir, from);
}

/* ---- Saying ---------------------------------------------------------------------------------- */

/* A message that the user has said and calls so; NULL: none is known. Owns: returns a share. */
static message *find_said(user *self, edo_str ref, edo_str whole_ref) {
    for (size_t i = 0; self->said && i < USER_REFS; i++) {
        message *m = self->said[i];
        if (m && edo_str_equal(m->what.ref, whole_ref)) return edo_rc_ref(m);
    }
    if (!self->may_have_said || ref.len == 0 || !self->server->storage) return NULL;
    store_found *found;
    if (storage_find(self->server->storage, whole_ref, &found) < 0) {
        self->may_have_said = false; // a store that does not respond delays one message, not all
        return NULL;
    }
    message *m = found->n > 0 ? storage_message(&found->messages[0]) : NULL;
    free(found);
    return m;
}

/* Without memory a message that is repeated is said again. */
static void remember_said(user *self, message *m) {
    if (!self->said) self->said = calloc(USER_REFS, sizeof(message *));
    if (!self->said) return;
    message **place = &self->said[self->said_n++ % USER_REFS];
    edo_rc_unref(*place);
    *place = edo_rc_ref(m);
}

int user_say(user *self, user_seat *s, edo_str text, edo_str ref, bool is_action) {
    char whole[TOKEN_KEY_BYTES + 1 + REF_BYTES_MAX + 1];
    edo_str whole_ref = { 0 };
    if (ref.len > 0) {
        int n = snprintf(whole, sizeof whole, "%s %.*s", self->key, (int)ref.len, ref.ptr);
        whole_ref = (edo_str){ whole, (size_t)n };
        message *again = find_said(self, ref, whole_ref);
        if (again) return wire_reply(self->me.wire, again);
    }
    if (!user_may_speak(self)) return FAULT_FAST;
    const saying what = { .from = self->me.id,
                          .room = s->seat.room->name,
                          .nick = self->me.name,
                          .text = text,
                          .is_action = is_action,
                          .ref = whole_ref,
                          .time_ms = message_now_ms() };
    message *m = message_said(&what);
    if (!m) return FAULT_LATER;
    if (ref.len > 0) remember_said(self, m);
    return room_say(s->seat.room, m);
}
