/* SPDX-License-Identifier: MIT */
/* heard.c: see state.h.
 *
 * The lines of the server tell what the user is called and where it is. By "/numbers" the server
 * tells "#ROOM NUMBER" before each line that was said there, and "#ROOM NUMBER LIFE" where it
 * begins to: so after a loss the user is shown what it has not seen. Of a room that has begun anew,
 * whose numbers are others, all is shown. While another has the name it is asked for again and
 * again. */
#include "terminal/state.h"

#include "terminal/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const edo_duration name_pause_min = EDO_S(1), name_pause_max = EDO_S(15);

/* ---- The name -------------------------------------------------------------------------------- */

/* Asks for the name until the user has it, or has chosen another one. A task's function. */
static int ask_for_name(void *arg) {
    terminal *self = arg;
    edo_duration pause = name_pause_min;
    int err = 0;
    while (resume_wants_name(self) && (err = edo_sleep(pause)) >= 0) {
        char text[sizeof(name_word) + 16];
        (void)snprintf(text, sizeof text, "/nick %s\n", name_as_word(&self->wanted).text);
        if (resume_wants_name(self) && typed_queue(self, text)) self->names_due++;
        pause = edo_ns(2 * pause.ns < name_pause_max.ns ? 2 * pause.ns : name_pause_max.ns);
    }
    self->is_asking = false;
    return err;
}

/* Does the line refuse the name that is wanted, for now? */
static bool terminal_refuses_name(const terminal *self, const char *line) {
    static const char *const reasons[] = { "is taken", "cannot be looked up just now" };
    char refusal[sizeof(name_word) + 64];
    bool is_one = false;
    for (size_t i = 0; i < EDO_COUNT(reasons); i++) {
        (void)snprintf(refusal, sizeof refusal, "* error: the name %s %s",
                       name_as_word(&self->wanted).text, reasons[i]);
        is_one |= strcmp(line, refusal) == 0;
    }
    return is_one;
}

/* Is it the refusal of a name that the user had? The server may not have seen yet that the lost
 * connection is gone, so the name is asked for again; the user is told once. */
static bool terminal_is_taken(terminal *self, const char *line) {
    if (self->names_due == 0 || !terminal_refuses_name(self, line)) return false;
    self->names_due--;
    if (self->is_asking || !resume_wants_name(self)) return true;
    terminal_say(self, "* %s is taken for now; you get it once it is free", self->wanted.text);
    self->is_asking = edo_scope_spawn(self->both, ask_for_name, self) == 0;
    return true;
}

/* ---- What the server says -------------------------------------------------------------------- */

/* The server takes a line later: it is the command without a reply, or else the oldest of which it
 * has not told. Returns whether it will be sent again. */
static bool terminal_take_again(terminal *self) {
    char *again = self->command ? self->command : unsure_take(&self->sent);
    self->command = NULL;
    self->is_paced = true;
    if (!again) return false;
    again[strcspn(again, "\r\n")] = '\0';
    unsure_put(&self->again, again);
    return true;
}

/* The server has refused what was sent last. Returns whether that will be sent again, so that the
 * user needs not know. */
static bool be_refused(terminal *self, const char *line) {
    bool is_too_fast = strncmp(line, "* error: too fast", 17) == 0;
    if (is_too_fast && terminal_take_again(self)) return true;
    self->is_incomplete = true;
    if (self->command) return false; // its error says enough
    char *refused = unsure_take(&self->sent);
    if (!refused) unsure_came(&self->sent);
    if (refused) terminal_say(self, "* not sent: %s", refused + line_ref_bytes(refused));
    free(refused);
    return false;
}

/* The server has said something of its own, which replies to a command that waits for that. */
static void terminal_be_replied(terminal *self) {
    free(self->command);
    self->command = NULL;
}

/* The user is in that room. */
static void terminal_arrive(terminal *self, const name *room) {
    self->room = *room;
    if (self->joins_due > 0) self->joins_due--;
    if (name_equal(room, &self->joining)) self->joining = (name){ "" };
    if (self->is_returning && !name_equal(room, &self->missed))
        return; // all come to that one first
    self->is_returning = false;
    if (name_equal(room, &self->home.room)) return;
    self->home = name_equal(room, &self->coming.room) ? self->coming : (place){ .room = *room };
}

/* The user stays where it is, perhaps. */
static void be_kept(terminal *self) {
    self->joins_due = self->quiet_joins = 0;
    self->joining = (name){ "" };
    if (!self->is_returning) return;
    self->is_returning = false;
    self->home =
        name_equal(&self->room, &self->coming.room) ? self->coming : (place){ .room = self->room };
}

/* Whether the line tells that this room has begun anew. */
static bool tells_of_new_life(const char *line, const name *of) {
    name room;
    int n = 0;
    (void)sscanf(line, "* #%24[A-Za-z0-9_-] has begun anew%n", room.text, &n);
    return n > 0 && name_equal(&room, of);
}

/* The greeting has come. After a loss it is no news: the session, or a name that is asked for,
 * comes behind it. */
static void be_greeted(terminal *self, const name *me, const name *room, bool *is_news) {
    if (self->is_lost) terminal_say(self, "* connected again");
    self->me = *me;
    self->room = *room;
    if (!*self->home.room.text) self->home.room = *room;
    *is_news = !*self->before.text;
}

/* Reads the two names that stand behind these words of a line. */
static bool words_read(const char *line, const char *begin, const char *between, name *first,
                       name *second) {
    if (strncmp(line, begin, strlen(begin)) != 0) return false;
    edo_str rest = edo_str_of(line + strlen(begin));
    size_t n = name_word_bytes(rest);
    if (!name_read(first, (edo_str){ rest.ptr, n })) return false;
    if (strncmp(rest.ptr + n, between, strlen(between)) != 0) return false;
    rest = edo_str_of(rest.ptr + n + strlen(between));
    return name_read(second, (edo_str){ rest.ptr, name_word_bytes(rest) });
}

/* Learns from the server's own lines what the user is called, and where it is. Returns whether the
 * line was the greeting; `*is_news`: the user wants to see it. */
static bool learn(terminal *self, const char *line, bool *is_news) {
    name who, other;
    *is_news = true;
    if (words_read(line, "* you are ", " in #", &who, &other)) {
        be_greeted(self, &who, &other, is_news);
        return true;
    }
    bool is_renamed = words_read(line, "* ", " is now ", &who, &other);
    if (is_renamed && strcmp(who.text, self->me.text) == 0) {
        bool is_by_itself = self->names_due > 0 && !self->is_asking;
        *is_news = !is_by_itself || strcmp(other.text, self->before.text) != 0;
        self->me = self->wanted = other;
        self->names_due = 0;
    }
    bool has_joined = words_read(line, "* ", " joined #", &who, &other);
    if (has_joined && strcmp(who.text, self->me.text) == 0) {
        *is_news = self->quiet_joins == 0;
        if (self->quiet_joins > 0) self->quiet_joins--;
        terminal_arrive(self, &other);
    }
    if (strncmp(line, "* sent to ", 10) == 0) unsure_came(&self->sent);
    if (strncmp(line, "* you missed ", 13) == 0 && !self->is_catching_up) {
        resume_miss(self);
        self->is_incomplete |= self->sent.n > 0;
        unsure_clear(&self->sent); // perhaps numbers
    }
    return false;
}

/* Tells at the prompt where the user is, and under which name. */
static void show_prompt(terminal *self) {
    char text[2 * sizeof(name) + 8];
    if (!self->edit || !*self->me.text || !*self->room.text) return;
    (void)snprintf(text, sizeof text, "#%s %s> ", self->room.text, self->me.text);
    edit_prompt(self->edit, text);
}

/* All up to the number is shown in that room; `is_begin`: with what the user needs to come back. */
static void note_number(terminal *self, const place *told, bool is_bare, bool is_begin) {
    place *known = name_equal(&told->room, &self->home.room) ? &self->home : &self->coming;
    if (!name_equal(&told->room, &known->room)) *known = *told;
    bool is_anew = known == &self->home && self->has_begun_anew;
    known->is_told = true;
    if (is_begin || is_anew) known->life = told->life;
    if (is_bare || is_anew || told->last > known->last) known->last = told->last;
    if (is_anew) self->has_begun_anew = false;
}

/* Takes the number off a line. Returns how many bytes it has with its room, which is copied to
 * `room`; 0: there is none. */
static size_t terminal_take_number(terminal *self, const char *line, name *room) {
    place told = { .is_told = true };
    int n = 0, more = 0;
    if (sscanf(line, "#%24[A-Za-z0-9_-] %" SCNu64 "%n", told.room.text, &told.last, &n) != 2)
        return 0;
    bool is_begin = sscanf(line + n, " %" SCNu64 "%n", &told.life, &more) == 1 && !line[n + more];
    if (is_begin) n += more;
    if (!is_begin) told.life = 0;
    *room = told.room;
    const char *ref = strncmp(line + n, " = ", 3) == 0 ? line + n + 3 : NULL;
    if (ref) n += (int)strlen(line + n);
    bool is_bare = !ref && !line[n]; // of what the user has said, or of the last that was shown
    if (ref) unsure_came_as(&self->sent, ref);
    if (ref) unsure_came_as(&self->again, ref);
    self->hides_past = false;
    // The server may tell nothing of what it got before it told the first number.
    if (!self->has_numbers && !self->is_catching_up) unsure_clear(&self->sent);
    self->has_numbers = true;
    if (is_bare && self->is_catching_up && name_equal(&told.room, &self->missed)) {
        self->is_catching_up = false;
        terminal_say_doubtful(self);
    } else if (is_bare && !is_begin && name_equal(&told.room, &self->home.room) &&
               told.last > self->home.last) {
        unsure_came(&self->sent);
    }
    note_number(self, &told, is_bare, is_begin);
    return (size_t)n + (line[n] == ' ');
}

/* Was it said to a room? "ann: hello", "- ann waves" */
static bool is_said(const char *line) {
    size_t word = strcspn(line, " ");
    return strncmp(line, "- ", 2) == 0 || (word > 0 && line[word - 1] == ':');
}

/* Rings, if the user wants that, when somebody says its name now or writes to it alone. */
static void terminal_ring(const terminal *self, const char *line, size_t bytes, bool is_past) {
    if (!self->rings || is_past || !screen_is_for(line, bytes, &self->me)) return;
    (void)fputc('\a', stdout);
    (void)fflush(stdout);
}

/* Shows a line of the server, and learns from it; returns as learn(). What was said before the user
 * came to a room has no time in these lines, and the time of now would be wrong. */
bool heard_show(terminal *self, const char *line, size_t bytes) {
    bool was_past = self->joins_due > 0, was_missed = self->is_catching_up;
    name room;
    self->is_moved = strcmp(line, TEXT_MOVED) == 0; // it replies to nothing, and is no news
    if (self->is_moved) return false;
    size_t number = terminal_take_number(self, line, &room);
    if (number > 0) edo_notify_one(&self->told);
    if (number > 0 ? number == bytes : self->hides_past && is_said(line)) return false;
    if (terminal_is_taken(self, line)) return false;
    if (resume_hear(self, line)) {
        show_prompt(self);
        edo_notify_one(&self->told);
        return false;
    }
    bool is_error = strncmp(line, "* error: ", 9) == 0;
    bool is_again = is_error && be_refused(self, line);
    if (is_error && !is_again) be_kept(self); // perhaps it was about the room
    if (strncmp(line, "* ", 2) == 0) terminal_be_replied(self);
    if (is_again) {
        edo_notify_one(&self->told);
        return false;
    }
    bool is_news, is_greeting = learn(self, line, &is_news);
    seen_learn(&self->seen, line + number, bytes - number);
    show_prompt(self);
    edo_notify_one(&self->told);
    bool is_past = was_past && self->joins_due > 0 && !is_greeting;
    if (was_missed && number > 0 && name_equal(&room, &self->missed)) {
        is_past = true;
        unsure_was_said(&self->doubtful, &self->before, (edo_str){ line + number, bytes - number });
    }
    if (is_news) {
        terminal_show_at(self, line + number, bytes - number,
                         is_past ? SCREEN_NO_TIME : (int64_t)time(NULL));
        terminal_ring(self, line + number, bytes - number, is_past);
    }
    if (tells_of_new_life(line, &self->home.room)) {
        self->has_begun_anew = true;
        terminal_say_doubtful(self); // what is shown from here on was not said by this user
    }
    return is_greeting;
}

/* Asks for numbers, for the room that the user had and what was said there, and for its session and
 * name: the person comes to the room where the connection is. */
int heard_ask_again(terminal *self) {
    char text[512], seen[48] = "";
    const place *home = &self->home;
    self->missed = *self->joining.text ? self->joining : home->room;
    self->is_returning = !name_equal(&self->missed, &self->room);
    if (home->is_told && name_equal(&self->missed, &home->room)) {
        size_t n = (size_t)snprintf(seen, sizeof seen, " %" PRIu64, home->last);
        if (home->life > 0) (void)snprintf(seen + n, sizeof seen - n, " %" PRIu64, home->life);
    }
    self->is_catching_up = *seen;
    if (!*seen) terminal_say_doubtful(self); // nothing will tell of it
    size_t n = (size_t)snprintf(text, sizeof text, "/numbers%s\n", self->is_returning ? "" : seen);
    if (self->is_returning) {
        self->quiet_joins += *self->before.text && !*self->joining.text;
        n += (size_t)snprintf(text + n, sizeof text - n, "/join #%s%s\n", self->missed.text, seen);
        self->joins_due++;
    }
    n += (size_t)snprintf(text + n, sizeof text - n, "/session %s%s%s\n", self->session,
                          *self->wanted.text ? " " : "", name_as_word(&self->wanted).text);
    self->is_session_due = self->may_have_session = true;
    if (*self->before.text && !home->is_told) // the server had not told up to where all is shown
        terminal_say(self, "* what was said meanwhile may be missing");
    return edo_write_all(self->peer, text, n);
}
