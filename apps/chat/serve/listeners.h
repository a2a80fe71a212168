/* SPDX-License-Identifier: MIT */
/* listeners.h: where the server listens, and the certificate that it shows there. */
#ifndef CHAT_LISTENERS_H
#define CHAT_LISTENERS_H

#include "server.h"

/* Listens for each kind of client that the options name. Returns 0, or a negative code whose trail
 * says for operators what could not be; listeners_close() is allowed also then. */
EDO_MUST_USE int listeners_open(server *self);

/* Nobody is served any more. */
void listeners_close(server *self);

/* Prints on standard output a line for each of them, which whoever started the server waits for; if
 * nobody reads that, for a second. Returns 0 or a negative code. */
EDO_MUST_USE int listeners_say(const server *self);

#endif
