/* SPDX-License-Identifier: MIT */
/* reach.c: see reach.h. */
#include "room/reach.h"

#include "room/room.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

static const edo_duration post_patience = EDO_S(1);

int mailbox_post(edo_mpsc_tx *to, const pending *p, bool is_stuck) {
    int err = edo_mpsc_try_send(to, p);
    if (err != -EAGAIN || is_stuck) return err;
    EDO_DEADLINE(d, post_patience);
    err = edo_deadline_end(&d, edo_mpsc_send(to, p));
    return err == -ETIMEDOUT ? -EAGAIN : err;
}

void reach_drop(reach *self) {
    edo_mpsc_tx_unref(self->mailbox);
    edo_rc_unref(self->socket);
}

int reach_tell(const reach *to, message *m) {
    if (!m) return -ENOMEM;
    if (to->socket) return page_socket_tell(to->socket, m);
    int err = mailbox_post(to->mailbox, &(pending){ .message = m }, to->is_stuck);
    if (err < 0) edo_rc_unref(m);
    return err;
}

/* ---- The author of a message ----------------------------------------------------------------- */

typedef struct author {
    reach way;
    name to; /* the person written to */
    char to_person[PERSON_BYTES + 1];
    uint64_t to_naming;
    const room_carrier *by; /* of one at another program; its `way` is the person, and not a way */
} author;

static void author_drop(void *arg) {
    reach_drop(&((author *)arg)->way);
}

void reach_sign(message *m, edo_mpsc_tx *mailbox, page_socket *socket, const reach *to) {
    author *self = edo_rc_new(sizeof *self, author_drop);
    m->author = self;
    if (!self) return;
    *self = (author){ .way = { .mailbox = mailbox ? edo_mpsc_tx_ref(mailbox) : NULL,
                               .is_stuck = true, // nobody waits for it
                               .socket = socket ? edo_rc_ref(socket) : NULL },
                      .to = to->name,
                      .to_naming = to->naming };
    memcpy(self->to_person, to->person, sizeof self->to_person);
}

void reach_sign_letter(message *m, const room_carrier *by, uint64_t program, const char *from,
                       const reach *to) {
    author *self = edo_rc_new(sizeof *self, author_drop);
    m->author = self;
    if (!self) return;
    *self = (author){ .way = { .program = program }, .to = to->name, .by = by };
    memcpy(self->way.person, from, sizeof self->way.person);
    memcpy(self->to_person, to->person, sizeof self->to_person);
}

static bool is_same_author(const author *a, const author *b) {
    return a->way.mailbox == b->way.mailbox && a->way.socket == b->way.socket &&
           a->way.program == b->way.program && strcmp(a->way.person, b->way.person) == 0 &&
           strcmp(a->to_person, b->to_person) == 0;
}

/* An author that has gone, or does not read, is not told. */
static void tell_author(const author *of, size_t n) {
    if (of->by) {
        const returned r = { of->way.program, of->way.person, &of->to, of->to_person, n };
        of->by->give_back(of->by->arg, &r);
        return;
    }
    message *m = message_undelivered(&of->to, of->to_person, n);
    if (m) m->shown[0] = of->to_naming;
    if (m) (void)reach_tell(&of->way, m);
}

void undelivered_add(void *arg, message *m) {
    undelivered *self = arg;
    if (!m->author) {
        edo_rc_unref(m);
        return;
    }
    if (self->last && !is_same_author(self->last->author, m->author)) undelivered_tell(self);
    edo_rc_unref(self->last);
    self->last = m;
    self->n++;
}

void undelivered_tell(undelivered *self) {
    if (self->last) tell_author(self->last->author, self->n);
    edo_rc_unref(self->last);
    *self = (undelivered){ .n = 0 };
}
