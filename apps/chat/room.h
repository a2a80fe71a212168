/* SPDX-License-Identifier: MIT */
/* room.h: a room: a broadcast channel, the last messages for newcomers, and the pace of those who
 * talk.
 *
 * A member that says something takes a place first. There are ROOM_PLACES, fewer than the channel
 * keeps, and a place is free again when every listener has heard what was said in it. So nobody who
 * listens misses anything, however many threads there are and whichever of them the system runs. A
 * listener that is slow, since its peer does not read, falls behind: then nobody waits for it, and
 * it is told how much it missed. Why senders wait for a turn of the others, and not for a time: a
 * place comes free as soon as the last of them had its turn, and all of them come to that by
 * themselves.
 *
 * Threads: all functions may be called from any, at once; those of a listener by its owner. */
#ifndef CHAT_ROOM_H
#define CHAT_ROOM_H

#include "message.h"
#include "table.h"

#include <edo/broadcast.h>
#include <edo/sem.h>

#include <pthread.h>

#define ROOM_MESSAGES 128 /* of the channel */
#define ROOM_PLACES   96  /* messages that some listener may not have heard yet */
#define ROOM_STEP     16  /* messages; in such steps listeners tell what they have heard */
#define ROOM_STEPS    8   /* a power of two; more than there can be between the places */

struct member;

typedef struct room {
    table_entry entry; /* the name is const; lock: the hall's */

    /* lock: the hall's */
    struct member *first, *last; /* in order of arrival */
    struct room *next, *prev;    /* in order of creation */
    size_t members_n, users_n;

    edo_broadcast_tx *channel; /* const */
    size_t past_max;           /* const */
    edo_sem places;

    /* Guards what follows, for a few lines: under it nothing is sent, allocated or freed, and
     * nobody awaits. Not taken with the hall's. */
    pthread_mutex_t lock;
    message *oldest, *newest; /* what was said: past_n messages, past_max at most */
    size_t past_n;
    uint64_t said_n; /* the number of the newest, announcements too */
    uint64_t floor;  /* the step of which all before is heard and its places are free */
    uint32_t listeners[ROOM_STEPS]; /* how many have heard up to somewhere in that step */
    uint32_t flying;                /* messages that have a number and are not yet sent */
} room;

/* Somebody who listens. All zero is nobody. */
typedef struct listener {
    room *room;             /* const; kept open by whoever listens */
    edo_broadcast_rx *news; /* its own to receive from; see listener_heard() */
    uint64_t past_last;     /* news that are numbered up to this belong to the past */
    uint64_t heard;         /* the highest number that it heard */
    uint64_t step;          /* where it is counted; LISTENER_BEHIND: nowhere */
} listener;

#define LISTENER_BEHIND UINT64_MAX

/* What a newcomer is given. */
typedef struct room_entry {
    listener listener;
    message **past; /* what was said before, past_n of them; the caller's to unref and free */
    size_t past_n;
    message *first; /* the first news, already taken; the caller's to unref. NULL: none */
} room_entry;

/* A room that shows newcomers the last `past_max` messages. NULL without memory. */
room *room_new(const name *of, size_t past_max);
void room_free(room *self);

/* ---- Saying something: in a place, which one of these takes ---------------------------------- */

/* Takes a place, if one is free: edo_sem_acquire_init(…, &self->places, 1) waits for one. A client
 * that waits must go on listening wherever it is a listener. */
bool room_try_place(room *self);

/* Gives a place back in which nothing was said. */
void room_return_place(room *self);

/* Says to everybody in the room, and newcomers will see it. `m` is said once, in one room. What two
 * threads say at the same moment may have another order for listeners than for newcomers. Takes the
 * caller's place. */
void room_say(room *self, message *m);

/* As room_say(), but newcomers will not see it. */
void room_announce(room *self, message *m);

/* ---- Listening ------------------------------------------------------------------------------- */

/* Lets somebody in, at one point between two messages: what was said before is in `past`, what
 * comes later is news, together with `announcement`. Takes the caller's place, but not on failure.
 * Returns 0 or -ENOMEM. */
int room_enter(room *self, message *announcement, room_entry *out);

/* Notes that `m` came as news. Returns whether it is to be shown, and not a part of the past. */
bool listener_heard(listener *self, const message *m);

/* Tells the room what was heard; now and then, and whenever there is nothing more. A listener that
 * had fallen behind is waited for again if it has caught up; returns whether it has. */
bool listener_keep_up(listener *self);

/* From now on nobody waits for it. */
void listener_fall_behind(listener *self);

/* It does not listen any more. */
void listener_end(listener *self);

#endif
