/* SPDX-License-Identifier: MIT */
/* message.c: see message.h. */
#include "message.h"

#include <edo/scope.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

message *message_new(uint64_t from, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int bytes = vsnprintf(NULL, 0, format, args);
    va_end(args);
    message *m = bytes < 0 ? NULL : edo_rc_new(sizeof *m + (size_t)bytes + 1, NULL);
    if (m) {
        *m = (message){ .from = from, .bytes = (size_t)bytes + 1 };
        vsnprintf(m->text, m->bytes, format, again);
        m->text[bytes] = '\n'; // in the place of the NUL
    }
    va_end(again);
    return m;
}

void message_clone(void *to, const void *from) {
    *(message **)to = edo_rc_ref(*(message *const *)from);
}

void message_drop(void *elem) {
    edo_rc_unref(*(message **)elem);
}

/* ---- Mailboxes ------------------------------------------------------------------------------- */

static void mailbox_deinit(void *arg) {
    mailbox *self = arg;
    edo_mpsc_tx_unref(self->in);
    edo_mpsc_rx_free(self->out); // its client has emptied it
    pthread_mutex_destroy(&self->lock);
}

mailbox *mailbox_new(void) {
    edo_mpsc_tx *in;
    edo_mpsc_rx *out;
    if (edo_mpsc_new(&in, &out, sizeof(pending), MAILBOX_MESSAGES, NULL) < 0) return NULL;
    mailbox *self = edo_rc_new(sizeof *self, mailbox_deinit);
    if (!self) {
        edo_mpsc_tx_unref(in);
        edo_mpsc_rx_free(out);
        return NULL;
    }
    *self = (mailbox){ .in = in, .out = out };
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

int mailbox_put(mailbox *self, const pending *p, edo_duration patience) {
    int err = edo_mpsc_try_send(self->in, p);
    if (err != -EAGAIN || patience.ns == 0) return err;
    edo_deadline d = edo_deadline_begin(patience);
    return edo_deadline_end(&d, edo_mpsc_send(self->in, p));
}

void mailbox_set_stuck(mailbox *self, bool is_stuck) {
    pthread_mutex_lock(&self->lock);
    self->is_stuck = is_stuck;
    pthread_mutex_unlock(&self->lock);
}

bool mailbox_is_stuck(mailbox *self) {
    pthread_mutex_lock(&self->lock);
    bool is_stuck = self->is_stuck;
    pthread_mutex_unlock(&self->lock);
    return is_stuck;
}

void mailbox_miss(mailbox *self) {
    pthread_mutex_lock(&self->lock);
    self->missed_n++;
    pthread_mutex_unlock(&self->lock);
}

uint32_t mailbox_take_missed(mailbox *self) {
    pthread_mutex_lock(&self->lock);
    uint32_t n = self->missed_n;
    self->missed_n = 0;
    pthread_mutex_unlock(&self->lock);
    return n;
}
