/* SPDX-License-Identifier: MIT */
/* typed.c: see state.h.
 *
 * Lines go into a channel, from which the connection takes them. One stays in `held` until the
 * connection has taken it; one that was being written when the connection broke is written again.
 *
 * Lines may come at once, of a pipe, a file, or what somebody pastes, and faster than the server
 * takes them. So each waits until the server has told of the one before; one that came too fast is
 * sent again. The first ones after a pause in what is typed do not wait, as nobody types faster
 * than a server takes. Lines of blanks are not sent: the server tells nothing of them. */
#include "terminal/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_LINES 32 /* that need not wait; a server takes more after a silence */

static const edo_duration numbers_max = EDO_S(2); /* an old server tells none */
static const edo_duration session_max = EDO_S(5); /* to the session, likewise */
static const edo_duration again_pause = EDO_MS(200);
static const edo_duration pause_min = EDO_S(5); /* after which lines do not wait for each other */
static const edo_duration reply_max = EDO_S(2); /* to a command: an old server may have none */

/* ---- What is typed --------------------------------------------------------------------------- */

bool typed_is_quit(const char *line) {
    return strncmp(line, "/quit", 5) == 0 && (line[5] == ' ' || line[5] == '\n');
}

/* Is nothing left to be sent, and nothing to come? */
bool typed_is_all_sent(const terminal *self) {
    return !self->typed && !self->held && self->again.n == 0 && self->lost.n == 0 &&
           edo_mpsc_len(self->to_send) == 0;
}

/* A line that is too long, `is_cut`, or finds no room is not sent. If it leads to another room text
 * behind it was meant for that one. */
static void typed_leave_out(terminal *self, const char *line, bool is_cut) {
    self->is_mute |= line_leads_to_room(line, is_cut);
    self->is_incomplete = true;
}

/* Returns how much of the line may be sent: nothing of text behind what was left out so; a command
 * ends that, but the text of a "/quit TEXT" is for the room, too. */
static size_t bytes_to_send(terminal *self, const char *line, size_t bytes) {
    if (!self->is_mute) return bytes;
    self->is_mute = !line_is_command(line);
    if (self->is_mute) {
        terminal_say(self, "* not sent, as the join before it was not: %s", line);
        self->is_incomplete = true;
        return 0;
    }
    bool is_quit = strcspn(line, " \t\r\n") == 5 && strncmp(line, "/quit", 5) == 0;
    return is_quit ? 5 : bytes;
}

/* Returns how much of the line may be sent, and tells of one that has something else than blanks
 * but nothing to see: the server would refuse it. */
static size_t bytes_to_see(terminal *self, const char *text, size_t bytes) {
    size_t blanks = 0;
    while (blanks < bytes && memchr(" \t\r", text[blanks], 3)) blanks++;
    if (blanks == bytes) return 0;
    if (!text_is_blank((edo_str){ text, bytes })) return bytes_to_send(self, text, bytes);
    terminal_say(self, "* not sent: a line with nothing to see in it");
    self->is_incomplete = true;
    return 0;
}

/* Waits for room, but not at an editor without a connection: the user would wait for its line.
 * Returns 0 or a negative code; -EDO_ECLOSED: nothing more is to be typed. */
static int put_typed(terminal *self, const char *text, size_t bytes) {
    bytes = bytes_to_see(self, text, bytes);
    if (bytes == 0) return 0;
    char *line = malloc(bytes + 2);
    if (!line) return -ENOMEM;
    memcpy(line, text, bytes);
    memcpy(line + bytes, "\n", 2);
    if (self->is_typed && typed_is_quit(line)) self->is_leaving = true;
    bool is_over = self->is_leaving && self->is_lost, may_wait = !self->edit || self->is_sending;
    int err = is_over    ? -EDO_ECLOSED
              : may_wait ? edo_mpsc_send(self->typed, &line)
                         : edo_mpsc_try_send(self->typed, &line);
    if (err == -EAGAIN) {
        terminal_say(self, "* not sent, too much waits for the connection: %s", line);
        typed_leave_out(self, line, false);
    }
    if (err < 0) free(line);
    if (err == 0 && self->is_typed && self->is_lost && !self->is_told_kept) {
        terminal_say(self, "* no connection: lines are kept until there is one");
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
            terminal_say(self, "* error: not sent, too long a line");
            typed_leave_out(self, line, true);
        }
        n = n == -EDO_ETOOLONG ? 0 : n < 0 ? n : put_typed(self, line, (size_t)n);
    }
    edo_buf_reader_deinit(&lines);
    return n == -EDO_EEOF ? 0 : n;
}

/* Shows a line that was typed as the others see it, with its time; a command as it is. */
static void show_own(terminal *self, const char *line, int bytes) {
    const name_word word = name_as_word(&self->me);
    const char *me = word.text;
    bool is_action = strncmp(line, "/me ", 4) == 0, is_escaped = line[0] == '/' && line[1] == '/';
    edit_take_back(self->edit, line);
    if (!*me || (line[0] == '/' && !is_action && !is_escaped)) {
        terminal_say(self, "> %.*s", bytes, line);
    } else if (is_action) {
        terminal_say(self, "- %s %.*s", me, bytes - 4, line + 4);
    } else {
        terminal_say(self, "%s: %.*s", me, bytes - is_escaped, line + is_escaped);
    }
}

static int take_edited(terminal *self) {
    const char *line;
    int n;
    while ((n = edit_line(self->edit, &line)) > 0) {
        self->is_asked = false;
        size_t bytes = strcspn(line, "\n");
        if (!text_is_blank((edo_str){ line, bytes })) show_own(self, line, (int)bytes);
        int err = put_typed(self, line, bytes);
        if (err < 0) return err;
    }
    return n;
}

/* `arg` is the terminal; a task's function. */
int typed_take(void *arg) {
    terminal *self = arg;
    int err = self->edit ? take_edited(self) : take_plain(self);
    edo_mpsc_tx_unref(self->typed);
    self->typed = NULL;
    if (self->is_lost && (self->is_typed || typed_is_all_sent(self)))
        edo_cancel(self->leave, EDO_CANCEL_USER);
    return err < 0 && err != -EDO_ECLOSED ? err : 0;
}

bool typed_complete(void *arg, edo_str before, char *text, size_t size, size_t *drop_bytes) {
    terminal *self = arg;
    completion c = seen_complete(&self->seen, before, &self->me);
    if (c.names_n == 0) return false;
    if (*c.names) terminal_say(self, "* %s", c.names);
    *drop_bytes = *c.text ? c.word_bytes : 0;
    (void)snprintf(text, size, "%s", c.text);
    return true;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static bool is_join(const char *line, name *where) {
    if (strncmp(line, "/join ", 6) != 0) return false;
    line += 6 + strspn(line + 6, " \t");
    (void)sscanf(line + (*line == '#'), "%24[A-Za-z0-9_-]", where->text);
    return true;
}

/* Writes the line that is held. */
static int terminal_send_held(terminal *self) {
    int err = resume_refer(self);
    if (err < 0) return err;
    self->is_in_line = true;
    err = edo_write_all(self->peer, self->held, strlen(self->held));
    if (err < 0) return err;
    self->is_in_line = false;
    if (edo_instant_since(edo_now(), self->sent_at).ns >= pause_min.ns) self->run_n = 0;
    self->run_n++;
    self->sent_at = edo_now();
    if (unsure_add(&self->sent, self->held)) {
        self->held = NULL;
        return 0;
    }
    free(self->command);
    self->command = *self->held == '/' ? self->held : NULL;
    if (!self->command) free(self->held);
    self->held = NULL;
    return 0;
}

/* The server tells of no line that it gets before it tells its first number. Waits once. */
static int wait_for_numbers(terminal *self) {
    if (self->has_waited) return 0;
    self->has_waited = true;
    EDO_DEADLINE(d, numbers_max);
    int err = 0;
    while (err == 0 && !self->has_numbers) err = edo_notify_wait(&self->told);
    err = edo_deadline_end(&d, err);
    return err == -ETIMEDOUT ? 0 : err;
}

/* Waits until the server has replied to the command that was sent last. */
static int wait_for_reply(terminal *self) {
    EDO_DEADLINE(d, reply_max);
    int err = 0;
    while (err == 0 && self->command) err = edo_notify_wait(&self->told);
    err = edo_deadline_end(&d, err);
    return err == -ETIMEDOUT ? 0 : err;
}

/* Waits until the server has replied to the session. One that never does is an old one, but not
 * where a server has known it: text without a reference may be said under the name of a guest. */
static int wait_for_session(terminal *self) {
    if (!self->is_session_due) return 0;
    EDO_DEADLINE(d, self->had_session ? edo_ns(EDO_FOREVER_NS) : session_max);
    int err = 0;
    while (err == 0 && self->is_session_due) err = edo_notify_wait(&self->told);
    err = edo_deadline_end(&d, err);
    return err == -ETIMEDOUT ? resume_without(self) : err;
}

/* Waits until the server has told of what was sent. */
static int wait_until_told(terminal *self) {
    bool is_slow = self->is_typed && !self->is_paced && self->run_n < RUN_LINES;
    int err = wait_for_session(self);
    if (err == 0) err = wait_for_reply(self);
    if (is_slow) return err;
    if (err == 0) err = wait_for_numbers(self);
    while (err == 0 && self->has_numbers && self->sent.n > 0) err = edo_notify_wait(&self->told);
    return err < 0 || self->again.n == 0 ? err : edo_sleep(again_pause);
}

/* Waits for a line that was typed, or for something that the server tells: perhaps it refuses one.
 * Returns 0 or a negative code. */
static int wait_for_line(terminal *self) {
    edo_mpsc_recv_future line;
    edo_notify_wait_future told;
    edo_future *on[] = { edo_mpsc_recv_init(&line, self->to_send, &self->held),
                         edo_notify_wait_init(&told, &self->told) };
    switch (edo_select_array(on, EDO_COUNT(on), 0)) {
    case 0: return edo_result(&line);
    case 1: return 0;
    default: return -ECANCELED;
    }
}

/* The next line to be sent, with its end, or none yet. Returns 0 or a negative code. */
static int next_to_send(terminal *self) {
    char *again = self->held ? NULL : unsure_take(&self->again);
    if (!again) return self->held ? 0 : wait_for_line(self);
    if (asprintf(&self->held, "%s\n", again) < 0) self->held = NULL;
    free(again);
    return self->held ? 0 : -ENOMEM;
}

static int terminal_say_goodbye(terminal *self) {
    int err = resume_say_goodbye(self, true);
    return err < 0 ? err : edo_shutdown(self->peer);
}

/* Writes what was typed until the input ends or the connection is gone. A task's function. */
int typed_send(void *arg) {
    terminal *self = arg;
    for (;;) {
        int err = wait_until_told(self);
        if (err < 0) return err;
        err = next_to_send(self);
        bool is_end = err == -EDO_ECLOSED;
        if (is_end) self->is_leaving = true;
        if (is_end) err = terminal_say_goodbye(self);
        if (err < 0 || is_end) return err == -ECANCELED ? err : 0;
        if (!self->held) continue;
        if (typed_is_quit(self->held)) self->is_leaving = true;
        name where = { "" };
        self->joins_due += is_join(self->held, &where);
        if (terminal_send_held(self) < 0) return 0;
        if (*where.text) self->joining = where;
    }
}

/* Queues a line that nobody has typed. Returns whether there was room for it. */
bool typed_queue(terminal *self, const char *text) {
    char *line = self->typed ? strdup(text) : NULL;
    if (!line) return false;
    int err = edo_mpsc_try_send(self->typed, &line);
    if (err < 0) free(line);
    return err == 0;
}

/* By empty lines a silent user stays: the server lets those go of whom it hears nothing. How long
 * it waits the client does not know: at least three times 20 s as a rule. A task's function. */
int typed_stay_known(void *arg) {
    terminal *self = arg;
    const int64_t most_ns = edo_s(20).ns;
    int64_t pause_ns = self->options->idle.ns / 3;
    if (pause_ns > most_ns) pause_ns = most_ns;
    int err = pause_ns > 0 ? 0 : -EDO_ECLOSED;
    while (err >= 0 && (err = edo_sleep(edo_ns(pause_ns))) >= 0) {
        if (edo_instant_since(edo_now(), self->sent_at).ns >= pause_ns)
            (void)typed_queue(self, "\n");
    }
    return err == -EDO_ECLOSED ? 0 : err;
}
