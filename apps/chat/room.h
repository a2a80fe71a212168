/* SPDX-License-Identifier: MIT */
/* room.h: a room: a broadcast channel of 100 messages, and the last ones for newcomers.
 *
 * Who says something waits for no slow member: one that is more than the channel's length behind is
 * told how much it missed, and goes on. It may be held for a turn or two of the runtime so that quick
 * members can listen. Threads: all functions may be called from any, at once. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "message.h"
#include "table.h"

#include <edo/broadcast.h>

#include <pthread.h>

#define ROOM_MESSAGES 100 /* of the channel */

struct member;

typedef struct room {
    table_entry entry; /* const, but for the link: lock: the hall's */

    /* lock: the hall's */
    struct member *first, *last; /* in order of arrival */
    struct room *next, *prev;    /* in order of creation */
    size_t members_n, users_n;

    pthread_mutex_t lock; /* guards what follows; taken inside the hall's; nobody awaits under it */
    edo_broadcast_tx *channel;
    message **past; /* a ring, once it holds past_max */
    size_t past_n, past_room, past_max, oldest;
    uint32_t unheard; /* messages since a member last listened */
    uint32_t heard;   /* times that one listened */
} room;

/* What a newcomer is given. */
typedef struct room_entry {
    edo_broadcast_rx *news; /* everything from now on; the caller's to free */
    message **past; /* what was said before, past_n of them; the caller's to unref and free */
    size_t past_n;
} room_entry;

/* A room that shows newcomers the last `past_max` messages. NULL without memory. */
room *room_new(const name *of, size_t past_max);
void room_free(room *self);

/* Lets somebody in, at one point between two messages: what came before is in `past`, what comes
 * later is in `news`, beginning with `announcement`. Answers 0 or -ENOMEM. */
int room_enter(room *self, message *announcement, room_entry *out);

/* Sends to everybody in the room. */
void room_announce(room *self, message *m);

/* The same, and newcomers will see it. */
void room_say(room *self, message *m);

/* To be called by a member that has listened. */
void room_note_heard(room *self);

#endif
