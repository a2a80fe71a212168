/* SPDX-License-Identifier: MIT */
/* resume.c: see state.h. The session of the user, which is said on each connection: so after a loss
 * the user is the same person, at any server of the same store. Texts have references then, and
 * those that a lost connection has perhaps taken with it are said again: the server says each once.
 * They are for the room where they were typed; if the user does not get back there they are told
 * instead, and so are they where a server knows no sessions. */
#include "terminal/state.h"

#include <edo/random.h>
#include <edo/str.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int resume_init(terminal *self) {
    uint8_t secret[16];
    int err = edo_random(secret, sizeof secret);
    if (err < 0) return err;
    (void)edo_hex_encode(self->session, (edo_str){ (const char *)secret, sizeof secret });
    return 0;
}

bool resume_wants_name(const terminal *self) {
    return *self->wanted.text && strcmp(self->wanted.text, self->me.text) != 0;
}

/* After a loss it is news if the user has another name that will stay. */
static void resume_tell_name(terminal *self) {
    bool is_other = *self->before.text && strcmp(self->me.text, self->before.text) != 0;
    if (is_other && !resume_wants_name(self)) terminal_say(self, "* you are %s now", self->me.text);
}

/* What may be lost is sent before all else, and in its order. */
static void resume_say_again(terminal *self) {
    if (self->lost.n + self->lost.older_n == 0) return;
    if (!name_equal(&self->room, &self->lost_room)) {
        resume_give_up(self);
        return;
    }
    unsure_move(&self->lost, &self->again);
    unsure_move(&self->again, &self->lost);
    if (!self->held) return;
    self->held[strcspn(self->held, "\r\n")] = '\0';
    unsure_put(&self->again, self->held);
    self->held = NULL;
}

/* The name in a line that asks for one, perhaps in quotes. */
static bool name_typed(const char *line, name *out) {
    if (strncmp(line, "/nick ", 6) != 0) return false;
    edo_str text = edo_str_trim(edo_str_of(line + 6));
    bool is_quoted = text.len > 1 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"';
    if (is_quoted) text = (edo_str){ text.ptr + 1, text.len - 2 };
    return name_read(out, text);
}

void resume_lose(terminal *self) {
    name asked; // by the user, and without a reply
    if (self->command && name_typed(self->command, &asked)) self->wanted = asked;
    self->is_session_due = self->has_session = self->may_have_session = false;
    self->lost_room = self->home.room;
    unsure_split(&self->sent, &self->lost);
}

void resume_give_up(terminal *self) {
    unsure_forget_refs(&self->lost);
    unsure_move(&self->doubtful, &self->lost);
    if (!self->is_catching_up) terminal_say_doubtful(self);
}

void resume_miss(terminal *self) {
    self->lost_room = self->room;
    unsure_split(&self->sent, &self->lost);
    resume_say_again(self);
}

int resume_say_goodbye(terminal *self, bool may_wait) {
    static const char quit[] = "/quit\n";
    if (!self->may_have_session || self->is_in_line) return 0;
    return may_wait ? edo_write_all(self->peer, quit, sizeof quit - 1)
                    : edo_try_write(self->peer, quit, sizeof quit - 1);
}

static int resume_ask_for_name(terminal *self) {
    char text[sizeof(name_word) + 16];
    int n = snprintf(text, sizeof text, "/nick %s\n", name_as_word(&self->wanted).text);
    self->names_due = 1;
    return edo_write_all(self->peer, text, (size_t)n);
}

int resume_without(terminal *self) {
    self->is_session_due = false;
    resume_tell_name(self);
    resume_give_up(self);
    return resume_wants_name(self) ? resume_ask_for_name(self) : 0;
}

/* The person was here, under another name than the one that is wanted. */
static bool resume_hear_not_asked(terminal *self, const char *line) {
    char text[sizeof TEXT_NOT_ASKED + sizeof(name_word)];
    (void)snprintf(text, sizeof text, TEXT_NOT_ASKED, name_as_word(&self->wanted).text);
    if (self->names_due == 0 || strcmp(line, text) != 0) return false;
    (void)resume_ask_for_name(self); // what fails is seen by the next read
    return true;
}

/* The server knows the session: the user is that person. */
static void resume_with(terminal *self, const name *me) {
    self->is_session_due = false;
    self->has_session = self->had_session = true;
    self->me = *me;
    self->names_due +=
        resume_wants_name(self); // why not is told next; then a /nick may have a reply
    resume_tell_name(self);
    resume_say_again(self);
}

bool resume_hear(terminal *self, const char *line) {
    static const size_t begin = sizeof TEXT_YOU - 1;
    name me;
    if (strcmp(line, TEXT_TAKEN) == 0) {
        self->is_leaving = true; // each would take the session from the other
        return false;
    }
    if (self->is_session_due && strcmp(line, TEXT_UNKNOWN) == 0) {
        self->may_have_session = false;
        (void)resume_without(self); // what fails is seen by the next read
        return true;
    }
    if (resume_hear_not_asked(self, line)) return true;
    if (strncmp(line, TEXT_YOU, begin) != 0) return false;
    const edo_str rest = edo_str_of(line + begin);
    const size_t n = name_word_bytes(rest);
    if (!name_read(&me, (edo_str){ rest.ptr, n }) || strcmp(rest.ptr + n, TEXT_SESSION) != 0)
        return false;
    resume_with(self, &me);
    return true;
}

int resume_refer(terminal *self) {
    size_t bytes = line_ref_bytes(self->held);
    char *line = NULL;
    if (bytes > 0 && !self->has_session) {
        memmove(self->held, self->held + bytes, strlen(self->held + bytes) + 1);
    } else if (bytes == 0 && self->has_session && unsure_is_text(self->held)) {
        if (asprintf(&line, TEXT_REF "%u %s", ++self->refs_n, self->held) < 0) return -ENOMEM;
        free(self->held);
        self->held = line;
    }
    return 0;
}
