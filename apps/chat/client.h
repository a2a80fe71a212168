/* SPDX-License-Identifier: MIT */
/* client.h: one connection, from its first line to its last. */
#ifndef CHAT_CLIENT_H
#define CHAT_CLIENT_H

#include "ear.h"
#include "hall.h"
#include "limiter.h"
#include "options.h"
#include "outbox.h"

#include <edo/cancel.h>
#include <edo/io.h>

/* What the server lends to all its clients. */
typedef struct house {
    const options *options;
    hall hall;
    bool full; /* the accept loop's: somebody was turned away, and there was no room since */

    /* How the server stops: `last_orders` fires: each client is read until it is silent, and then
     * gives back its share of `reading`. When all have, nothing more can be said, and `closing` fires:
     * each client is sent what is left for it, and let go. */
    edo_cancel_token *last_orders, *closing;
    edo_mpsc_tx *reading;
} house;

/* What is still expected of a client. */
typedef enum stage {
    TALKING,     /* everything */
    LAST_ORDERS, /* the server stops: what it has already sent */
    LISTENING,   /* the server stops: nothing */
    GONE,        /* it left, or is let go */
} stage;

/* Touched by its own fiber only, but for `me` and `mail`. */
typedef struct client {
    member me;
    house *house;
    edo_stream *peer;
    ear ear;                /* on `peer` */
    edo_line_reader input;  /* on `ear` */
    edo_broadcast_rx *news; /* of me.room */
    uint64_t past_last;     /* see room_entry */
    edo_mpsc_rx *mail;
    edo_mpsc_tx *reading;
    outbox out;
    limiter pace;
    const char *held; /* in `input`: a line that waits for a turn of the room; NULL: none */
    size_t held_bytes;
    stage stage;
    const char *words; /* the last ones it is shown; NULL: none */
} client;

/* A client on that connection. Owns: takes `peer` on success. NULL without memory. */
client *client_new(house *at, edo_stream *peer);

/* Serves it and frees it. `arg` is a client; a task's function. */
int client_run(void *arg);

/* For a client that could not be run. NULL is allowed. */
void client_free(client *self);

/* Shows it a line; the line end is added. */
void client_answer(client *self, const char *format, ...) EDO_PRINTF(2, 3);

/* Shows it a message, unless it wrote that itself. Owns: takes a share of `m`. */
void client_show(client *self, message *m);

/* Takes what has come for it, as long as there is ample place: many lines, one write. */
void client_collect(client *self);

#endif
