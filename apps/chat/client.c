/* SPDX-License-Identifier: MIT */
/* client.c: the life of one connection: a single fiber that waits for whatever comes first: a line,
 * a message of its room, a private one, place for its output, silence, the end of the server.
 *
 * inv. 1: what the client is shown goes through `out`, in order. News and mail are taken only while
 *         `out` is ample: a client that does not read falls behind in its room's channel, which
 *         costs nobody anything.
 * inv. 2: lines are taken also while `out` is full, so that whoever says something never waits for
 *         who does not read; the answers that do not fit are counted, and told.
 * inv. 3: only its own bytes are a sign of life (`ear.heard`), also those of a line that is not yet
 *         whole: it may be told any number of things and is still silent.
 * inv. 4: `words` are the last line that it is shown.
 * inv. 5: while others wait for it in its room (room.h), it is about to run, or waits for news: it
 *         falls behind before it waits for its peer alone, to read. So nobody waits for ever. */
#include "client.h"

#include "actions.h"

#include <edo/scope.h>
#include <edo/trace.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_BYTES_MAX (64u * 1024u) /* beside the past that a newcomer is shown */

static const edo_duration last_orders_gap = EDO_MS(50); /* the silence that ends LAST_ORDERS */
static const edo_duration farewell_max = EDO_S(5);
static const edo_duration linger_max = EDO_S(1);
static const edo_duration letter_max = EDO_S(1);

static bool is_behind(const client *self) {
    return self->room.step == LISTENER_BEHIND;
}

/* ---- Waiting for others ---------------------------------------------------------------------- */

static void stop_wanting(client *self) {
    if (self->has_place) room_return_place(self->wanted);
    self->has_place = false;
    hall_close_room(&self->house->hall, self->wanted);
    self->wanted = NULL;
}

static void drop_letter(client *self) {
    edo_rc_unref(self->letter.message);
    edo_mpsc_tx_unref(self->letter.to);
    self->letter = (letter){ 0 };
}

static void stop_waiting(client *self) {
    stop_wanting(self);
    drop_letter(self);
    self->held = NULL;
    edo_rc_unref(self->left);
    self->left = NULL;
}

static bool is_waiting(const client *self) {
    return self->held || self->left || self->letter.message;
}

bool client_take_place(client *self, room *in) {
    if (self->has_place && self->wanted == in) {
        self->has_place = false;
        return true;
    }
    if (room_try_place(in)) return true;
    room *wanted = hall_open_room(&self->house->hall, &in->entry.name); // `in`, once more
    stop_wanting(self);
    self->wanted = wanted;
    return false;
}

void client_announce_left(client *self, room *from, message *left) {
    if (left && !client_take_place(self, from)) {
        self->left = left;
    } else if (left) {
        room_announce(from, left);
        edo_rc_unref(left);
    }
    hall_close_room(&self->house->hall, from);
}

void client_post(client *self, const name *to, edo_mpsc_tx *mailbox, message *m) {
    self->letter = (letter){ edo_rc_ref(m), mailbox, *to, edo_now() };
}

/* Does the held line, with the place that it waited for, or for the first time. */
static void act(client *self) {
    const char *line = self->held;
    room *had = self->wanted;
    self->held = NULL;
    action_line(self, line, self->held_bytes);
    if (self->wanted != had) {
        if (!self->left) self->held = line; // it waits now
    } else {
        stop_wanting(self);
    }
}

/* A place has come, in the room where it is wanted. */
static void on_place(client *self) {
    if (self->held) {
        self->has_place = true;
        act(self);
        return;
    }
    room_announce(self->wanted, self->left);
    edo_rc_unref(self->left);
    self->left = NULL;
    stop_wanting(self);
}

/* The mailbox has its letter, or why not. */
static void on_posted(client *self, int result) {
    if (result >= 0) self->letter.message = NULL; // it is the mailbox's now
    action_sent(self, &self->letter.name, result);
    drop_letter(self);
}

static void end_listening(client *self) {
    room *r = self->room.room;
    listener_end(&self->room);
    hall_close_room(&self->house->hall, r);
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

client *client_new(house *at, edo_stream *peer) {
    static const edo_mpsc_opts pointers = { .drop = message_drop };
    const edo_line_opts lines = { .line_max = at->options->line_bytes_max };
    client *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    int err = edo_line_reader_init(&self->input, ear_init(&self->ear, peer), &lines);
    if (err >= 0) {
        err = edo_mpsc_new(&self->me.mailbox, &self->mail, sizeof(message *), MAILBOX_MESSAGES,
                           &pointers);
    }
    if (err < 0) {
        free(self);
        return NULL;
    }
    hall_arrive(&at->hall, &self->me);
    self->house = at;
    self->peer = peer;
    self->reading = edo_mpsc_tx_ref(at->reading);
    self->pace = limiter_of(at->options->rate);
    self->out.most = OUT_BYTES_MAX + (size_t)at->options->history *
                                         (at->options->line_bytes_max + NAME_BYTES_MAX + 3);
    return self;
}

void client_free(client *self) {
    if (!self) return;
    hall_depart(&self->house->hall, &self->me);
    stop_waiting(self);
    end_listening(self);
    edo_mpsc_tx_unref(self->me.mailbox);
    edo_mpsc_tx_unref(self->reading);
    edo_mpsc_rx_free(self->mail);
    edo_line_reader_deinit(&self->input);
    outbox_deinit(&self->out);
    edo_close(self->peer);
    free(self);
}

/* ---- To the client --------------------------------------------------------------------------- */

void client_answer(client *self, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t n = bytes > 0 && (size_t)bytes < sizeof text ? (size_t)bytes : 0; // all of them fit
    text[n] = '\n'; // in the place of the NUL
    outbox_add(&self->out, text, n + 1);
}

void client_show(client *self, message *m) {
    if (m->from != self->me.id) outbox_add(&self->out, m->text, m->bytes);
    edo_rc_unref(m);
}

/* What the room's channel returned: a message, or how many were missed. */
static void on_news(client *self, int result, message *m, uint64_t missed) {
    if (result >= 0 && listener_heard(&self->room, m)) {
        client_show(self, m);
    } else if (result >= 0) {
        edo_rc_unref(m); // it was shown that on entering
    }
    if (result != -EDO_ELAGGED) return;
    client_answer(self, "* you missed %" PRIu64 " messages", missed);
    edo_debug_kv("behind", EDO_KV("name", self->me.entry.name.text), EDO_KV("missed", missed),
                 EDO_KV("unsent", outbox_bytes(&self->out)));
}

/* When nothing reaches it any more, what it said before it went is still to be heard; reading ends
 * by itself, since the connection is gone. The kernel says only once whether it was closed, and a
 * last line without an end is whole, or broken off, and it is not. */
static void on_written(client *self, int result) {
    if (result >= 0) {
        outbox_wrote(&self->out, (size_t)result);
        return;
    }
    outbox_end(&self->out);
    self->ear.is_broken = result != -EPIPE;
}

/* Takes news, `*news_n` at most, and counts them off. */
static void take_news(client *self, uint64_t *news_n) {
    while (*news_n > 0 && outbox_is_ample(&self->out)) {
        message *m = NULL;
        uint64_t missed = 0;
        int err = edo_broadcast_try_recv(self->room.news, &m, &missed);
        if (err < 0 && err != -EDO_ELAGGED) break;
        uint64_t n = err == -EDO_ELAGGED ? missed : 1;
        if (n > *news_n) n = *news_n;
        on_news(self, err, m, n);
        *news_n -= n;
    }
}

/* Takes news as above, and mail. */
static void collect(client *self, uint64_t *news_n) {
    uint64_t before;
    do {
        before = *news_n;
        take_news(self, news_n);
        if (is_behind(self) && !outbox_is_ample(&self->out)) break;
    } while (!listener_keep_up(&self->room) && *news_n < before);
    if (!is_behind(self)) hall_set_slow(&self->house->hall, &self->me, false);
    message *m;
    while (outbox_is_ample(&self->out) && edo_mpsc_try_recv(self->mail, &m) >= 0) {
        client_show(self, m);
    }
}

void client_collect(client *self) {
    uint64_t all = UINT64_MAX;
    collect(self, &all);
}

/* Its peer does not read, or not now. */
static void fall_behind(client *self) {
    listener_fall_behind(&self->room);
    hall_set_slow(&self->house->hall, &self->me, true);
}

/* Writes until `out` is ample, or would have to wait for its peer: inv. 5. */
static void make_ample(client *self) {
    while (!outbox_is_ample(&self->out) && !is_behind(self)) {
        int n = edo_try_write(self->peer, outbox_front(&self->out), outbox_bytes(&self->out));
        if (n == -EAGAIN) {
            fall_behind(self);
        } else {
            on_written(self, n);
        }
    }
}

void client_collect_all(client *self) {
    uint64_t news_n = edo_broadcast_len(self->room.news);
    do {
        make_ample(self);
        collect(self, &news_n);
    } while (news_n > 0 && !is_behind(self));
    self->out.missed += news_n;
}

/* ---- From the client ------------------------------------------------------------------------- */

/* `result` is a length, or why there is no line. */
static void on_line(client *self, int result, const char *line) {
    const options *o = self->house->options;
    if (result < 0 && result != -EDO_ETOOLONG) {
        self->stage = GONE; // the end of its input, or of the connection
        return;
    }
    client_collect(self);        // what was said before
    self->ear.heard = edo_now(); // its bytes may have come earlier
    if (!limiter_pass(&self->pace, self->ear.heard.ns)) {
        client_answer(self, "* error: too fast, at most %" PRIu32 " lines a second", o->rate);
    } else if (result < 0) {
        client_answer(self, "* error: too long a line, at most %" PRIu32 " bytes",
                      o->line_bytes_max);
    } else {
        self->held = line;
        self->held_bytes = (size_t)result;
        act(self);
    }
}

/* How long it may be silent, or its letter wait; 0: for ever. */
static edo_duration patience(const client *self) {
    if (self->letter.message) return letter_max;
    if (is_waiting(self)) return edo_ns(0); // it has said something, which is yet to be done
    if (self->stage == TALKING) return self->house->options->idle;
    return self->stage == LAST_ORDERS ? last_orders_gap : edo_ns(0);
}

/* When that will have been too long. */
static edo_instant due(const client *self) {
    edo_instant from = self->letter.message ? self->letter.posted : self->ear.heard;
    return edo_instant_add(from, patience(self));
}

/* It says nothing more; the server may know. */
static void stop_reading(client *self) {
    edo_mpsc_tx_unref(self->reading);
    self->reading = NULL;
}

/* Whether something has come from it that nobody has read. The thread that is told of it may be
 * stopped by the system just then, while another one sees the time pass: so the kernel is asked. */
static bool has_unread(const client *self) {
    struct pollfd input = { .fd = edo_stream_fd(self->peer), .events = POLLIN };
    return poll(&input, 1, 0) > 0;
}

static void on_silence(client *self) {
    if (edo_now().ns < due(self).ns) return; // it has begun a line meanwhile
    if (self->letter.message) {
        on_posted(self, -EAGAIN);
        return;
    }
    if (has_unread(self)) {
        self->ear.heard = edo_now();
        return;
    }
    if (self->stage == LAST_ORDERS) {
        self->stage = LISTENING;
        stop_reading(self);
        return;
    }
    self->words = "* no input for too long, goodbye";
    self->stage = GONE;
}

static void on_stop(client *self) {
    if (self->stage == TALKING) {
        self->stage = LAST_ORDERS;
        self->ear.heard = edo_now();
        return;
    }
    stop_waiting(self);
    if (self->stage != GONE) self->words = "* server shutting down";
    self->stage = GONE;
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* Until it is gone and waits for nothing any more. */
static void converse(client *self) {
    const house *at = self->house;
    enum { STOP, WRITTEN, LINE, TURN, NEWS, MAIL, SILENCE, EVENTS }; // in order of priority
    make_ample(self);
    while (self->stage != GONE || is_waiting(self)) {
        edo_write_future write = { 0 };
        edo_read_line_future read = { 0 };
        edo_sem_acquire_future place;
        edo_mpsc_send_future post = { 0 };
        edo_broadcast_recv_future news;
        edo_mpsc_recv_future mail;
        edo_sleep_future silence;
        edo_cancel_wait_future stop;
        message *m = NULL;
        char *line = NULL;
        uint64_t missed = 0;

        edo_future *on[EVENTS] = {
            [STOP] =
                edo_cancel_wait_init(&stop, self->stage == TALKING ? at->last_orders : at->closing),
            [NEWS] = edo_broadcast_recv_init(&news, self->room.news, &m, &missed),
            [MAIL] = edo_mpsc_recv_init(&mail, self->mail, &m),
        };
        // A NULL is not waited for.
        if (!outbox_is_empty(&self->out))
            on[WRITTEN] = edo_write_init(&write, self->peer, outbox_front(&self->out),
                                         outbox_bytes(&self->out));
        if (!outbox_is_ample(&self->out)) on[NEWS] = on[MAIL] = NULL;
        if (self->stage < LISTENING && !is_waiting(self))
            on[LINE] = edo_read_line_init(&read, &self->input, &line);
        if (self->wanted) on[TURN] = edo_sem_acquire_init(&place, &self->wanted->places, 1);
        if (self->letter.message)
            on[TURN] = edo_mpsc_send_init(&post, self->letter.to, &self->letter.message);
        if (patience(self).ns > 0) on[SILENCE] = edo_sleep_at_init(&silence, due(self));

        switch (edo_select_array(on, EVENTS, EDO_SELECT_BIASED)) {
        case STOP: on_stop(self); break;
        case WRITTEN: on_written(self, edo_result(&write)); break;
        case LINE: on_line(self, edo_result(&read), line); break;
        case TURN: self->wanted ? on_place(self) : on_posted(self, edo_result(&post)); break;
        case NEWS: on_news(self, edo_result(&news), m, missed); break;
        case MAIL: client_show(self, m); break;
        case SILENCE: on_silence(self); break;
        default: stop_waiting(self); return; // this task was cancelled
        }
        client_collect(self); // so lines, which come first, cannot keep it from listening
        make_ample(self);
    }
}

static int flush(client *self) {
    int n = 0;
    while (n >= 0 && !outbox_is_empty(&self->out)) {
        n = edo_try_write(self->peer, outbox_front(&self->out), outbox_bytes(&self->out));
        if (n == -EAGAIN) {
            fall_behind(self); // inv. 5
            n = edo_write(self->peer, outbox_front(&self->out), outbox_bytes(&self->out));
        }
        if (n > 0) outbox_wrote(&self->out, (size_t)n);
    }
    return n;
}

/* Input that nobody has read would turn the close into a reset, which can take the last lines with
 * it on their way: so it is read, for a while, until the other end closes too. */
static void linger(client *self) {
    char unread[1024];
    edo_deadline d = edo_deadline_begin(linger_max);
    int n = edo_try_read(self->peer, unread, sizeof unread);
    while (n > 0) n = edo_read(self->peer, unread, sizeof unread);
    (void)edo_deadline_end(&d, n);
}

/* Sends what came for it before it went, as long as it reads, and the last words. */
static void farewell(client *self) {
    edo_deadline d = edo_deadline_begin(farewell_max);
    edo_mpsc_close(self->mail);
    uint64_t news_n = edo_broadcast_len(self->room.news);
    int err;
    do {
        collect(self, &news_n);
        err = flush(self);
    } while (err > 0);
    end_listening(self);
    if (err >= 0 && self->words) {
        client_answer(self, "%s", self->words); // inv. 4
        err = flush(self);
    }
    if (err >= 0) err = edo_shutdown(self->peer);
    if (edo_deadline_end(&d, err) >= 0) linger(self);
}

int client_run(void *arg) {
    client *self = arg;
    if (action_arrive(self) >= 0) {
        edo_info_kv("arrived", EDO_KV("name", self->me.entry.name.text));
        converse(self);
        stop_reading(self);
        action_leave(self, edo_cancel_is_set(self->house->closing));
        converse(self); // until the others know
        farewell(self);
        edo_info_kv("left", EDO_KV("name", self->me.entry.name.text));
    }
    client_free(self);
    return 0;
}
