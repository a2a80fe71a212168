/* SPDX-License-Identifier: MIT */
/* client.h: one connection, from its first line to its last. */
#ifndef CHAT_CLIENT_H
#define CHAT_CLIENT_H

#include "server.h"

#include <edo/buf_io.h>

/* Two fibers serve a client: one reads its lines and does what they say, one writes what it is
 * shown. Between them stands the mailbox. All fields are the reader's unless they say otherwise. */
typedef struct client {
    member me;
    server *server; /* const */
    edo_stream *peer;
    edo_buf_reader input;
    int64_t due_ns;         /* when its lines so far were due at the allowed rate */
    bool is_deaf;           /* an answer has waited in vain, and none has found a place since */
    const char *last_words; /* the writer's, once the mailbox is closed; NULL: none */
    uint64_t left_at;       /* the writer's, once the mailbox is closed: no later news is shown */
} client;

/* A client on that connection. Owns: takes `peer` on success. NULL without memory. */
client *client_new(server *at, edo_stream *peer);

/* Serves it and frees it. `arg` is a client; a task's function. */
int client_run(void *arg);

/* For a client that could not be run. NULL is allowed. */
void client_free(client *self);

/* Shows the client a message of its own: puts it into the mailbox, or counts it as missed if that
 * is full and the peer does not read. Owns: takes `m`; NULL: there was no memory for it. Returns
 * whether it will be shown. */
bool client_show(client *self, message *m);

/* Shows the client a line, as client_show(); the line end is added. */
bool client_answer(client *self, const char *format, ...) EDO_PRINTF(2, 3);

#endif
