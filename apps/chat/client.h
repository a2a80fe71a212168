/* SPDX-License-Identifier: MIT */
/* client.h: one connection, from its first line to its last. */
#ifndef CHAT_CLIENT_H
#define CHAT_CLIENT_H

#include "server.h"

#include <edo/buf_io.h>
#include <edo/net.h>

/* Two fibers serve a client: one reads its lines and does what they say, one writes what it is
 * shown. Between them stands the mailbox. All fields are the reader's unless they say otherwise. */
typedef struct client {
    member me;
    seat seat;
    server *server; /* const */
    edo_stream *peer;
    edo_buf_reader input;
    edo_keyed_permit *address;    /* of the server's `addresses`; NULL: it is not counted */
    char key[EDO_ADDR_KEY_BYTES]; /* of its address, if it is counted */
    edo_limiter pace;             /* of its lines */
    bool is_deaf; /* a message of its own has waited in vain, and none has found a place since */
    edo_mpsc_rx *inbox; /* const; the end of the mailbox from which the writer receives */
    pthread_mutex_t lock;
    TAILQ_HEAD(, subscriber) coming; /* lock: lock; the subscriptions that are in the mailbox */
    atomic_uint missed_n; /* messages of its own that found no place, and of which it is not told */
    const char *last_words; /* the writer's, once the mailbox is closed; NULL: none */
    uint64_t left_at;       /* the writer's, once the mailbox is closed: no later news is shown */
} client;

/* What waits in a mailbox to be shown, in order: a private message, a reply to a command of the
 * client, or a room that it listens to from here on. Neither: from here on numbers are shown. */
typedef struct pending {
    message *message;
    subscriber *room; /* NULL: a message */
} pending;

/* A client on that connection, which has a place. Owns: takes both on success. NULL without
 * memory. */
client *client_new(server *at, edo_stream *peer);

/* Serves it and frees it. `arg` is a client; a task's function. */
int client_run(void *arg);

/* For a client that could not be run. */
void client_free(client *self);

/* Puts it into a mailbox, and waits up to a second for a place unless the client there is stuck.
 * Owns: takes what `p` holds on success. Returns 0, -EAGAIN if there was no place, -EDO_ECLOSED,
 * -ENOMEM or -ECANCELED. */
int client_post(edo_mpsc_tx *to, const pending *p, bool is_stuck);

/* As client_post(), to the client itself. */
int client_post_self(client *self, const pending *p);

/* Lets the client listen to that room from here on. Nobody waits for it there while it is stuck.
 * Owns: takes `s`. Returns as client_post(). */
int client_listen(client *self, subscriber *s);

/* Whether what it had not seen of a room is about to be shown to it: that may be much, so there is
 * one such subscription at a time. */
bool client_is_resuming(client *self);

/* Shows the client a message of its own, or counts it as missed if its mailbox is full and the peer
 * does not read. Owns: takes `m`; NULL: there was no memory for it. Returns 0, 1 if the message
 * will not be shown, -ENOMEM or -ECANCELED. */
int client_show(client *self, message *m);

#endif
