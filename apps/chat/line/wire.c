/* SPDX-License-Identifier: MIT */
/* wire.c: see wire.h. */
#include "line/wire.h"

#include "room/reach.h"

#include <edo/base.h>

#include <errno.h>
#include <inttypes.h>

struct wire {
    edo_mpsc_tx *mailbox;   /* const */
    edo_cancel_token *over; /* const */
    page_socket *socket;    /* const once `id` is there */
    atomic_uint_fast64_t id;
    atomic_bool is_taken;
    atomic_uint missed_n;
    uint64_t got; /* the writer's */

    /* Of what is told to the person alone, by its numbers. The socket posts that under a lock. */
    uint64_t told;                /* the last one that has found room */
    atomic_uint_fast64_t refused; /* the first one that has found none; 0: all have */
};

static void wire_drop(void *arg) {
    wire *self = arg;
    edo_mpsc_tx_unref(self->mailbox);
    edo_cancel_unref(self->over);
    edo_rc_unref(self->socket);
}

wire *wire_new(edo_mpsc_tx *mailbox, edo_cancel_token *over) {
    wire *self = edo_rc_new(sizeof *self, wire_drop);
    if (!self) return NULL;
    *self = (wire){ .mailbox = edo_mpsc_tx_ref(mailbox), .over = edo_cancel_ref(over) };
    return self;
}

void wire_begin(wire *self, uint64_t id, page_socket *socket) {
    self->socket = edo_rc_ref(socket);
    atomic_store(&self->id, id);
}

uint64_t wire_id(const wire *self) {
    return atomic_load(&self->id);
}

bool wire_has_said(const wire *self, const message *m) {
    return wire_id(self) > 0 && page_socket_has_said(self->socket, m);
}

bool wire_is_taken(const wire *self) {
    return atomic_load(&self->is_taken);
}

unsigned wire_missed(wire *self) {
    return atomic_exchange(&self->missed_n, 0);
}

void wire_got(wire *self, uint64_t number) {
    if (number <= self->got) return;
    self->got = number;
    page_socket_got(self->socket, number);
}

void wire_catch_up(wire *self) {
    if (atomic_load(&self->refused) > 0 && !wire_is_taken(self))
        page_socket_resume(self->socket, true, self->got);
}

/* ---- As an outlet ---------------------------------------------------------------------------- */

/* Whether it is kept for the person alone, by a number. */
static bool is_to_person(const message *m) {
    return m->what.number > 0 && !*m->what.room.text;
}

/* The line of it; of what the person has said, the number and the reference. NULL without memory.
 */
static message *wire_line(const message *m) {
    const saying *what = &m->what;
    if (what->ref.len > 0 && *what->room.text)
        return message_new(0, "#%s %" PRIu64 " = %.*s", what->room.text, what->number,
                           (int)what->ref.len, what->ref.ptr);
    message *line = message_new(0, "%.*s", (int)m->line.len - 1, m->line.ptr);
    if (!line) return NULL;
    for (size_t i = 0; i < EDO_COUNT(m->shown); i++) line->shown[i] = m->shown[i];
    if (is_to_person(m)) line->told = what->number;
    return line;
}

static int wire_put(wire *self, const message *m) {
    message *line = wire_line(m);
    int err = line ? edo_mpsc_try_send(self->mailbox, &(pending){ .message = line }) : -ENOMEM;
    if (err < 0) edo_rc_unref(line);
    return err;
}

/* In their order; each once. */
static int wire_put_told(wire *self, const message *m) {
    uint64_t number = m->what.number, refused = atomic_load(&self->refused);
    if (number <= self->told) return 0;
    if (refused > 0 && number > refused) return -EAGAIN;
    int err = wire_put(self, m);
    if (err == 0) self->told = number;
    atomic_store(&self->refused, err == 0 || err == -EDO_ECLOSED ? 0 : number);
    return err;
}

static int wire_post(void *to, message *m) {
    wire *self = to;
    if (m->line.len == 0 && m->what.ref.len == 0) return 0; // for pages alone
    if (is_to_person(m)) return wire_put_told(self, m);
    int err = wire_put(self, m);
    if (err == -EAGAIN || err == -ENOMEM) atomic_fetch_add(&self->missed_n, 1);
    return err;
}

static void wire_take_over(void *to) {
    wire *self = to;
    atomic_store(&self->is_taken, true);
    edo_cancel(self->over, EDO_CANCEL_ASKED);
}

static void wire_share(void *to) {
    edo_rc_ref(to);
}

static void wire_let_go(void *to) {
    edo_rc_unref(to);
}

outlet wire_outlet(wire *self) {
    static const outlet_ops ops = { wire_share, wire_let_go,    wire_post,
                                    wire_post,  wire_take_over, NULL };
    return (outlet){ &ops, self };
}
