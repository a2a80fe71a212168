/* SPDX-License-Identifier: MIT */
/* acceptor.h: the clients that speak in lines: where they are accepted, and how that ends. */
#ifndef CHAT_ACCEPTOR_H
#define CHAT_ACCEPTOR_H

#include <edo/net.h>

/* Listens at that address. Errors: as edo_tcp_listen(), with a trail that says why. */
EDO_MUST_USE int acceptor_listen(edo_listener **out, const char *address);

/* Serves clients until this task is cancelled, and ends in order. `arg` is the server; a part of
 * edo_drain_run(). */
int acceptor_run(void *arg);

#endif
