/* SPDX-License-Identifier: MIT */
/* wire.h: the outlet of a person whose session is at a terminal: what is told to the person alone
 * comes as lines into the terminal's mailbox. What rooms say the terminal hears by itself.
 *
 * Nobody waits for the mailbox. What is kept until it has arrived is told again in its order once
 * there is room; of other lines that find none the terminal is told how many it has missed.
 *
 * Shared by counting: edo_rc_ref(), edo_rc_unref(). Threads: any, at once, unless a function says
 * otherwise. */
#ifndef CHAT_WIRE_H
#define CHAT_WIRE_H

#include "room/page_socket.h"

#include <edo/cancel.h>
#include <edo/mpsc.h>

typedef struct wire wire;

/* One into that mailbox; `over` fires when the session is taken. Owns: shares both. NULL without
 * memory. */
wire *wire_new(edo_mpsc_tx *mailbox, edo_cancel_token *over);

/* The terminal has the session of the person with that id, who is reached by that socket. Once.
 * Owns: shares the socket. */
void wire_begin(wire *self, uint64_t id, page_socket *socket);

/* The id of the person; 0: the terminal has no session. */
uint64_t wire_id(const wire *self);

/* Whether the message was said by the session, which the terminal has. */
bool wire_has_said(const wire *self, const message *m);

/* Borrows it. */
outlet wire_outlet(wire *self);

/* Whether another connection has the session now. */
bool wire_is_taken(const wire *self);

/* How many lines found no room since this was asked last. */
unsigned wire_missed(wire *self);

/* What was told up to that number has arrived. */
void wire_got(wire *self, uint64_t number);

/* There is room in the mailbox: what found none comes again. */
void wire_catch_up(wire *self);

#endif
