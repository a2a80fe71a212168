/* SPDX-License-Identifier: MIT */
/* member.c: see member.h. */
#include "room/member.h"

#include <edo/error.h>
#include <edo/trace.h>

#include <errno.h>

#define BURST 100 /* things that may come at once after a silence */

int member_init(member *self, directory *in, uint32_t rate) {
    const edo_limiter_opts pace = { .num = rate > 0 ? rate : 1, .burst = BURST };
    self->in = in;
    self->is_paced = rate > 0;
    return edo_limiter_init(&self->pace, &pace);
}

bool member_may_speak(member *self) {
    return !self->is_paced || edo_limiter_check(&self->pace, NULL, 1) == 0;
}

int member_rename(member *self, const name *to) {
    name old = self->name;
    int err = name_is_reserved(to) ? -EPERM : directory_rename(self->in, self, to);
    if (err == 0) edo_info_kv("renamed", EDO_KV("from", old.text), EDO_KV("to", to->text));
    return err;
}

int member_enter(member *self, seat *s, room *r, message **told) {
    directory_seat(self->in, s, r);
    message *m = message_joined(self->id, &self->name, &r->name);
    if (told) *told = m ? edo_rc_ref(m) : NULL;
    return room_move(r, m, true, directory_members_n(self->in, r));
}

int member_left(member *self, room *from, bool is_quiet) {
    message *m = message_left(self->id, &self->name, &from->name);
    if (m) m->is_quiet = is_quiet;
    int err = room_move(from, m, false, directory_members_n(self->in, from));
    directory_close_room(self->in, from);
    return err;
}

saying member_saying(const member *self, const room *in, edo_str text, bool is_action) {
    return (saying){ .from = self->id,
                     .room = in->name,
                     .nick = self->name,
                     .text = text,
                     .is_action = is_action,
                     .time_ms = message_now_ms() };
}

/* Owns: takes `m`; NULL: there was no memory for it. */
static int member_tell_reached(const member *self, const name *to, const reach *person,
                               message *m) {
    bool is_own_page = self->socket && name_equal(to, &self->name);
    if (m) reach_sign(m, self->mailbox, self->socket, to, person->person);
    if (!m || !is_own_page) return reach_tell(person, m);
    edo_rc_unref(m); // one copy is enough for oneself
    return 0;
}

int member_tell(const member *self, const name *to, edo_str to_person, edo_str text,
                message **own) {
    const saying what = {
        .from = self->id, .nick = self->name, .text = text, .time_ms = message_now_ms()
    };
    reach person = { .socket = NULL };
    int err = directory_find(self->in, to, &person) ? 0 : -EDO_ECLOSED;
    if (err == 0 && to_person.len > 0 && !edo_str_equal(to_person, edo_str_of(person.person)))
        err = -EEXIST;
    message *m = NULL;
    *own = NULL;
    if (err == 0) m = message_direct(&what, self->person, to, person.person, person.socket);
    if (m && self->socket) *own = message_direct(&what, self->person, to, person.person, false);
    if (err == 0) err = member_tell_reached(self, to, &person, m);
    reach_drop(&person);
    if (err == 0) return 0;
    edo_rc_unref(*own);
    *own = NULL;
    return err;
}
