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
 * "#ROOM NUMBER" before each line that was said there. While another has the name, perhaps the
 * session of the lost connection, it is asked for again and again.
 *
 * No line is lost in silence: what the connection had taken, and neither a number of the server's
 * nor what it shows afterwards tells of, is in `sent`, then in `doubtful`, and told to the user;
 * and so is, at the end, what no connection took.
 *
 * Of a pipe or a file nobody sees what the server refuses. So each of its lines waits until the
 * server has told of the one before; one that came too fast is sent again; and if a line was
 * refused, or is doubtful, the status says so. */
#include "terminal.h"

#include "edit.h"
#include "fault.h"
#include "options.h"
#include "screen.h"
#include "text.h"
#include "unsure.h"

#include <edo/buf_io.h>
#include <edo/cancel.h>
#include <edo/error.h>
#include <edo/mpsc.h>
#include <edo/net.h>
#include <edo/notify.h>
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
#define TRIES_AT_END   2         /* to connect again, once the input of a pipe has ended */

static const edo_duration connect_max = EDO_S(10), silence_max = EDO_S(30);
static const edo_duration numbers_max = EDO_S(2); /* an old server tells none */
static const edo_duration again_pause = EDO_MS(200);
static const edo_duration name_pause_min = EDO_S(1), name_pause_max = EDO_S(15);

typedef struct terminal {
    const options *options;
    edo_stream *input;
    edit *edit; /* NULL: lines come as the terminal, or the pipe, gives them */
    bool has_colours;
    bool is_typed;           /* somebody types the input */
    edo_mpsc_tx *typed;      /* NULL: the input is at its end */
    edo_mpsc_rx *to_send;    /* pointers to lines with their end, for free() */
    char *held;              /* the line that is being sent */
    unsure sent;             /* by this connection */
    unsure doubtful;         /* by one that was lost */
    bool is_incomplete;      /* not all of the input was said, as far as is known */
    edo_notify told;         /* something has changed in `sent`, or has_numbers has */
    bool is_sending;         /* there is a connection that takes what is typed */
    bool is_lost;            /* the connection was lost, and there is no other one yet */
    bool is_told_kept;       /* the user knows since then that lines are kept */
    bool is_leaving;         /* the user has said so, or all of the input was sent */
    edo_cancel_token *leave; /* fired: without waiting for a connection */
    edo_stream *peer;
    edo_buf_reader lines;  /* from the peer */
    name me, wanted, room; /* as the server calls the user; the name it has chosen; "" if unknown */
    name before;           /* `me` on the connection that was lost */
    unsigned joins_due;  /* rooms that the user is coming to: what was said there is shown first */
    name at;             /* the room of `last`; "": the server has told no numbers */
    uint64_t last;       /* the number of what was said there last, and was shown */
    bool has_numbers;    /* this connection has told one */
    bool hides_past;     /* lines without a number were shown before */
    bool is_catching_up; /* what was said meanwhile in `missed` comes */
    name missed;
    edo_instant sent_at; /* the last line */
    edo_scope *both;     /* the tasks of the connection */
    unsigned names_due;  /* replies to requests for `wanted` that the user did not type */
    bool is_asking;      /* ask_for_name() runs */
    bool is_asked;       /* Ctrl-C came while a line was typed: once more leaves */
    bool is_unreachable; /* it has ended since there is no server */
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

static void say_line(terminal *self, const char *what, const char *line) {
    size_t bytes = strlen(what) + strlen(line) + 1;
    char *text = malloc(bytes);
    if (!text) return;
    (void)snprintf(text, bytes, "%s%s", what, line);
    text[strcspn(text, "\r\n")] = '\0';
    say(self, text);
    free(text);
}

static void say_doubtful(terminal *self) {
    char more[64];
    (void)snprintf(more, sizeof more, "* perhaps not sent: %zu lines", self->doubtful.older_n);
    if (self->doubtful.older_n > 0) say(self, more);
    for (size_t i = 0; i < self->doubtful.n; i++)
        say_line(self, "* perhaps not sent: ", self->doubtful.lines[i]);
    if (self->doubtful.n + self->doubtful.older_n > 0) self->is_incomplete = true;
    unsure_clear(&self->doubtful);
}

/* ---- What is typed --------------------------------------------------------------------------- */

static bool is_quit(const char *line) {
    return strncmp(line, "/quit", 5) == 0 && (line[5] == ' ' || line[5] == '\n');
}

/* Is nothing left to be sent, and nothing to come? */
static bool is_all_sent(const terminal *self) {
    return !self->typed && !self->held && edo_mpsc_len(self->to_send) == 0;
}

/* Waits for room, but not at an editor without a connection: the user would wait for its line.
 * Returns 0 or a negative code; -EDO_ECLOSED: nothing more is to be typed. */
static int put_typed(terminal *self, const char *text, size_t bytes) {
    char *line = malloc(bytes + 2);
    if (!line) return -ENOMEM;
    memcpy(line, text, bytes);
    memcpy(line + bytes, "\n", 2);
    if (self->is_typed && is_quit(line)) self->is_leaving = true;
    bool is_over = self->is_leaving && self->is_lost, may_wait = !self->edit || self->is_sending;
    int err = is_over    ? -EDO_ECLOSED
              : may_wait ? edo_mpsc_send(self->typed, &line)
                         : edo_mpsc_try_send(self->typed, &line);
    if (err == -EAGAIN) say_line(self, "* not sent, too much waits for the connection: ", line);
    if (err < 0) free(line);
    if (err == 0 && self->is_typed && self->is_lost && !self->is_told_kept) {
        say(self, "* no connection: lines are kept until there is one");
        self->is_told_kept = true;
    }
    return err == -EAGAIN ? 0 : err;
}

/* Lines of a pipe, a file, or a terminal that edits them itself. */
static int take_plain(terminal *self) {
    const edo_buf_reader_opts opts = { .line_max = LINE_BYTES_MAX };
    edo_buf_reader lines;
    char *line;
    int n = edo_buf_reader_init(&lines, self->input, &opts);
    while (n >= 0 && (n = edo_read_line(&lines, &line)) != -EDO_EEOF) {
        if (n == -EDO_ETOOLONG) {
            say(self, "* error: not sent, too long a line");
            self->is_incomplete = true;
        }
        n = n == -EDO_ETOOLONG ? 0 : n < 0 ? n : put_typed(self, line, (size_t)n);
    }
    edo_buf_reader_deinit(&lines);
    return n == -EDO_EEOF ? 0 : n;
}

/* Shows a line that was typed as the others see it, with its time. */
static void show_own(terminal *self, const char *line, size_t bytes) {
    bool is_action = strncmp(line, "/me ", 4) == 0, is_escaped = line[0] == '/' && line[1] == '/';
    bool is_said = (is_action || is_escaped || line[0] != '/') && *self->me.text;
    size_t skipped = !is_said ? 0 : is_action ? strlen("/me ") : is_escaped;
    size_t most = bytes + sizeof self->me.text + 8;
    char *shown = malloc(most);
    if (!shown) return;
    (void)snprintf(shown, most, "%s%s%s%.*s",
                   !is_said    ? "> "
                   : is_action ? "- "
                               : "",
                   is_said ? self->me.text : "",
                   !is_said    ? ""
                   : is_action ? " "
                               : ": ",
                   (int)(bytes - skipped), line + skipped);
    edit_take_back(self->edit, line);
    say(self, shown);
    free(shown);
}

static int take_edited(terminal *self) {
    const char *line;
    int n;
    while ((n = edit_line(self->edit, &line)) > 0) {
        self->is_asked = false;
        if (strcspn(line, "\n") > 0) show_own(self, line, strcspn(line, "\n"));
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
    if (self->is_lost && (self->is_typed || is_all_sent(self)))
        edo_cancel(self->leave, EDO_CANCEL_USER);
    return err < 0 && err != -EDO_ECLOSED ? err : 0;
}

/* ---- A connection ---------------------------------------------------------------------------- */

static bool is_join(const char *line) {
    return strncmp(line, "/join ", 6) == 0;
}

/* Writes the line that is held. */
static int send_held(terminal *self) {
    int err = edo_write_all(self->peer, self->held, strlen(self->held));
    if (err < 0) return err;
    self->sent_at = edo_now();
    unsure_add(&self->sent, self->held);
    self->held = NULL;
    return 0;
}

/* The server tells of no line that it gets before it tells its first number. */
static int wait_for_numbers(terminal *self) {
    edo_deadline d = edo_deadline_begin(numbers_max);
    int err = 0;
    while (err == 0 && !self->has_numbers) err = edo_notify_wait(&self->told);
    err = edo_deadline_end(&d, err);
    return err == -ETIMEDOUT ? 0 : err;
}

/* Waits until the server has told of all that was sent. */
static int wait_until_told(terminal *self) {
    int err = 0;
    while (err == 0 && self->has_numbers && self->sent.n > 0) err = edo_notify_wait(&self->told);
    return err < 0 || !self->held ? err : edo_sleep(again_pause); // it was too fast
}

/* Writes what was typed until the input ends or the connection is gone. A task's function. */
static int send_typed(void *arg) {
    terminal *self = arg;
    int err = self->is_typed ? 0 : wait_for_numbers(self);
    for (;;) {
        if (err == 0 && !self->is_typed) err = wait_until_told(self);
        if (err < 0) return err;
        err = self->held ? 0 : edo_mpsc_recv(self->to_send, &self->held);
        if (err == -EDO_ECLOSED) self->is_leaving = true;
        if (err == -EDO_ECLOSED) err = edo_shutdown(self->peer);
        if (err < 0 || !self->held) return err == -ECANCELED ? err : 0;
        if (is_quit(self->held)) self->is_leaving = true;
        self->joins_due += is_join(self->held);
        if (send_held(self) < 0) return 0;
    }
}

/* Queues a line that nobody has typed. Returns whether there was room for it. */
static bool queue_own(terminal *self, const char *text) {
    char *line = self->typed ? strdup(text) : NULL;
    if (!line) return false;
    int err = edo_mpsc_try_send(self->typed, &line);
    if (err < 0) free(line);
    return err == 0;
}

/* By empty lines a silent user stays: the server lets those go of whom it hears nothing. A task's
 * function. */
static int stay_known(void *arg) {
    terminal *self = arg;
    int64_t pause_ns = self->options->idle.ns / 3;
    int err = pause_ns > 0 ? 0 : -EDO_ECLOSED;
    while (err >= 0 && (err = edo_sleep(edo_ns(pause_ns))) >= 0) {
        if (edo_instant_since(edo_now(), self->sent_at).ns >= pause_ns) (void)queue_own(self, "\n");
    }
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- The name -------------------------------------------------------------------------------- */

static bool wants_name(const terminal *self) {
    return *self->wanted.text && strcmp(self->wanted.text, self->me.text) != 0;
}

/* Asks for the name until the user has it, or has chosen another one. A task's function. */
static int ask_for_name(void *arg) {
    terminal *self = arg;
    edo_duration pause = name_pause_min;
    int err = 0;
    while (wants_name(self) && (err = edo_sleep(pause)) >= 0) {
        char text[NAME_BYTES_MAX + 16];
        (void)snprintf(text, sizeof text, "/nick %s\n", self->wanted.text);
        if (wants_name(self) && queue_own(self, text)) self->names_due++;
        pause = edo_ns(2 * pause.ns < name_pause_max.ns ? 2 * pause.ns : name_pause_max.ns);
    }
    self->is_asking = false;
    return err;
}

/* Is it the refusal of a name that the user had? The server may not have seen yet that the lost
 * connection is gone, so the name is asked for again; the user is told once. */
static bool is_taken(terminal *self, const char *line) {
    char taken[NAME_BYTES_MAX + 40], text[160];
    (void)snprintf(taken, sizeof taken, "* error: the name %s is taken", self->wanted.text);
    if (self->names_due == 0 || strcmp(line, taken) != 0) return false;
    self->names_due--;
    if (self->is_asking || !wants_name(self)) return true;
    (void)snprintf(text, sizeof text, "* %s is taken for now; you get it once it is free",
                   self->wanted.text);
    say(self, text);
    self->is_asking = edo_scope_spawn(self->both, ask_for_name, self) == 0;
    return true;
}

/* ---- What the server says -------------------------------------------------------------------- */

/* The server has refused a line, which is the oldest that it has not told of, if there is one. */
static void be_refused(terminal *self, const char *line) {
    bool is_too_fast = strncmp(line, "* error: too fast", 17) == 0;
    char *again = is_too_fast && !self->is_typed && !self->held ? unsure_take(&self->sent) : NULL;
    size_t bytes = again ? strlen(again) : 0;
    char *whole = again ? realloc(again, bytes + 2) : NULL;
    if (whole) {
        memcpy(whole + bytes, "\n", 2);
        self->held = whole;
        return;
    }
    free(again);
    self->is_incomplete = true;
    unsure_came(&self->sent);
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
    if (is_renamed && strcmp(who.text, self->me.text) == 0) {
        self->me = self->wanted = other;
        self->names_due = 0;
    }
    bool has_joined = sscanf(line, "* %24s joined #%24s", who.text, other.text) == 2;
    if (has_joined && strcmp(who.text, self->me.text) == 0) {
        self->room = other;
        if (self->joins_due > 0) self->joins_due--;
    }
    bool is_error = strncmp(line, "* error: ", 9) == 0;
    if (is_error) self->joins_due = 0; // perhaps it was about the room
    if (is_error) be_refused(self, line);
    if (strncmp(line, "* sent to ", 10) == 0) unsure_came(&self->sent);
    if (strncmp(line, "* you missed ", 13) == 0 && !self->is_catching_up) {
        self->is_incomplete |= self->sent.n > 0;
        unsure_clear(&self->sent); // perhaps numbers
    }
    return false;
}

/* Tells at the prompt where the user is, and under which name. */
static void show_prompt(terminal *self) {
    char text[EDIT_PROMPT_MAX + 1];
    if (!self->edit || !*self->me.text || !*self->room.text) return;
    (void)snprintf(text, sizeof text, "#%s %s> ", self->room.text, self->me.text);
    edit_prompt(self->edit, text);
}

/* Takes the number off a line. Returns how many bytes it has with its room; 0: there is none. */
static size_t take_number(terminal *self, const char *line) {
    name where;
    uint64_t number;
    int n = 0;
    if (sscanf(line, "#%24[A-Za-z0-9_-] %" SCNu64 "%n", where.text, &number, &n) != 2) return 0;
    bool is_bare = !line[n]; // of what the user has said, or of the last that was shown
    bool is_here = strcmp(where.text, self->at.text) == 0;
    self->hides_past = false;
    // The server may tell nothing of what it got before it told the first number.
    if (!self->has_numbers && !self->is_catching_up) unsure_clear(&self->sent);
    self->has_numbers = true;
    if (is_bare && self->is_catching_up && strcmp(where.text, self->missed.text) == 0) {
        self->is_catching_up = false;
        say_doubtful(self);
    } else if (is_bare && is_here && number > self->last) {
        unsure_came(&self->sent);
    }
    if (is_bare || !is_here || number > self->last) { // a server that began anew has lower ones
        self->at = where;
        self->last = number;
    }
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
    if (number > 0) edo_notify_one(&self->told);
    if (number > 0 ? number == bytes : self->hides_past && is_said(line)) return false;
    if (is_taken(self, line)) return false;
    bool is_greeting = learn(self, line);
    show_prompt(self);
    edo_notify_one(&self->told);
    bool is_past = was_past && self->joins_due > 0 && !is_greeting;
    if (was_missed && number > 0 && strcmp(self->at.text, self->missed.text) == 0) {
        is_past = true;
        unsure_was_said(&self->doubtful, &self->before, (edo_str){ line + number, bytes - number });
    }
    show_at(self, line + number, bytes - number, is_past ? SCREEN_NO_TIME : (int64_t)time(NULL));
    return is_greeting;
}

/* Asks for numbers, for the name and the room that the user had, and for what was said there. */
static int ask_again(terminal *self, const name *room) {
    char text[192], seen[32] = "";
    bool is_elsewhere = *room->text && strcmp(room->text, "general") != 0;
    if (self->hides_past && strcmp(room->text, self->at.text) == 0)
        (void)snprintf(seen, sizeof seen, " %" PRIu64, self->last);
    self->missed = *room;
    self->is_catching_up = *seen;
    if (!*seen) say_doubtful(self); // nothing will tell of it
    size_t n = (size_t)snprintf(text, sizeof text, "/numbers%s\n", is_elsewhere ? "" : seen);
    if (wants_name(self)) {
        n += (size_t)snprintf(text + n, sizeof text - n, "/nick %s\n", self->wanted.text);
        self->names_due = 1;
    }
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
        self->is_lost = false;
        int err = ask_again(self, &room);
        if (err >= 0) err = edo_scope_spawn(both, send_typed, self);
        if (err >= 0) err = edo_scope_spawn(both, stay_known, self);
        if (err < 0) return err;
    }
}

/* The connection is gone: what it had taken, and of which nothing was told, may be gone with it. A
 * server that never told a number tells of nothing. */
static void lose(terminal *self) {
    self->is_sending = false;
    self->before = self->me;
    if (!*self->at.text) unsure_clear(&self->sent);
    unsure_move(&self->doubtful, &self->sent);
}

/* Chats over `self->peer` until one end closes it. Returns 0 or -ECANCELED. */
static int talk(terminal *self) {
    const edo_buf_reader_opts opts = { .line_max = LINE_BYTES_MAX };
    int err = edo_buf_reader_init(&self->lines, self->peer, &opts);
    if (err < 0) return err;
    (void)edo_tcp_set_keepalive(self->peer, silence_max);    // a server that is gone without a word
    (void)edo_tcp_set_user_timeout(self->peer, silence_max); // and before it took all
    edo_scope both;
    edo_scope_begin(&both, NULL);
    self->joins_due = 1; // the room of all newcomers
    self->hides_past = *self->at.text;
    self->is_catching_up = false;
    self->has_numbers = false;
    self->names_due = 0;
    self->is_asking = false;
    self->both = &both;
    err = converse(self, &both);
    lose(self);
    edo_scope_cancel(&both);
    (void)edo_scope_end(&both);
    edo_buf_reader_deinit(&self->lines);
    return err == -ECANCELED ? err : 0;
}

/* One attempt; a later one does not wait for a server that says nothing at all. */
static int connect_to(terminal *self, bool was_there) {
    edo_deadline d = edo_deadline_begin(was_there ? connect_max : edo_ns(EDO_FOREVER_NS));
    return edo_deadline_end(&d, edo_tcp_connect(&self->peer, self->options->connect, NULL));
}

/* Talks over the new connection. Returns whether that was lost, and another one is wanted; a
 * negative code: -ECANCELED. */
static int talk_until_lost(terminal *self) {
    int err = talk(self);
    edo_close(self->peer);
    bool is_over = self->is_leaving || is_all_sent(self) || (self->is_typed && !self->typed);
    if (err < 0 || is_over) return err;
    self->is_lost = true;
    self->is_told_kept = false;
    say(self, "* the connection was lost; trying again");
    return 1;
}

/* Connects, again and again once it was connected, until the user leaves. The server may be gone
 * for good: that ends it once the input has ended. */
static int stay(terminal *self) {
    const edo_backoff_opts opts = { .kind = EDO_BACKOFF_EXPONENTIAL,
                                    .pause_min = EDO_MS(300),
                                    .pause_max = EDO_S(15) };
    edo_backoff backoff;
    bool was_there = false;
    int tries = 0, err = edo_backoff_init(&backoff, &opts);
    while (err >= 0) {
        err = connect_to(self, was_there);
        if (err == -ECANCELED) return err;
        tries += !self->typed;
        if (err < 0 && (!was_there || tries >= TRIES_AT_END)) {
            self->is_unreachable = true;
            return edo_fail(err, "connecting to %s: %s", self->options->connect,
                            fault_of_address(err));
        }
        if (err == 0) {
            if (was_there) say(self, "* connected again");
            was_there = true;
            tries = 0;
            edo_backoff_reset(&backoff);
            err = talk_until_lost(self);
            if (err <= 0) return err;
        }
        err = edo_sleep(edo_backoff_next(&backoff));
    }
    return err;
}

/* As stay(), which ends when the user leaves while there is no connection. */
static int stay_until_left(terminal *self) {
    edo_cancel_block b;
    edo_cancel_begin(&b, self->leave);
    int err = edo_cancel_end(&b, stay(self));
    return err == -ECANCELED && edo_cancel_is_set(self->leave) ? 0 : err;
}

/* Tells what was not sent. Returns whether all of the input was said. */
static bool say_unsent(terminal *self) {
    bool has_some = false;
    say_doubtful(self);
    do {
        char *line = self->held;
        self->held = NULL;
        if (line && *line != '\n' && !is_quit(line)) {
            say_line(self, "* not sent: ", line);
            has_some = true;
        }
        free(line);
    } while (edo_mpsc_try_recv(self->to_send, &self->held) == 0);
    return !has_some && !self->is_incomplete;
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

/* Ctrl-C leaves, but not with a line that is half typed: that is asked for first. A task's
 * function. */
static int watch_interrupt(void *arg) {
    terminal *self = arg;
    edo_signal *interrupt;
    int err = edo_signal_listen(&interrupt, SIGINT);
    if (err < 0) return err;
    while ((err = edo_signal_recv(interrupt)) >= 0) {
        if (self->is_asked || !edit_has_text(self->edit)) break;
        self->is_asked = true;
        say(self, "* the line below is not sent; Ctrl-C once more leaves");
    }
    edo_signal_close(interrupt);
    if (err >= 0) edo_cancel(self->leave, EDO_CANCEL_USER);
    return err < 0 ? err : 0;
}

static int chat(terminal *self) {
    edo_scope all;
    edo_scope_begin(&all, NULL);
    if (self->edit) (void)edo_scope_spawn(&all, watch_size, self);
    if (self->edit) (void)edo_scope_spawn(&all, watch_interrupt, self);
    (void)edo_scope_spawn_with(&all, take_input, self, &(edo_spawn_opts){ .stack = EDIT_STACK });
    int err = stay_until_left(self);
    edo_scope_cancel(&all);
    (void)edo_scope_end(&all);
    bool is_whole = say_unsent(self) || self->is_typed;
    return err == 0 && !is_whole ? edo_fail(-EDO_ECLOSED, "saying all of the input") : err;
}

static void free_line(void *elem) {
    free(*(char **)elem);
}

static void terminal_free(terminal *self) {
    edit_free(self->edit);
    edo_mpsc_tx_unref(self->typed);
    if (self->to_send) edo_mpsc_rx_free(self->to_send);
    edo_close(self->input);
    edo_cancel_unref(self->leave);
    unsure_clear(&self->sent);
    unsure_clear(&self->doubtful);
    free(self->held);
}

int terminal_run(void *arg) {
    static const edo_mpsc_opts lines = { .drop = free_line };
    const char *no_colour = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    terminal self = {
        .options = arg,
        .is_typed = isatty(STDIN_FILENO),
        .told = EDO_NOTIFY_INIT,
        .has_colours = isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && kind &&
                       strcmp(kind, "dumb") != 0,
    };
    int err = edo_stdin(&self.input);
    if (err == 0) err = edo_cancel_new(&self.leave);
    if (err == 0)
        err = edo_mpsc_new(&self.typed, &self.to_send, sizeof(char *), TYPED_LINES, &lines);
    if (err == 0 && is_terminal) err = edit_new(&self.edit, self.input);
    if (err == -ENOTSUP) err = 0;
    if (err == 0) err = chat(&self);
    terminal_free(&self);
    if (err == 0 || !self.is_unreachable) return err;
    fault_print(err);
    return 1;
}
