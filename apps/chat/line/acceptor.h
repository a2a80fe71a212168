/* SPDX-License-Identifier: MIT */
/* acceptor.h: the clients that speak in lines: where they are accepted, and how that ends. */
#ifndef CHAT_ACCEPTOR_H
#define CHAT_ACCEPTOR_H

#include "server.h"

#include <edo/net.h>

#define ACCEPTOR_DRAIN_MAX edo_ms(1500)

/* Listens at that address; of "none" `*out` is NULL. Errors: as edo_tcp_listen(), with a trail that
 * says why. */
EDO_MUST_USE int acceptor_listen(edo_listener **out, const char *address);

/* Serves clients until this task is cancelled, and ends in order. `arg` is the server; a part of
 * edo_drain_run(). */
int acceptor_run(void *arg);

/* How long that end takes at most. */
edo_duration acceptor_end_max(const server *self);

/* The begin of that end, when the signal has cancelled this task: what clients have already sent is
 * heard, and everybody is shown what was said. Waits for ACCEPTOR_DRAIN_MAX at most. */
void acceptor_drain(server *self);

#endif
