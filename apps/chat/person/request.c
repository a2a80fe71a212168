/* SPDX-License-Identifier: MIT */
/* request.c: one function for each type of message, and the table that chooses it. A reply goes
 * through the same queue as what rooms say. */
#include "person/request.h"

#include "name/name_rules.h"
#include "person/past.h"
#include "room/member.h"
#include "server.h"

#include <edo/error.h>
#include <edo/json.h>
#include <edo/random.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBERS_MAX 1000 /* in a reply */

static const edo_duration typing_gap = EDO_S(2);

/* ---- Messages -------------------------------------------------------------------------------- */

EDO_DESCRIBE(wanted_room, EDO_FIELD(wanted_room, room, .max_len = ROOM_BYTES_MAX),
             EDO_FIELD(wanted_room, after, .optional = true),
             EDO_FIELD(wanted_room, life, .optional = true))

EDO_DESCRIBE(hello, EDO_FIELD(hello, type),
             EDO_FIELD(hello, session, .optional = true, .max_len = SESSION_BYTES_MAX,
                       .pattern = "[A-Za-z0-9_-]*"),
             EDO_FIELD(hello, nick, .optional = true),
             EDO_FIELD(hello, told, EDO_HAS(hello, has_told), .optional = true),
             EDO_FIELD_LIST_OF(hello, rooms, rooms_n, wanted_room_desc, .optional = true,
                               .max_len = USER_ROOMS_MAX))

EDO_DESCRIBE(
    user_request, EDO_FIELD(user_request, type), EDO_FIELD(user_request, room, .optional = true),
    EDO_FIELD(user_request, to, .optional = true), EDO_FIELD(user_request, to_id, .optional = true),
    EDO_FIELD(user_request, nick, .optional = true),
    EDO_FIELD(user_request, text, .optional = true),
    EDO_FIELD(user_request, ref, .optional = true, .max_len = REF_BYTES_MAX, .pattern = "[!-~]*"),
    EDO_FIELD(user_request, after, .optional = true),
    EDO_FIELD(user_request, life, .optional = true),
    EDO_FIELD(user_request, before, .optional = true),
    EDO_FIELD(user_request, limit, .optional = true),
    EDO_FIELD(user_request, number, .optional = true),
    EDO_FIELD(user_request, action, .optional = true))

static int request_decode(void *out, const edo_desc *desc, edo_str text, edo_arena *arena) {
    const edo_json_opts opts = { .depth_max = 8, .arena = arena, .borrows = true };
    return edo_json_decode_with(out, desc, text, &opts);
}

/* ---- Replies --------------------------------------------------------------------------------- */

typedef struct fault_reply {
    const char *type, *code, *text;
    edo_str ref;
    bool said, is_said;
} fault_reply;
EDO_DESCRIBE(fault_reply, EDO_FIELD(fault_reply, type), EDO_FIELD(fault_reply, code),
             EDO_FIELD(fault_reply, text), EDO_FIELD(fault_reply, ref, .optional = true),
             EDO_FIELD(fault_reply, said, EDO_HAS(fault_reply, is_said), .optional = true))

static int reply_fault(user *self, int fault, edo_str ref) {
    static const struct {
        const char *code, *text;
    } faults[FAULTS_N] = {
        [FAULT_MESSAGE] = { "bad_message", "this is no message that the chat knows" },
        [FAULT_ROOM] = { "bad_room",
                         "a room's name is 1 to 24 letters A to Z, digits, '_' or '-'" },
        [FAULT_NICK] = { "bad_nick", name_rules_text },
        [FAULT_TEXT] = { "bad_text", "a text has something to see, no control characters, and 40 "
                                     "lines at most" },
        [FAULT_LONG] = { "too_long", "this text is too long" },
        [FAULT_FAST] = { "too_fast", "too fast: wait a moment" },
        [FAULT_NICK_TAKEN] = { "nick_taken", "somebody else has this name" },
        [FAULT_NICK_RESERVED] = { "nick_reserved", "this name is reserved" },
        [FAULT_NICK_LATER] = { "try_later", "names cannot be looked up just now: try again" },
        [FAULT_NOT_IN_ROOM] = { "not_in_room", "you are not in this room" },
        [FAULT_ROOMS] = { "too_many_rooms", "you are in as many rooms as one can be" },
        [FAULT_NOBODY] = { "nobody", "nobody has this name" },
        [FAULT_ANOTHER] = { "another", "this person has gone: somebody else has this name now" },
        [FAULT_ANOTHER_NOW] = { "another", "somebody else may have this name now" },
        [FAULT_GONE] = { "gone", "this person has gone" },
        [FAULT_NOT_READING] = { "not_reading", "this person does not read just now" },
        [FAULT_UNREACHABLE] = { "unreachable", "not sent: this person is at another node, which "
                                               "cannot be reached just now" },
        [FAULT_UNSURE] = { "unreachable", "perhaps not delivered: this person is at another node, "
                                          "which has not responded" },
        [FAULT_LATER] = { "try_later", "the server could not do it: try again" },
        [FAULT_WAITS] = { "try_later", "not kept yet: it is said once the store has it" },
        [FAULT_HELD] = { "try_later", "said: it is shown once what stands before it can be read" },
        [FAULT_FULL] = { "try_later", "not said: the store does not respond, and too much waits" },
        [FAULT_REFUSED] = { "bad_message", "the store cannot keep this message" },
    };
    if (ref.len == 0) ref.ptr = NULL; // not there
    bool is_said = fault == FAULT_HELD;
    const fault_reply f = {
        "error", faults[fault].code, faults[fault].text, ref, is_said, is_said
    };
    return page_socket_reply(self->me.socket, message_json(&f, &fault_reply_desc));
}

/* Gives the page its reference back with the reply. Owns: takes `m`. NULL without memory. */
static message *reply_with_ref(message *m, edo_str ref) {
    if (!m || ref.len == 0) return m;
    message *reply = message_with_ref(m, ref);
    edo_rc_unref(m);
    return reply;
}

/* A room as its members see it: in a welcome, and the reply to a join, which has a type and the
 * nick and the id of the one that joins, too. */
typedef struct room_state {
    const char *type, *room, *nick, *id;
    uint64_t last, life;
    uint64_t members;
} room_state;
EDO_DESCRIBE(room_state, EDO_FIELD(room_state, type, .optional = true), EDO_FIELD(room_state, room),
             EDO_FIELD(room_state, nick, .optional = true),
             EDO_FIELD(room_state, id, .optional = true), EDO_FIELD(room_state, last),
             EDO_FIELD(room_state, members), EDO_FIELD(room_state, life))

/* As the page is to be told now. */
static room_state state_of(const user *self, user_seat *s) {
    room *r = s->seat.room;
    const room_numbers now = room_numbers_now(r);
    s->told = room_newest(&now);
    return (room_state){ .room = room_shown(r)->text,
                         .last = s->told,
                         .life = r->life,
                         .members = directory_members_n(&self->server->directory, r) };
}

/* ---- The first message ----------------------------------------------------------------------- */

int request_hello(hello *out, edo_str text, edo_arena *arena) {
    int err = request_decode(out, &hello_desc, text, arena);
    bool is_other = err == 0 && !edo_str_equal(out->type, EDO_STR("hello"));
    return is_other ? edo_fail(-EPROTO, "the first message is no hello") : err;
}

int hello_check(const hello *self) {
    return edo_value_check(self, &hello_desc, NULL, NULL);
}

/* A secret that nobody can guess. */
static int new_session(char out[SESSION_BYTES_MAX + 1]) {
    uint8_t secret[16];
    int err = edo_random(secret, sizeof secret);
    if (err < 0) return err;
    (void)edo_hex_encode(out, (edo_str){ (const char *)secret, sizeof secret });
    return 0;
}

int hello_session(const hello *self, char out[SESSION_BYTES_MAX + 1]) {
    edo_str s = self->session; // no longer than it may be
    if (s.len == 0) return new_session(out);
    if (s.len < SESSION_BYTES_MIN)
        return edo_fail(-EPROTO, "session: at least %d letters, digits, '_' or '-'",
                        SESSION_BYTES_MIN);
    memcpy(out, s.ptr, s.len);
    out[s.len] = '\0';
    return 0;
}

typedef struct welcome {
    const char *type, *session, *nick;
    const char *wanted; /* the name that it is to have once the store responds */
    uint64_t told;
    const room_state *rooms;
    size_t rooms_n;
} welcome;
EDO_DESCRIBE(welcome, EDO_FIELD(welcome, type), EDO_FIELD(welcome, session),
             EDO_FIELD(welcome, nick), EDO_FIELD(welcome, wanted, .optional = true),
             EDO_FIELD(welcome, told), EDO_FIELD_LIST_OF(welcome, rooms, rooms_n, room_state_desc))

static int send_welcome(user *self) {
    room_state rooms[USER_ROOMS_MAX];
    welcome w = { .type = "welcome",
                  .session = self->session,
                  .nick = self->me.name.text,
                  .wanted = *self->me.wanted.text ? self->me.wanted.text : NULL,
                  .told = page_socket_told(self->me.socket),
                  .rooms = rooms };
    user_seat *s;
    self->is_welcome = true;
    TAILQ_FOREACH(s, &self->seats, next) {
        user_attend(s);
        rooms[w.rooms_n++] = state_of(self, s);
    }
    return page_socket_send(self->me.socket,
                            message_json(&w, &welcome_desc)); // the past comes behind it
}

/* Leaves the rooms that the page does not want any more. */
static void leave_others(user *self, const wanted_room *rooms, size_t n) {
    for (user_seat *s = TAILQ_FIRST(&self->seats), *after; s; s = after) {
        after = TAILQ_NEXT(s, next);
        size_t i = 0;
        while (i < n && user_find_seat(self, rooms[i].room) != s) i++;
        if (i == n) user_leave(self, s, true);
    }
}

int request_welcome(user *self, const hello *first) {
    const wanted_room usual[] = { { .room = EDO_STR("general") } };
    size_t n = first->rooms_n > 0 ? first->rooms_n : EDO_COUNT(usual);
    const wanted_room *rooms = first->rooms_n > 0 ? first->rooms : usual;
    int fault = FAULT_NONE, bad = FAULT_NONE, err = 0;
    leave_others(self, rooms, n);
    for (size_t i = 0; i < n; i++) {
        if (!user_find_seat(self, rooms[i].room) && !user_join(self, rooms[i].room, &fault))
            bad = fault ? fault : FAULT_LATER;
        if (fault < 0) return fault;
    }
    err = send_welcome(self);
    if (err == 0) err = trouble_send(&self->server->trouble, self->me.socket);
    if (err == 0) page_socket_resume(self->me.socket, first->has_told, first->told);
    if (err == 0 && bad) err = reply_fault(self, bad, (edo_str){ 0 });
    for (size_t i = 0; i < n && err == 0; i++) {
        user_seat *s = user_find_seat(self, rooms[i].room);
        const bookmark seen = { rooms[i].after, rooms[i].life };
        if (s && !s->is_listening) err = user_listen(self, s, &seen);
    }
    return err;
}

/* ---- Later messages -------------------------------------------------------------------------- */

static int user_do_join(user *self, const user_request *r) {
    int fault = FAULT_NONE;
    user_seat *s = user_find_seat(self, r->room);
    if (!s) s = user_join(self, r->room, &fault);
    if (!s) return fault ? fault : FAULT_LATER;
    user_attend(s);
    room_state joined = state_of(self, s);
    joined.type = "joined";
    joined.nick = self->me.name.text;
    joined.id = self->me.person;
    int err = page_socket_send(self->me.socket, message_json(&joined, &room_state_desc));
    const bookmark seen = { r->after, r->life };
    return err == 0 && !s->is_listening ? user_listen(self, s, &seen) : err;
}

static int do_leave(user *self, const user_request *r) {
    message *m =
        message_left(self->me.id, self->me.person, &self->me.name, room_shown(r->at->seat.room));
    user_leave(self, r->at, true);
    return page_socket_reply(self->me.socket, m);
}

static int text_fault_of(const user *self, edo_str text) {
    if (text.len > self->server->options->line_bytes_max) return FAULT_LONG;
    return text_is_blank(text) || text_lines_fault(text) ? FAULT_TEXT : FAULT_NONE;
}

static int user_do_say(user *self, const user_request *r) {
    int fault = text_fault_of(self, r->text);
    return fault ? fault : user_say(self, r->at, r->text, r->ref, r->action);
}

static int do_direct(user *self, const user_request *r) {
    name to;
    if (!name_parse(&to, r->to)) return FAULT_NOBODY;
    int fault = text_fault_of(self, r->text);
    if (!fault && !user_may_speak(self)) fault = FAULT_FAST;
    if (fault) return fault;
    message *own;
    int err = member_tell(&self->me, &to, r->to_id, r->text, &own);
    if (err == 0) return page_socket_reply(self->me.socket, reply_with_ref(own, r->ref));
    bool is_person = r->to_id.len > 0;
    return err == -EEXIST         ? is_person ? FAULT_ANOTHER : FAULT_ANOTHER_NOW
           : err == -EDO_ECLOSED  ? is_person ? FAULT_GONE : FAULT_NOBODY
           : err == -EAGAIN       ? FAULT_NOT_READING
           : err == -EHOSTUNREACH ? FAULT_UNREACHABLE
           : err == -ETIMEDOUT    ? FAULT_UNSURE
           : err == -EBUSY        ? FAULT_LATER
           : err == -ENOMEM       ? FAULT_LATER
                                  : err;
}

static int do_got(user *self, const user_request *r) {
    page_socket_got(self->me.socket, r->number);
    return 0;
}

static int user_do_nick(user *self, const user_request *r) {
    return user_rename(self, r->nick);
}

static int do_typing(user *self, const user_request *r) {
    user_seat *s = r->at;
    edo_instant now = edo_now();
    bool is_early = s->typed_at.ns > 0 && now.ns - s->typed_at.ns < typing_gap.ns;
    if (is_early) return 0;
    s->typed_at = now;
    room *in = s->seat.room;
    directory_note_typing(&self->server->directory, in, &self->me);
    message *m = message_typing(self->me.id, &self->me.name, room_shown(in));
    int err = room_hint(in, message_paid_by(m, member_address(&self->me)), self->me.socket,
                        directory_members_n(&self->server->directory, in));
    return err == -ENOMEM ? 0 : err; // then nobody hears of it
}

typedef struct members_reply {
    const char *type, *room;
    const char **nicks;
    size_t nicks_n;
    const char **ids; /* of the same */
    size_t ids_n;
} members_reply;
EDO_DESCRIBE(members_reply, EDO_FIELD(members_reply, type), EDO_FIELD(members_reply, room),
             EDO_FIELD_LIST(members_reply, nicks, nicks_n),
             EDO_FIELD_LIST(members_reply, ids, ids_n))

/* They may be many. NULL without memory. */
static message *members_frame(user *self, const room *in) {
    size_t n;
    presence *all = directory_members(&self->server->directory, in, MEMBERS_MAX, &n);
    const char **texts = all ? calloc(2 * n + 1, sizeof *texts) : NULL;
    for (size_t i = 0; texts && i < n; i++) {
        texts[i] = all[i].name.text;
        texts[n + i] = all[i].person;
    }
    const members_reply of = { "members", room_shown(in)->text, texts, n, texts + n, n };
    message *m = texts ? message_json(&of, &members_reply_desc) : NULL;
    for (size_t i = 0; m && i < n; i++) known_note(self->me.known, all[i].naming);
    free(texts);
    free(all);
    return m;
}

static int do_members(user *self, const user_request *r) {
    turn t = turn_take(&self->server->directory.turns, TURN_ASK, member_address(&self->me));
    message *m = members_frame(self, r->at->seat.room);
    turn_end(&t, TURN_WORK);
    return m ? page_socket_reply(self->me.socket, m) : FAULT_LATER;
}

/* Waits for others of its address, and for the store: others may use the user meanwhile, who may
 * leave the room. Owns: `*out` is new. Returns 0; -EAGAIN: it would be too long; -ENOMEM;
 * -ECANCELED; or -EDO_ECLOSED: the user has another connection now. */
static int read_history(user *self, past_place *in, room *of, const user_request *r,
                        message **out) {
    char address[EDO_ADDR_KEY_BYTES];
    memcpy(address, self->me.address, sizeof address);
    const void *by = member_lend(&self->me);
    int err =
        past_place_take(in, &self->server->directory.turns, (edo_str){ address, sizeof address });
    if (err == 0) {
        err = past_page_frame(out, in, of, "history", r->before, r->limit, edo_str_of(self->key));
        if (err < 0) past_place_return(in);
    }
    if (member_take_back(&self->me, by)) return err;
    if (err == 0) past_place_return(in);
    if (err == 0) edo_rc_unref(*out);
    return -EDO_ECLOSED;
}

/* The page is long, and waits for its client to read. */
static int do_history(user *self, const user_request *r) {
    directory *dir = &self->server->directory;
    room *of = directory_open_room(dir, &r->at->seat.room->name);
    past_place in;
    message *m = NULL;
    int err = of ? read_history(self, &in, of, r, &m) : -ENOMEM;
    directory_close_room(dir, of);
    if (err < 0) return err == -EAGAIN || err == -ENOMEM ? FAULT_LATER : err;
    err = page_socket_send(self->me.socket, reply_with_ref(m, r->ref));
    past_place_return(&in);
    return err;
}

static int user_do_rooms(user *self, const user_request *r) {
    (void)r;
    message *m = past_rooms_frame(&self->server->directory, "rooms", member_address(&self->me));
    return m ? page_socket_reply(self->me.socket, m) : FAULT_LATER;
}

/* What a type needs: its sender is in the room that it names; it counts as a thing said, since it
 * is work for the server, or the room is told. */
enum { IN_ROOM = 1, PACED = 2 };

static const struct type {
    const char *name;
    int (*run)(user *self, const user_request *r);
    unsigned needs;
} types[] = {
    { "say", user_do_say, IN_ROOM }, // it counts once it is known to have no fault
    { "typing", do_typing, IN_ROOM },
    { "join", user_do_join, PACED },
    { "leave", do_leave, IN_ROOM },
    { "direct", do_direct, 0 }, // it counts once it is known to have no fault
    { "got", do_got, 0 },
    { "nick", user_do_nick, PACED },
    { "members", do_members, IN_ROOM | PACED },
    { "history", do_history, IN_ROOM | PACED },
    { "rooms", user_do_rooms, PACED },
};

static int request_run(user *self, const struct type *t, user_request *r) {
    r->at = t->needs & IN_ROOM ? user_find_seat(self, r->room) : NULL;
    if (t->needs & IN_ROOM && !r->at) return FAULT_NOT_IN_ROOM;
    if (t->needs & PACED && !user_may_speak(self)) return FAULT_FAST;
    return t->run(self, r);
}

/* The message is one that user_request_desc describes. */
static int request_dispatch(user *self, user_request *r) {
    const void *by = self->me.connection;
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        if (!edo_str_equal(r->type, edo_str_of(types[i].name))) continue;
        int fault = request_run(self, &types[i], r);
        if (self->me.connection != by) return -EDO_ECLOSED; // a reply would go to another one
        return fault > 0 ? reply_fault(self, fault, r->ref) : fault;
    }
    return reply_fault(self, FAULT_MESSAGE, r->ref);
}

int request_do(user *self, user_request *r) {
    if (r && edo_value_check(r, &user_request_desc, NULL, NULL) == 0)
        return request_dispatch(self, r);
    edo_trail_clear();
    return reply_fault(self, FAULT_MESSAGE, (edo_str){ 0 });
}

int request_do_json(user *self, edo_str text, edo_arena *arena) {
    user_request r;
    int err = request_decode(&r, &user_request_desc, text, arena);
    if (err == -ENOMEM) return reply_fault(self, FAULT_LATER, (edo_str){ 0 });
    if (err < 0) return reply_fault(self, FAULT_MESSAGE, (edo_str){ 0 });
    return request_dispatch(self, &r);
}
