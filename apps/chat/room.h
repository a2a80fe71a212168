/* SPDX-License-Identifier: MIT */
/* room.h: a room: a broadcast channel, and the last messages for newcomers.
 *
 * The channel is lossless: a client that says something waits until every subscriber that keeps up
 * has room for it. So a client that reads misses nothing, however fast the others talk. A writer
 * that must wait for its peer to read first says so to the channel, and nobody waits for it then.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "message.h"
#include "text.h"

#include <edo/broadcast.h>

#include <pthread.h>

typedef struct room {
    name name; /* first: see directory.c; const */

    /* lock: the directory's */
    TAILQ_ENTRY(room) place;      /* in order of creation */
    TAILQ_HEAD(, member) members; /* in order of arrival */
    size_t members_n, users_n;

    edo_broadcast_tx *channel; /* const */
    size_t past_max;           /* const */
    pthread_mutex_t lock;
    STAILQ_HEAD(, message) past; /* lock: lock; what was said: past_n messages, past_max at most */
    size_t past_n;               /* lock: lock */
    uint64_t said_n;             /* lock: lock; the number of the last message */
} room;

/* A room that shows newcomers the last `past_max` messages. NULL without memory. */
room *room_new(const name *of, size_t past_max);
void room_free(room *self);

/* Says to everybody in the room, and newcomers will see it: `m` is said once, in one room. Waits
 * for room in the channel. Owns: takes `m`; NULL: there was no memory for it. Returns 0, -ENOMEM,
 * or -ECANCELED: nobody in the room was told, but newcomers may see it. */
int room_say(room *self, message *m);

/* As room_say(), but newcomers will not see it. */
int room_announce(room *self, message *m);

/* The number of the last message so far. */
uint64_t room_last(room *self);

/* What a client needs to listen to a room. It may outlive the room. */
typedef struct subscriber {
    edo_broadcast_rx *news;        /* what is said from now on, and perhaps some of the past */
    uint64_t past_last;            /* messages up to this number are no news */
    TAILQ_ENTRY(subscriber) place; /* lock: the client's; in `coming`, while it is in a mailbox */
    size_t past_n;
    message *past[]; /* what was said before */
} subscriber;

/* Subscribes at one point between two messages: nothing is missed or comes twice. NULL without
 * memory. */
subscriber *room_subscribe(room *self);

/* NULL is allowed. */
void subscriber_free(subscriber *self);

#endif
