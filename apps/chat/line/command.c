/* SPDX-License-Identifier: MIT */
/* command.c: one function for each command, and the table that chooses it.
 *
 * A line that begins with "* " is the server's own. A checked name may stand in it; text that a
 * client typed never does. What the others are told about a client is shown to the client itself
 * afterwards: once it sees that line, the others have it. */
#include "line/client.h"

#include "name/name_rules.h"
#include "room/claim.h"
#include "room/member.h"
#include "room/turns.h"

#include <edo/log.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GREETED_MAX     10  /* names in a greeting */
#define NAMES_BYTES_MAX 800 /* of one line of names */
#define NAMES_LINES     8   /* of them that are made in a turn: each may have some dozens */

/* ---- Rooms ----------------------------------------------------------------------------------- */

static message *greeting(client *self, const room *r) {
    char with[16 + GREETED_MAX * (sizeof(name_word) + 2) + 32] = "";
    size_t n, bytes = 0;
    presence *all = directory_members(&self->at.at->directory, r, GREETED_MAX, &n);
    if (!all) return NULL;
    for (size_t i = 0; i < n; i++) {
        bytes += (size_t)snprintf(with + bytes, sizeof with - bytes, "%s%s", i ? ", " : " with ",
                                  name_as_word(&all[i].name).text);
        known_note(&self->known, all[i].naming);
    }
    free(all);
    size_t there = directory_members_n(&self->at.at->directory, r);
    if (there > n)
        (void)snprintf(with + bytes, sizeof with - bytes, "%s %zu other%s", n ? " and" : " with",
                       there - n, there - n == 1 ? "" : "s");
    return message_new(0, "* you are %s in #%s%s; /help", name_as_word(&self->me.name).text,
                       r->name.text, with);
}

/* Goes into that room, as listen_at(). A newcomer, which has been in none, is greeted. */
static int client_enter(client *self, const name *where, const bookmark *at) {
    directory *dir = &self->at.at->directory;
    room *from = self->here->room, *to = directory_open_room(dir, where);
    session_unlock(self); // until it listens: the store is read
    room_recall_now(to);
    int err = to ? listen_at(self, to, at) : -ENOMEM;
    if (err < 0) {
        directory_close_room(dir, to);
        return err;
    }
    if (self->user) {
        err = session_join(self, where);
        directory_close_room(dir, to);
        return err;
    }
    if (!from) (void)client_show(self, greeting(self, to));
    message *told;
    err = member_enter(&self->me, &self->seat, to, &told);
    int shown = client_show(self, told), left = from ? member_left(&self->me, from, false) : 0;
    return err < 0 ? err : shown < 0 ? shown : left;
}

int command_arrive(client *self) {
    int err = directory_arrive(&self->at.at->directory, &self->me);
    return err < 0 ? err : client_enter(self, &(name){ "general" }, &(bookmark){ 0 });
}

void command_leave(client *self, bool is_end) {
    if (self->user) {
        session_end(self, self->is_quitting);
        edo_mpsc_close(self->inbox); // the writer then ends
        return;
    }
    room *from = self->seat.room;
    if (from) self->left_at = room_last(from);
    directory_seat(&self->at.at->directory, &self->seat, NULL);
    directory_depart(&self->at.at->directory, &self->me);
    edo_mpsc_close(self->inbox); // the writer then ends
    if (from) (void)member_left(&self->me, from, is_end);
}

/* ---- Commands -------------------------------------------------------------------------------- */

typedef struct command {
    int (*run)(client *self, const struct command *c); /* NULL: there is nothing to do */
    name name;                                         /* of a person or a room */
    const char *text;                                  /* in the line; "" if there is none */
    bookmark at;                                       /* if has_number; else new */
    bool has_number;
    const char *session;
    edo_str ref;       /* of a text; empty: none */
    const char *fault; /* NULL, or what is wrong with the line */
} command;

static int say_here(client *self, const char *text, edo_str ref, bool is_action) {
    if (self->user) return session_say(self, text, ref, is_action);
    room *here = self->seat.room;
    const saying what = member_saying(&self->me, here, edo_str_of(text), is_action);
    int err = room_say(here, message_paid_by(message_said(&what), member_address(&self->me)));
    const char *told = err == -EINPROGRESS ? TEXT_NOT_YET
                       : err == -EAGAIN    ? TEXT_FULL
                       : err == -EINVAL    ? TEXT_REFUSED
                                           : NULL;
    return told ? client_show(self, message_new(0, "%s", told)) : err == -EALREADY ? 0 : err;
}

static int client_do_say(client *self, const command *c) {
    return say_here(self, c->text, c->ref, false);
}

static int do_me(client *self, const command *c) {
    return say_here(self, c->text, c->ref, true);
}

/* Why a text was not told to that person. Returns `err` if that ends the client. */
static int show_untold(client *self, int err, const char *who) {
    static const struct {
        int err;
        const char *before, *behind;
    } lines[] = {
        { -EEXIST, "not sent, as ",
          " may be another person now; the same line again goes to that one" },
        { -EDO_ECLOSED, "nobody is called ", "" },
        { -EAGAIN, "", " has not read earlier messages" },
        { -EBUSY, "not sent, as it cannot be looked up just now who is ", "" },
        { -EHOSTUNREACH, "not sent, as another node cannot be reached just now, that of ", "" },
        { -ETIMEDOUT, "perhaps not delivered, as another node has not responded, that of ", "" },
    };
    for (size_t i = 0; i < EDO_COUNT(lines); i++) {
        if (lines[i].err != err) continue;
        return client_show(
            self, message_new(0, "* error: %s%s%s", lines[i].before, who, lines[i].behind));
    }
    return err;
}

static int do_msg(client *self, const command *c) {
    message *own;
    int err = member_tell(self->who, &c->name, (edo_str){ 0 }, edo_str_of(c->text), &own);
    edo_rc_unref(own);                       // it is shown a line of its own
    if (err == -ESTALE) return -EDO_ECLOSED; // another connection has the session
    if (err < 0) return show_untold(self, err, name_as_word(&c->name).text);
    return client_show(self, message_new(0, "* sent to %s", name_as_word(&c->name).text));
}

/* Tells the room, and then the client, that it has another name now than that one. */
static int show_renamed(client *self, const name *old, uint64_t old_naming) {
    room *here = self->here->room;
    message *m = member_renamed(self->who, old, old_naming, &here->name);
    message *own = m ? edo_rc_ref(m) : NULL;
    int err = room_announce(here, message_paid_by(m, member_address(&self->me)));
    int shown = client_show(self, own);
    return err < 0 ? err : shown;
}

static int client_do_nick(client *self, const command *c) {
    member *me = self->who;
    const name old = me->name;
    uint64_t old_naming = me->naming;
    int err = member_rename(me, &c->name);
    if (err != -EPERM && err != -EAGAIN) me->wanted.text[0] = '\0'; // it has chosen
    if (err == -EPERM) return client_show(self, message_new(0, "* error: this name is reserved"));
    if (err == -EEXIST)
        return client_show(
            self, message_new(0, "* error: the name %s is taken", name_as_word(&c->name).text));
    if (err == -EAGAIN)
        return client_show(self, message_new(0, "* error: the name %s cannot be looked up just now",
                                             name_as_word(&c->name).text));
    return err < 0 ? err : show_renamed(self, &old, old_naming);
}

/* Somebody at another program has its name. */
static int client_lose_name(client *self) {
    name old = self->me.name;
    uint64_t old_naming = self->me.naming;
    claim_lose_name(&self->at.at->directory, &self->me);
    return name_equal(&old, &self->me.name) ? 0 : show_renamed(self, &old, old_naming);
}

/* That listen_at() has failed; else its failure is returned. */
static int show_refusal(client *self, int err, const char *unread) {
    if (self->user && !self->has_lock) return err; // another connection has the session
    if (err == -EBUSY) unread = "wait until what you missed is shown";
    bool is_refusal = err == -EBUSY || err == -EAGAIN || err == -EDO_ECLOSED;
    return is_refusal ? client_show(self, message_new(0, "* error: %s", unread)) : err;
}

static int client_do_join(client *self, const command *c) {
    const name *here = room_shown(self->here->room);
    if (name_equal(&c->name, here))
        return client_show(self, message_new(0, "* error: you are in #%s", here->text));
    int err = client_enter(self, &c->name, &c->at);
    self->is_mute = err < 0;
    return show_refusal(self, err, "you do not read, so you stay here");
}

/* Listens anew where it is: another connection may take its person away meanwhile. */
static int client_count_from(client *self, const bookmark *at) {
    directory *dir = &self->at.at->directory;
    room *here = directory_open_room(dir, &self->here->room->name);
    int err = here ? listen_at(self, here, at) : -ENOMEM;
    directory_close_room(dir, here);
    return err;
}

/* For clients that come back: what is said has its number from here on, and what has a number above
 * the one that was given comes again; of another life of the room, all. */
static int do_numbers(client *self, const command *c) {
    int err = c->has_number ? client_count_from(self, &c->at)
                            : client_post_self(self, &(pending){ .message = NULL });
    return show_refusal(self, err, "you do not read");
}

/* For what takes long with many rooms or people: they are gathered in a turn, and their lines made
 * in pieces, each in a turn of its own. The client is shown a piece behind its turn, as that waits
 * for the peer. */
static turn turn_to_ask(const client *self) {
    return turn_take(&self->at.at->directory.turns, TURN_ASK, member_address(&self->me));
}

/* Shows the client a piece of a list, up to a line that it is not shown. Owns: takes them. Returns
 * as client_show(), of the last one. */
static int show_piece(client *self, message *const *lines, size_t n) {
    int err = 0;
    for (size_t i = 0; i < n; i++) {
        if (err == 0) {
            err = client_show(self, lines[i]);
        } else {
            edo_rc_unref(lines[i]);
        }
    }
    return err;
}

static int client_do_rooms(client *self, const command *c) {
    (void)c;
    message *lines[TURN_WORK];
    size_t n, at = 0;
    turn t = turn_to_ask(self);
    room_count *rooms = directory_rooms(&self->at.at->directory, &n);
    turn_end(&t, TURN_WORK);
    int err = rooms ? 0 : -ENOMEM;
    while (err == 0 && at < n) {
        size_t made = 0;
        t = turn_to_ask(self);
        for (; made < TURN_WORK && at < n; at++)
            lines[made++] = message_new(0, "* #%s (%zu)", rooms[at].name.text, rooms[at].members_n);
        turn_end(&t, (unsigned)made);
        err = show_piece(self, lines, made);
    }
    free(rooms);
    return err;
}

/* "* a, b, c": the names from `*at` on that one line has; moves it behind them. NULL without
 * memory. */
static message *line_of_names(const presence *all, size_t n, size_t *at) {
    char line[NAMES_BYTES_MAX + sizeof(name_word) + 4] = "";
    size_t bytes = 0;
    for (; *at < n && bytes < NAMES_BYTES_MAX; ++*at)
        bytes += (size_t)snprintf(line + bytes, sizeof line - bytes, "%s%s", bytes ? ", " : "* ",
                                  name_as_word(&all[*at].name).text);
    return message_new(0, "%s", line);
}

static int do_who(client *self, const command *c) {
    (void)c;
    message *lines[NAMES_LINES];
    size_t n, at = 0, shown = 0;
    turn t = turn_to_ask(self);
    presence *all = directory_members(&self->at.at->directory, self->here->room, SIZE_MAX, &n);
    turn_end(&t, TURN_WORK);
    int err = all ? 0 : -ENOMEM;
    while (err == 0 && at < n) {
        size_t made = 0;
        t = turn_to_ask(self);
        while (made < NAMES_LINES && at < n) lines[made++] = line_of_names(all, n, &at);
        turn_end(&t, TURN_WORK);
        err = show_piece(self, lines, made);
        for (; err == 0 && shown < at; shown++) known_note(&self->known, all[shown].naming);
    }
    free(all);
    return err;
}

static int do_help(client *self, const command *c) {
    (void)c;
    return client_show(
        self,
        message_new(0, "* /nick NAME       change your name\n"
                       "* /join #ROOM      go to another room\n"
                       "* /rooms, /list    the rooms, and how many are in each\n"
                       "* /who, /names     who is in this room\n"
                       "* /msg NAME TEXT   tell one person only; a NAME of two words is in \"\"\n"
                       "* /me TEXT         say what you do\n"
                       "* //TEXT           say a text that begins with /\n"
                       "* /quit [TEXT]     leave"));
}

/* For clients that come back, which may refer to what they say from here on. */
static int do_session(client *self, const command *c) {
    if (self->user)
        return client_show(self, message_new(0, "* error: this connection has a session"));
    return session_begin(self, c->session, &c->name);
}

static int do_quit(client *self, const command *c) {
    int err = *c->text && !self->is_mute ? do_me(self, c) : 0;
    self->is_quitting = err >= 0;
    return err < 0 ? err : -EDO_ECLOSED;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* A room is a name, perhaps with its #. */
enum { NAME = 1, ROOM = 2, TEXT = 4, PERHAPS_TEXT = 8, PERHAPS_NUMBER = 16, SESSION = 32 };

static const struct verb {
    const char *word;
    int (*run)(client *self, const command *c);
    unsigned takes;
    const char *usage;
} verbs[] = {
    { "/nick", client_do_nick, NAME, "usage: /nick NAME" },
    { "/join", client_do_join, ROOM | PERHAPS_NUMBER, "usage: /join #ROOM" },
    { "/session", do_session, SESSION, "usage: /session SESSION [NAME]" },
    { "/numbers", do_numbers, PERHAPS_NUMBER, "usage: /numbers [NUMBER [LIFE]]" },
    { "/rooms", client_do_rooms, 0, "usage: /rooms" },
    { "/list", client_do_rooms, 0, "usage: /list" },
    { "/who", do_who, 0, "usage: /who" },
    { "/names", do_who, 0, "usage: /names" },
    { "/msg", do_msg, NAME | TEXT, "usage: /msg NAME TEXT" },
    { "/me", do_me, TEXT, "usage: /me TEXT" },
    { "/help", do_help, 0, "usage: /help" },
    { "/quit", do_quit, PERHAPS_TEXT, "usage: /quit [TEXT]" },
};

/* Takes the name in quotes off `rest` that it begins with. NULL: the second quote is not there. */
static char *command_next_quoted(char **rest) {
    char *begin = *rest + 1, *end = strchr(begin, '"');
    if (!end) return NULL;
    *end = '\0';
    *rest = end + 1 + strspn(end + 1, " \t");
    return begin;
}

/* Takes the first word off `rest`. */
static char *command_next_word(char **rest) {
    char *word = *rest;
    *rest += strcspn(word, " \t");
    if (**rest) *(*rest)++ = '\0';
    *rest += strspn(*rest, " \t");
    return word;
}

static const char ref_usage[] = "usage: /ref REF TEXT, and REF has up to 64 characters of ASCII";
static const char nothing_to_see[] = "there is nothing to see in this";

static command command_fault(const char *what) {
    return (command){ .fault = what };
}

static bool parse_number(uint64_t *out, const char *text) {
    enum { DIGITS_MAX = 19 };
    size_t n = strspn(text, "0123456789");
    if (text[n] || n > DIGITS_MAX) return false;
    *out = strtoull(text, NULL, 10);
    return true;
}

static bool is_session(const char *word) {
    size_t n = 0;
    while (name_has_byte(word[n])) n++;
    return !word[n] && n >= SESSION_BYTES_MIN && n <= SESSION_BYTES_MAX;
}

/* "SESSION", or "SESSION NAME" */
static command with_session(const struct verb *verb, char *rest) {
    command c = { .run = verb->run, .session = command_next_word(&rest) };
    bool is_one = is_session(c.session) && (!*rest || name_parse(&c.name, edo_str_of(rest)));
    return is_one ? c : command_fault(verb->usage);
}

/* Takes the name off `rest`: a word, words in quotes, or all if nothing may follow. Returns what is
 * wrong, or NULL. */
static const char *command_take_name(const struct verb *verb, name *out, char **rest) {
    bool is_room = verb->takes & ROOM, is_last = verb->takes == NAME;
    char *all = *rest;
    const char *word = *all == '"' && !is_room ? command_next_quoted(rest)
                       : is_last               ? (*rest += strlen(all), all)
                                               : command_next_word(rest);
    if (!word || !*word) return verb->usage;
    if (is_room && *word == '#') word++;
    if (is_room)
        return room_name_parse(out, edo_str_of(word))
                   ? NULL
                   : "a room's name is 1 to 24 letters, digits, '_' or '-'";
    return name_parse(out, edo_str_of(word)) ? NULL : name_rules_text;
}

static command with_arguments(const struct verb *verb, char *rest) {
    command c = { .run = verb->run };
    if (verb->takes & SESSION) return with_session(verb, rest);
    if (verb->takes & (NAME | ROOM)) {
        const char *wrong = command_take_name(verb, &c.name, &rest);
        if (wrong) return command_fault(wrong);
    }
    if (*rest && verb->takes & PERHAPS_NUMBER) {
        const char *number = command_next_word(&rest);
        c.has_number =
            parse_number(&c.at.number, number) && (!*rest || parse_number(&c.at.life, rest));
        return c.has_number ? c : command_fault(verb->usage);
    }
    if (*rest ? !(verb->takes & (TEXT | PERHAPS_TEXT)) : verb->takes & TEXT)
        return command_fault(verb->usage);
    bool is_blank = text_is_blank(edo_str_of(rest));
    if (is_blank && verb->takes & TEXT) return command_fault(nothing_to_see);
    c.text = is_blank ? "" : rest;
    return c;
}

/* The result borrows from the line, which has a NUL behind its `bytes` bytes. A CR at the end
 * belongs to the line end. */
static command command_parse(char *line, size_t bytes) {
    if (bytes > 0 && line[bytes - 1] == '\r') line[--bytes] = '\0';
    const char *wrong = text_fault((edo_str){ line, bytes });
    if (wrong) return command_fault(wrong);
    if (bytes == 0) return (command){ .run = NULL };
    if (text_is_blank((edo_str){ line, bytes })) return command_fault(nothing_to_see);
    if (line[0] != '/' || line[1] == '/')
        return (command){ .run = client_do_say, .text = line + (line[0] == '/') };
    while (strchr(" \t", line[bytes - 1])) line[--bytes] = '\0';
    char *rest = line;
    if (line_is_ref(line)) return command_fault(ref_usage);
    const char *word = command_next_word(&rest);
    for (size_t i = 0; i < EDO_COUNT(verbs); i++) {
        if (strcmp(verbs[i].word, word) == 0) return with_arguments(&verbs[i], rest);
    }
    return command_fault("unknown command, see /help");
}

void command_pass_over(client *self, const char *line, bool is_cut) {
    self->is_mute |= line_leads_to_room(line, is_cut);
}

/* Lines are often sent many at once, so what follows a join that has failed was typed for the room
 * that it names. */
static int show_mute(client *self) {
    return client_show(self, message_new(0, "* error: not said, as you are still in #%s",
                                         room_shown(self->here->room)->text));
}

/* Takes "/ref REF " off the line, whose text is then called so. */
static edo_str command_take_ref(char **line, size_t *bytes) {
    size_t n = line_ref_bytes(*line), before = sizeof TEXT_REF - 1;
    if (n == 0) return (edo_str){ 0 };
    edo_str ref = { *line + before, n - before - 1 };
    *line += n;
    *bytes -= n;
    return ref;
}

/* Does what the line says. */
static int command_do(client *self, char *line, size_t bytes) {
    edo_str ref = command_take_ref(&line, &bytes);
    bool is_command = line_is_command(line), is_way = line_leads_to_room(line, false);
    command c = command_parse(line, bytes);
    bool is_text = c.run == client_do_say || c.run == do_me;
    if (!c.fault && ref.len > 0 && !c.run) c = command_fault(ref_usage);
    if (!c.fault && ref.len > 0 && !(is_text && self->user))
        c = command_fault("a reference is for a text, of a connection with a session");
    if (c.fault) {
        if (is_command && !line_is_ref(line)) self->is_mute = is_way;
        return client_show(self, message_new(0, "* error: %s", c.fault));
    }
    if (!c.run) return 0;
    if (is_text && self->is_mute) return show_mute(self);
    int err = claim_has_lost_name(&self->at.at->directory, self->who) ? client_lose_name(self) : 0;
    if (err < 0) return err;
    if (c.run != do_quit) self->is_mute = false;
    c.ref = ref;
    return c.run(self, &c);
}

int command_run(client *self, char *line, size_t bytes) {
    int err = session_lock(self);
    if (err == 0) err = command_do(self, line, bytes);
    session_unlock(self);
    return err;
}

bool command_is_quit(const char *line) {
    return strcmp(line, "/quit") == 0 || strcmp(line, "/quit\r") == 0;
}
