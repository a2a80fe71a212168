/* SPDX-License-Identifier: MIT */
/* terminal.c: see terminal.h.
 *
 *     typed.c       reads what is typed, line by line, into a channel, and writes it to a connection
 *     heard.c       shows what the server says, and gets name, room and past back after a loss
 *     resume.c      the session of the user, and what is said again
 *     unsure.c      lines that may not have come
 *     edit.c        the line that is typed; screen.c: how a line is shown
 *     seen.c        names that TAB completes
 *     stay(), here  connects again, with a back-off, when the server has gone
 *
 * No line is lost in silence: what the connection had taken, and neither a number of the server's
 * nor what it shows afterwards tells of, is in `sent`, then in `doubtful`, and told to the user;
 * and so is, at the end, what no connection took. If a line of a pipe was refused, or is doubtful,
 * the status says so. */
#include "terminal/terminal.h"

#include "fault.h"
#include "terminal/state.h"
#include "tls.h"

#include <edo/error.h>
#include <edo/net.h>
#include <edo/pipe.h>
#include <edo/retry.h>
#include <edo/signal.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TYPED_LINES  64 /* that wait for a connection */
#define TRIES_AT_END 2  /* to connect again, once the input of a pipe has ended */

static const edo_duration connect_max = EDO_S(10), silence_max = EDO_S(30);
static const edo_duration moved_pause = EDO_MS(20); /* to another server, which is there */
static const edo_duration away_max = EDO_S(60);     /* of a server, if nobody types the input */

/* ---- A connection ---------------------------------------------------------------------------- */

/* Reads the next whole line: what a connection that broke has left of one is none, and comes again
 * over the next one. One that is too long is passed over. Returns as edo_read_line(). */
static int read_whole_line(terminal *self, char **line) {
    const char *bytes;
    size_t seen_n = 0;
    while (seen_n <= LINE_BYTES_MAX) {
        int n = edo_fill(&self->lines, &bytes, seen_n + 1);
        if (n < 0) return n;
        if ((size_t)n == seen_n) return -EDO_EEOF;
        if (memchr(bytes + seen_n, '\n', (size_t)n - seen_n)) break;
        seen_n = (size_t)n;
    }
    int n = edo_read_line(&self->lines, line);
    while (n == -EDO_ETOOLONG) n = edo_read_line(&self->lines, line); // then the one behind it
    return n;
}

/* Shows the next line of the server. Returns whether it was a greeting, or a negative code. */
static int hear_line(terminal *self) {
    char *line;
    int n = read_whole_line(self, &line);
    if (n < 0) return n;
    if (n > 0 && line[n - 1] == '\r') line[--n] = '\0';
    return heard_show(self, line, (size_t)n);
}

/* What takes connections may be a proxy, behind which there is no server: the client is connected
 * from the greeting on. */
static int await_greeting(terminal *self) {
    int got = 0;
    EDO_DEADLINE(d, silence_max);
    while (got == 0) got = hear_line(self);
    return edo_deadline_end(&d, got);
}

/* Shows what the server says. Typed lines are sent from the greeting on. */
static int terminal_converse(terminal *self, edo_scope *both) {
    int err = await_greeting(self);
    if (err < 0) return err;
    self->is_sending = self->is_greeted = true;
    self->is_lost = false;
    err = heard_ask_again(self);
    if (err >= 0) err = edo_scope_spawn(both, typed_send, self);
    if (err >= 0) err = edo_scope_spawn(both, typed_stay_known, self);
    while (err >= 0) err = hear_line(self);
    return err;
}

/* The connection is gone: what it had taken, and of which nothing was told, may be gone with it. A
 * server that never told a number tells of nothing. */
static void terminal_lose(terminal *self) {
    self->is_sending = false;
    self->before = self->me;
    resume_lose(self);
    free(self->command);
    self->command = NULL;
    if (!self->home.is_told) unsure_clear(&self->sent);
    unsure_move(&self->doubtful, &self->sent);
}

/* Chats over `self->peer` until one end closes it. Returns 0; -ECANCELED; or another negative code:
 * there was no greeting. */
static int talk(terminal *self) {
    const edo_buf_reader_opts opts = { .line_max = LINE_BYTES_MAX };
    int err = edo_buf_reader_init(&self->lines, self->peer, &opts);
    if (err < 0) return err;
    EDO_SCOPE(both, NULL);
    self->joins_due = 1; // the room of all newcomers
    self->quiet_joins = *self->before.text ? 1 : 0;
    self->hides_past = self->home.is_told;
    self->coming = (place){ .last = 0 };
    self->is_catching_up = self->is_returning = self->has_begun_anew = false;
    self->has_numbers = self->has_waited = self->is_paced = false;
    self->run_n = 0;
    self->names_due = 0;
    self->is_asking = self->is_greeted = self->is_in_line = false;
    self->both = &both;
    err = terminal_converse(self, &both);
    if (err == -ECANCELED) (void)resume_say_goodbye(self, false);
    terminal_lose(self);
    edo_scope_cancel(&both);
    (void)edo_scope_end(&both, 0);
    edo_buf_reader_deinit(&self->lines);
    return self->is_greeted && err != -ECANCELED ? 0 : err;
}

/* One attempt; a later one does not wait for a server that says nothing at all. */
static int terminal_connect_to(terminal *self, bool was_there) {
    static const char by_tls[] = "tls://";
    const size_t prefix = sizeof by_tls - 1;
    const options *o = self->options;
    const edo_tcp_opts opts = { .keepalive = silence_max, // a server that is gone without a word
                                .user_timeout = silence_max }; // and before it took all
    EDO_DEADLINE(d, was_there ? connect_max : edo_ns(EDO_FOREVER_NS));
    int err = strncmp(o->connect, by_tls, prefix) == 0
                  ? tls_connect(&self->peer, o->connect + prefix, &opts, o->ca)
                  : edo_tcp_connect(&self->peer, o->connect, &opts);
    return edo_deadline_end(&d, err);
}

static void terminal_tell_lost(terminal *self) {
    self->is_moved = false;
    self->is_lost = true;
    self->is_told_kept = false;
    terminal_say(self, "* the connection was lost; trying again");
}

/* Talks over the new connection. Returns whether that was lost, and another one is wanted; a
 * negative code: -ECANCELED, or there was no greeting. */
static int talk_until_lost(terminal *self) {
    int err = talk(self);
    edo_close(self->peer);
    bool is_over = self->is_leaving || typed_is_all_sent(self) || (self->is_typed && !self->typed);
    if (err == -ECANCELED || (err < 0 && !self->is_leaving)) return err;
    if (is_over) return 0;
    if (!self->is_moved) terminal_tell_lost(self);
    return 1;
}

/* What is known of the server from one connection to the next. */
typedef struct attempts {
    edo_backoff backoff;
    bool was_there;      /* it has greeted once; */
    edo_instant lost_at; /* and the connection was lost then */
    int at_end_n;        /* attempts since then, with the input of a pipe at its end */
} attempts;

/* An attempt has failed. Is the server gone for good? A user at a terminal may wait for it; what a
 * pipe has is not kept for ever. */
static bool is_hopeless(const attempts *a, const terminal *self) {
    if (!a->was_there || a->at_end_n >= TRIES_AT_END) return true;
    return !self->is_typed && edo_instant_since(edo_now(), a->lost_at).ns >= away_max.ns;
}

/* Connects, and talks over the connection. Returns as talk_until_lost(). */
static int stay_once(terminal *self, const attempts *a) {
    int err = terminal_connect_to(self, a->was_there);
    return err < 0 ? err : talk_until_lost(self);
}

/* Connects, again and again once the server has greeted, until the user leaves, or the server is
 * gone for good. */
static int stay(terminal *self) {
    const edo_backoff_opts opts = { .kind = EDO_BACKOFF_EXPONENTIAL,
                                    .pause_min = EDO_MS(300),
                                    .pause_max = EDO_S(15) };
    attempts a = { .was_there = false };
    int err = edo_backoff_init(&a.backoff, &opts);
    while (err >= 0) {
        err = stay_once(self, &a);
        if (err == 0 || err == -ECANCELED) return err;
        if (err < 0 && self->is_moved) terminal_tell_lost(self); // there is no other one yet
        a.at_end_n += !self->typed;
        if (err < 0 && is_hopeless(&a, self)) {
            self->is_unreachable = true;
            return edo_fail(err, "connecting to %s: %s", self->options->connect,
                            fault_of_address(err));
        }
        if (err > 0) {
            a.was_there = true;
            a.lost_at = edo_now();
            a.at_end_n = 0;
            edo_backoff_reset(&a.backoff);
        }
        err = edo_sleep(self->is_moved ? moved_pause : edo_backoff_next(&a.backoff));
    }
    return err;
}

/* As stay(), which ends when the user leaves while there is no connection. */
static int stay_until_left(terminal *self) {
    EDO_CANCEL(b, self->leave);
    int err = edo_cancel_end(&b, stay(self));
    return err == -ECANCELED && edo_cancel_is_set(self->leave) ? 0 : err;
}

/* Tells what was not sent. Returns whether all of the input was said. */
static bool say_unsent(terminal *self) {
    bool has_some = false;
    self->is_catching_up = false;
    resume_give_up(self);
    for (char *line; (line = unsure_take(&self->again)); free(line)) {
        terminal_say(self, "* not sent: %s", line + line_ref_bytes(line));
        has_some = true;
    }
    do {
        char *line = self->held;
        self->held = NULL;
        if (line && *line != '\n' && !typed_is_quit(line)) {
            terminal_say(self, "* not sent: %s", line + line_ref_bytes(line));
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
    while ((err = edo_signal_recv(resized)) == 0) edit_restore(self->edit);
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
    while ((err = edo_signal_recv(interrupt)) == 0) {
        if (self->is_asked || !edit_has_text(self->edit)) break;
        self->is_asked = true;
        terminal_say(self, "* the line below is not sent; Ctrl-C once more leaves");
    }
    edo_signal_close(interrupt);
    if (err == 0) edo_cancel(self->leave, EDO_CANCEL_USER);
    return err;
}

/* The terminal is gone, or whoever has started the client: that leaves, too. A task's function. */
static int watch_hangup(void *arg) {
    const terminal *self = arg;
    edo_signal *hangup;
    int err = edo_signal_listen(&hangup, SIGHUP);
    if (err < 0) return err;
    err = edo_signal_recv(hangup);
    edo_signal_close(hangup);
    if (err == 0) edo_cancel(self->leave, EDO_CANCEL_USER);
    return err;
}

/* nohup(1) starts what is to stay. */
static bool is_to_stay(void) {
    struct sigaction hangup;
    return sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN;
}

static int chat(terminal *self) {
    EDO_SCOPE(all, NULL);
    if (!is_to_stay()) (void)edo_scope_spawn(&all, watch_hangup, self);
    if (self->edit) (void)edo_scope_spawn(&all, watch_size, self);
    if (self->edit) (void)edo_scope_spawn(&all, watch_interrupt, self);
    (void)edo_scope_spawn_with(&all, typed_take, self, &(edo_spawn_opts){ .stack = EDIT_STACK });
    int err = stay_until_left(self);
    edo_scope_cancel(&all);
    (void)edo_scope_end(&all, 0);
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
    unsure_clear(&self->again);
    unsure_clear(&self->lost);
    seen_deinit(&self->seen);
    free(self->command);
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
        .rings = ((const options *)arg)->bell && isatty(STDOUT_FILENO),
    };
    int err = resume_init(&self);
    if (err == 0) err = edo_stdin(&self.input);
    if (err == 0) err = edo_cancel_new(&self.leave);
    if (err == 0)
        err = edo_mpsc_new(&self.typed, &self.to_send, sizeof(char *), TYPED_LINES, &lines);
    if (err == 0 && is_terminal) err = edit_new(&self.edit, self.input);
    if (err == -ENOTSUP) err = 0;
    if (self.edit) edit_on_tab(self.edit, typed_complete, &self);
    if (err == 0) err = chat(&self);
    terminal_free(&self);
    if (err == 0 || !self.is_unreachable) return err;
    fault_print(err);
    return 1;
}
