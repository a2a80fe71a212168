/* SPDX-License-Identifier: MIT */
/* user.c: see user.h. */
#include "person/user.h"

#include "room/claim.h"
#include "room/member.h"
#include "server.h"

#include <edo/error.h>
#include <edo/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void user_drop(void *arg) {
    user *self = arg;
    for (size_t i = 0; self->said && i < USER_REFS; i++) edo_rc_unref(self->said[i]);
    free(self->said);
    edo_rc_unref(self->me.socket);
}

user *user_new(server *at, const char *session) {
    user *self = edo_rc_new(sizeof *self, user_drop);
    if (!self) return NULL;
    *self = (user){ .using = EDO_MUTEX_INIT, .server = at };
    token_key(edo_str_of(session), self->key);
    token_person(self->key, self->me.person);
    self->me.using = &self->using;
    self->me.socket = page_socket_new(edo_str_of(self->key), &at->full_pages_n);
    if (self->me.socket) self->me.known = page_socket_known(self->me.socket);
    if (!self->me.socket || member_init(&self->me, &at->directory, at->options->rate) < 0) {
        edo_rc_unref(self);
        return NULL;
    }
    (void)snprintf(self->session, sizeof self->session, "%s", session);
    TAILQ_INIT(&self->seats);
    return self;
}

bool user_may_speak(user *self) {
    return member_may_speak(&self->me) && server_may_speak(self->server, member_address(&self->me));
}

/* ---- Coming and going ------------------------------------------------------------------------ */

/* Asks for the name, NULL: for none. */
static int user_get_name(user *self, const name *wanted, edo_instant came) {
    directory *dir = &self->server->directory;
    if (!dir->is_shared) return wanted ? directory_rename(dir, &self->me, wanted) : 0;
    int err = claim_arrive(dir, &self->me, wanted, came);
    if (err == -EAGAIN && wanted) self->me.wanted = *wanted;
    return err;
}

/* Tells where it is that it has another name now than that one. */
static int user_tell_renamed(user *self, const name *old, uint64_t old_naming) {
    const member *me = &self->me;
    user_seat *s;
    bool hears = false;
    int err = 0;
    TAILQ_FOREACH(s, &self->seats, next) {
        room *r = s->seat.room;
        hears |= s->is_attending;
        if (err < 0) continue;
        message *m = member_renamed(me, old, old_naming, room_shown(r));
        err = room_announce(r, message_paid_by(m, member_address(me)));
    }
    if (hears || !self->is_welcome) return err;
    const name none = { "" }; // one that hears no room is told by itself
    int told =
        page_socket_reply(me->socket, message_renamed(me->id, me->person, old, &me->name, &none));
    return err < 0 ? err : told;
}

int user_take_name(user *self, edo_str wanted, edo_instant came) {
    name nick;
    bool is_name = name_parse(&nick, wanted) && !name_is_reserved(&nick);
    return user_get_name(self, is_name ? &nick : NULL, came);
}

int user_arrive(user *self, edo_str wanted, edo_instant came) {
    directory *dir = &self->server->directory;
    int err = directory_arrive(dir, &self->me);
    if (err < 0) return err;
    err = user_take_name(self, wanted, came);
    if (err == -ENOMEM || err == -ECANCELED) {
        directory_depart(dir, &self->me);
        return err;
    }
    edo_info_kv("arrived with a session", EDO_KV("name", self->me.name.text));
    return 0; // a name that is taken is left to its owner
}

void user_return(user *self, edo_instant came) {
    directory *dir = &self->server->directory;
    if (!dir->is_shared) return;
    pthread_mutex_lock(&dir->lock);
    claim_again(dir, &self->me, came);
    pthread_mutex_unlock(&dir->lock);
}

static void user_drop_told(void *arg, message *m) {
    (void)arg;
    edo_rc_unref(m);
}

void user_depart(user *self, bool is_told) {
    user_detach(self);
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc): a seat that is left is off the list
    while (!TAILQ_EMPTY(&self->seats)) user_leave(self, TAILQ_FIRST(&self->seats), is_told);
    directory_depart(&self->server->directory, &self->me);
    undelivered rest = { .n = 0 };
    page_socket_end(self->me.socket, is_told ? undelivered_add : user_drop_told, &rest);
    undelivered_tell(&rest);
    edo_info_kv("left", EDO_KV("name", self->me.name.text));
}

static void user_seat_stop_listening(user_seat *s) {
    if (s->is_attending) room_unlisten(s->seat.room, &s->listener);
    s->is_attending = s->is_listening = false;
    s->kept.is_kept = false;
    s->place = &s->kept;
}

void user_detach(user *self) {
    user_seat *s;
    TAILQ_FOREACH(s, &self->seats, next) user_seat_stop_listening(s);
    page_socket_attach(self->me.socket, (outlet){ .to = NULL });
    self->me.known = page_socket_known(self->me.socket); // a terminal has brought its own
    self->me.connection = NULL;
    self->is_welcome = false;
}

void user_attach(user *self, const void *connection, outlet by, edo_str address) {
    user_detach(self);
    page_socket_attach(self->me.socket, by);
    self->me.connection = connection;
    member_set_address(&self->me, address);
}

int user_rename(user *self, edo_str to) {
    name old = self->me.name, nick;
    uint64_t old_naming = self->me.naming;
    if (!name_parse(&nick, to)) return FAULT_NICK;
    int err = member_rename(&self->me, &nick);
    if (err == -EPERM) return FAULT_NICK_RESERVED;
    if (err == -EAGAIN) return FAULT_NICK_LATER;
    self->me.wanted.text[0] = '\0'; // it has chosen
    if (err == -EEXIST) return strcmp(old.text, nick.text) == 0 ? 0 : FAULT_NICK_TAKEN;
    return err < 0 ? err : user_tell_renamed(self, &old, old_naming);
}

void user_lose_name(user *self) {
    name old = self->me.name;
    uint64_t old_naming = self->me.naming;
    claim_lose_name(&self->server->directory, &self->me);
    if (name_equal(&old, &self->me.name)) return;
    edo_info_kv("a name is another's", EDO_KV("from", old.text), EDO_KV("to", self->me.name.text));
    if (user_tell_renamed(self, &old, old_naming) < 0)
        edo_debug("a room was not told of a name that was lost");
}

void user_ask_again(user *self) {
    name wanted = self->me.wanted;
    if (*wanted.text) (void)user_rename(self, edo_str_of(wanted.text));
}

/* ---- Rooms ----------------------------------------------------------------------------------- */

user_seat *user_find_seat(user *self, edo_str of) {
    user_seat *s;
    name where;
    if (!room_name_parse(&where, of)) return NULL;
    TAILQ_FOREACH(s, &self->seats, next) {
        if (name_equal(&s->seat.room->name, &where)) return s;
    }
    return NULL;
}

static void user_add_seat(user *self, user_seat *s) {
    s->seat.member = &self->me;
    s->listener.to = self->me.socket;
    s->place = &s->kept;
    TAILQ_INSERT_TAIL(&self->seats, s, next);
    self->seats_n++;
}

user_seat *user_sit(user *self, room *in) {
    user_seat *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    user_add_seat(self, s);
    directory_seat(&self->server->directory, &s->seat, in);
    return s;
}

user_seat *user_enter(user *self, room *in) {
    user_seat *s = in ? calloc(1, sizeof *s) : NULL;
    if (!s) {
        directory_close_room(&self->server->directory, in);
        return NULL;
    }
    user_add_seat(self, s);
    if (member_enter(&self->me, &s->seat, in, NULL) < 0)
        edo_debug("the room was not told who came");
    return s;
}

user_seat *user_join(user *self, edo_str of, int *fault) {
    directory *dir = &self->server->directory;
    name where;
    *fault = self->seats_n == USER_ROOMS_MAX ? FAULT_ROOMS
             : !room_name_parse(&where, of)  ? FAULT_ROOM
                                             : FAULT_NONE;
    room *r = *fault ? NULL : directory_open_room(dir, &where);
    const void *by = member_lend(&self->me);
    room_recall_now(r);
    if (member_take_back(&self->me, by)) return user_enter(self, r);
    directory_close_room(dir, r);
    *fault = -EDO_ECLOSED;
    return NULL;
}

/* Sends a page what it is shown by itself, message by message. That is much for one that comes to
 * many rooms, so it waits for its turn before each. Owns: takes `m`; NULL: there was no memory for
 * it. */
static int user_show(user *self, message *m) {
    unsigned work = 1 + (m ? (unsigned)(m->frame.len / TURN_BYTES) : 0);
    turn_pass(&self->server->directory.turns, TURN_SHOW, member_address(&self->me), work);
    return page_socket_send(self->me.socket, m);
}

/* Sends what was not seen after the number `after`, each message or that it is missing. Owns: takes
 * `u`. */
static int send_unseen(user *self, const room *r, uint64_t after, unseen *u) {
    int err = 0;
    for (size_t i = 0; i <= u->n && err == 0; i++) {
        unseen_step at = unseen_step_of(u, i, after);
        if (at.is_gap)
            err = user_show(self, message_lagged(room_shown(r), at.missing, at.after, at.before));
        if (err == 0 && at.message) err = user_show(self, message_unmarked(at.message));
    }
    unseen_drop(u);
    return err;
}

/* Sends what the room has up to that number. */
static int send_past(user *self, room *r, uint64_t until) {
    size_t n;
    message **past = room_past(r, 0, until + 1, SIZE_MAX, &n);
    int err = 0;
    if (!past) return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (err == 0) err = user_show(self, message_unmarked(past[i]));
        edo_rc_unref(past[i]);
    }
    free(past);
    return err;
}

void user_attend(user_seat *s) {
    if (!s->is_attending) room_attend(s->seat.room, &s->listener);
    s->is_attending = true;
}

void user_note_late(user *self) {
    atomic_store(&self->is_late, true);
    atomic_store(&self->server->late.has_some, true);
}

/* Whether the user's place is kept, and it listens later; as room_keep_place(). */
static bool user_waits(user *self, user_seat *s, const bookmark *at, int found) {
    if (!room_keep_place(s->seat.room, &s->kept, at, found)) return false;
    user_note_late(self);
    return true;
}

/* As user_listen(). With the place `in`, NULL: without one, it is late, and asks the store: the
 * place is given back before the page is sent anything, as it may not read. */
static int listen_in(user *self, user_seat *s, const bookmark *seen, late_place *in) {
    room *r = s->seat.room;
    bool is_new = bookmark_is_new(seen), goes_on = s->kept.is_kept;
    if (!is_new) known_forget(self->me.known); // perhaps it was shown others by an earlier session
    uint64_t after = is_new ? s->told : room_has_begun_anew(r, seen) ? 0 : seen->number;
    const bookmark from = { after, r->life };
    if (!is_new && user_waits(self, s, &from, 0)) return 0;
    int err = is_new ? send_past(self, r, after) : 0;
    while (err == 0) {
        unseen u;
        int found = 0;
        s->listener.after = after;
        err = room_listen(r, &s->listener, &u);
        if (err <= 0) {
            s->is_listening = err == 0;
            if (err == 0) s->kept.is_kept = false;
            return err;
        }
        // A read of the store counts as a thing said: it is work that a page asks for, which may
        // come again and again with all its rooms. One that has asked too often is told what it
        // lacks, and can ask later. One whose place is kept has asked once.
        if (unseen_is_short(&u, after)) {
            edo_keyed_sem *permits = in ? self->server->late_found : self->server->found;
            const seeker who = { goes_on || user_may_speak(self), permits,
                                 member_address(&self->me) };
            found = unseen_find(&u, r->storage, &r->name, after, &who);
        }
        late_place_return(in);
        const bookmark reached = { after, r->life };
        if (found < 0 && user_waits(self, s, &reached, found)) {
            unseen_drop(&u);
            return 0;
        }
        uint64_t until = u.until; // more may be said meanwhile
        err = send_unseen(self, r, after, &u);
        after = until;
    }
    return err;
}

int user_listen(user *self, user_seat *s, const bookmark *seen) {
    return listen_in(self, s, seen, NULL);
}

/* A room that is due; NULL: none. A user that was detached meanwhile has no place any more. */
static user_seat *user_find_due(user *self, bool is_first) {
    user_seat *s;
    if (is_first) TAILQ_FOREACH(s, &self->seats, next) s->is_due = true;
    TAILQ_FOREACH(s, &self->seats, next) {
        if (s->is_due && s->is_attending && s->kept.is_kept) return s;
    }
    return NULL;
}

bool user_go_on(user *self, late_place *in, bool is_first) {
    user_seat *s = user_find_due(self, is_first);
    if (!s) return false;
    const bookmark at = s->kept.at;
    s->is_due = false;
    room_recall_now(s->seat.room);
    int err = listen_in(self, s, &at, in);
    if (err < 0) user_note_late(self); // a page that is gone has no place when it is let go
    return err == 0;
}

void user_leave(user *self, user_seat *s, bool is_told) {
    directory *dir = &self->server->directory;
    room *from = s->seat.room;
    user_seat_stop_listening(s);
    directory_seat(dir, &s->seat, NULL);
    TAILQ_REMOVE(&self->seats, s, next);
    self->seats_n--;
    free(s);
    if (!is_told) {
        directory_close_room(dir, from);
    } else if (member_left(&self->me, from, false) < 0) {
        edo_debug("the room was not told who left");
    }
}

/* ---- Saying ---------------------------------------------------------------------------------- */

/* One of the last messages of the user, which calls it so, and which is said, or is to be; NULL:
 * none of them. Owns: returns a share. */
static message *find_said(const user *self, edo_str whole_ref) {
    for (size_t i = 0; self->said && i < USER_REFS; i++) {
        message *m = self->said[i];
        bool is_said = m && !message_is_refused(m) && !message_is_repeat(m);
        if (is_said && edo_str_equal(m->what.ref, whole_ref)) return edo_rc_ref(m);
    }
    return NULL;
}

/* What the store has by that reference. Others may use the user meanwhile. Returns 0; 1: nothing
 * that can be read; -EDO_ECLOSED: the user has another connection now; or a failure. Owns: `*out`
 * is new. */
static int find_stored(const user *self, edo_str whole_ref, message **out) {
    store_found *found;
    const void *by = member_lend(&self->me);
    int err = storage_find(self->server->storage, whole_ref, &found);
    bool is_there = err == 0 && found->n > 0, is_over = !member_take_back(&self->me, by);
    *out = is_there && !is_over ? message_said(&found->messages[0]) : NULL;
    if (err == 0) free(found);
    if (is_over || err < 0) return is_over ? -EDO_ECLOSED : err;
    return !is_there ? 1 : *out ? 0 : -ENOMEM;
}

/* As find_said(), of a time that the user does not remember: in the store, or in what the room
 * remembers if there is none, or it cannot be read. A message that neither has is said again, since
 * nobody can wait for a store that does not respond. Returns 0 with it, or with NULL; or
 * -EDO_ECLOSED as find_stored(): then the seat may be gone. */
static int find_earlier(const user *self, const user_seat *s, edo_str whole_ref, message **out) {
    *out = NULL;
    if (!self->may_have_said || whole_ref.len == 0) return 0;
    int err = self->server->storage ? find_stored(self, whole_ref, out) : -ENOENT;
    if (err == -EDO_ECLOSED) return err;
    if (err < 0) *out = room_find_said(s->seat.room, whole_ref);
    return 0;
}

static void forget_oldest_said(user *self) {
    message **slot = &self->said[self->forgotten_n++ % USER_REFS];
    self->said_bytes -= (*slot)->what.text.len;
    edo_rc_unref(*slot);
    *slot = NULL;
}

/* Without memory a message that is repeated may be said again. */
static void remember_said(user *self, message *m) {
    if (!self->said) self->said = calloc(USER_REFS, sizeof(message *));
    if (!self->said) return;
    if (self->said_n - self->forgotten_n == USER_REFS) forget_oldest_said(self);
    self->said[self->said_n++ % USER_REFS] = edo_rc_ref(m);
    self->said_bytes += m->what.text.len;
    while (self->said_bytes > USER_REF_BYTES) forget_oldest_said(self);
}

/* Does what stands before the message come later, from the place that is kept for the user? A
 * client that was told its number now would ask behind that after a loss, and miss the rest. */
static bool user_holds_back(user *self, const message *m) {
    const user_seat *s = user_find_seat(self, edo_str_of(m->what.room.text));
    return s && s->place->is_kept && m->what.number > s->place->at.number;
}

/* Tells the author again what became of a message. What it has said to another program is perhaps
 * news here: then it is told like all others. Owns: takes `m`. */
static int tell_again(user *self, const user_seat *s, message *m) {
    bool is_said = atomic_load(&m->has_number), is_held = is_said && user_holds_back(self, m);
    bool is_here = is_said && name_equal(&m->what.room, &s->seat.room->name);
    int reached = is_here && !is_held ? room_reach(s->seat.room, m->what.number) : 0;
    if (is_here && !is_held && reached == 0)
        reached = room_fan_out(s->seat.room); // what stands before it
    bool is_told = reached == 1 && s->is_listening;
    bool is_awaited = m->what.ref.len > 0; // else it comes with what stands before it
    int err = !is_said || reached < 0 ? FAULT_WAITS
              : is_held               ? (is_awaited ? FAULT_HELD : 0)
              : is_told               ? 0
                                      : page_socket_reply(self->me.socket, message_unmarked(m));
    edo_rc_unref(m);
    return err;
}

/* The store has a message by that reference, so the text of this one was not said: tells the author
 * what was. Where that cannot be read now, the author is to ask again. Owns: takes `repeat`. */
static int user_tell_stored(user *self, const user_seat *s, message *repeat) {
    message *stored;
    int err = find_stored(self, repeat->what.ref, &stored);
    edo_rc_unref(repeat);
    if (err == -EDO_ECLOSED) return err;
    if (err != 0) return err > 0 ? FAULT_REFUSED : FAULT_WAITS;
    remember_said(self, stored);
    return tell_again(self, s, stored);
}

/* Owns: takes `m`. */
static int user_say_new(user *self, const user_seat *s, message *m) {
    message *own = edo_rc_ref(m);
    int err = room_say(s->seat.room, message_paid_by(m, member_address(&self->me)));
    if (err == -EALREADY)
        return message_is_repeat(own) ? user_tell_stored(self, s, own) : tell_again(self, s, own);
    bool is_awaited = own->what.ref.len > 0 && s->place == &s->kept; // the room tells a terminal
    bool is_held = err == 0 && is_awaited && user_holds_back(self, own);
    edo_rc_unref(own);
    return is_held               ? FAULT_HELD
           : err == -EINPROGRESS ? FAULT_WAITS
           : err == -EAGAIN      ? FAULT_FULL
           : err == -EINVAL      ? FAULT_REFUSED
                                 : err;
}

int user_say(user *self, user_seat *s, edo_str text, edo_str ref, bool is_action) {
    char whole[TOKEN_KEY_BYTES + 1 + REF_BYTES_MAX + 1];
    edo_str whole_ref = { 0 };
    if (ref.len > 0) {
        int n = snprintf(whole, sizeof whole, "%s %.*s", self->key, (int)ref.len, ref.ptr);
        whole_ref = (edo_str){ whole, (size_t)n };
    }
    // A look for what was said is work, too, and so is telling it again.
    if (!user_may_speak(self)) return FAULT_FAST;
    message *again = ref.len > 0 ? find_said(self, whole_ref) : NULL;
    int err = again ? 0 : find_earlier(self, s, whole_ref, &again);
    if (err < 0) return err;
    if (again) return tell_again(self, s, again);
    saying what = member_saying(&self->me, s->seat.room, text, is_action);
    what.ref = whole_ref;
    message *m = message_said(&what);
    if (!m) return FAULT_LATER;
    if (ref.len > 0) remember_said(self, m);
    return user_say_new(self, s, m);
}
