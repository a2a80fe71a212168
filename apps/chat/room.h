/* SPDX-License-Identifier: MIT */
/* room.h: a room: a broadcast channel of 100 messages, and the last ones for newcomers.
 *
 * Who says something waits for no slow member: one that is more than the channel's length behind is
 * told how much it missed, and goes on. Threads: all functions may be called from any, at once. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "message.h"
#include "table.h"

#include <edo/broadcast.h>

#include <pthread.h>

#define ROOM_MESSAGES 100 /* of the channel */

struct member;

typedef struct room {
    table_entry entry; /* the name is const; lock: the hall's */

    /* lock: the hall's */
    struct member *first, *last; /* in order of arrival */
    struct room *next, *prev;    /* in order of creation */
    size_t members_n, users_n;

    edo_broadcast_tx *channel; /* const */
    size_t past_max;           /* const */

    /* Guards what follows, for a few lines: under it nothing is sent, allocated or freed, and nobody
     * awaits. Not taken with the hall's. */
    pthread_mutex_t lock;
    message *oldest, *newest; /* what was said: past_n messages, past_max at most */
    size_t past_n;
    uint64_t said_n;  /* the number of the newest */
    uint32_t unheard; /* messages in this turn */
    uint32_t turn;
} room;

/* What a newcomer is given. */
typedef struct room_entry {
    edo_broadcast_rx *news; /* the caller's to free */
    message **past; /* what was said before, past_n of them; the caller's to unref and free */
    size_t past_n;
    uint64_t past_last; /* news that are numbered up to this belong to the past */
} room_entry;

/* A room that shows newcomers the last `past_max` messages. NULL without memory. */
room *room_new(const name *of, size_t past_max);
void room_free(room *self);

/* Lets somebody in, at one point between two messages: what was said before is in `past`, what comes
 * later is in `news`, together with `announcement`, and perhaps with some of the past: see
 * room_is_past(). In a later turn if it is ahead. Answers 0 or -ENOMEM. */
int room_enter(room *self, message *announcement, room_entry *out);

/* Answers whether `m`, which came as news, was said before that entry. */
bool room_is_past(const message *m, uint64_t past_last);

/* Answers whether so much has been said in this turn of the runtime that members would miss some if it
 * went on, however quick they are. Then who has something to say calls room_wait_turn() first, as often
 * as needed, and listens itself in between. It never waits for a member that is slow. */
bool room_is_ahead(room *self);

/* Lets all others have a turn. Answers 0, or -ECANCELED. */
int room_wait_turn(room *self);

/* Sends to everybody in the room, in a later turn if it is ahead. */
void room_announce(room *self, message *m);

/* Sends to everybody in the room, at once, and newcomers will see it. `m` is said once, in one room. What
 * two threads say at the same moment may have another order for listeners than for newcomers. */
void room_say(room *self, message *m);

#endif
