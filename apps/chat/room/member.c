/* SPDX-License-Identifier: MIT */
/* member.c: see member.h. */
#include "room/member.h"

#include "clock.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <assert.h>
#include <errno.h>
#include <string.h>

int member_init(member *self, directory *in, uint32_t rate) {
    const edo_limiter_opts pace = { .num = rate > 0 ? rate : 1, .burst = MEMBER_BURST };
    self->in = in;
    self->is_paced = rate > 0;
    return edo_limiter_init(&self->pace, &pace);
}

const void *member_lend(const member *self) {
    const void *by = self->connection;
    if (self->using) edo_mutex_unlock(self->using);
    return by;
}

/* Also if the task is cancelled, or its wait is ended as that of a deadlock: its caller unlocks the
 * mutex, so the task has it in any case. */
bool member_take_back(const member *self, const void *by) {
    if (!self->using) return true;
    EDO_SHIELD(sh, edo_ns(-1));
    while (edo_mutex_lock(self->using) < 0) (void)edo_yield();
    (void)edo_shield_end(&sh, 0);
    return self->connection == by;
}

bool member_may_speak(member *self) {
    return !self->is_paced || edo_limiter_check(&self->pace, NULL, 1) == 0;
}

void member_set_address(member *self, edo_str address) {
    assert(address.len == sizeof self->address);
    memcpy(self->address, address.ptr, sizeof self->address);
}

edo_str member_address(const member *self) {
    return (edo_str){ self->address, sizeof self->address };
}

int member_rename(member *self, const name *to) {
    name old = self->name;
    int err = name_is_reserved(to) ? -EPERM : directory_rename(self->in, self, to);
    if (err == 0) edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", to->text));
    return err;
}

message *member_renamed(const member *self, const name *old, uint64_t old_naming,
                        const name *where) {
    directory_note_renamed(self->in, where, self);
    message *m = message_renamed(self->id, self->person, old, &self->name, where);
    if (!m) return NULL;
    m->shown[0] = old_naming;
    m->shown[1] = self->naming;
    return m;
}

/* Tells the room, unless it is there still, or was, by another program. Owns: takes `m`. */
static int member_moves(const member *self, room *r, message *m, bool comes, bool is_there) {
    if (!is_there) return room_move(r, m, comes, directory_members_n(self->in, r));
    edo_rc_unref(m);
    return 0;
}

int member_enter(member *self, seat *s, room *r, message **told) {
    bool is_there = directory_is_elsewhere(self->in, r, self);
    directory_seat(self->in, s, r);
    message *m = message_paid_by(message_joined(self->id, self->person, &self->name, room_shown(r)),
                                 member_address(self));
    if (m) m->shown[0] = self->naming;
    if (told) *told = m ? edo_rc_ref(m) : NULL;
    return member_moves(self, r, m, true, is_there);
}

int member_left(member *self, room *from, bool is_quiet) {
    message *m = message_paid_by(
        message_left(self->id, self->person, &self->name, room_shown(from)), member_address(self));
    if (m) m->is_quiet = is_quiet;
    if (m) m->shown[0] = self->naming;
    bool is_there = directory_is_elsewhere(self->in, from, self);
    int err = member_moves(self, from, m, false, is_there);
    directory_close_room(self->in, from);
    return err;
}

saying member_saying(member *self, const room *in, edo_str text, bool is_action) {
    directory_note_spoken(self->in, self);
    return (saying){ .from = self->id,
                     .naming = self->naming,
                     .room = *room_shown(in),
                     .nick = self->name,
                     .text = text,
                     .is_action = is_action,
                     .time_ms = clock_now_ms() };
}

/* Returns as member_tell(). */
static int find_elsewhere(const member *self, const name *to, edo_str to_person, reach *out) {
    const void *by = member_lend(self);
    int err = directory_find_elsewhere(self->in, to, to_person, out);
    if (!member_take_back(self, by)) return -ESTALE;
    return err == -EAGAIN ? -EBUSY : err;
}

/* Returns as member_tell(). */
static int find_person(const member *self, const name *to, edo_str to_person, reach *out) {
    if (to_person.len == 0) return -EDO_ECLOSED;
    if (directory_find_person(self->in, to_person, out)) return 0;
    return find_elsewhere(self, to, to_person, out);
}

/* Returns as member_tell(). */
static int find_named(const member *self, const name *to, reach *out) {
    if (directory_find(self->in, to, out)) return 0;
    return find_elsewhere(self, to, (edo_str){ 0 }, out);
}

/* Fills in how the person is reached. Returns as member_tell(). */
static int member_find(const member *self, const name *to, edo_str to_person, edo_str text,
                       reach *out) {
    int err = find_person(self, to, to_person, out);
    if (err != -EDO_ECLOSED) return err;
    err = find_named(self, to, out);
    if (err < 0) return err;
    out->name = *to; // as the author writes it
    bool is_allowed = false;
    if (to_person.len == 0) {
        is_allowed = known_allows(self->known, out->naming, out->is_heir, text);
    } else {
        known_ask(self->known, out->naming, text); // the author may tell that one instead
    }
    return is_allowed ? 0 : -EEXIST;
}

/* Owns: takes `m`; NULL: there was no memory for it. */
static int member_tell_reached(const member *self, const reach *person, message *m) {
    bool is_own_page = self->socket && self->socket == person->socket;
    if (m) reach_sign(m, self->mailbox, self->socket, person);
    if (!m || !is_own_page) return reach_tell(person, m);
    edo_rc_unref(m); // one copy is enough for oneself
    return 0;
}

/* Tells one who is at another program. Returns as member_tell(). */
static int member_write(const member *self, const reach *person, const saying *what) {
    const room_carrier *by = self->in->carrier;
    char address[EDO_ADDR_KEY_BYTES]; // another connection may come from another one
    if (!by) return -EHOSTUNREACH;
    memcpy(address, self->address, sizeof address);
    const letter l = { person, what, self->person, { address, sizeof address } };
    const void *used_by = member_lend(self);
    int err = by->tell(by->arg, &l);
    return member_take_back(self, used_by) ? err : -ESTALE;
}

int member_tell(member *self, const name *to, edo_str to_person, edo_str text, message **own) {
    directory_note_spoken(self->in, self);
    const saying what = { .from = self->id,
                          .naming = self->naming,
                          .nick = self->name,
                          .text = text,
                          .time_ms = clock_now_ms() };
    reach person = { .socket = NULL };
    int err = member_find(self, to, to_person, text, &person);
    const name *now = &person.name;
    message *m = NULL;
    *own = NULL;
    if (err == 0 && !person.program)
        m = message_direct(&what, self->person, now, person.person, person.socket);
    (void)message_paid_by(m, member_address(self));
    if (err == 0 && self->socket)
        *own = message_direct(&what, self->person, now, person.person, false);
    if (err == 0)
        err = person.program ? member_write(self, &person, &what)
                             : member_tell_reached(self, &person, m);
    if (err == 0) known_note(self->known, person.naming);
    reach_drop(&person);
    if (err == 0) return 0;
    edo_rc_unref(*own);
    *own = NULL;
    return err;
}
