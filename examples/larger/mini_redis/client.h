/* SPDX-License-Identifier: MIT */
/* client.h: one connection, and the commands that it sends. */
#ifndef MINI_REDIS_CLIENT_H
#define MINI_REDIS_CLIENT_H

#include "resp.h"

#define READ_BYTES  (16 << 10) /* in one read: many pipelined commands */
#define REPLIES_MAX (64 << 10) /* bytes of replies that are sent before more commands are run */

/* Bytes published to a client that has not taken them. More than a publisher can cause before the
 * client's task runs: 1 MiB of small requests makes 2.4 MiB of messages. */
#define MESSAGES_MAX (4 << 20)

typedef struct client {
    edo_stream *peer; // NULL: the log's reader
    edo_buf in;       // commands that were not run yet
    output out;       // replies that were not sent yet
    size_t errors;    // replies that were errors
    size_t channels;  // that it subscribes
    output messages;  // lock: store_lock; published to it
    edo_notify told;  // of them
} client;

/* Runs the whole commands in `c->in`, with the store's lock. Returns 0 if it needs more input, 1 if
 * the replies should be sent before it goes on, a negative code if no more can be read: the client
 * quits, or does not keep to the protocol. */
int run_commands(client *c);

#endif
