/* SPDX-License-Identifier: MIT */
/* hall.h: who is there and in which room.
 *
 * One lock guards the two tables and the lists of members. It is a thread's mutex, held for a few
 * lines: under it nothing is sent, formatted, allocated or freed, and nobody awaits, so it delays a
 * thread and never a fiber's turn. Threads: all functions may be called from any, at once. */
#ifndef CHAT_HALL_H
#define CHAT_HALL_H

#include "room.h"

#include <edo/mpsc.h>

#define MAILBOX_MESSAGES 128 /* private messages that a client has not yet taken */

/* What others see of a client. Its name and room are written by the client itself, under the lock,
 * so that it may read them without. */
typedef struct member {
    table_entry entry;
    uint64_t id; /* const; never 0 */
    edo_mpsc_tx *mailbox;
    bool is_hidden; /* lock: the hall's; not among the people, see hall_hide() */
    bool is_slow;   /* lock: the hall's, to be written; its peer does not read */
    room *room;
    struct member *next, *prev; /* in the room */
} member;

typedef struct hall {
    pthread_mutex_t lock;
    table people, rooms;
    room *first, *last; /* rooms in order of creation */
    room *lobby;        /* #general, which stays when it is empty */
    uint64_t guests;
    size_t clients_n; /* that arrived and have not departed, hidden ones too */
    size_t past_max;  /* const */
} hall;

/* One row of hall_rooms(). */
typedef struct room_count {
    name name;
    size_t members_n;
} room_count;

/* Returns 0, -ENOMEM, or what the system said instead of a random number. */
int hall_init(hall *self, size_t past_max);

/* All clients are gone. */
void hall_deinit(hall *self);

/* Gives a newcomer its guest name and its id. */
void hall_arrive(hall *self, member *who);

/* Nobody finds the member any more; its name is free. A client that has just found it may still
 * send it mail, until its mailbox is closed. */
void hall_hide(hall *self, member *who);

/* The member is in no room any more. Hides it, too. */
void hall_depart(hall *self, member *who);

/* Returns 0, or -EEXIST if somebody has that name. */
int hall_rename(hall *self, member *who, const name *to);

/* Says whether mail for it may wait, since its peer does not read. By the member itself. */
void hall_set_slow(hall *self, member *who, bool is_slow);

/* Puts `m` into the mailbox of who is called `to`. Returns 0, -ENOENT if nobody is, -EAGAIN if the
 * mailbox is full: then `*full` is the mailbox, the caller's to unref, or NULL if it belongs to a
 * slow member, for whom nobody waits. */
int hall_tell(hall *self, const name *to, message *m, edo_mpsc_tx **full);

/* The room of that name, made if needed, and kept until hall_close_room(). NULL without memory. */
room *hall_open_room(hall *self, const name *of);

/* The last user of a room frees it. NULL is allowed. */
void hall_close_room(hall *self, room *r);

/* Lists the member in another room; NULL is none. The caller keeps both rooms open. */
void hall_move(hall *self, member *who, room *to);

/* The rooms that have members, in fresh memory in `*out`: free() it. Returns their number, or
 * -ENOMEM. */
int hall_rooms(hall *self, room_count **out);

/* "* a, b, c" of a room. Returns new: edo_rc_unref(). NULL without memory. */
message *hall_who(hall *self, const room *r);

/* How many clients are there, also those that only wait for their last lines. */
size_t hall_people(hall *self);

#endif
