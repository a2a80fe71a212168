/* SPDX-License-Identifier: MIT */
/* outbox.c: see outbox.h.
 *
 * Lock: `lock` is a leaf; tasks are woken without it. */
#include "stream/outbox.h"

#include <edo/error.h>
#include <edo/notify.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* As of a page: rooms share what waits among all. A page's are frames alone, here whole messages
 * wait; so all of their memory counts. */
#define OUTBOX_MAX       1024
#define OUTBOX_BYTES_MAX (4u << 20)

typedef struct posted {
    message *message; /* a share */
    STAILQ_ENTRY(posted) next;
} posted;

struct outbox {
    edo_cancel_token *over; /* const */
    pthread_mutex_t lock;   /* guards all down to `end` */
    STAILQ_HEAD(, posted) waiting;
    size_t n, bytes;
    uint64_t taken_n, sent_n; /* since the beginning; the last one taken is sent when the task that
                                 takes comes for the next */
    outbox_end end;
    edo_notify more; /* for the task that takes */
    edo_notify less; /* for the one that sends; the box's end is told to both */
};

/* The memory of a message, with the frame that pages share. */
static size_t outbox_bytes(const message *m) {
    return sizeof *m + m->line.len + 2 * m->frame.len + m->what.text.len + m->what.ref.len;
}

/* Lock held. The oldest message; NULL: there is none. */
static message *outbox_pop(outbox *self) {
    posted *first = STAILQ_FIRST(&self->waiting);
    if (!first) return NULL;
    message *m = first->message;
    STAILQ_REMOVE_HEAD(&self->waiting, next);
    self->n--;
    self->taken_n++;
    self->bytes -= outbox_bytes(m);
    free(first);
    return m;
}

static void outbox_drop(void *arg) {
    outbox *self = arg;
    for (message *m; (m = outbox_pop(self));) edo_rc_unref(m);
    edo_cancel_unref(self->over);
    pthread_mutex_destroy(&self->lock);
}

outbox *outbox_new(edo_cancel_token *parent) {
    edo_cancel_token *over;
    if (edo_cancel_child(&over, parent) < 0) return NULL;
    outbox *self = edo_rc_new(sizeof *self, outbox_drop);
    if (!self) {
        edo_cancel_unref(over);
        return NULL;
    }
    *self = (outbox){ .over = over, .more = EDO_NOTIFY_INIT, .less = EDO_NOTIFY_INIT };
    STAILQ_INIT(&self->waiting);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void outbox_unref(outbox *self) {
    edo_rc_unref(self);
}

edo_cancel_token *outbox_over(const outbox *self) {
    return self->over;
}

outbox_end outbox_why(outbox *self) {
    pthread_mutex_lock(&self->lock);
    outbox_end why = self->end;
    pthread_mutex_unlock(&self->lock);
    return why;
}

void outbox_close(outbox *self, outbox_end why) {
    pthread_mutex_lock(&self->lock);
    if (self->end == OUTBOX_OPEN) self->end = why;
    pthread_mutex_unlock(&self->lock);
    edo_cancel(self->over, EDO_CANCEL_ASKED);
    edo_notify_one(&self->more);
    edo_notify_one(&self->less);
}

int outbox_take(outbox *self, message **out) {
    for (;;) {
        pthread_mutex_lock(&self->lock);
        bool is_over = self->end != OUTBOX_OPEN && self->end != OUTBOX_DONE;
        self->sent_n = self->taken_n;
        message *m = is_over ? NULL : outbox_pop(self);
        is_over |= self->end == OUTBOX_DONE;
        pthread_mutex_unlock(&self->lock);
        edo_notify_one(&self->less);
        if (m) {
            *out = m;
            return 0;
        }
        if (is_over) return -EDO_ECLOSED;
        int err = edo_notify_wait(&self->more);
        if (err < 0) return err;
    }
}

/* ---- As an outlet ---------------------------------------------------------------------------- */

/* Lock held. Owns: shares `m` on success. Returns 0 or -ENOMEM. */
static int outbox_push(outbox *self, message *m) {
    posted *last = malloc(sizeof *last);
    if (!last) return -ENOMEM;
    last->message = edo_rc_ref(m);
    STAILQ_INSERT_TAIL(&self->waiting, last, next);
    self->n++;
    self->bytes += outbox_bytes(m);
    return 0;
}

/* Puts it in if less than `n` messages of `bytes` wait. Returns 0, -EDO_ECLOSED, -ENOBUFS or
 * -ENOMEM. */
static int outbox_put(outbox *self, message *m, size_t n, size_t bytes) {
    pthread_mutex_lock(&self->lock);
    bool has_room = self->n < n && (self->n == 0 || self->bytes + outbox_bytes(m) <= bytes);
    int err = self->end != OUTBOX_OPEN ? -EDO_ECLOSED : has_room ? outbox_push(self, m) : -ENOBUFS;
    pthread_mutex_unlock(&self->lock);
    if (err == 0) edo_notify_one(&self->more);
    return err;
}

static void outbox_ref(void *to) {
    edo_rc_ref(to);
}

static void outbox_let_go(void *to) {
    edo_rc_unref(to);
}

/* Without memory it is full: its client comes back for what it has missed. */
static int outbox_post(void *to, message *m) {
    int err = outbox_put(to, m, OUTBOX_MAX, OUTBOX_BYTES_MAX);
    if (err != -ENOBUFS && err != -ENOMEM) return err;
    outbox_close(to, OUTBOX_FULL);
    return -ENOBUFS;
}

/* How many messages were put in since the beginning. */
static uint64_t outbox_put_n(outbox *self) {
    pthread_mutex_lock(&self->lock);
    uint64_t n = self->taken_n + self->n;
    pthread_mutex_unlock(&self->lock);
    return n;
}

/* Whether that many are sent. Returns 1, 0 or -EDO_ECLOSED. */
static int outbox_has_sent(outbox *self, uint64_t n) {
    pthread_mutex_lock(&self->lock);
    int is_sent = self->end != OUTBOX_OPEN ? -EDO_ECLOSED : self->sent_n >= n;
    pthread_mutex_unlock(&self->lock);
    return is_sent;
}

/* Waits until what was put in so far is sent. */
static int outbox_settle(outbox *self) {
    uint64_t n = outbox_put_n(self);
    int sent, err = 0;
    while (err == 0 && (sent = outbox_has_sent(self, n)) <= 0) {
        err = sent < 0 ? sent : edo_notify_wait(&self->less);
    }
    return err;
}

/* The task that takes ends the box if its client does not read, and with that this wait. */
static int outbox_send(void *to, message *m) {
    outbox *self = to;
    int err;
    while ((err = outbox_put(self, m, OUTBOX_AHEAD, OUTBOX_AHEAD_BYTES)) == -ENOBUFS) {
        int waited = edo_notify_wait(&self->less);
        if (waited < 0) return waited;
    }
    return err == 0 && outbox_bytes(m) > OUTBOX_AHEAD_BYTES ? outbox_settle(self) : err;
}

static void outbox_take_over(void *to) {
    outbox_close(to, OUTBOX_TAKEN);
}

outlet outbox_outlet(outbox *self) {
    static const outlet_ops ops = { outbox_ref,  outbox_let_go,    outbox_post,
                                    outbox_send, outbox_take_over, NULL };
    return (outlet){ &ops, self };
}
