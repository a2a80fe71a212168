/* SPDX-License-Identifier: MIT */
/* terminal.c: see terminal.h.
 *
 *     take_input()   reads what is typed, line by line, into a channel
 *     talk()         one connection: shows what the server says; send_typed() writes what is typed
 *     stay()         connects again, with a back-off, when the server has gone
 *
 * A line stays in `held` until the connection has taken it; one that was being written when the
 * connection broke is written again. After a loss the user gets its name and room back, as far as
 * the server's lines told them, and is shown what it has not seen: by "/numbers" the server tells
 * "#ROOM NUMBER" before each line that was said there. */
#include "terminal.h"

#include "edit.h"
#include "options.h"
#include "screen.h"
#include "text.h"

#include <edo/buf_io.h>
#include <edo/error.h>
#include <edo/mpsc.h>
#include <edo/net.h>
#include <edo/pipe.h>
#include <edo/retry.h>
#include <edo/scope.h>
#include <edo/signal.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TYPED_LINES    64        /* that wait for a connection */
#define LINE_BYTES_MAX (2 << 20) /* the server's own limit is lower */

typedef struct terminal {
    const options *options;
    edo_stream *input;
    edit *edit; /* NULL: lines come as the terminal, or the pipe, gives them */
    bool has_colours;
    edo_mpsc_tx *typed;
    edo_mpsc_rx *to_send; /* pointers to lines with their end, for free() */
    char *held;           /* the line that is being sent */
    bool is_sending;      /* there is a connection that takes what is typed */
    bool is_leaving;      /* the user has said so, or the input is at its end */
    edo_stream *peer;
    edo_buf_reader lines;  /* from the peer */
    name me, wanted, room; /* as the server calls the user; the name it has chosen; "" if unknown */
    unsigned joins_due;  /* rooms that the user is coming to: what was said there is shown first */
    name at;             /* the room of `last`; "": the server has told no numbers */
    uint64_t last;       /* the number of what was said there last, and was shown */
    bool hides_past;     /* lines without a number were shown before */
    bool is_catching_up; /* what was said meanwhile comes */
} terminal;

static void show_at(terminal *self, const char *line, size_t bytes, int64_t time_s) {
    if (self->edit) edit_hide(self->edit);
    screen_print(stdout, line, bytes, time_s, self->has_colours);
    if (self->edit) edit_show(self->edit);
    (void)fflush(stdout);
}

static void say(terminal *self, const char *text) {
    show_at(self, text, strlen(text), (int64_t)time(NULL));
}

/* ---- What is typed --------------------------------------------------------------------------- */

/* Waits for room, but not at an editor without a connection: the user would wait for its line.
 * Returns 0 or a negative code. */
static int put_typed(terminal *self, const char *text, size_t bytes) {
    char *line = malloc(bytes + 2);
    if (!line) return -ENOMEM;
    memcpy(line, text, bytes);
    memcpy(line + bytes, "\n", 2);
    bool may_wait = !self->edit || self->is_sending;
    int err = may_wait ? edo_mpsc_send(self->typed, &line) : edo_mpsc_try_send(self->typed, &line);
    if (err < 0) free(line);
    if (err != -EAGAIN) return err;
    say(self, "* error: not sent, too much waits for the connection");
    return 0;
}

/* Lines of a pipe, a file, or a terminal that edits them itself. */
static int take_plain(terminal *self) {
    const edo_buf_reader_opts opts = { .line_max = LINE_BYTES_MAX };
    edo_buf_reader lines;
    char *line;
    int n = edo_buf_reader_init(&lines, self->input, &opts);
    while (n >= 0 && (n = edo_read_line(&lines, &line)) != -EDO_EEOF) {
        if (n == -EDO_ETOOLONG) say(self, "* error: not sent, too long a line");
        n = n == -EDO_ETOOLONG ? 0 : n < 0 ? n : put_typed(self, line, (size_t)n);
    }
    edo_buf_reader_deinit(&lines);
    return n == -EDO_EEOF ? 0 : n;
}

static int take_edited(terminal *self) {
    const char *line;
    int n;
    while ((n = edit_line(self->edit, &line)) > 0) {
        int err = put_typed(self, line, strcspn(line, "\n"));
        if (err < 0) return err;
    }
    return n;
}

/* `arg` is the terminal; a task's function. */
static int take_input(void *arg) {
    terminal *self = arg;
    int err = self->edit ? take_edited(self) : take_plain(self);
    edo_mpsc_tx_unref(self->typed);
    self->typed = NULL;
    return err < 0 && err != -EDO_ECLOSED ? err : 0;
}

/* ---- A connection ---------------------------------------------------------------------------- */

static bool is_quit(const char *line) {
    return strncmp(line, "/quit", 5) == 0 && (line[5] == ' ' || line[5] == '\n');
}

static bool is_join(const char *line) {
    return strncmp(line, "/join ", 6) == 0;
}

/* Writes what was typed until the input ends or the connection is gone. A task's function. */
static int send_typed(void *arg) {
    terminal *self = arg;
    for (;;) {
        int err = self->held ? 0 : edo_mpsc_recv(self->to_send, &self->held);
        if (err == -EDO_ECLOSED) self->is_leaving = true;
        if (err == -EDO_ECLOSED) err = edo_shutdown(self->peer);
        if (err < 0 || !self->held) return err == -ECANCELED ? err : 0;
        if (is_quit(self->held)) self->is_leaving = true;
        self->joins_due += is_join(self->held);
        if (edo_write_all(self->peer, self->held, strlen(self->held)) < 0) return 0;
        free(self->held);
        self->held = NULL;
    }
}

/* Learns from the server's own lines what the user is called, and where it is. Returns whether the
 * line was the greeting. */
static bool learn(terminal *self, const char *line) {
    name who, other;
    if (sscanf(line, "* you are %24s in #%24[A-Za-z0-9_-]", who.text, other.text) == 2) {
        self->me = who;
        if (!*self->room.text) self->room = other;
        return true;
    }
    bool is_renamed = sscanf(line, "* %24s is now %24s", who.text, other.text) == 2;
    if (is_renamed && strcmp(who.text, self->me.text) == 0) self->me = self->wanted = other;
    bool has_joined = sscanf(line, "* %24s joined #%24s", who.text, other.text) == 2;
    if (has_joined && strcmp(who.text, self->me.text) == 0) {
        self->room = other;
        if (self->joins_due > 0) self->joins_due--;
    }
    if (strncmp(line, "* error: ", 9) == 0) self->joins_due = 0; // perhaps it was about the room
    return false;
}

/* Takes the number off a line. Returns how many bytes it has with its room; 0: there is none. */
static size_t take_number(terminal *self, const char *line) {
    name where;
    uint64_t number;
    int n = 0;
    if (sscanf(line, "#%24[A-Za-z0-9_-] %" SCNu64 "%n", where.text, &number, &n) != 2) return 0;
    self->hides_past = false;
    bool is_older = strcmp(where.text, self->at.text) == 0 && number < self->last;
    if (!is_older) {
        self->at = where;
        self->last = number;
    }
    if (!line[n]) self->is_catching_up = false; // the user's own, or the end of what was said
    return (size_t)n + (line[n] == ' ');
}

/* Was it said to a room? "ann: hello", "- ann waves" */
static bool is_said(const char *line) {
    size_t word = strcspn(line, " ");
    return strncmp(line, "- ", 2) == 0 || (word > 0 && line[word - 1] == ':');
}

/* Shows a line of the server, and learns from it; returns as learn(). What was said before the user
 * came to a room has no time in these lines, and the time of now would be wrong. */
static bool show(terminal *self, const char *line, size_t bytes) {
    bool was_past = self->joins_due > 0, was_missed = self->is_catching_up;
    size_t number = take_number(self, line);
    if (number > 0 ? number == bytes : self->hides_past && is_said(line)) return false;
    bool is_greeting = learn(self, line);
    bool is_past = was_past && self->joins_due > 0 && !is_greeting;
    if (was_missed && number > 0) is_past = true;
    show_at(self, line + number, bytes - number, is_past ? SCREEN_NO_TIME : (int64_t)time(NULL));
    return is_greeting;
}

/* Asks for numbers, for the name and the room that the user had, and for what was said there. */
static int ask_again(terminal *self, const name *room) {
    char text[192], seen[32] = "";
    bool is_elsewhere = *room->text && strcmp(room->text, "general") != 0;
    if (self->hides_past && strcmp(room->text, self->at.text) == 0)
        (void)snprintf(seen, sizeof seen, " %" PRIu64, self->last);
    self->is_catching_up = *seen && !is_elsewhere;
    size_t n = (size_t)snprintf(text, sizeof text, "/numbers%s\n", is_elsewhere ? "" : seen);
    if (*self->wanted.text && strcmp(self->wanted.text, self->me.text) != 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "/nick %s\n", self->wanted.text);
    if (is_elsewhere) {
        n += (size_t)snprintf(text + n, sizeof text - n, "/join #%s%s\n", room->text, seen);
        self->joins_due++;
    }
    return edo_write_all(self->peer, text, n);
}

/* Shows what the server says. Typed lines are sent from the greeting on. */
static int converse(terminal *self, edo_scope *both) {
    name room = self->room;
    bool is_greeted = false;
    for (;;) {
        char *line;
        int n = edo_read_line(&self->lines, &line);
        if (n == -EDO_ETOOLONG) continue;
        if (n < 0) return n;
        if (n > 0 && line[n - 1] == '\r') line[--n] = '\0';
        if (!show(self, line, (size_t)n) || is_greeted) continue;
        is_greeted = true;
        self->is_sending = true;
        int err = ask_again(self, &room);
        if (err >= 0) err = edo_scope_spawn(both, send_typed, self);
        if (err < 0) return err;
    }
}

/* Chats over `self->peer` until one end closes it. Returns 0 or -ECANCELED. */
static int talk(terminal *self) {
    const edo_buf_reader_opts opts = { .line_max = LINE_BYTES_MAX };
    int err = edo_buf_reader_init(&self->lines, self->peer, &opts);
    if (err < 0) return err;
    (void)edo_tcp_set_keepalive(self->peer,
                                edo_s(30)); // finds a server that is gone without a word
    edo_scope both;
    edo_scope_begin(&both, NULL);
    self->joins_due = 1; // the room of all newcomers
    self->hides_past = *self->at.text;
    self->is_catching_up = false;
    err = converse(self, &both);
    self->is_sending = false;
    edo_scope_cancel(&both);
    (void)edo_scope_end(&both);
    edo_buf_reader_deinit(&self->lines);
    return err == -ECANCELED ? err : 0;
}

/* Connects, again and again once it was connected, until the user leaves. */
static int stay(terminal *self) {
    const edo_backoff_opts opts = { .kind = EDO_BACKOFF_EXPONENTIAL,
                                    .pause_min = EDO_MS(300),
                                    .pause_max = EDO_S(15) };
    edo_backoff backoff;
    bool was_there = false;
    int err = edo_backoff_init(&backoff, &opts);
    while (err >= 0) {
        err = edo_tcp_connect(&self->peer, self->options->connect, NULL);
        if (err < 0 && !was_there) return edo_fail(err, "connecting to %s", self->options->connect);
        if (err == 0) {
            if (was_there) say(self, "* connected again");
            was_there = true;
            edo_backoff_reset(&backoff);
            err = talk(self);
            edo_close(self->peer);
            if (err == -ECANCELED || self->is_leaving) return err;
            say(self, "* the connection was lost; trying again");
        }
        if (err != -ECANCELED) err = edo_sleep(edo_backoff_next(&backoff));
    }
    return err;
}

/* ---- The terminal ---------------------------------------------------------------------------- */

/* The editor draws its line anew after signals of the terminal. A task's function. */
static int watch_size(void *arg) {
    const terminal *self = arg;
    edo_signal *resized;
    int err = edo_signal_listen(&resized, SIGWINCH);
    if (err < 0) return err;
    while ((err = edo_signal_recv(resized)) >= 0) edit_restore(self->edit);
    edo_signal_close(resized);
    return err;
}

static int chat(terminal *self) {
    edo_scope all;
    edo_scope_begin(&all, NULL);
    if (self->edit) (void)edo_scope_spawn(&all, watch_size, self);
    (void)edo_scope_spawn_with(&all, take_input, self, &(edo_spawn_opts){ .stack = EDIT_STACK });
    int err = stay(self);
    edo_scope_cancel(&all);
    (void)edo_scope_end(&all);
    return err;
}

static void free_line(void *elem) {
    free(*(char **)elem);
}

static void terminal_free(terminal *self) {
    edit_free(self->edit);
    edo_mpsc_tx_unref(self->typed);
    if (self->to_send) edo_mpsc_rx_free(self->to_send);
    edo_close(self->input);
    free(self->held);
}

int terminal_run(void *arg) {
    static const edo_mpsc_opts lines = { .drop = free_line };
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    terminal self = {
        .options = arg,
        .has_colours = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && kind &&
                       strcmp(kind, "dumb") != 0,
    };
    int err = edo_stdin(&self.input);
    if (err == 0)
        err = edo_mpsc_new(&self.typed, &self.to_send, sizeof(char *), TYPED_LINES, &lines);
    if (err == 0 && is_terminal) err = edit_new(&self.edit, self.input);
    if (err == -ENOTSUP) err = 0;
    if (err == 0) err = chat(&self);
    terminal_free(&self);
    return err;
}
