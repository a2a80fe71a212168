/* SPDX-License-Identifier: MIT */
/* client.c: the life of one connection: a fiber that reads, and a child of its scope that writes.
 *
 * inv. 1: the reader waits for its input, for room in the channel of a room and for room in a
 *         mailbox; a writer waits for something to show and for its own peer. So writers, who make
 *         all that room, never wait for readers, and nobody waits for ever.
 * inv. 2: before a writer waits for its peer it falls behind in its room: nobody waits for that.
 * inv. 3: only bytes of the client are a sign of life: it may be told any number of things and is
 *         still silent.
 * inv. 4: the last words are the last line that a client is shown. */
#include "client.h"

#include "command.h"

#include <edo/scope.h>
#include <edo/trace.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BURST 100 /* lines that may come at once after a silence */
#define BATCH 64

static const edo_duration last_orders_gap = EDO_MS(50); /* the silence that ends last orders */
static const edo_duration answer_patience = EDO_S(1);
static const edo_duration farewell_max = EDO_MS(2500);
static const edo_duration linger_max = EDO_S(1);

static void stop_listening(client *self, subscriber *to) {
    if (!to) return;
    room *r = to->room;
    subscriber_free(to);
    directory_close_room(&self->server->directory, r);
}

static void drop_pending(client *self, const pending *p) {
    edo_rc_unref(p->message);
    stop_listening(self, p->room);
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
    subscriber *room; /* where it listens; NULL: nowhere yet */
    batch *batch;     /* to be written; NULL: nothing, so a writer that waits holds no memory */
    uint64_t left_at; /* the number of the last news to be shown */
} writer;

/* Waits until the peer has taken what is being written: inv. 2. */
static int wait_for_peer(writer *self, edo_future *write) {
    mailbox *mail = self->client->me.mail;
    mailbox_set_stuck(mail, true);
    if (self->room) subscriber_fall_behind(self->room);
    int err = edo_await(write);
    mailbox_set_stuck(mail, false);
    return err;
}

static void drop_batch(writer *self) {
    for (size_t i = 0; self->batch && i < self->batch->n; i++)
        edo_rc_unref(self->batch->messages[i]);
    free(self->batch);
    self->batch = NULL;
}

static int flush(writer *self) {
    const batch *b = self->batch;
    if (!b) return 0;
    if (edo_budget_left() == 0 && edo_yield() < 0) return -ECANCELED; // else a poll says nothing
    edo_writev_future f;
    edo_future *write = edo_writev_all_init(&f, self->client->peer, b->text, b->n);
    int err = edo_poll_once(write) == EDO_READY ? edo_result(&f) : wait_for_peer(self, write);
    drop_batch(self);
    return err;
}

/* Owns: takes `m`; NULL: there was no memory for it. */
static int show(writer *self, message *m) {
    if (m && !self->batch && (self->batch = malloc(sizeof *self->batch))) self->batch->n = 0;
    batch *b = self->batch;
    if (!m || !b) {
        mailbox_miss(self->client->me.mail);
        edo_rc_unref(m);
        return 0;
    }
    b->text[b->n] = (struct iovec){ .iov_base = m->text, .iov_len = m->bytes };
    b->messages[b->n++] = m;
    return b->n == BATCH ? flush(self) : 0;
}

/* What the room's channel returned: a message, or how many were missed. */
static int show_news(writer *self, int result, message *m, uint64_t missed) {
    if (result == -EDO_ELAGGED) {
        edo_debug_kv("behind", EDO_KV("id", self->client->me.id), EDO_KV("missed", missed));
        return show(self, message_new(0, "* you missed %" PRIu64 " messages", missed));
    }
    if (result < 0) return result;
    bool is_own = m->from == self->client->me.id;
    bool is_past = m->number <= self->room->past_last; // it was among what is shown first
    if (!is_own && !is_past && m->number <= self->left_at) return show(self, m);
    edo_rc_unref(m);
    return 0;
}

/* Shows what was said in the room up to now. */
static int show_all_news(writer *self) {
    int err = 0;
    uint64_t n = self->room ? edo_broadcast_len(self->room->news) : 0;
    for (; n > 0 && err >= 0; n--) {
        message *m = NULL;
        uint64_t missed = 0;
        int got = edo_broadcast_try_recv(self->room->news, &m, &missed);
        if (got == -EAGAIN) break;
        err = show_news(self, got, m, missed);
    }
    return err;
}

static int move_to(writer *self, subscriber *next) {
    stop_listening(self->client, self->room);
    self->room = next;
    int err = 0;
    for (size_t i = 0; i < next->past_n && err >= 0; i++)
        err = show(self, edo_rc_ref(next->past[i]));
    return err;
}

/* Shows what was said before, and then what was pending. */
static int show_pending(writer *self, const pending *p) {
    int err = show_all_news(self);
    if (err < 0) {
        drop_pending(self->client, p);
        return err;
    }
    return p->room ? move_to(self, p->room) : show(self, p->message);
}

static int show_all_pending(writer *self) {
    mailbox *mail = self->client->me.mail;
    pending p;
    int err;
    do {
        err = edo_mpsc_try_recv(mail->out, &p);
        if (err == 0) err = show_pending(self, &p);
    } while (err >= 0);
    uint32_t missed = mailbox_take_missed(mail);
    if (err == -EAGAIN && missed > 0)
        return show(self, message_new(0, "* you missed %" PRIu32 " messages", missed));
    return err == -EAGAIN ? 0 : err;
}

static int wait_for_more(writer *self) {
    edo_broadcast_recv_future news;
    edo_mpsc_recv_future mail;
    message *m = NULL;
    uint64_t missed = 0;
    pending p;
    edo_future *on[] = {
        self->room ? edo_broadcast_recv_init(&news, self->room->news, &m, &missed) : NULL,
        edo_mpsc_recv_init(&mail, self->client->me.mail->out, &p),
    };
    switch (edo_select_array(on, EDO_COUNT(on), 0)) {
    case 0: return show_news(self, edo_result(&news), m, missed);
    case 1: return edo_result(&mail) < 0 ? edo_result(&mail) : show_pending(self, &p);
    default: return -ECANCELED; // it has taken too long to say goodbye
    }
}

/* Writes what the client is shown, until its mailbox is closed or the connection is gone. `arg` is
 * the client; a task's function. */
static int client_write(void *arg) {
    writer self = { .client = arg, .left_at = UINT64_MAX };
    int err = 0;
    while (err >= 0) {
        err = show_all_pending(&self);
        if (err >= 0) err = show_all_news(&self);
        if (err >= 0) err = flush(&self);
        if (err >= 0) err = wait_for_more(&self);
    }
    if (err == -EDO_ECLOSED) {
        self.left_at = self.client->left_at;
        err = show_all_news(&self);
    }
    stop_listening(self.client, self.room); // at once: nobody waits for it any more
    self.room = NULL;
    edo_mpsc_close(self.client->me.mail->out);
    if (err >= 0 && self.client->last_words)
        err = show(&self, message_new(0, "%s", self.client->last_words)); // inv. 4
    if (err >= 0) (void)flush(&self);
    drop_batch(&self);
    return 0; // a connection that breaks is no failure of the server
}

bool client_show(client *self, message *m) {
    const pending p = { .message = m };
    int err =
        m ? mailbox_put(self->me.mail, &p, self->is_deaf ? edo_ns(0) : answer_patience) : -ENOMEM;
    if (err == -EAGAIN || err == -ETIMEDOUT) mailbox_miss(self->me.mail);
    self->is_deaf = err == -EAGAIN || err == -ETIMEDOUT;
    if (err < 0) edo_rc_unref(m);
    return err >= 0;
}

bool client_answer(client *self, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return client_show(self, message_new(0, "%s", text));
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* GCRA, the leaky bucket as one number: each line moves `due_ns` on by one interval, and a line
 * passes while `due_ns` is less than a burst ahead of the clock. */
static bool is_too_fast(client *self) {
    uint32_t rate = self->server->options->rate;
    if (rate == 0) return false;
    int64_t interval_ns = INT64_C(1000000000) / rate, now_ns = edo_now().ns;
    int64_t due_ns = self->due_ns > now_ns ? self->due_ns : now_ns;
    if (due_ns - now_ns > (BURST - 1) * interval_ns) return true;
    self->due_ns = due_ns + interval_ns;
    return false;
}

/* Whether something has come from it that nobody has read. The thread that is told of it may be
 * stopped by the system just then, while another one sees the time pass: so the kernel is asked. */
static bool has_unread(const client *self) {
    struct pollfd input = { .fd = edo_stream_fd(self->peer), .events = POLLIN };
    return poll(&input, 1, 0) > 0;
}

/* The length of the next line; -ETIMEDOUT after too long a silence; -EDO_ETOOLONG; or why no line
 * comes any more. */
static int next_line(client *self, char **line) {
    const server *at = self->server;
    edo_instant since = edo_now();
    for (;;) {
        bool is_last = edo_cancel_is_set(at->last_orders);
        edo_duration silence = is_last ? last_orders_gap : at->options->idle;
        if (silence.ns == 0) silence = edo_ns(EDO_FOREVER_NS);
        edo_duration left = edo_instant_since(edo_instant_add(since, silence), edo_now());
        edo_read_line_future read;
        edo_future *f = edo_read_line_init(&read, &self->input, line);
        edo_deadline d = edo_deadline_begin(left);
        int n = edo_deadline_end(&d, is_last ? edo_await(f) : edo_cancel_run(at->last_orders, f));
        edo_instant input_at = edo_buf_reader_input_at(&self->input);
        bool is_told = n == -ECANCELED && !is_last && edo_cancel_is_set(at->last_orders);
        if (n != -ETIMEDOUT && !is_told) return n;
        if (is_told || has_unread(self)) {
            since = edo_now();
        } else if (input_at.ns > since.ns) {
            since = input_at; // a part of a line has come: inv. 3
        } else {
            return n;
        }
    }
}

static int on_line(client *self, const char *line, int result) {
    const options *o = self->server->options;
    if (result < 0 && result != -EDO_ETOOLONG) return result;
    if (is_too_fast(self)) {
        (void)client_answer(self, "* error: too fast, at most %" PRIu32 " lines a second", o->rate);
    } else if (result < 0) {
        (void)client_answer(self, "* error: too long a line, at most %" PRIu32 " bytes",
                            o->line_bytes_max);
    } else {
        return command_run(self, line, (size_t)result);
    }
    return 0;
}

/* Does what the client says until it goes, or has been silent in last orders. Returns why. */
static int converse(client *self) {
    int err = command_arrive(self);
    if (err >= 0) edo_info_kv("arrived", EDO_KV("name", self->me.name.text));
    while (err >= 0) {
        char *line = NULL;
        int n = next_line(self, &line);
        err = on_line(self, line, n);
    }
    return err;
}

/* ---- Its life -------------------------------------------------------------------------------- */

client *client_new(server *at, edo_stream *peer) {
    const edo_buf_reader_opts lines = { .line_max = at->options->line_bytes_max };
    client *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    self->me.mail = mailbox_new();
    if (!self->me.mail || edo_buf_reader_init(&self->input, peer, &lines) < 0 ||
        directory_arrive(&at->directory, &self->me) < 0) {
        edo_rc_unref(self->me.mail);
        free(self);
        return NULL;
    }
    self->server = at;
    self->peer = peer;
    return self;
}

void client_free(client *self) {
    if (!self) return;
    pending p;
    edo_mpsc_close(self->me.mail->out);
    while (edo_mpsc_try_recv(self->me.mail->out, &p) == 0) drop_pending(self, &p);
    edo_rc_unref(self->me.mail);
    edo_buf_reader_deinit(&self->input);
    edo_close(self->peer);
    edo_sem_release(&self->server->places, 1);
    free(self);
}

/* Input that nobody has read would turn the close into a reset, which can take the last lines with
 * it on their way: so it is read, for a while, until the other end closes too. */
static void linger(client *self) {
    char unread[1024];
    edo_deadline d = edo_deadline_begin(linger_max);
    int n = edo_shutdown(self->peer);
    if (n >= 0) n = edo_try_read(self->peer, unread, sizeof unread);
    while (n > 0) n = edo_read(self->peer, unread, sizeof unread);
    (void)edo_deadline_end(&d, n);
}

/* The last line that it is shown, after it went for that reason; NULL: it knows. */
static const char *last_words(const client *self, int why) {
    if (why == -ETIMEDOUT) return "* no input for too long, goodbye";
    return edo_cancel_is_set(self->server->closing) && (why == 0 || why == -ECANCELED)
               ? "* server shutting down"
               : NULL;
}

int client_run(void *arg) {
    client *self = arg;
    server *at = self->server;
    edo_scope both;
    edo_scope_begin(&both, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    int why = edo_scope_spawn(&both, client_write, self);
    edo_cancel_block open;
    edo_cancel_begin(&open, at->closing);
    if (why >= 0) why = converse(self);
    edo_tracker_done(&at->talking);
    if (why == -ETIMEDOUT && edo_cancel_is_set(at->last_orders))
        why = edo_cancel_wait(at->closing); // it is shown what the others say
    self->last_words = last_words(self, why);
    command_leave(self);
    (void)edo_cancel_end(&open, 0);

    edo_deadline d = edo_deadline_begin(farewell_max);
    (void)edo_scope_end(&both);
    linger(self);
    (void)edo_deadline_end(&d, 0);
    edo_info_kv("left", EDO_KV("name", self->me.name.text));
    client_free(self);
    return 0;
}
