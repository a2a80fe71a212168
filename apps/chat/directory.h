/* SPDX-License-Identifier: MIT */
/* directory.h: which clients and rooms there are, and who is in which room.
 *
 * One lock guards the names and the lists of members. It is a thread's mutex, held for a few lines
 * and never across an await. Threads: all functions may be called from any, at once. */
#ifndef CHAT_DIRECTORY_H
#define CHAT_DIRECTORY_H

#include "room.h"

#include <edo/mpsc.h>

#include <stdatomic.h>

/* What others see of a client. Its name and room are written under the directory's lock and by the
 * client only, which may therefore read them without the lock. */
typedef struct member {
    name name;                 /* first: see directory.c */
    uint64_t id;               /* const once it has arrived; never 0 */
    edo_mpsc_tx *mailbox;      /* const; what it is to be shown goes there */
    atomic_bool is_stuck;      /* it waits for its peer to read: nobody waits for it */
    room *room;                /* NULL: none yet, or none any more */
    TAILQ_ENTRY(member) place; /* in the room */
} member;

typedef struct directory {
    pthread_mutex_t lock;
    void *people, *rooms;        /* trees by name */
    TAILQ_HEAD(, room) in_order; /* the rooms in order of creation */
    size_t rooms_n;
    room *lobby; /* const; #general, which stays when it is empty */
    uint64_t arrivals_n;
    size_t past_max; /* const; of rooms */
} directory;

/* Returns 0 or -ENOMEM. */
int directory_init(directory *self, size_t past_max);

/* All clients are gone. */
void directory_deinit(directory *self);

/* Gives a newcomer its id and a name "guest-N". Returns 0 or -ENOMEM. */
int directory_arrive(directory *self, member *who);

/* Takes the member out of its room and off the names. */
void directory_depart(directory *self, member *who);

/* Returns 0, -EEXIST if another member has that name, or -ENOMEM. */
int directory_rename(directory *self, member *who, const name *to);

/* The mailbox of the member of that name, for edo_mpsc_tx_unref(), and whether the member is stuck;
 * NULL: there is no such member. */
edo_mpsc_tx *directory_find(directory *self, const name *of, bool *is_stuck);

/* The room of that name, made if needed, and kept until directory_close_room(). NULL without
 * memory. */
room *directory_open_room(directory *self, const name *of);

/* The last user of a room frees it. NULL is allowed. */
void directory_close_room(directory *self, room *r);

/* Lists the member in another room; the caller keeps both open. */
void directory_move(directory *self, member *who, room *to);

/* The names of a room's members in order of arrival, `most` at most, for free(); `*n` is how many
 * members there are. NULL without memory. */
name *directory_members(directory *self, const room *of, size_t most, size_t *n);

/* The rooms that have members, `*n` of them, in order of creation, for free(). NULL without
 * memory. */
typedef struct room_count {
    name name;
    size_t members_n;
} room_count;
room_count *directory_rooms(directory *self, size_t *n);

#endif
