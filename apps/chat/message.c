/* SPDX-License-Identifier: MIT */
/* message.c: see message.h. Line and frame are gathered in one buffer, and moved into the message
 * when their length is known. */
#include "message.h"

#include <edo/base.h>
#include <edo/json.h>
#include <edo/span.h>
#include <edo/ws.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_DIGITS 20 /* of a 64-bit integer at most, with its sign */

static const char unstored_member[] = ",\"unstored\":true}";

/* ---- Making them ----------------------------------------------------------------------------- */

typedef struct draft {
    edo_buf bytes; /* the line, then the frame, then the text and the reference */
    size_t line_bytes, frame_bytes;
    int err;
} draft;

static void draft_put(draft *self, edo_str bytes) {
    if (self->err == 0) self->err = edo_buf_append(&self->bytes, bytes.ptr, bytes.len);
}

static void draft_put_text(draft *self, const char *text) {
    draft_put(self, edo_str_of(text));
}

static void draft_put_json(draft *self, const void *value, const edo_desc *desc) {
    if (self->err == 0) self->err = edo_json_encode(&self->bytes, value, desc);
}

static void draft_end_line(draft *self) {
    draft_put(self, EDO_STR("\n"));
    self->line_bytes = self->bytes.len;
}

static void end_frame(draft *self) {
    self->frame_bytes = self->bytes.len - self->line_bytes;
}

static void message_deinit(void *self) {
    edo_ws_frame_unref(((message *)self)->shared);
    edo_rc_unref(((message *)self)->author);
    edo_span_unref(((message *)self)->span);
}

/* Makes the message of a draft, which it ends. NULL without memory. */
static message *draft_made(draft *self, const saying *what) {
    size_t texts_at = self->bytes.len;
    draft_put(self, what->text);
    draft_put(self, what->ref);
    message *m = self->err < 0 ? NULL : edo_rc_new(sizeof *m + self->bytes.len, message_deinit);
    if (m) {
        *m = (message){ .what = *what };
        if (self->bytes.len > 0) memcpy(m->bytes, self->bytes.ptr, self->bytes.len);
        m->line = (edo_str){ m->bytes, self->line_bytes };
        m->frame = (edo_str){ m->bytes + self->line_bytes, self->frame_bytes };
        m->what.text.ptr = m->bytes + texts_at;
        m->what.ref.ptr = m->bytes + texts_at + what->text.len;
    }
    edo_buf_deinit(&self->bytes);
    return m;
}

message *message_new(uint64_t from, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    message *m = bytes < 0 ? NULL : edo_rc_new(sizeof *m + (size_t)bytes + 1, message_deinit);
    if (m) {
        *m = (message){ .what.from = from, .line = { m->bytes, (size_t)bytes + 1 } };
        vsnprintf(m->bytes, m->line.len, format, again);
        m->bytes[bytes] = '\n'; // in the place of the NUL
    }
    va_end(again);
    return m;
}

message *message_json(const void *value, const edo_desc *desc) {
    draft d = { 0 };
    draft_put_json(&d, value, desc);
    end_frame(&d);
    return draft_made(&d, &(saying){ .from = 0 });
}

/* ---- What is said ---------------------------------------------------------------------------- */

typedef struct said_frame {
    const char *type;
    const char *room; /* NULL: said to one person */
    const char *from;
    const char *to; /* NULL: said in a room, and so are the next two */
    const char *from_id, *to_id;
    edo_str text;
    bool action, has_action;
    int64_t time; /* without has_time the number has it before it */
    bool has_time;
} said_frame;
EDO_DESCRIBE(said_frame, EDO_FIELD(said_frame, type), EDO_FIELD(said_frame, room, .optional = true),
             EDO_FIELD(said_frame, from), EDO_FIELD(said_frame, to, .optional = true),
             EDO_FIELD(said_frame, from_id, .optional = true),
             EDO_FIELD(said_frame, to_id, .optional = true), EDO_FIELD(said_frame, text),
             EDO_FIELD(said_frame, action, EDO_HAS(said_frame, has_action), .optional = true),
             EDO_FIELD(said_frame, time, EDO_HAS(said_frame, has_time), .optional = true))

/* A line for each of the text, all of which tell whose it is: so nobody can forge one. */
static void draft_put_lines(draft *self, const char *before, const name *who, const char *after,
                            edo_str text) {
    const name_word word = name_as_word(who);
    text_lines lines = text_lines_of(text);
    for (edo_str line; text_lines_next(&lines, &line);) {
        draft_put_text(self, before);
        draft_put_text(self, word.text);
        draft_put_text(self, after);
        draft_put(self, line);
        draft_end_line(self);
    }
}

static void put_said_line(draft *self, const saying *what) {
    draft_put_lines(self, what->is_action ? "- " : "", &what->nick, what->is_action ? " " : ": ",
                    what->text);
}

#define TIME_MEMBER   ",\"time\":"
#define NUMBER_MEMBER ",\"number\":"

/* The number is the last member of the frame, so that it can be written later, with the time of
 * what is said in a room; there is room for them, and for the mark behind them. */
static void draft_end_numbered_frame(draft *self) {
    char unknown[sizeof TIME_MEMBER + NUMBER_DIGITS + sizeof NUMBER_MEMBER + NUMBER_DIGITS +
                 sizeof unstored_member];
    if (self->err == 0) self->bytes.len--; // the brace
    end_frame(self);
    memset(unknown, ' ', sizeof unknown);
    draft_put(self, (edo_str){ unknown, sizeof unknown });
}

static void put_said_frame(draft *self, const saying *what) {
    const said_frame f = { .type = "message",
                           .room = what->room.text,
                           .from = what->nick.text,
                           .text = what->text,
                           .action = what->is_action,
                           .has_action = what->is_action };
    draft_put_json(self, &f, &said_frame_desc);
    draft_end_numbered_frame(self);
}

message *message_said(const saying *what) {
    draft d = { 0 };
    put_said_line(&d, what);
    put_said_frame(&d, what);
    message *m = draft_made(&d, what);
    if (!m) return NULL;
    m->shown[0] = what->naming;
    if (what->number > 0) message_set_number(m, what->number);
    return m;
}

bool saying_is_same(const saying *a, const saying *b) {
    return strcmp(a->nick.text, b->nick.text) == 0 && a->time_ms == b->time_ms &&
           a->is_action == b->is_action && edo_str_equal(a->text, b->text) &&
           edo_str_equal(a->ref, b->ref);
}

/* The texts stand at its end. */
size_t message_stored_bytes(const message *m) {
    return (size_t)(m->what.text.ptr - (const char *)m) + m->what.text.len + m->what.ref.len;
}

static void write_number(message *self, uint64_t number) {
    char text[sizeof TIME_MEMBER + NUMBER_DIGITS + sizeof NUMBER_MEMBER + NUMBER_DIGITS];
    bool is_of_room = *self->what.room.text != '\0';
    size_t n = 0, most = sizeof text;
    if (is_of_room) n = (size_t)snprintf(text, most, TIME_MEMBER "%" PRId64, self->what.time_ms);
    n += (size_t)snprintf(text + n, most - n, NUMBER_MEMBER "%" PRIu64 "}", number);
    memcpy(self->bytes + self->line.len + self->frame.len, text, n);
    self->frame.len += n;
}

void message_set_number(message *self, uint64_t number) {
    self->what.number = number;
    if (self->frame.len > 0) write_number(self, number);
    atomic_store(&self->has_number, true);
}

void message_set_unstored(message *self) {
    size_t n = sizeof unstored_member - 1;
    if (self->frame.len == 0) return;
    self->frame.len--; // the brace
    memcpy(self->bytes + self->line.len + self->frame.len, unstored_member, n);
    self->frame.len += n;
    self->is_marked = true;
}

message *message_unmarked(message *self) {
    return self->is_marked ? message_said(&self->what) : edo_rc_ref(self);
}

message *message_direct(const saying *what, const char *from_person, const name *to,
                        const char *to_person, bool is_numbered) {
    draft d = { 0 };
    const said_frame f = { .type = "direct",
                           .from = what->nick.text,
                           .to = to->text,
                           .from_id = from_person,
                           .to_id = to_person,
                           .text = what->text,
                           .time = what->time_ms,
                           .has_time = true };
    draft_put_lines(&d, "", &what->nick, " -> you: ", what->text);
    draft_put_json(&d, &f, &said_frame_desc);
    if (is_numbered) {
        draft_end_numbered_frame(&d);
    } else {
        end_frame(&d);
    }
    message *m = draft_made(&d, what);
    if (m) m->shown[0] = what->naming;
    return m;
}

typedef struct undelivered_frame {
    const char *type, *to, *to_id;
    uint64_t messages;
} undelivered_frame;
EDO_DESCRIBE(undelivered_frame, EDO_FIELD(undelivered_frame, type),
             EDO_FIELD(undelivered_frame, to), EDO_FIELD(undelivered_frame, to_id),
             EDO_FIELD(undelivered_frame, messages))

message *message_undelivered(const name *to, const char *to_person, size_t n) {
    char line[sizeof(name_word) + 100];
    draft d = { 0 };
    const undelivered_frame f = { "undelivered", to->text, to_person, n };
    (void)snprintf(line, sizeof line, "* perhaps not delivered, as %s has gone: %zu message%s",
                   name_as_word(to).text, n, n == 1 ? "" : "s");
    draft_put_text(&d, line);
    draft_end_line(&d);
    draft_put_json(&d, &f, &undelivered_frame_desc);
    draft_end_numbered_frame(&d);
    return draft_made(&d, &(saying){ .from = 0 });
}

int message_share(message *self) {
    if (self->shared) return 0;
    return edo_ws_frame_new(&self->shared,
                            &(edo_ws_message){ .kind = EDO_WS_TEXT, .data = self->frame });
}

typedef struct lagged_frame {
    const char *type, *room;
    uint64_t missed, after, before;
} lagged_frame;
EDO_DESCRIBE(lagged_frame, EDO_FIELD(lagged_frame, type), EDO_FIELD(lagged_frame, room),
             EDO_FIELD(lagged_frame, missed), EDO_FIELD(lagged_frame, after),
             EDO_FIELD(lagged_frame, before))

message *message_lagged(const name *where, uint64_t missed, uint64_t after, uint64_t before) {
    const lagged_frame f = { "lagged", where->text, missed, after, before };
    message *m = message_json(&f, &lagged_frame_desc);
    if (m) m->missing_to = before - 1;
    return m;
}

typedef struct marks_frame {
    const char *type, *room;
    uint64_t *numbers;
    size_t numbers_n;
} marks_frame;
EDO_DESCRIBE(marks_frame, EDO_FIELD(marks_frame, type), EDO_FIELD(marks_frame, room),
             EDO_FIELD_LIST(marks_frame, numbers, numbers_n))

message *message_marks(const name *where, bool is_stored, uint64_t *numbers, size_t n) {
    const marks_frame f = { is_stored ? "stored" : "unstored", where->text, numbers, n };
    return message_json(&f, &marks_frame_desc);
}

message *message_paid_by(message *self, edo_str address) {
    if (self && address.len == sizeof self->payer)
        memcpy(self->payer, address.ptr, sizeof self->payer);
    return self;
}

bool message_is_unstored(const message *self) {
    int kept = atomic_load(&self->kept);
    return kept == KEPT_NOT_YET || kept == KEPT_UNSURE || kept == KEPT_NEVER;
}

bool message_is_refused(const message *self) {
    int kept = atomic_load(&self->kept);
    return kept == KEPT_FULL || (kept == KEPT_NEVER && !atomic_load(&self->has_number));
}

bool message_is_repeat(const message *self) {
    return atomic_load(&self->kept) == KEPT && self->place.is_repeat && self->what.ref.len > 0;
}

typedef struct ref_member {
    edo_str ref;
} ref_member;
EDO_DESCRIBE(ref_member, EDO_FIELD(ref_member, ref))

message *message_with_ref(const message *self, edo_str ref) {
    draft d = { 0 };
    draft_put(&d, (edo_str){ self->frame.ptr, self->frame.len - 1 }); // without the brace
    size_t brace_at = d.bytes.len;
    draft_put_json(&d, &(ref_member){ ref }, &ref_member_desc);
    if (d.err == 0) d.bytes.ptr[brace_at] = ','; // {"ref":"…"} begins with one, too
    end_frame(&d);
    const saying of = { .room = self->what.room, .number = self->what.number, .ref = ref };
    return draft_made(&d, &of);
}

edo_str message_own_ref(edo_str ref, edo_str key) {
    bool is_own =
        ref.len > key.len && ref.ptr[key.len] == ' ' && memcmp(ref.ptr, key.ptr, key.len) == 0;
    if (!is_own) return (edo_str){ 0 };
    return (edo_str){ ref.ptr + key.len + 1, ref.len - key.len - 1 };
}

/* ---- Comings and goings ---------------------------------------------------------------------- */

typedef struct event_frame {
    const char *type, *room;
    const char *nick;      /* NULL: not there */
    const char *from, *to; /* NULL: not there */
    const char *id;        /* of the person; NULL: not there */
} event_frame;
EDO_DESCRIBE(event_frame, EDO_FIELD(event_frame, type), EDO_FIELD(event_frame, room),
             EDO_FIELD(event_frame, nick, .optional = true),
             EDO_FIELD(event_frame, from, .optional = true),
             EDO_FIELD(event_frame, to, .optional = true),
             EDO_FIELD(event_frame, id, .optional = true))

/* `line` is without its end; NULL: none. */
static message *event(uint64_t from, const char *line, const name *where, event_frame f) {
    draft d = { 0 };
    if (line) {
        draft_put_text(&d, line);
        draft_end_line(&d);
    }
    f.room = where->text;
    draft_put_json(&d, &f, &event_frame_desc);
    end_frame(&d);
    return draft_made(&d, &(saying){ .from = from, .room = *where });
}

/* "* ann joined #tea" */
static message *moved(uint64_t from, const char *how, const char *person, const name *nick,
                      const name *where) {
    char line[2 * sizeof(name_word) + 16];
    (void)snprintf(line, sizeof line, "* %s %s #%s", name_as_word(nick).text, how, where->text);
    return event(from, line, where, (event_frame){ .type = how, .nick = nick->text, .id = person });
}

message *message_joined(uint64_t from, const char *person, const name *nick, const name *where) {
    return moved(from, "joined", person, nick, where);
}

message *message_left(uint64_t from, const char *person, const name *nick, const name *where) {
    return moved(from, "left", person, nick, where);
}

message *message_renamed(uint64_t from, const char *person, const name *old, const name *nick,
                         const name *where) {
    char line[2 * sizeof(name_word) + 16];
    (void)snprintf(line, sizeof line, "* %s is now %s", name_as_word(old).text,
                   name_as_word(nick).text);
    return event(
        from, line, where,
        (event_frame){ .type = "renamed", .from = old->text, .to = nick->text, .id = person });
}

message *message_typing(uint64_t from, const name *nick, const name *where) {
    return event(from, NULL, where, (event_frame){ .type = "typing", .nick = nick->text });
}

/* ---- For channels ---------------------------------------------------------------------------- */

void message_clone(void *to, const void *from) {
    *(message **)to = edo_rc_ref(*(message *const *)from);
}

void message_drop(void *elem) {
    edo_rc_unref(*(message **)elem);
}
