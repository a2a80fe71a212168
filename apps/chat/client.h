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
     * gives back its share of `reading`. When all have, nothing more can be said, and `closing`
     * fires: each client is sent what is left for it, and let go. */
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

/* A private message for somebody whose mailbox is full. */
typedef struct letter {
    message *message; /* NULL: none */
    edo_mpsc_tx *to;
    name name; /* whose */
    edo_instant posted;
} letter;

/* Touched by its own fiber only, but for `me` and `mail`. */
typedef struct client {
    member me;
    house *house;
    edo_stream *peer;
    ear ear;               /* on `peer` */
    edo_line_reader input; /* on `ear` */
    listener room;         /* where it listens: me.room, and for a while after that is none */
    edo_mpsc_rx *mail;
    edo_mpsc_tx *reading;
    outbox out;
    limiter pace;

    /* What it waits for; meanwhile it takes no lines, and listens. One of the three, or none. */
    const char *held; /* in `input`: a line, for a place in `wanted`, and is then done again */
    size_t held_bytes;
    message *left; /* to be announced in a room that it left, which is `wanted` */
    letter letter; /* for its addressee to take others */

    room *wanted;   /* kept open; NULL: none */
    bool has_place; /* in `wanted`: it has come, and the held line is just being done */
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

/* Takes what has come for it in its room, which it leaves now, and counts what finds no place. */
void client_collect_all(client *self);

/* Returns whether it has a place in the room now, for one message. If not, it waits for one, and
 * the line that asked is done once more. */
bool client_take_place(client *self, room *in);

/* Announces, as soon as there is a place, that it left a room. Owns: takes `left`, NULL for none,
 * and `from`, which it closes. */
void client_announce_left(client *self, room *from, message *left);

/* Waits for place in the mailbox of `to`, and returns the client then. Owns: takes `mailbox`, and a
 * share of `m`. */
void client_post(client *self, const name *to, edo_mpsc_tx *mailbox, message *m);

#endif
