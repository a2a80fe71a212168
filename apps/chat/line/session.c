/* SPDX-License-Identifier: MIT */
/* session.c: the person of a terminal that has said its session: the one that a page of that
 * session would be.
 *
 * A terminal is a guest before it can say anything. If its session is new here the person takes the
 * guest's place and name, so terminals in the room, here and at other programs, are told of a name
 * that it gets, and of nothing else; pages, which know people by their ids, are told that one has
 * left and one has come. A
 * person that is here comes to the room of the guest, who leaves.
 *
 * inv. 1: as of person/visit.c: the terminal uses its person, and the seat of that, only with
 *         `using` locked, and only while it has the session. */
#include "line/client.h"

#include "person/sessions.h"
#include "person/visit.h"
#include "room/member.h"

#include <edo/log.h>

#include <errno.h>
#include <inttypes.h>

/* Pages alone are told. Owns: takes `m`. */
static void tell_pages_quietly(room *r, message *m, bool comes, size_t members_n) {
    if (m) m->is_quiet = true;
    if (room_move(r, m, comes, members_n) < 0) edo_debug("the pages of a room were not told");
}

/* A person that is new here takes the guest's place. Owns: takes the guest's share of the room. */
static int session_succeed(client *self, user *u, user_seat **out) {
    directory *dir = &self->at.at->directory;
    room *in = self->seat.room;
    self->me.moves_quietly = u->me.moves_quietly = true;
    directory_seat(dir, &self->seat, NULL);
    int err = directory_succeed(dir, &self->me, &u->me);
    user_seat *s = err == 0 ? user_sit(u, in) : NULL;
    u->me.moves_quietly = false;
    if (!s) {
        if (err == 0) directory_depart(dir, &u->me);
        directory_close_room(dir, in);
        return -ENOMEM;
    }
    const member *me = &u->me;
    size_t n = directory_members_n(dir, in);
    const name *where = room_shown(in);
    tell_pages_quietly(in, message_left(me->id, self->me.person, &me->name, where), false, n);
    tell_pages_quietly(in, message_joined(me->id, me->person, &me->name, where), true, n);
    *out = s;
    return 0;
}

/* Tells the room of a name; the client is told by the reply to its command. */
static int session_tell_name(const client *self, const name *old, uint64_t old_naming, room *in) {
    const member *me = self->who;
    if (name_equal(old, &me->name)) return 0;
    message *m = member_renamed(me, old, old_naming, room_shown(in));
    return room_announce(in, message_paid_by(m, member_address(&self->me)));
}

static int session_begin_new(client *self, user *u, const name *wanted, edo_instant came,
                             user_seat **out) {
    u->may_have_said = true; // its client may have been elsewhere
    int err = session_succeed(self, u, out);
    if (err < 0) return err;
    self->who = &u->me;
    self->here = &(*out)->seat;
    const name old = u->me.name;
    uint64_t old_naming = u->me.naming;
    int taken = user_take_name(u, edo_str_of(wanted->text), came);
    if (taken == -ENOMEM || taken == -ECANCELED) return taken;
    return session_tell_name(self, &old, old_naming, (*out)->seat.room);
}

/* The person is here: it comes into the room of the guest, who goes, and leaves others. */
static int session_begin_here(client *self, user *u, edo_instant came, user_seat **out) {
    directory *dir = &self->at.at->directory;
    room *in = self->seat.room;
    user_return(u, came);
    known_forget(&self->known); // it was shown others by an earlier connection
    user_seat *s = user_find_seat(u, edo_str_of(in->name.text)), *next;
    if (!s && u->seats_n == USER_ROOMS_MAX) user_leave(u, TAILQ_FIRST(&u->seats), true);
    if (!s) s = user_enter(u, directory_open_room(dir, &in->name));
    if (!s) return -ENOMEM;
    for (user_seat *other = TAILQ_FIRST(&u->seats); other; other = next) {
        next = TAILQ_NEXT(other, next);
        if (other != s) user_leave(u, other, true);
    }
    self->who = &u->me;
    self->here = &s->seat;
    *out = s;
    directory_seat(dir, &self->seat, NULL);
    directory_depart(dir, &self->me);
    return member_left(&self->me, in, false);
}

/* Why the person has not got the name that it wants. */
static message *session_without_name(const member *me, const name *wanted, bool is_new) {
    if (name_is_reserved(wanted)) return message_new(0, "* error: this name is reserved");
    if (name_equal(wanted, &me->wanted))
        return message_new(0, "* error: the name %s cannot be looked up just now",
                           name_as_word(wanted).text);
    if (!is_new) return message_new(0, TEXT_NOT_ASKED, name_as_word(wanted).text);
    return message_new(0, "* error: the name %s is taken", name_as_word(wanted).text);
}

/* Shows who it is, and why that is not the name that it wants. */
static int session_show(client *self, const name *wanted, bool is_new) {
    const member *me = self->who;
    int err =
        client_show(self, message_new(0, TEXT_YOU "%s" TEXT_SESSION, name_as_word(&me->name).text));
    if (err < 0 || !*wanted->text || name_equal(wanted, &me->name)) return err;
    return client_show(self, session_without_name(me, wanted, is_new));
}

/* With `using` locked. */
static int session_come(client *self, user *u, const name *wanted, edo_instant came, bool is_new) {
    user_seat *s = NULL;
    if (u->forgotten_n > 0) u->may_have_said = true; // its client may say it again
    int err = is_new ? session_begin_new(self, u, wanted, came, &s)
                     : session_begin_here(self, u, came, &s);
    self->place = s;
    if (!s) return err;
    wire_begin(self->wire, u->me.id, u->me.socket);
    user_attach(u, self, wire_outlet(self->wire), ticket_key(&self->at));
    u->me.known = &self->known;
    s->place = &self->kept;
    if (err >= 0) err = session_show(self, wanted, is_new);
    u->is_welcome = true;
    page_socket_resume(u->me.socket, true, 0);
    return err;
}

int session_begin(client *self, const char *token, const name *wanted) {
    user *u;
    sessions *all = self->at.at->sessions;
    const edo_instant came = edo_now(); // before any wait
    int claimed = sessions_claim(all, self->at.at, token, came, &u);
    const outlet own = wire_outlet(self->wire);
    if (claimed == -EDO_ECLOSED) own.ops->take_over(own.to);
    if (claimed < 0) return claimed;
    int err = session_come(self, u, wanted, came, claimed == 0);
    if (self->place) {
        self->user = u;
    } else if (claimed == 0) {
        sessions_forget(all, u);
    } else {
        user_detach(u);
        sessions_hold(all, u);
    }
    edo_mutex_unlock(&u->using);
    if (!self->place) edo_rc_unref(u);
    return err;
}

int session_lock(client *self) {
    int err = self->user ? visit_lock(self->user, self) : 0;
    self->has_lock = self->user && err == 0;
    return err > 0 ? -EDO_ECLOSED : err;
}

void session_unlock(client *self) {
    if (self->has_lock) edo_mutex_unlock(&self->user->using);
    self->has_lock = false;
}

/* What the client has said is said, and its place stays, which is kept for it. */
static int session_confirm(client *self, edo_str ref) {
    return client_show(self, message_new(0, "#%s %" PRIu64 " = %.*s",
                                         room_shown(self->place->seat.room)->text,
                                         self->kept.at.number, (int)ref.len, ref.ptr));
}

int session_say(client *self, const char *text, edo_str ref, bool is_action) {
    static const char *const shown[FAULTS_N] = {
        [FAULT_WAITS] = TEXT_NOT_YET,
        [FAULT_FULL] = TEXT_FULL,
        [FAULT_REFUSED] = TEXT_REFUSED,
        [FAULT_LATER] = "* error: not said, as the server has no memory for it",
    };
    int fault = user_say(self->user, self->place, edo_str_of(text), ref, is_action);
    if (fault == FAULT_FAST) return client_show_too_fast(self);
    if (fault == FAULT_HELD) return session_confirm(self, ref);
    if (fault <= 0) return fault;
    return client_show(self, message_new(0, "%s", shown[fault]));
}

int session_join(client *self, const name *where) {
    user_seat *from = self->place;
    user_seat *s = user_enter(self->user, directory_open_room(&self->at.at->directory, where));
    if (!s) return -ENOMEM;
    self->place = s;
    s->place = &self->kept;
    self->here = &s->seat;
    const member *me = self->who;
    int err =
        client_show(self, message_joined(me->id, me->person, &me->name, room_shown(s->seat.room)));
    user_leave(self->user, from, true);
    return err;
}

void session_end(client *self, bool goes) {
    user *u = self->user;
    if (visit_lock(u, self) == 0) {
        self->left_at = room_last(self->here->room);
        edo_mutex_unlock(&u->using);
    } else {
        self->left_at = UINT64_MAX;
    }
    if (goes) {
        visit_leave(u, self);
    } else {
        visit_end(u, self);
    }
    self->user = NULL;
    self->who = &self->me;
}
