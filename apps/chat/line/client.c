/* SPDX-License-Identifier: MIT */
/* client.c: the life of one connection: a fiber that reads, and a child of its scope that writes.
 *
 * inv. 1: the reader waits for its input, for room in the channel of a room and for a place in a
 *         mailbox; a writer waits for something to show, for its turn and for its own peer. So
 *         writers, which make all that room, never wait for readers, and no wait lasts for ever.
 * inv. 2: before a writer waits for its peer it falls behind in its room, and in those that wait in
 *         its mailbox; so does a subscription that comes while it is stuck. No sender waits for it
 *         then.
 * inv. 3: only bytes of the client are a sign of life: it may be told any number of things and is
 *         still silent.
 * inv. 4: the last words are the last line that a client is shown. */
#include "line/client.h"

#include "line/origin.h"
#include "room/member.h"
#include "room/turns.h"
#include "storage/storage.h"
#include "tls.h"

#include <edo/log.h>
#include <edo/scope.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH            64
#define MAILBOX_MESSAGES 16 /* messages in a mailbox */

_Static_assert(BATCH <= TOLD_MAX, "a batch of private messages has room at some time");

static const edo_duration drain_gap =
    EDO_MS(50); /* the silence after which a client is read no more */
static const edo_duration linger_max = EDO_S(1);
static const edo_duration slow_max = EDO_MS(500); /* that a machine may take for what has come */
static const edo_duration unread_max = CHAT_UNREAD_MAX;
static const edo_duration look_min = EDO_MS(1), look_max = EDO_S(1);
static const edo_duration go_on_every =
    EDO_S(1); /* a look for what is behind a place that is kept */

static void pending_drop(void *elem) {
    const pending *p = elem;
    edo_rc_unref(p->message);
    subscriber_free(p->room);
}

/* ---- Subscriptions in the mailbox ------------------------------------------------------------ */

/* `s` is to be posted. */
static void coming_add(client *self, subscriber *s) {
    pthread_mutex_lock(&self->lock);
    TAILQ_INSERT_TAIL(&self->coming, s, link);
    if (self->me.is_stuck) edo_broadcast_fall_behind(s->news); // inv. 2
    pthread_mutex_unlock(&self->lock);
}

/* `s` was taken out of the mailbox, or found no room. */
static void coming_remove(client *self, subscriber *s) {
    pthread_mutex_lock(&self->lock);
    TAILQ_REMOVE(&self->coming, s, link);
    pthread_mutex_unlock(&self->lock);
}

/* Those that wait for the client, which is stuck: inv. 2. */
static void fall_behind_in_all(client *self) {
    pthread_mutex_lock(&self->lock);
    subscriber *s;
    TAILQ_FOREACH(s, &self->coming, link) edo_broadcast_fall_behind(s->news);
    pthread_mutex_unlock(&self->lock);
}

bool client_is_resuming(client *self) {
    bool is_resuming = false;
    pthread_mutex_lock(&self->lock);
    const subscriber *s;
    TAILQ_FOREACH(s, &self->coming, link) is_resuming |= s->is_back;
    pthread_mutex_unlock(&self->lock);
    return is_resuming;
}

int client_listen(client *self, subscriber *s) {
    coming_add(self, s);
    int err = client_post_self(self, &(pending){ .room = s });
    if (err < 0) {
        coming_remove(self, s);
        subscriber_free(s);
    }
    return err;
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Messages of one write. */
typedef struct batch {
    message *messages[BATCH];
    struct iovec text[BATCH];
    size_t n;
} batch;

typedef struct writer {
    client *client;
    subscriber *room;  /* where it listens; NULL: nowhere */
    edo_duration look; /* the pause before it is seen what has arrived of what was written last */
    batch *batch;      /* to be written; NULL: nothing, so a writer that waits holds no memory */
    uint64_t left_at;  /* the order of the last news to be shown */
    bool is_numbered;  /* what is said is shown with its number */
    int err;           /* negative: why nothing is written any more */
} writer;

/* Whether it is, or was before it said its session, who has that id for others. */
static bool client_is(const client *self, uint64_t id) {
    return id > 0 && (id == self->me.id || id == wire_id(self->wire));
}

/* Whether it has said that, perhaps before an outage of the store, by which that has come here. */
static bool client_has_said(const client *self, const message *m) {
    return client_is(self, m->what.from) || wire_has_said(self->wire, m);
}

static void writer_fall_behind_in_rooms(writer *self) {
    if (self->room) edo_broadcast_fall_behind(self->room->news);
    fall_behind_in_all(self->client);
}

/* The client is stuck: inv. 2. */
static void writer_fall_behind(writer *self) {
    self->client->me.is_stuck = true;
    writer_fall_behind_in_rooms(self);
}

/* What TLS has made of the bytes it may keep while the kernel has no room for them; then nobody's
 * machine can have taken them. */
static int writer_pass_on(writer *self) {
    edo_flush_future f;
    edo_future *flush = edo_flush_init(&f, self->client->peer);
    if (edo_poll_once(flush) == EDO_READY) return edo_result(&f);
    writer_fall_behind(self);
    return edo_await(flush);
}

/* One message wakes the writers of all terminals in its room, and each makes a call of the system:
 * so they write in turns of their addresses. No turn waits for a peer. */
static int write_batch(writer *self) {
    client *c = self->client;
    if (edo_budget_consume() < 0) return -ECANCELED; // the poll takes none
    edo_writev_future f;
    edo_future *write = edo_writev_all_init(&f, c->peer, self->batch->text, self->batch->n);
    turn t = turn_take(&c->me.in->turns, TURN_SHOW, member_address(&c->me));
    bool is_written = edo_poll_once(write) == EDO_READY;
    if (!is_written) writer_fall_behind(self);
    turn_end(&t, 1);
    int err = is_written ? edo_result(&f) : edo_await(write);
    if (err == 0 && c->tls) err = writer_pass_on(self);
    c->me.is_stuck = false;
    return err;
}

/* Of much that the client was told alone its machine has to take some before more is written. One
 * that takes a while for that is slow; one that takes longer is stuck. No room waits meanwhile. */
static void wait_for_told(writer *self) {
    client *c = self->client;
    size_t private_n = 0;
    for (size_t i = 0; i < self->batch->n; i++) private_n += told_follows(self->batch->messages[i]);
    if (private_n == 0 || told_has_room(&c->told, c->peer, private_n)) return;
    writer_fall_behind_in_rooms(self);
    EDO_DEADLINE(d, slow_max);
    told_await(&c->told, c->peer, TOLD_MAX - private_n);
    (void)edo_deadline_end(&d, 0);
    if (told_has_room(&c->told, c->peer, private_n)) return;
    writer_fall_behind(self);
    told_await(&c->told, c->peer, TOLD_MAX - private_n);
    c->me.is_stuck = false;
}

static void writer_flush(writer *self) {
    batch *b = self->batch;
    if (!b) return;
    client *c = self->client;
    if (self->err >= 0) wait_for_told(self);
    if (self->err >= 0) self->err = write_batch(self);
    for (size_t i = 0; i < b->n; i++) {
        told_add(&c->told, c->peer, b->messages[i], self->err >= 0);
        edo_rc_unref(b->messages[i]);
    }
    wire_got(c->wire, c->told.got);
    free(b);
    self->batch = NULL;
    self->look = look_min;
}

/* What was told to the person alone is kept until it has arrived, so that is looked for, also if
 * nothing more is written. */
static void look_for_arrivals(writer *self) {
    client *c = self->client;
    told_forget_arrived(&c->told, c->peer);
    wire_got(c->wire, c->told.got);
    self->look = edo_ns(2 * self->look.ns < look_max.ns ? 2 * self->look.ns : look_max.ns);
}

/* The client is about to see the names in the message. */
static void note_names(writer *self, const message *m) {
    for (size_t i = 0; i < EDO_COUNT(m->shown); i++) known_note(&self->client->known, m->shown[i]);
}

/* Returns whether it will be shown; else it is counted as missed. Owns: takes `m`; NULL: there was
 * no memory for it. */
static bool writer_show(writer *self, message *m) {
    if (m && !self->batch && (self->batch = malloc(sizeof *self->batch))) self->batch->n = 0;
    batch *b = self->batch;
    if (!m || !b) {
        self->client->missed_n++;
        edo_rc_unref(m);
        return false;
    }
    b->text[b->n] =
        (struct iovec){ .iov_base = (void *)(uintptr_t)m->line.ptr, .iov_len = m->line.len };
    b->messages[b->n++] = m;
    note_names(self, m);
    if (b->n == BATCH) writer_flush(self);
    return true;
}

/* Shows up to which number all is shown; without a text it is no line of anybody. */
static void show_number(writer *self, uint64_t number) {
    if (!self->is_numbered) return;
    writer_show(self, message_new(0, "#%s %" PRIu64, self->room->where.text, number));
}

/* As show_number(), of what the client has said; with the reference, if it has one. */
static void show_own_number(writer *self, const message *m, uint64_t number) {
    const edo_str whole = m->what.ref; // the key of the session, a blank, and the reference
    const char *blank = whole.len > 0 ? memchr(whole.ptr, ' ', whole.len) : NULL;
    if (!blank) {
        show_number(self, number);
        return;
    }
    edo_str ref = message_own_ref(whole, (edo_str){ whole.ptr, (size_t)(blank - whole.ptr) });
    writer_show(self, message_new(0, "#%s %" PRIu64 " = %.*s", self->room->where.text, number,
                                  (int)ref.len, ref.ptr));
}

/* As show_number(), where the client begins to count: with what it needs to come back. */
static void show_begin(writer *self) {
    const subscriber *s = self->room;
    if (!self->is_numbered) return;
    writer_show(self,
                message_new(0, "#%s %" PRIu64 " %" PRIu64, s->where.text, s->newest, s->life));
}

/* Each line of the message with the number up to which all is shown with it, so the last line alone
 * has the message's own: a client that is cut off within the message gets it again. */
static void show_with_number(writer *self, const message *m) {
    text_lines lines = text_lines_of((edo_str){ m->line.ptr, m->line.len - 1 });
    note_names(self, m);
    for (edo_str line; text_lines_next(&lines, &line);) {
        uint64_t number =
            lines.at ? m->what.number - 1 : m->what.number; // lines.at: there are more
        writer_show(self, message_new(0, "#%s %" PRIu64 " %.*s", self->room->where.text, number,
                                      (int)line.len, line.ptr));
    }
}

/* Shows a message of the room; of the client's own, the number alone. Owns: takes `m`. */
static void show_said(writer *self, message *m, bool is_own) {
    uint64_t number = m->what.number;
    if (number > self->room->newest) self->room->newest = number;
    if (is_own && number > 0) show_own_number(self, m, number);
    if (is_own) {
        edo_rc_unref(m);
    } else if (self->is_numbered && number > 0) {
        show_with_number(self, m);
        edo_rc_unref(m);
    } else {
        writer_show(self, m);
    }
}

static void writer_stop_listening(writer *self) {
    subscriber_free(self->room);
    self->room = NULL;
}

/* The client has come from another program of the same store, where it has seen more than this one
 * has. */
static bool is_seen(const writer *self, const message *m) {
    return m->what.number > 0 && m->what.number <= self->room->newest;
}

/* Messages of the room are missing, unless the client has them from another program, or its place
 * is kept. Owns: takes `m`, which says so. */
static void show_jump(writer *self, message *m) {
    subscriber *s = self->room;
    bool is_for_it = !s->is_waiting && s->newest < m->missing_to;
    if (is_for_it) s->newest = m->missing_to;
    if (is_for_it && self->is_numbered) {
        writer_show(self, message_new(0, "#%s %" PRIu64 " %.*s", s->where.text, s->newest,
                                      (int)m->line.len - 1, m->line.ptr));
        edo_rc_unref(m);
    } else if (is_for_it) {
        writer_show(self, m);
    } else {
        edo_rc_unref(m);
    }
}

/* Whether that is news, and for the client. */
static bool is_to_be_shown(const writer *self, const message *m) {
    const client *c = self->client;
    bool is_news = m->order > self->room->past_last && m->order <= self->left_at;
    return m->line.len > 0 && is_news && !is_seen(self, m) && (m->to == 0 || client_is(c, m->to));
}

/* Does it come later, with what was said behind the place that is kept for the client? What the
 * client has said itself is confirmed at once all the same, and its place stays. */
static bool comes_later(writer *self, const message *m) {
    if (m->what.number == 0 || !self->room->is_waiting) return false;
    if (client_has_said(self->client, m)) show_own_number(self, m, self->room->newest);
    return true;
}

/* What the room's channel returned: a message, or how many were missed. */
static void show_news(writer *self, int result, message *m, uint64_t missed) {
    const client *c = self->client;
    if (result == -EDO_ELAGGED) {
        edo_debug_kv("behind", EDO_KV("id", c->me.id), EDO_KV("missed", missed));
        if (!self->room->is_waiting) // else they come later
            writer_show(self, message_new(0, "* you missed %" PRIu64 " messages", missed));
    } else if (result < 0) {
        writer_stop_listening(self); // it has left that room, which is gone
    } else if (m && is_to_be_shown(self, m) && !comes_later(self, m)) {
        if (m->missing_to > 0) {
            show_jump(self, m);
        } else {
            show_said(self, m, client_has_said(c, m));
        }
    } else {
        edo_rc_unref(m);
    }
}

/* Shows what was said in the room up to now. */
static void show_all_news(writer *self) {
    uint64_t n = self->room ? edo_broadcast_len(self->room->news) : 0;
    for (; n > 0 && self->room && self->err >= 0; n--) {
        message *m = NULL;
        uint64_t missed = 0;
        int got = edo_broadcast_try_recv(self->room->news, &m, &missed);
        if (got == -EAGAIN) return;
        show_news(self, got, m, missed);
    }
}

/* Shows how many messages are missing; with the last of their numbers, so a client that is cut off
 * behind it is not told of them again. */
static void show_missing(writer *self, const unseen_step *at) {
    char text[64] = "* you missed messages, nobody knows how many";
    if (at->missing > 0)
        (void)snprintf(text, sizeof text, "* you missed %" PRIu64 " messages", at->missing);
    writer_show(self, self->is_numbered ? message_new(0, "#%s %" PRIu64 " %s",
                                                      self->room->where.text, at->before - 1, text)
                                        : message_new(0, "%s", text));
}

/* Listens to that room from here on. A client that comes back is shown all that it has not seen, or
 * what of that is missing; `s` is one of `coming` until then. Owns: takes `s`. */
static void begin_listening(writer *self, subscriber *s) {
    writer_stop_listening(self);
    self->room = s;
    self->is_numbered |= s->is_resumed;
    if (s->has_begun_anew)
        writer_show(
            self,
            message_new(0, "* #%s has begun anew: what was said while you were away is not kept",
                        s->where.text));
    if (!s->is_back && s->past.is_cut)
        writer_show(self, message_new(0, "* some of what was said in #%s cannot be read any more",
                                      s->where.text));
    for (size_t i = 0; i <= s->past.n; i++) {
        unseen_step at = unseen_step_of(&s->past, i, s->seen);
        if (s->is_back && at.is_gap) show_missing(self, &at);
        if (at.message) show_said(self, edo_rc_ref(at.message), false);
    }
    unseen_drop(&s->past);
    coming_remove(self->client, s);
    show_begin(self);
}

/* Shows what was said before, and then what was pending. */
static void show_pending(writer *self, const pending *p) {
    if (!p->room || !p->room->is_resumed) show_all_news(self);
    if (p->message) {
        writer_show(self, p->message);
    } else if (p->room) {
        begin_listening(self, p->room);
    } else {
        self->is_numbered = true;
        if (self->room) show_begin(self);
    }
}

/* Returns 0 with `*p` from the mailbox, 1 if news came and were shown, or something may have
 * arrived, or a failure. */
static int writer_wait_for_more(writer *self, pending *p) {
    const client *c = self->client;
    bool is_awaited = c->told.n > 0 && wire_id(c->wire) > 0;
    edo_broadcast_recv_future news = { 0 };
    edo_mpsc_recv_future own;
    edo_sleep_future look;
    message *m = NULL;
    uint64_t missed = 0;
    edo_future *on[] = {
        self->room ? edo_broadcast_recv_init(&news, self->room->news, &m, &missed) : NULL,
        edo_mpsc_recv_init(&own, c->inbox, p),
        is_awaited ? edo_sleep_init(&look, self->look) : NULL,
    };
    switch (edo_select_array(on, EDO_COUNT(on), 0)) {
    case 0: show_news(self, edo_result(&news), m, missed); return 1;
    case 1: return edo_result(&own);
    case 2: look_for_arrivals(self); return 1;
    default: return -ECANCELED; // it has taken too long to say goodbye
    }
}

/* Takes what is next in the mailbox; waits, once all has been shown. Returns as
 * writer_wait_for_more(). */
static int next_pending(writer *self, pending *p) {
    int got = edo_mpsc_try_recv(self->client->inbox, p);
    if (got != -EAGAIN) return got;
    unsigned missed = atomic_exchange(&self->client->missed_n, 0) + wire_missed(self->client->wire);
    if (missed > 0 && !writer_show(self, message_new(0, "* you missed %u messages", missed)))
        atomic_fetch_add(&self->client->missed_n, missed - 1); // one is counted already
    show_all_news(self);
    writer_flush(self);
    wire_catch_up(self->client->wire);
    return self->err < 0 ? self->err : writer_wait_for_more(self, p);
}

/* Writes what the client is shown, until its mailbox is closed or the connection is gone. `arg` is
 * the client; a task's function. */
static int client_write(void *arg) {
    client *c = arg;
    writer self = { .client = c, .left_at = UINT64_MAX };
    pending p;
    int got = 0;
    while (self.err >= 0 && (got = next_pending(&self, &p)) >= 0) {
        if (got == 0) show_pending(&self, &p);
    }
    if (got == -EDO_ECLOSED) {
        self.left_at = c->left_at;
        show_all_news(&self);
        if (c->last_words) writer_show(&self, message_new(0, "%s", c->last_words)); // inv. 4
    }
    writer_stop_listening(&self); // now: from here on nobody waits for it
    edo_mpsc_close(c->inbox);
    while (edo_mpsc_try_recv(c->inbox, &p) == 0) {
        if (p.room) coming_remove(c, p.room);
        if (p.message) told_add(&c->told, c->peer, p.message, false);
        pending_drop(&p);
    }
    writer_flush(&self);
    return 0; // a connection that breaks is no failure of the server
}

int client_post_self(client *self, const pending *p) {
    int err = mailbox_post(self->me.mailbox, p, self->is_deaf);
    self->is_deaf = err == -EAGAIN;
    return err;
}

int client_show(client *self, message *m) {
    int err = m ? client_post_self(self, &(pending){ .message = m }) : -ENOMEM;
    if (err == 0) return 0;
    edo_rc_unref(m);
    if (err == -EAGAIN) self->missed_n++;
    return err == -EAGAIN || err == -EDO_ECLOSED ? 1 : err;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Whether something has come from it that nobody has read. The thread that is told of it may be
 * stopped by the system just then, while another one sees the time pass: so the kernel is asked. */
static bool has_unread(const client *self) {
    struct pollfd input = { .fd = edo_stream_fd(self->peer), .events = POLLIN };
    return poll(&input, 1, 0) > 0;
}

/* If its place is kept, and it is time, it is shown what is behind it, if that can be read. */
static int client_go_on(client *self) {
    edo_instant now = edo_now();
    if (!self->kept.is_kept || now.ns < self->go_on_at.ns) return 0;
    self->go_on_at = edo_instant_add(now, go_on_every);
    return storage_is_well(self->at.at->storage) ? listen_go_on(self) : 0;
}

/* The length of the next line; -EDO_ETOOLONG, with the begin of one that is too long; -ETIMEDOUT
 * after too long a silence; or why no line comes any more. */
static int client_next_line(client *self, char **line) {
    const server *at = self->at.at;
    edo_instant since = edo_now();
    for (;;) {
        bool is_draining = edo_cancel_is_set(self->over);
        int gone_on = is_draining ? 0 : client_go_on(self);
        if (gone_on < 0) return gone_on;
        edo_duration silence = is_draining ? drain_gap : at->options->idle;
        if (silence.ns == 0) silence = edo_ns(EDO_FOREVER_NS);
        edo_duration left = edo_instant_since(edo_instant_add(since, silence), edo_now());
        edo_duration pause = edo_instant_since(self->go_on_at, edo_now());
        bool is_short = self->kept.is_kept && !is_draining && pause.ns < left.ns;
        if (is_short) left = pause;
        edo_read_line_future read;
        edo_future *f = edo_read_line_init(&read, &self->input, line);
        EDO_DEADLINE(d, left.ns > 0 ? left : edo_ns(0)); // below 0 is no limit
        int n = edo_deadline_end(&d, is_draining ? edo_await(f) : edo_cancel_run(self->over, f));
        edo_instant input_at = edo_buf_reader_input_at(&self->input);
        bool is_told = n == -ECANCELED && !is_draining && edo_cancel_is_set(self->over);
        if (n > 0 && (size_t)n - line_ref_bytes(*line) > at->options->line_bytes_max)
            return -EDO_ETOOLONG;
        if (n != -ETIMEDOUT && !is_told) return n;
        if (n == -ETIMEDOUT && is_short) continue;
        if (is_told || has_unread(self)) {
            since = edo_now();
        } else if (input_at.ns > since.ns) {
            since = input_at; // a part of a line has come: inv. 3
        } else {
            return n;
        }
    }
}

/* A proxy whose header has come too late tells an address, which is not for the room. */
static bool client_is_late_header(client *self, const char *line, int result) {
    bool is_late = self->may_be_late && origin_is_header(line, result);
    if (result != 0) self->may_be_late = false; // before version 2 come line ends
    if (is_late) edo_debug("a proxy's connection ends, whose PROXY header has come too late");
    return is_late;
}

/* What a connection that has ended has left of a line. One with a reference is said again, whole:
 * of another, nobody knows whether it is one. */
static bool client_is_cut_off(const client *self, const char *line) {
    return self->input.at_end && self->user && line_ref_bytes(line) > 0;
}

int client_show_too_fast(client *self) {
    return client_show(self, message_new(0, "* error: too fast, at most %" PRIu32 " lines a second",
                                         self->at.at->options->rate));
}

static int on_line(client *self, char *line, int result) {
    const options *o = self->at.at->options;
    bool is_cut = result == -EDO_ETOOLONG;
    if (result < 0 && !is_cut) return result;
    if (client_is_late_header(self, line, result)) return -EPROTO;
    if (client_is_cut_off(self, line)) return -EDO_EEOF;
    if (!member_may_speak(&self->me) && !(result > 0 && command_is_quit(line))) {
        command_pass_over(self, line, is_cut);
        return client_show_too_fast(self);
    }
    if (is_cut) {
        command_pass_over(self, line, true);
        return client_show(self,
                           message_new(0, "* error: too long a line, at most %" PRIu32 " bytes",
                                       o->line_bytes_max));
    }
    return command_run(self, line, (size_t)result);
}

/* Does what the client says until it goes, or the server stops. Returns why. */
static int client_converse(client *self) {
    int err = command_arrive(self);
    if (err >= 0) edo_info_kv("arrived", EDO_KV("name", self->me.name.text));
    while (err >= 0) {
        char *line = NULL;
        int n = client_next_line(self, &line);
        err = on_line(self, line, n);
    }
    return err;
}

/* ---- Its life -------------------------------------------------------------------------------- */

static void client_leave(leaver *l) {
    client *self = (client *)(void *)((char *)l - offsetof(client, leaver));
    edo_cancel(self->over, EDO_CANCEL_ASKED);
}

client *client_new(const ticket *at, edo_stream *peer, struct edo_tls_server *tls) {
    const options *o = at->at->options;
    static const edo_mpsc_opts opts = { .drop = pending_drop };
    client *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    if (edo_cancel_child(&self->over, at->at->draining) < 0 ||
        member_init(&self->me, &at->at->directory, o->rate) < 0 ||
        edo_mpsc_new(&self->me.mailbox, &self->inbox, sizeof(pending), MAILBOX_MESSAGES, &opts) <
            0 ||
        !(self->wire = wire_new(self->me.mailbox, self->over))) {
        edo_cancel_unref(self->over);
        edo_mpsc_tx_unref(self->me.mailbox);
        edo_mpsc_rx_free(self->inbox);
        free(self);
        return NULL;
    }
    self->at = *at;
    member_set_address(&self->me, ticket_key(at));
    self->peer = peer;
    self->tls = tls;
    self->leaver.leave = client_leave;
    self->seat.member = self->who = &self->me;
    self->here = &self->seat;
    known_init(&self->known, KNOWN_TERMINAL);
    self->me.known = &self->known;
    pthread_mutex_init(&self->lock, NULL);
    TAILQ_INIT(&self->coming);
    told_init(&self->told);
    return self;
}

void client_free(client *self) {
    edo_rc_unref(self->wire);
    edo_cancel_unref(self->over);
    edo_mpsc_tx_unref(self->me.mailbox);
    edo_mpsc_rx_free(self->inbox);
    edo_buf_reader_deinit(&self->input);
    edo_close(self->peer); // NULL: it has departed
    ticket_return(&self->at);
    known_deinit(&self->known);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

void client_turn_away(edo_stream *peer, int why) {
    edo_str text = why == -EBUSY ? EDO_STR("* error: too many connections\n")
                                 : EDO_STR("* error: the server is full\n");
    if (edo_try_write(peer, text.ptr, text.len) < 0) edo_debug("it could not be told");
}

static int client_open_tls(client *self) {
    int err = self->at.is_proxys ? origin_read_before_tls(&self->at, self->peer) : 0;
    return err == 0 ? tls_accept(&self->peer, self->tls) : err;
}

/* The header of a proxy may be longer than a line. */
static int client_open_lines(client *self) {
    edo_buf_reader_opts lines = { .line_max = self->at.at->options->line_bytes_max +
                                              sizeof TEXT_REF + TEXT_REF_BYTES_MAX };
    bool has_header = self->at.is_proxys && !self->tls;
    if (has_header && lines.line_max < ORIGIN_HEADER_MAX) lines.line_max = ORIGIN_HEADER_MAX;
    int err = edo_buf_reader_init(&self->input, self->peer, &lines);
    if (err < 0 || !has_header) return err;
    return origin_read(&self->at, self->peer, &self->input, &self->may_be_late);
}

/* Gets ready to read lines, and learns from where the client comes. The end of the server breaks
 * off what it has to wait for. */
static int client_open(client *self) {
    EDO_CANCEL(b, self->over);
    int err = self->tls ? client_open_tls(self) : 0;
    if (err == 0) err = client_open_lines(self);
    err = edo_cancel_end(&b, err);
    if (err == -EBUSY) client_turn_away(self->peer, err);
    member_set_address(&self->me, ticket_key(&self->at));
    return err;
}

/* Input that nobody has read would turn the close into a reset, which can take the last lines with
 * it on their way: so it is read, for a while, until the other end closes too. */
static void client_linger(client *self) {
    enum { BYTES = 1024 }; // not in the frame: that would be another page of each idle client
    char *unread = malloc(BYTES);
    EDO_DEADLINE(d, linger_max);
    int n = edo_shutdown(self->peer);
    if (!unread) n = -ENOMEM;
    if (n >= 0) n = edo_try_read(self->peer, unread, BYTES);
    while (n > 0) n = edo_read(self->peer, unread, BYTES);
    (void)edo_deadline_end(&d, n);
    free(unread);
}

/* Shows it what is left, also if the server stops. Owns: takes the writer; NULL: there is none. */
static void client_say_goodbye(client *self, edo_task *writing) {
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, CLIENT_FAREWELL_MAX);
    if (edo_task_join(writing) >= 0) {
        client_linger(self);
        told_await(&self->told, self->peer, 0);
    }
}

/* Returns when the client has gone, or was let go. */
static void client_serve(client *self) {
    server *at = self->at.at;
    EDO_SCOPE(both, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_task *writing = edo_scope_spawn_handle(&both, client_write, self);
    int why = writing ? client_converse(self) : -ENOMEM;
    edo_tracker_done(&at->talking);
    if (why == -ETIMEDOUT && edo_cancel_is_set(at->draining))
        why = edo_sleep(edo_ns(EDO_FOREVER_NS)); // it is shown what the others say
    bool is_sent_away = why == -ETIMEDOUT && edo_cancel_is_set(self->over);
    if (why == -ETIMEDOUT) self->last_words = "* no input for too long, goodbye";
    if (is_sent_away) self->last_words = TEXT_MOVED;
    if (why == -ECANCELED) self->last_words = "* server shutting down";
    if (wire_is_taken(self->wire)) self->last_words = TEXT_TAKEN;
    command_leave(self, why == -ECANCELED);
    client_say_goodbye(self, writing);
    edo_scope_cancel(&both); // a writer whose peer does not read
    (void)edo_scope_end(&both, 0);
    told_end(&self->told, self->peer);
    wire_got(self->wire, self->told.got);
    edo_info_kv("left", EDO_KV("name", self->me.name.text));
}

/* The client has its place, and the kernel what it has not taken, until that is gone: else one
 * address that says goodbye and does not read would fill the memory. At the end of the server,
 * which cancels this, the kernel goes on to send. */
static void client_depart(client *self) {
    (void)edo_tcp_end(self->peer, unread_max);
    self->peer = NULL;
}

int client_run(void *arg) {
    client *self = arg;
    leaver_add(self->at.at, &self->leaver);
    int err = client_open(self);
    if (err < 0) {
        edo_debug("no client: %s", edo_error_name(err));
        edo_tracker_done(&self->at.at->talking);
    } else {
        client_serve(self);
        client_depart(self);
    }
    leaver_remove(self->at.at, &self->leaver);
    client_free(self);
    return 0;
}
