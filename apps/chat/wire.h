/* SPDX-License-Identifier: MIT */
/* wire.h: how a page is reached: by its socket, while it has one. A wire belongs to a person and
 * outlives connections, so rooms and others can keep it.
 *
 * A posted frame waits in the socket's own bounded queue, and nobody waits for it: a page that does
 * not read is let go when that is full. It comes back for what it has missed.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_WIRE_H
#define CHAT_WIRE_H

#include "message.h"

#include <edo/ws.h>

typedef struct wire wire;

/* A wire without a socket, of the session with that key, of which the author of a message is known;
 * shared by counting: edo_rc_ref(), edo_rc_unref(). NULL without memory. */
wire *wire_new(edo_str key);

/* From here on it is that socket's, NULL: nobody's. Owns: shares `ws`. */
void wire_attach(wire *self, edo_ws *ws);

/* Closes its socket, if it has one, which learns why. */
void wire_close(wire *self, uint16_t code, const char *reason);

/* Posts a message. One that others share is posted under one lock, that of its room. Owns: shares
 * `m`. Returns 0, -ENOMEM, -EDO_ECLOSED without a socket, or a failure of edo_ws_post(). */
int wire_post(wire *self, message *m);

/* As wire_post(), of a message that nobody else has. Owns: takes `m`; NULL: there was no memory for
 * it. */
int wire_reply(wire *self, message *m);

/* As wire_reply(), but before all that is posted later: waits for room in the socket. */
int wire_send(wire *self, message *m);

/* Pages that were let go since the program began, since they did not read. */
uint64_t wire_full_n(void);

#endif
